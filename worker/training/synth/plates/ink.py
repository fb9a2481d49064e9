"""The ink of a plate's number and small print, scaled and squeezed as makers of plates do it."""

from dataclasses import dataclass

import cv2
import numpy as np

from worker.training.synth.assets import Assets
from worker.training.synth.patch import Picture
from worker.training.synth.plates.glyphs import GLYPHS, any_die, stamped
from worker.training.synth.rng import Rng
from worker.training.synth.text.fonts import Face, line_ink

STAMPED_SHARE = 0.6
MOST_DRAWS = 200


@dataclass(frozen=True)
class Lettering:
    """Ink, and the text that it shows."""

    ink: Picture
    text: str


def number_ink(rng: Rng, assets: Assets, text: str, height: float) -> Lettering | None:
    """The number's ink at its height in pixels, not yet fitted to the plate's width."""
    if rng.bernoulli(STAMPED_SHARE):
        stamp = stamped(text, any_die(rng), rng.uniform(0.2, 0.7))
        return Lettering(scaled(stamp, height), "".join(c if c in GLYPHS else " " for c in text))
    spacing = rng.uniform(0.02, 0.2) if rng.bernoulli(0.6) else 0.0
    face = _strong_face(rng, assets)
    ink = line_ink(text, face, max(24.0, height), spacing=spacing)
    if ink is None:
        return None
    if rng.bernoulli(0.3):
        size = rng.integer(2, 3)
        change = cv2.dilate if rng.bernoulli(0.6) else cv2.erode
        ink = np.asarray(change(ink, np.ones((size, size), np.uint8)), np.uint8)
    return Lettering(scaled(ink, height, rng.uniform(0.75, 1.1)), text)


def scaled(ink: Picture, height: float, stretch: float = 1.0) -> Picture:
    """The ink ``height`` pixels high and as wide as that makes it, times ``stretch``."""
    factor = height / ink.shape[0]
    size = max(4, round(ink.shape[1] * factor * stretch)), max(4, round(height))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def narrowed(ink: Picture, width: int) -> Picture:
    """The ink squeezed to ``width`` pixels where it is wider."""
    if ink.shape[1] <= width:
        return ink
    size = (max(1, width), ink.shape[0])
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _strong_face(rng: Rng, assets: Assets) -> Face:
    """A face fit for plates, every family as likely; any face where hardly one is fit."""
    for _ in range(MOST_DRAWS):
        face = rng.pick(rng.pick(assets.families))
        if face.fits_plates:
            break
    return face
