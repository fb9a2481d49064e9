"""What a video shows, and how much of it a program has read."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

Box = tuple[float, float, float, float]
# A found box belongs to a line when so much of either lies in the other.
LEAST_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A text in a frame; what fades is not sure, and nobody is asked for it."""

    region: int
    box: Box
    text: str
    font: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What a program found in a frame, and what else it may say."""

    box: Box
    text: str
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()


# The lines of each frame of a video; what was found in the frames that were read.
Truth = tuple[tuple[Line, ...], ...]
Frames = Mapping[int, Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Lost:
    """A line that was not read exactly, and which of its words were not read at all."""

    frame: int
    line: Line
    words: tuple[str, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Words and lines that were there, and how many were read; words read where no text is."""

    words: int
    words_read: int
    lines: int
    lines_exact: int
    words_elsewhere: int

    @property
    def recall(self) -> float:
        """The share of words that were read."""
        return self.words_read / self.words

    @property
    def exact(self) -> float:
        """The share of lines that were read without a fault, spaces aside."""
        return self.lines_exact / self.lines


@dataclass(frozen=True, slots=True)
class Stale:
    """A line read as what stood there before it."""

    frame: int
    region: int
    text: str
    read: str


def dump_truth(path: Path, truth: Truth) -> None:
    """Write a truth as JSON."""
    path.write_text(json.dumps([[astuple(line) for line in lines] for lines in truth]))


def load_truth(path: Path) -> Truth:
    """Read what ``dump_truth`` wrote."""
    frames = json.loads(path.read_text())
    return tuple(
        tuple(Line(region, tuple(box), text, font, sure) for region, box, text, font, sure in lines)
        for lines in frames
    )


def score(truth: Truth, frames: Frames) -> Score:
    """How much of the truth of the frames that were read is in what was read."""
    asked = [(line, _at(line, found)) for _, line, found in _sure_lines(truth, frames)]
    words = [(Counter(line.text.split()), _words(found)) for line, found in asked]
    return Score(
        words=sum(wanted.total() for wanted, _ in words),
        words_read=sum((wanted & given).total() for wanted, given in words),
        lines=len(asked),
        lines_exact=sum(_is_exact(line.text, found) for line, found in asked),
        words_elsewhere=sum(
            len(one.text.split())
            for frame, found in frames.items()
            for one in found
            if not any(_belongs(one, line) for line in truth[frame])
        ),
    )


def lost_lines(truth: Truth, frames: Frames) -> Iterator[Lost]:
    """Every line that was not read exactly, with all that was found there."""
    for frame, line, found in _sure_lines(truth, frames):
        at = _at(line, found)
        missing = Counter(line.text.split()) - _words(at)
        if missing or not _is_exact(line.text, at):
            yield Lost(frame, line, tuple(missing.elements()), tuple(at))


def stale_readings(truth: Truth, frames: Frames) -> Iterator[Stale]:
    """Every reading that is like what its region showed before, and nearer to it than to what it
    shows now, be that nothing; where a region fades, nothing is stale.
    """
    for frame in sorted(frames):
        for region, before in _before(truth, frame).items():
            lines = [line for line in truth[frame] if line.region == region]
            if any(not line.sure for line in lines):
                continue
            now = lines[0].text if lines else ""
            for one in _at(lines[0] if lines else before, frames[frame]):
                away = _distance(one.text, before.text)
                if away <= len(before.text) / 2 and away < _distance(one.text, now):
                    yield Stale(frame, region, now, one.text)


def _sure_lines(truth: Truth, frames: Frames) -> Iterator[tuple[int, Line, Sequence[Found]]]:
    for frame, found in sorted(frames.items()):
        yield from ((frame, line, found) for line in truth[frame] if line.sure)


def _before(truth: Truth, frame: int) -> dict[int, Line]:
    """What each region last showed for sure that it does not show in the frame."""
    now = {line.region: line.text for line in truth[frame]}
    before: dict[int, Line] = {}
    for lines in reversed(truth[:frame]):
        for line in lines:
            if line.sure and line.region not in before and line.text != now.get(line.region):
                before[line.region] = line
    return before


def _at(line: Line, found: Sequence[Found]) -> list[Found]:
    """What was found at a line, from left to right."""
    return sorted((one for one in found if _belongs(one, line)), key=lambda one: one.box[0])


def _belongs(found: Found, line: Line) -> bool:
    one, other = found.box, line.box
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min(_area(one), _area(other))
    return max(0.0, width) * max(0.0, height) >= LEAST_SHARED * smaller


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _words(found: Sequence[Found]) -> Counter[str]:
    return Counter(word for one in found for word in one.text.split())


def _is_exact(text: str, found: Sequence[Found]) -> bool:
    readings = [*(one.text for one in found), " ".join(one.text for one in found)]
    return any("".join(reading.split()) == "".join(text.split()) for reading in readings)


def _distance(one: str, other: str) -> int:
    return Levenshtein.distance("".join(one.split()), "".join(other.split()))
