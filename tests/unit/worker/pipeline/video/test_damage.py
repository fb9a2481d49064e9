"""Damage is told of wherever the decoder or the container gives a way of knowing."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.data.damage import CODECS, boxes, flip_bits, small_video
from worker.pipeline.errors import PipelineError
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=10**6, max_video_seconds=60, max_video_frames=10**6)
FRAMES = 24
SEEDS = range(12)


@dataclass(frozen=True)
class Decoded:
    times: list[int]
    told: bool
    code: str = ""


def decode(path: Path) -> Decoded:
    try:
        with open_for_decoding(path, LIMITS) as video:
            return Decoded([frame.timestamp_ms for frame in video.frames()], video.truncated)
    except PipelineError as error:
        return Decoded([], told=True, code=error.code)


def decode_bytes(data: bytes, path: Path) -> Decoded:
    path.write_bytes(data)
    return decode(path)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return {codec: small_video(folder / f"{codec}.mp4", codec) for codec in CODECS}


@pytest.fixture(scope="module")
def fragments(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "fragments.mp4"
    return small_video(path, "h264", fragmented=True).read_bytes()


@pytest.mark.parametrize("codec", CODECS)
def test_an_intact_video_is_whole(videos, codec):
    decoded = decode(videos[codec])

    assert len(decoded.times) == FRAMES
    assert not decoded.told


@pytest.mark.parametrize("codec", CODECS)
def test_no_picture_is_lost_in_silence(videos, codec, tmp_path):
    """Of 120 HEVC videos with one flipped bit nine had lost up to 39 pictures of 40 in silence."""
    data = videos[codec].read_bytes()

    trials = [
        decode_bytes(flip_bits(data, b"mdat", flips=flips, seed=seed), tmp_path / "video.mp4")
        for flips in (1, 20)
        for seed in SEEDS
    ]

    assert [one for one in trials if len(one.times) < FRAMES and not one.told] == []


@pytest.mark.parametrize("codec", ["hevc", "mjpeg"])
def test_damage_is_told_of_also_where_every_picture_came(videos, codec, tmp_path):
    """These decoders only log what they find, unless they are told to be strict."""
    data = videos[codec].read_bytes()

    trials = [
        decode_bytes(flip_bits(data, b"mdat", flips=5, seed=seed), tmp_path / "video.mp4")
        for seed in SEEDS
    ]

    assert any(one.told and len(one.times) == FRAMES for one in trials)


def test_sums_that_come_with_the_pictures_are_checked(videos, tmp_path):
    data = videos["hevc with sums"].read_bytes()

    trials = [
        decode_bytes(flip_bits(data, b"mdat", flips=1, seed=seed), tmp_path / "video.mp4")
        for seed in SEEDS
    ]

    # A flip may also hit what the encoder says of itself, which is no part of a picture.
    assert sum(one.told for one in trials) >= len(trials) // 2


@pytest.mark.parametrize("number", [0, 1])
def test_a_fragment_whose_header_is_overwritten_is_missed(fragments, number, tmp_path):
    headers = [(start, end) for kind, start, end in boxes(fragments) if kind == b"moof"]
    start, end = headers[number]
    renamed = fragments[: start + 4] + b"free" + fragments[start + 8 :]
    emptied = fragments[:start] + bytes(end - start) + fragments[end:]

    assert decode_bytes(renamed, tmp_path / "renamed.mp4").told
    assert decode_bytes(emptied, tmp_path / "emptied.mp4").told


def test_damage_in_fragments_headers_loses_no_picture_in_silence(fragments, tmp_path):
    trials = [
        decode_bytes(flip_bits(fragments, b"moof", flips=1, seed=seed), tmp_path / "video.mp4")
        for seed in range(40)
    ]

    assert [one for one in trials if len(one.times) < FRAMES and not one.told] == []


def test_a_fragmented_video_that_is_intact_or_padded_is_whole(fragments, tmp_path):
    padded = fragments + b"\0\0\0\x10free" + bytes(8)

    assert not decode_bytes(fragments, tmp_path / "video.mp4").told
    assert not decode_bytes(padded, tmp_path / "padded.mp4").told
