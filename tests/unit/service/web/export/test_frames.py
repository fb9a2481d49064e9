import io
import random
from dataclasses import replace

import pytest

from service.web.export.frames import frames_of
from tests.unit.service.web.export.samples import detection, document, frame, frames_in

STRIDE = 5
SAMPLED = range(0, 500, STRIDE)


def content_of(seed: int) -> bytes:
    """Frames whose lines are of very different length."""
    rng = random.Random(seed)
    return document(
        *(frame(index, *[detection()] * rng.choice([0, 0, 1, 300])) for index in SAMPLED)
    )


CONTENT = content_of(7)


def indices(first: int | None, last: int | None) -> list[int]:
    return [record["frame_index"] for record in frames_in(CONTENT, first, last).records()]


@pytest.mark.parametrize("first", [None, 0, 1, 4, 5, 6, 250, 494, 495, 496, 999_999_999])
@pytest.mark.parametrize("last", [None, 0, 1, 4, 5, 6, 250, 494, 495, 496, 999_999_999])
def test_a_range_has_the_sampled_frames_within_it(first: int | None, last: int | None) -> None:
    low, high = first or 0, 10**9 if last is None else last

    assert indices(first, last) == [index for index in SAMPLED if low <= index <= high]


def test_every_single_frame_is_found_by_its_index() -> None:
    assert [indices(index, index) for index in SAMPLED] == [[index] for index in SAMPLED]


@pytest.mark.parametrize(("first", "last"), [(None, None), (3, 17), (0, 0), (495, 495), (1, 2)])
def test_the_bytes_of_a_range_are_those_of_its_lines(first: int | None, last: int | None) -> None:
    frames = frames_in(CONTENT, first, last)

    assert b"".join(frames.chunks()) == b",\n".join(frames.lines())


def test_a_document_that_was_cut_off_has_an_end() -> None:
    whole = frames_of(io.BytesIO(CONTENT), len(CONTENT))
    cut_off = replace(whole, document=io.BytesIO(CONTENT[: len(CONTENT) // 2]))

    with pytest.raises(EOFError, match="the document ends at byte"):
        list(cut_off.lines())


class CountedBytes(io.BytesIO):
    """A document that knows how much of it was read."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        return found

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        self.read_bytes += len(line)
        return line


def test_a_range_is_found_without_reading_what_comes_before_it() -> None:
    content = document(*(frame(index, detection()) for index in range(20_000)))
    counted = CountedBytes(content)
    frames = frames_of(counted, len(content), first=19_990, last=19_995)

    assert [record["frame_index"] for record in frames.records()] == list(range(19_990, 19_996))
    assert counted.read_bytes < len(content) / 100


@pytest.mark.parametrize(("first", "last"), [(None, None), (0, 9)])
def test_a_document_without_frames_has_none(first: int | None, last: int | None) -> None:
    frames = frames_in(document(), first, last)

    assert list(frames.lines()) == list(frames.chunks()) == []
