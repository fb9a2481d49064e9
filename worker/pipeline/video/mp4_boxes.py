"""Looks at an MP4's boxes for damage that a demuxer passes over without a word."""

import os
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

# Four hours in fragments of a quarter of a second have half as many; what is beyond is not judged.
MOST_BOXES = 250_000
HEADER_BYTES, LARGE_HEADER_BYTES = 8, 16
# The last box may say "to the end of the file" or give its size in 64 bits.
TO_THE_END, LARGE = 0, 1
# Padding between samples is no loss, while this part of a fragment's media is taken.
CLAIMED = 0.99
# Where `tkhd` keeps the track's id, and `mdhd` its time scale, by version.
NUMBER_AT = {0: 12, 1: 20}
# An edit by version: how long, from where in the media, how fast; before them a header and a count.
EDIT = {0: struct.Struct(">Iii"), 1: struct.Struct(">Qqi")}
EDITS_AT, MOST_EDIT_BYTES = 8, 1000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, and where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int


def has_unclaimed_media(path: Path, samples: Iterable[tuple[int, int]]) -> bool:
    """Whether a fragmented MP4 has media that no sample takes, or an end that is no box.

    Samples are the place and size in bytes of everything the demuxer found, of all tracks. What
    a damaged `moof` (ISO/IEC 14496-12, 8.8) does not name stays unclaimed. A fragment that is gone
    with its media and leaves no hole is not seen, nor are changed times.
    """
    with path.open("rb") as file:
        whole = Box(b"", 0, os.fstat(file.fileno()).st_size)
        if not any(_within(file, whole, b"moov", b"mvex")):
            return False
        boxes = list(islice(_boxes(file, whole), MOST_BOXES))
    media = [box for box in boxes if box.kind == b"mdat"]
    ends_in_box = len(boxes) == MOST_BOXES or whole.end == (boxes[-1].end if boxes else 0)
    return not ends_in_box or (bool(media) and _unclaimed(media, samples))


def lacks_time_scale(path: Path, track_id: int) -> bool:
    """Whether a track's header says that its times have no unit; ffmpeg takes them as seconds."""
    with path.open("rb") as file:
        return any(
            _number(file, header) == 0
            for track in _tracks(file, track_id)
            for header in _within(file, track, b"mdia", b"mdhd")
        )


def plays_parts(path: Path, track_id: int) -> bool:
    """Whether a track's edit list (ISO/IEC 14496-12, 8.6.6) plays more than one part of it."""
    with path.open("rb") as file:
        return any(
            sum(begin >= 0 for begin in _edits(file, edits)) > 1
            for track in _tracks(file, track_id)
            for edits in _within(file, track, b"edts", b"elst")
        )


def _tracks(file: BinaryIO, track_id: int) -> Iterator[Box]:
    whole = Box(b"", 0, os.fstat(file.fileno()).st_size)
    for track in _within(file, whole, b"moov", b"trak"):
        if track_id in [_number(file, header) for header in _within(file, track, b"tkhd")]:
            yield track


def _edits(file: BinaryIO, box: Box) -> Iterator[int]:
    """Where in its media each edit begins; below zero for one that shows nothing."""
    file.seek(box.start)
    content = file.read(min(box.end - box.start, MOST_EDIT_BYTES))
    entry = EDIT.get(content[0]) if content else None
    if entry:
        for at in range(EDITS_AT, len(content) - entry.size + 1, entry.size):
            yield entry.unpack_from(content, at)[1]


def _unclaimed(media: Sequence[Box], samples: Iterable[tuple[int, int]]) -> bool:
    starts = [box.start for box in media]
    claimed = [0] * len(media)
    for place, size in samples:
        if place >= starts[0]:
            claimed[bisect_right(starts, place) - 1] += size
    return any(
        taken < CLAIMED * (box.end - box.start) for box, taken in zip(media, claimed, strict=True)
    )


def _within(file: BinaryIO, box: Box, kind: bytes, *deeper: bytes) -> Iterator[Box]:
    for inner in islice(_boxes(file, box), MOST_BOXES):
        if inner.kind == kind and deeper:
            yield from _within(file, inner, *deeper)
        elif inner.kind == kind:
            yield inner


def _boxes(file: BinaryIO, outer: Box) -> Iterator[Box]:
    """The boxes inside of another, up to the first that does not fit there."""
    start = outer.start
    while start + HEADER_BYTES <= outer.end:
        file.seek(start)
        header = file.read(LARGE_HEADER_BYTES)
        size, kind, content = int.from_bytes(header[:4]), header[4:8], start + HEADER_BYTES
        if size == LARGE:
            size, content = int.from_bytes(header[8:]), start + LARGE_HEADER_BYTES
        elif size == TO_THE_END and kind == b"mdat":
            size = outer.end - start
        if not content <= start + size <= outer.end:
            return
        yield Box(kind, content, start + size)
        start += size


def _number(file: BinaryIO, box: Box) -> int | None:
    file.seek(box.start)
    content = file.read(32)
    at = NUMBER_AT.get(content[0]) if content else None
    return None if at is None else int.from_bytes(content[at : at + 4])
