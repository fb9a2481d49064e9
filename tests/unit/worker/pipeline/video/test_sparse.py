"""Sampling without decoding what lies between gives what decoding everything gives."""

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.data.fields import field_video
from tests.data.videos import Picture, write_video
from worker.pipeline.frame import Frame
from worker.pipeline.video import lookahead
from worker.pipeline.video.decode import Video, open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=10**6, max_video_seconds=600, max_video_frames=10**6)
SIZE = (96, 64)
FAST_START = {"movflags": "+faststart"}
STRIDES = (2, 3, 5, 7, 12, 13, 25, 100)


def decoded(path: Path, *, stride: int = 1, max_frames: int | None = None):
    with open_for_decoding(path, LIMITS) as video:
        return list(video.frames(stride=stride, max_frames=max_frames)), video


def moving_pictures(count: int, rng: random.Random) -> Iterator[Picture]:
    """A camera that wanders over a blurred noise, with a cut now and then."""
    width, height = SIZE
    noise = np.random.default_rng(rng.randrange(10**6))
    ground = cv2.GaussianBlur(noise.integers(0, 255, (160, 200, 3), dtype=np.uint8), (5, 5), 2)
    x = y = 40
    for _ in range(count):
        if rng.random() < 0.04:
            ground = 255 - np.roll(ground, rng.randrange(50), axis=1)
        x = min(max(x + rng.randint(-4, 4), 0), 200 - width)
        y = min(max(y + rng.randint(-4, 4), 0), 160 - height)
        yield ground[y : y + height, x : x + width]


def x264(rng: random.Random) -> dict[str, str]:
    chosen = {
        "keyint": rng.choice([1, 5, 12, 30, 250]),
        "min-keyint": rng.choice([1, 5]),
        "bframes": rng.choice([0, 1, 3, 5]),
        "b-pyramid": rng.choice(["none", "strict", "normal"]),
        "open-gop": rng.choice([0, 1]),
        "ref": rng.choice([1, 3, 5]),
        "direct": rng.choice(["spatial", "temporal", "auto"]),
        "intra-refresh": rng.choice([0, 0, 0, 1]),
        "interlaced": rng.choice([0, 0, 0, 1]),
        "repeat-headers": rng.choice([0, 1]),
        "slices": rng.choice([1, 3]),
        "rc-lookahead": 10,
    }
    return {"preset": "faster", "threads": "1", "x264-params": joined(chosen)}


def x265(rng: random.Random) -> dict[str, str]:
    chosen = {
        "keyint": rng.choice([5, 12, 30, 250]),
        "min-keyint": rng.choice([1, 5]),
        "bframes": rng.choice([0, 1, 3, 5]),
        "b-pyramid": rng.choice([0, 1]),
        "open-gop": rng.choice([0, 1]),
        "ref": rng.choice([1, 3]),
        "repeat-headers": rng.choice([0, 1]),
        "temporal-layers": rng.choice([1, 1, 3]),
        "pools": 1,
        "frame-threads": 1,
        "rc-lookahead": 10,
        "log-level": "none",
    }
    return {"preset": "ultrafast", "x265-params": joined(chosen)}


def svt_av1(rng: random.Random) -> dict[str, str]:
    # The first kind of refreshing frame is shown later: decoding cannot begin there.
    refresh = rng.choice([1, 2])
    return {"preset": "12", "g": "12", "svtav1-params": f"lp=1:irefresh-type={refresh}"}


def vp9(rng: random.Random) -> dict[str, str]:
    group, ahead, hidden = rng.choice([5, 12, 30]), rng.choice([0, 10]), rng.choice([0, 1])
    lag = {"lag-in-frames": str(ahead), "auto-alt-ref": str(hidden)}
    return {"deadline": "realtime", "cpu-used": "8", "b": "200k", "g": str(group), **lag}


def mpeg4(rng: random.Random) -> dict[str, str]:
    return {"bf": str(rng.choice([0, 2])), "b": "400k", "g": str(rng.choice([5, 12]))}


def joined(chosen: dict[str, object]) -> str:
    return ":".join(f"{name}={value}" for name, value in chosen.items())


Options = Callable[[random.Random], dict[str, str]]
ENCODERS: dict[str, tuple[Options, range]] = {
    "libx264": (x264, range(16)),
    "libx265": (x265, range(8)),
    "libsvtav1": (svt_av1, range(2)),
    "libvpx-vp9": (vp9, range(3)),
    "mpeg4": (mpeg4, range(2)),
    "mjpeg": (lambda _: {}, range(1)),
}
CONTAINERS = (
    {},
    {"movflags": "frag_keyframe+empty_moov"},
    {"movflags": "negative_cts_offsets"},
    {"use_editlist": "0"},
)


