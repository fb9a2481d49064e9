"""The frames of a stored document, found by binary search and read line by line.

The worker writes them in rising order, one a line, each beginning `{"frame_index": N`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from service.storage.base import CHUNK_BYTES

OPENING, SEPARATOR, CLOSING = b'{"results": [\n', b",\n", b"\n]}"

_INDEX = re.compile(rb'\{"frame_index": ([0-9]{1,18})')
_INDEX_BYTES = 40


@dataclass(frozen=True, slots=True)
class Frames:
    """The lines of a document between two of its bytes; all of it is read by one thread."""

    document: BinaryIO
    begin: int
    end: int

    def lines(self) -> Iterator[bytes]:
        """Each frame's JSON, without what stands between two of them."""
        at = self.begin
        while at < self.end:
            self.document.seek(at)
            line = self.document.readline()
            if not line:
                # Somebody has cut the file off: what is missing must not be waited for.
                raise EOFError(f"the document ends at byte {at} of {self.end}")
            at += len(line)
            yield line.removesuffix(b"\n").removesuffix(b",")

    def records(self) -> Iterator[dict[str, Any]]:
        """Each frame, `{"frame_index", "result"}`."""
        return map(json.loads, self.lines())

    def chunks(self) -> Iterator[bytes]:
        """The lines as they are stored, of any length at a time."""
        return chunks_of(self.document, self.begin, self.end)


def frames_of(
    document: BinaryIO, size: int, *, first: int | None = None, last: int | None = None
) -> Frames:
    """The frames whose index is neither below first nor above last, of a document of size bytes."""
    document.seek(0)
    if document.read(len(OPENING)) != OPENING:
        return Frames(document, size, size)
    every = Frames(document, len(OPENING), size - len(CLOSING))
    begin = every.begin if first is None else _find(every, first)
    after = every.end if last is None else _find(every, last + 1)
    # What separates the last frame from one that is left out is left out too.
    end = after if after in (begin, every.end) else after - len(SEPARATOR)
    return Frames(document, begin, max(begin, end))


def chunks_of(document: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """The bytes from begin up to end."""
    document.seek(begin)
    while chunk := document.read(min(CHUNK_BYTES, end - begin)):
        begin += len(chunk)
        yield chunk


def _find(every: Frames, index: int) -> int:
    """Where the first line begins whose frame has this index or a higher one; else the end."""
    low, high = every.begin, every.end
    while low < high:
        middle = (low + high) // 2
        line = _line_from(every, middle)
        if line >= high or _index_at(every, line) >= index:
            high = middle
        else:
            low = line + 1
    return _line_from(every, low)


def _line_from(every: Frames, at: int) -> int:
    """Where the first line begins that does so at this byte or after it; else the end."""
    if at <= every.begin:
        return every.begin
    every.document.seek(at - 1)
    every.document.readline()
    return min(every.document.tell(), every.end)


def _index_at(every: Frames, line: int) -> int:
    every.document.seek(line)
    found = _INDEX.match(every.document.read(_INDEX_BYTES))
    if found is None:
        raise ValueError(f"no frame begins at byte {line}")
    return int(found[1])
