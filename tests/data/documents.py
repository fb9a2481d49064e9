"""A results document with every member that one can have, made by the pipeline's own code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from worker.pipeline.frame import Detection, Frame, FrameError, FrameResult, Reading
from worker.pipeline.results.document import closing, encode_frame, line_at, result_of
from worker.pipeline.track.tracker import Tracker

PICTURE = np.zeros((720, 1280, 3), np.uint8)
LINE = Detection(0, "text", 0.93124, (140.0, 620.5, 1140.2, 690.0), "BREAKING NEWS AT NINE", 0.96)
CAR = Detection(1002, "car", 0.71, (100.0, 200.0, 300.0, 320.0))
FRAME = Frame(25, 1000, PICTURE, detections=(LINE,))


def plain() -> list[FrameResult]:
    """One frame with a line of text, which everybody read alike."""
    return list(_tracked(FRAME))


def full() -> list[FrameResult]:
    """Frames with a text and its alternatives, with a thing unread, damaged, and failed."""
    doubted = replace(LINE, alternatives=(Reading("BREAKING NEWS AT WINE", 0.31),))
    return list(
        _tracked(
            replace(FRAME, detections=(doubted, CAR)),
            replace(FRAME, index=26, timestamp_ms=1040, corrupt=True),
            replace(
                FRAME, index=27, timestamp_ms=1080, error=FrameError("read_failed", "too slow")
            ),
        )
    )


def encoded(results: list[FrameResult]) -> bytes:
    """The document as it is stored."""
    lines = (line_at(number, encode_frame(result)) for number, result in enumerate(results))
    return b"".join(lines) + closing(len(results))


def members(
    document: Any, name: str, *, keyed: frozenset[str] = frozenset()
) -> dict[str, set[str]]:
    """The members of every object in a document, by the name under which it stands.

    Of an object that is keyed by names of its own, only what stands under those counts.
    """
    found: dict[str, set[str]] = {}
    for at, names in _objects(document, name, keyed):
        found.setdefault(at, set()).update(names)
    return found


def shape(value: Any) -> Any:
    """A document with its types in the place of its values."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(member) for member in value]
    return type(value)


def _objects(value: Any, name: str, keyed: frozenset[str]) -> Iterator[tuple[str, set[str]]]:
    if isinstance(value, list):
        for entry in value:
            yield from _objects(entry, name, keyed)
    if isinstance(value, dict):
        if name not in keyed:
            yield name, set(value)
        for member, content in value.items():
            yield from _objects(content, name if name in keyed else member, keyed - {name})


def _tracked(*frames: Frame) -> Iterator[FrameResult]:
    return map(Tracker(most_texts=10).follow, map(result_of, frames))
