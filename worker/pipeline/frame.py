"""The values an analysis is made of: frames, what was found in them, and the summary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

# BGR, shape (height, width, 3), turned the way a viewer sees it.
Picture = NDArray[np.uint8]
# One channel, shape (height, width).
Grey = NDArray[np.uint8]
# x1, y1, x2, y2 in pixels of the picture, x2 and y2 outside of the box.
Box = tuple[float, float, float, float]
# To how many decimal places the documents give a confidence.
CONFIDENCE_PLACES = 4
# The class of a line of text, which is more than a box: it can be joined, read and followed.
TEXT_CLASS = "text"
# The class of a whole licence plate, whose reading is one number.
PLATE_CLASS = "plate"
# A line read with less confidence is likelier wrong than right.
LIKELY_FROM_CONFIDENCE = 0.5
# A doubtful box counts when it is read with this confidence.
CONFIRMED_FROM_CONFIDENCE = 0.85
# Nearly any shape is some letter: one that says so little is read with more confidence than most.
SHORT_LETTERS, SHORT_CONFIRMED_FROM_CONFIDENCE = 3, 0.95


@dataclass(frozen=True, slots=True)
class Reading:
    """What a box may say, and the confidence in that, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing found in a frame; the text fields stay None until somebody has read it."""

    class_id: int
    class_name: str
    confidence: float
    bbox: Box
    text: str | None = None
    text_confidence: float | None = None
    # What it may say instead, most confident first.
    alternatives: tuple[Reading, ...] = ()
    # Which of the video's tracks it belongs to, counted from 1; None until it was followed.
    track_id: int | None = None
    # Found with so little confidence that by itself it does not count.
    is_doubtful: bool = False

    @property
    def is_confirmed(self) -> bool:
        """Whether it counts: found with confidence, or at least read with much."""
        if not self.is_doubtful:
            return True
        least = SHORT_CONFIRMED_FROM_CONFIDENCE if self.is_short else CONFIRMED_FROM_CONFIDENCE
        return self._letters > 0 and (self.text_confidence or 0.0) >= least

    @property
    def is_short(self) -> bool:
        """Whether it says no more than SHORT_LETTERS letters and digits."""
        return self._letters <= SHORT_LETTERS

    @property
    def _letters(self) -> int:
        return sum(character.isalnum() for character in self.text or "")


@dataclass(frozen=True, slots=True)
class FrameError:
    """Why a frame carries no full result: a stable code and a sentence that repeats."""

    code: str
    message: str


# What a model gives that overflows in half precision; JSON has no word for it.
NOT_NUMBERS = FrameError("not_a_number", "A model gave a confidence or a box that is no number")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One sampled frame: its number among the decoded ones, when it is shown, what is in it."""

    index: int
    timestamp_ms: int
    picture: Picture
    corrupt: bool = False
    detections: tuple[Detection, ...] = ()
    error: FrameError | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.picture.shape[:2]
        return width, height


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What is in one sampled frame, in reading order and rounded as the document gives it."""

    frame_index: int
    timestamp_ms: int
    detections: tuple[Detection, ...]
    text: str
    corrupt: bool = False
    error: FrameError | None = None


COUNTS = (
    "frames_searched",
    "frames_searched_in_part",
    "frames_reused",
    "crops_read",
    "crops_reused",
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole video was, the last that its analysis gives.

    `document` is `{"video", "classes", "texts", "texts_truncated", "provenance"}` in plain JSON
    values; `stage_seconds` what decoding and each node took, which work at the same time; `counts`
    how often something was done anew or what was known before was taken again, by COUNTS.
    """

    document: Mapping[str, Any]
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


Provenance = Mapping[str, str | int | float | None]