def random_video(path: Path, encoder: str, seed: int) -> Path:
    """A video whose groups, references, times and container come from the seed."""
    rng = random.Random(f"{encoder} {seed}")
    steps = [1, 1, 2, 7, 25] if rng.random() < 0.3 else [1]
    count, time = rng.choice([3, 40, 60]), rng.choice([0, 0, 13])
    times = []
    for _ in range(count):
        times.append(time * 40)
        time += rng.choice(steps)
    options, _ = ENCODERS[encoder]
    return write_video(
        path,
        moving_pictures(count, rng),
        rate=25,
        codec=encoder,
        pixels="yuvj420p" if encoder == "mjpeg" else "yuv420p",
        options=options(rng),
        container_options=rng.choice(CONTAINERS),
        times=times,
    )


def assert_same_as_all(path: Path, *, stride: int, max_frames: int | None = None) -> Video:
    every, whole = decoded(path)
    some, video = decoded(path, stride=stride, max_frames=max_frames)
    expected = [frame for frame in every if frame.index % stride == 0][:max_frames]
    assert [told(frame) for frame in some] == [told(frame) for frame in expected]
    pairs = zip(some, expected, strict=True)
    assert all(np.array_equal(one.picture, other.picture) for one, other in pairs)
    if max_frames is None:
        assert summary(video) == summary(whole)
    return video


def told(frame: Frame) -> tuple[int, int, bool]:
    return frame.index, frame.timestamp_ms, frame.corrupt


def summary(video: Video) -> tuple[int, ...]:
    tally = video.tally
    sums = tally.frames_decoded, tally.frames_corrupt, tally.packets, tally.last_ms
    return *sums, video.truncated, tally.width, tally.height


def closed_groups(path: Path, *, bframes: int = 2, frames: int = 60) -> Path:
    """Groups of twelve, each by itself."""
    params = {"keyint": 12, "min-keyint": 12, "scenecut": 0, "bframes": bframes}
    options = {"preset": "faster", "threads": "1", "x264-params": joined(params)}
    pictures = moving_pictures(frames, random.Random(1))
    return write_video(path, pictures, rate=25, options=options)


@pytest.mark.parametrize(
    ("encoder", "seed"), [(name, seed) for name, (_, seeds) in ENCODERS.items() for seed in seeds]
)
def test_sampled_frames_are_the_same_to_the_byte_as_when_everything_is_decoded(
    tmp_path, encoder, seed
):
    """WRK-4"""
    path = random_video(tmp_path / "video.mp4", encoder, seed)
    rng = random.Random(seed)

    for stride in rng.sample(STRIDES, 3):
        assert_same_as_all(path, stride=stride, max_frames=rng.choice([None, None, 1, 2]))


@pytest.mark.parametrize("bframes", [0, 2])
def test_groups_without_a_sampled_frame_are_not_decoded(tmp_path, bframes):
    path = closed_groups(tmp_path / "video.mp4", bframes=bframes)

    video = assert_same_as_all(path, stride=24)

    assert (video.tally.packets, video.tally.packets_decoded) == (60, 3)
    assert video.tally.frames_decoded == 60


ACROSS_GROUPS = {
    "h264 open": ("libx264", {"open-gop": 1}),
    "h264 without key frames": ("libx264", {"intra-refresh": 1, "bframes": 0, "keyint": 20}),
    "hevc open": ("libx265", {"open-gop": 1}),
    "hevc with leading pictures that refer only to the key frame": ("libx265", {"radl": 2}),
}


@pytest.mark.parametrize("kind", ACROSS_GROUPS)
def test_pictures_that_are_shown_before_their_key_frame_are_the_same(tmp_path, kind):
    encoder, chosen = ACROSS_GROUPS[kind]
    quiet = {"pools": 1, "log-level": "none", "open-gop": 0} if encoder == "libx265" else {}
    params = {"keyint": 12, "min-keyint": 12, "scenecut": 0, "bframes": 3} | quiet | chosen
    options = {f"{encoder[3:]}-params": joined(params)}
    pictures = moving_pictures(60, random.Random(2))
    path = write_video(tmp_path / "video.mp4", pictures, rate=25, codec=encoder, options=options)

    videos = [assert_same_as_all(path, stride=stride) for stride in range(2, 60)]

    assert any(video.tally.packets_decoded < 60 for video in videos)


