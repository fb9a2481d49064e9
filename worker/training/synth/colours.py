"""Colours as BGR float arrays of shape (3,), 0 to 255."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from worker.training.synth.rng import Rng

Colour: TypeAlias = NDArray[np.float64]
LUMA = np.array([0.114, 0.587, 0.299])


def any_colour(rng: Rng, low: float = 0, high: float = 255) -> Colour:
    """Mostly near grey, as in photos; a quarter anything at all."""
    if rng.bernoulli(0.25):
        return rng.array.uniform(low, high, 3)
    spread = 12 if rng.bernoulli(0.55) else 45
    return np.clip(rng.uniform(low, high) + rng.array.uniform(-spread, spread, 3), 0, 255)


def near(rng: Rng, colour: Colour, spread: float) -> Colour:
    """``colour``, each part off by at most ``spread``."""
    return np.clip(colour + rng.array.uniform(-spread, spread, 3), 0, 255)


def contrasting_pair(rng: Rng, minimum: float) -> tuple[Colour, Colour]:
    """Ink and ground whose luma differs by at least ``minimum``."""
    for _ in range(30):
        ink, ground = any_colour(rng), any_colour(rng)
        if abs(float((ink - ground) @ LUMA)) > minimum:
            return ink, ground
    dark, light = np.full(3, 20.0), np.full(3, 235.0)
    return (dark, light) if rng.bernoulli(0.5) else (light, dark)


def scalar(colour: Colour) -> tuple[float, float, float]:
    """The form OpenCV's drawing functions take."""
    blue, green, red = (float(part) for part in colour)
    return blue, green, red
