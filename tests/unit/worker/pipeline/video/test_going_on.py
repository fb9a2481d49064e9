"""Decoding that goes on after a frame gives what decoding without a break gives."""

import random
from pathlib import Path

import pytest

from tests.data.videos import truncated
from tests.unit.worker.pipeline.video.test_sparse import LIMITS, closed_groups, random_video
from worker.pipeline.video.decode import Reached, Video, open_for_decoding

ENCODERS = {"libx264": 8, "libx265": 4, "libvpx-vp9": 2, "libsvtav1": 1, "mpeg4": 2, "mjpeg": 1}
SEEDS = [(encoder, seed) for encoder, seeds in ENCODERS.items() for seed in range(seeds)]


def decoded(path: Path, after: Reached | None = None, **options: int | None):
    """What each frame is, how far the video is decoded with it, and what is known at the end."""
    with open_for_decoding(path, LIMITS) as video:
        frames = [
            (
                (frame.index, frame.timestamp_ms, frame.corrupt, hash(frame.picture.tobytes())),
                video.reached(frame.index),
            )
            for frame in video.frames(after=after, **options)
        ]
        return frames, told_of(video)


def told_of(video: Video):
    tally = video.tally
    return (
        (tally.width, tally.height, tally.frames_decoded, tally.frames_corrupt, tally.last_ms),
        video.truncated,
    )


def assert_goes_on_alike(path: Path, **options: int | None) -> None:
    whole, told = decoded(path, **options)
    # Not a part of any group's length, so breaks lie everywhere in groups.
    for number in range(0, len(whole), 7):
        rest, told_then = decoded(path, whole[number][1], **options)
        assert [frame for frame, _ in rest] == [frame for frame, _ in whole[number + 1 :]], number
        assert told_then == told, number


@pytest.mark.parametrize(("encoder", "seed"), SEEDS)
def test_wherever_it_goes_on_every_frame_is_the_same(tmp_path, encoder, seed):
    stride, max_frames = random.Random(seed).choice([(1, None), (1, 20), (3, None), (7, 4)])

    assert_goes_on_alike(
        random_video(tmp_path / "video.mp4", encoder, seed), stride=stride, max_frames=max_frames
    )


@pytest.mark.parametrize(("encoder", "seed"), SEEDS)
def test_wherever_it_goes_on_a_damaged_video_is_the_same(tmp_path, encoder, seed):
    path = random_video(tmp_path / "video.mp4", encoder, seed)
    data, rng = bytearray(path.read_bytes()), random.Random(seed)
    begin = data.index(b"mdat") + 4
    end = begin + int.from_bytes(data[begin - 8 : begin - 4]) - 8
    for _ in range(rng.choice([1, 3, 20])):
        data[rng.randrange(begin + (end - begin) // 8, end)] ^= 1 << rng.randrange(8)
    path.write_bytes(data)

    assert_goes_on_alike(path, stride=1 + seed % 3)


def test_wherever_it_goes_on_a_video_that_breaks_off_is_the_same(tmp_path):
    assert_goes_on_alike(truncated(tmp_path / "video.mp4"), stride=2)


def test_what_came_before_is_not_decoded_where_a_key_frame_comes_between(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")
    whole, _ = decoded(path)
    with open_for_decoding(path, LIMITS) as video:
        rest = list(video.frames(after=whole[40][1]))

        assert len(rest) == 60 - 41
        assert video.tally.packets_decoded <= 60 - 36
