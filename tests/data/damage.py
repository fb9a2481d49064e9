"""Damages videos: bits among their pictures, boxes of their structure."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from tests.data.videos import text_pictures, write_video

FRAGMENTED = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
SIZE = (192, 112)
# Quick ones, with pictures that refer to others on both sides where the encoder can.
CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"preset": "veryfast", "bf": "2", "g": "12", "threads": "1"}),
    "hevc": (
        "libx265",
        {
            "preset": "ultrafast",
            "x265-params": "keyint=12:bframes=2:open-gop=1:pools=1:log-level=none",
        },
    ),
    "hevc with sums": (
        "libx265",
        {"preset": "ultrafast", "x265-params": "hash=1:keyint=12:pools=1:log-level=none"},
    ),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "lp=1"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "b": "100k"}),
    "mpeg4": ("mpeg4", {"bf": "2", "b": "200k"}),
    "mjpeg": ("mjpeg", {}),
}


def small_video(path: Path, codec: str, *, frames: int = 24, fragmented: bool = False) -> Path:
    """A small video of moving text by the encoder of a codec in CODECS."""
    encoder, options = CODECS[codec]
    width, height = SIZE
    pictures = [
        picture[:height, 2 * number : 2 * number + width]
        for number, picture in enumerate(text_pictures(frames))
    ]
    return write_video(
        path,
        pictures,
        codec=encoder,
        options=options,
        pixels="yuvj420p" if codec == "mjpeg" else "yuv420p",
        container_options=FRAGMENTED if fragmented else None,
    )


def boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The file's own boxes: type, where it begins and where it ends."""
    start = 0
    while start < len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, start + size
        start += size


def flip_bits(data: bytes, kind: bytes, *, flips: int, seed: int) -> bytes:
    """The file with seeded bits flipped inside of its boxes of a type."""
    rng = random.Random(seed)
    places = [(start + 8, end) for name, start, end in boxes(data) if name == kind]
    damaged = bytearray(data)
    for _ in range(flips):
        damaged[rng.randrange(*rng.choice(places))] ^= 1 << rng.randrange(8)
    return bytes(damaged)
