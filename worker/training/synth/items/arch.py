"""Bends a patch round a circle, as text runs on badges, seals, labels and shop fronts."""

import math

import cv2
import numpy as np

from worker.training.synth.patch import Box, Canvas, Patch

# Points of a box's edge by which its bounds on the circle are found.
POINTS_AN_EDGE = 33
FULLEST_DEGREES = 200.0


def arched(patch: Patch, degrees: float, *, over: bool) -> Patch:
    """The patch along so much of a circle, up to FULLEST_DEGREES; its boxes are those round arcs.

    over: whether it rises in its middle, as over a door, or sags, as under a seal.
    """
    # Letters at the inner edge must keep some of their width.
    radius = max(patch.width / math.radians(min(degrees, FULLEST_DEGREES)), 0.75 * patch.height)
    half = min(patch.width / radius / 2, math.pi)
    outer, inner = radius + patch.height / 2, radius - patch.height / 2
    across = outer * (math.sin(half) if half < math.pi / 2 else 1.0)
    lowest = min(inner * math.cos(half), outer * math.cos(half))
    width, height = math.ceil(2 * across), math.ceil(outer - lowest)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    right = columns + 0.5 - width / 2
    # From the circle's centre to the text's upper edge, or, where it sags, to its lower one.
    out = outer - rows - 0.5 if over else outer - (height - rows) + 0.5
    u = (np.arctan2(right, out) * radius + patch.width / 2).astype(np.float32)
    away = np.hypot(right, out) - radius
    v = (patch.height / 2 + (-away if over else away)).astype(np.float32)
    pixels = cv2.remap(patch.pixels, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(patch.cover, u, v, cv2.INTER_LINEAR)

    def seen(box: Box) -> Box:
        points = _edge(box)
        angles = (points[:, 0] - patch.width / 2) / radius
        outwards = radius + (patch.height / 2 - points[:, 1]) * (1 if over else -1)
        x = outwards * np.sin(angles) + width / 2
        y = outwards * np.cos(angles)
        y = outer - y if over else height - outer + y
        return Box(box.kind, float(x.min()), float(y.min()), float(x.max()), float(y.max()))

    return Patch(
        np.asarray(pixels, np.uint8),
        np.asarray(cover, np.uint8),
        tuple(seen(box) for box in patch.boxes),
        bare=patch.bare,
    )


def _edge(box: Box) -> Canvas:
    """Points all along the box's edge: (n, 2)."""
    steps = np.linspace(0, 1, POINTS_AN_EDGE, dtype=np.float32)[:, None]
    following = np.roll(box.corners, -1, axis=0)
    sides = [a + (b - a) * steps for a, b in zip(box.corners, following, strict=True)]
    return np.concatenate(sides)