def test_progress_counts_what_is_passed_over(tmp_path):
    """The worker takes a video for stalled whose count stands still."""
    path = closed_groups(tmp_path / "video.mp4")

    with open_for_decoding(path, LIMITS) as video:
        counts = [video.tally.frames_decoded for _ in video.frames(stride=24)]

    assert counts == [1, 25, 49]


def test_nothing_is_read_beyond_the_last_frame_asked_for(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")

    video = assert_same_as_all(path, stride=24, max_frames=2)

    # The decoder gives a picture when it has two more.
    assert (video.tally.packets, video.tally.packets_decoded) == (27, 2 + 2)


def test_fields_are_never_taken_for_frames(tmp_path):
    path = field_video(tmp_path / "fields.mp4", frames=6)

    video = assert_same_as_all(path, stride=2)

    assert video.tally.packets_decoded == video.tally.packets


@pytest.mark.parametrize("skipped", [1, 7, 12, 20])
def test_a_video_cut_by_its_edit_list_keeps_its_numbers(tmp_path, skipped):
    path = closed_groups(tmp_path / "video.mp4")
    edit(path, [(1400, skipped * 512)])

    video = assert_same_as_all(path, stride=12)

    assert video.tally.packets_decoded < video.tally.packets


def test_a_video_whose_edit_list_plays_parts_is_decoded_whole(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")
    edit(path, [(600, 20 * 512), (800, 5 * 512)])

    video = assert_same_as_all(path, stride=12)

    assert video.tally.packets_decoded == video.tally.packets


def test_damage_that_is_met_ends_all_passing_over(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")
    damage(path, packet_number=0)

    _, video = decoded(path, stride=24)

    # The first group was left out already when its first frame came.
    assert video.truncated
    assert video.tally.packets_decoded == 1 + 48


def test_damage_in_what_is_passed_over_is_not_judged(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")
    every, _ = decoded(path)
    damage(path, packet_number=14)

    some, video = decoded(path, stride=24)

    assert not video.truncated
    assert all(np.array_equal(frame.picture, every[frame.index].picture) for frame in some)


def test_a_video_whose_end_is_missing_is_cut_short_also_between_samples(tmp_path):
    path = closed_groups(tmp_path / "video.mp4")
    fast = write_copy(tmp_path / "fast.mp4", path)
    data = fast.read_bytes()
    fast.write_bytes(data[: -len(data) // 4])

    video = assert_same_as_all(fast, stride=24)

    assert video.truncated


def test_waiting_packets_are_decoded_when_they_become_too_many(tmp_path, monkeypatch):
    path = closed_groups(tmp_path / "video.mp4")
    monkeypatch.setattr(lookahead, "MOST_WAITING_BYTES", 5000)

    video = assert_same_as_all(path, stride=24)

    assert 3 < video.tally.packets_decoded < 60


def edit(path: Path, edits: list[tuple[int, int]]) -> None:
    """Replace the edit list by others: milliseconds long, from where in units of the media."""
    data = path.read_bytes()
    at = data.index(b"elst") - 4
    entries = b"".join(struct.pack(">Iihh", *one, 1, 0) for one in edits)
    listed = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(edits)) + entries
    size = struct.unpack_from(">I", data, at)[0]
    grown = bytearray(data[:at] + listed + data[at + size :])
    for kind in (b"moov", b"trak", b"edts"):
        begin = grown.index(kind) - 4
        old = struct.unpack_from(">I", grown, begin)[0]
        struct.pack_into(">I", grown, begin, old + len(listed) - size)
    path.write_bytes(grown)


def damage(path: Path, *, packet_number: int) -> None:
    """Fill the second half of a packet with zeros."""
    with av.open(str(path)) as container:
        packets = [(one.pos, one.size) for one in container.demux(video=0) if one.size]
    begin, size = packets[packet_number]
    data = bytearray(path.read_bytes())
    data[begin + size // 2 : begin + size] = bytes(size - size // 2)
    path.write_bytes(data)


def write_copy(path: Path, source: Path) -> Path:
    """The same packets, with the index before them."""
    with av.open(str(source)) as given, av.open(str(path), "w", options=FAST_START) as out:
        copied = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = copied
                out.mux(packet)
    return path
