"""Patches that look like plates, signs or labels and hold no text."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from worker.training.synth.background.textures import gradient, noise, shaded
from worker.training.synth.colours import Colour, any_colour, contrasting_pair, near, scalar
from worker.training.synth.patch import Canvas, Patch, as_picture
from worker.training.synth.rng import Rng

ASPECTS = {
    "bottle": (0.22, 0.45),
    "lamp": (0.3, 1.2),
    "emblem": (0.8, 1.4),
    "rail": (2.0, 9.0),
    "dial": (0.9, 1.1),
}


def textless(rng: Rng, height: int) -> Patch:
    """A patch ``height`` pixels high: a vent, a lamp, a bottle, an emblem, a rail …"""
    name = rng.weighted(WEIGHTS)
    height = max(8, height)
    width = int(height * rng.log_uniform(*ASPECTS.get(name, (0.6, 5.0)))) + 4
    ink, ground = contrasting_pair(rng, 30)
    canvas = gradient(rng, height, width, ground, near(rng, ground, 60))
    PAINTERS[name](rng, canvas, ink)
    if rng.bernoulli(0.4) and name not in ASPECTS:
        thickness = max(1, int(height * rng.uniform(0.02, 0.08)))
        end = (width - thickness, height - thickness)
        cv2.rectangle(canvas, (thickness, thickness), end, scalar(ink), thickness)
    return Patch(as_picture(shaded(rng, canvas)), _cover(rng, name, height, width))


def _cover(rng: Rng, name: str, height: int, width: int) -> np.ndarray:
    cover = np.full((height, width), 255, np.uint8)
    if name == "bottle":
        cover[:] = 0
        shoulder, neck = int(height * rng.uniform(0.25, 0.45)), int(width * rng.uniform(0.3, 0.4))
        cv2.rectangle(cover, (neck, 0), (width - neck, height), 255, -1)
        cv2.rectangle(cover, (0, shoulder), (width, height), 255, -1)
        drop = int(shoulder * rng.uniform(0.2, 0.6))
        cv2.ellipse(cover, (width // 2, shoulder), (width // 2, drop), 0, 180, 360, 255, -1)
    elif name in ("emblem", "lamp", "dial") or rng.bernoulli(0.2):
        cover[:] = 0
        middle = (width // 2, height // 2)
        cv2.ellipse(cover, middle, middle, 0, 0, 360, 255, -1, cv2.LINE_AA)
    return cover


def _nothing(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    pass


def _vent(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    pitch = max(3, int(height * rng.uniform(0.08, 0.3)))
    thickness = max(1, int(pitch * rng.uniform(0.2, 0.6)))
    if rng.bernoulli(0.5):
        for y in range(pitch, height, pitch):
            ends = (int(width * 0.05), y), (int(width * 0.95), y)
            cv2.line(canvas, *ends, scalar(ink), thickness)
    else:
        for x in range(pitch, width, pitch):
            ends = (x, int(height * 0.1)), (x, int(height * 0.9))
            cv2.line(canvas, *ends, scalar(ink), thickness)


def _barcode(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    x = int(width * 0.08)
    while x < width * 0.92:
        bar, gap = (max(1, int(height * rng.uniform(0.01, 0.08))) for _ in range(2))
        ends = (x, int(height * 0.15)), (x + bar, int(height * 0.85))
        cv2.rectangle(canvas, *ends, scalar(ink), -1)
        x += bar + gap


def _checks(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    cell = max(2, int(height * rng.uniform(0.08, 0.5)))
    rows, columns = height // cell + 1, width // cell + 1
    if rng.bernoulli(0.5):
        marks = np.indices((rows, columns)).sum(0) % 2
    else:
        marks = rng.array.integers(0, 2, (rows, columns))
    mask = np.kron(marks, np.ones((cell, cell)))[:height, :width] > 0
    canvas[mask] = ink


def _pictograms(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    for _ in range(rng.integer(1, 4)):
        centre = (int(width * rng.uniform(0.15, 0.85)), int(height * rng.uniform(0.3, 0.7)))
        radius = int(height * rng.uniform(0.1, 0.35)) + 1
        rng.pick((_disc, _square, _arrow, _splinter))(rng, canvas, centre, radius, ink)


def _disc(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    fill = -1 if rng.bernoulli(0.5) else max(1, radius // 4)
    cv2.circle(canvas, centre, radius, scalar(ink), fill, cv2.LINE_AA)


def _square(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    fill = -1 if rng.bernoulli(0.5) else max(1, radius // 4)
    start = (centre[0] - radius, centre[1] - radius)
    cv2.rectangle(canvas, start, (centre[0] + radius, centre[1] + radius), scalar(ink), fill)


def _arrow(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    reach = [int(part + 2 * radius * rng.uniform(-1, 1)) for part in centre]
    thickness = max(1, radius // 3)
    cv2.arrowedLine(
        canvas, centre, (reach[0], reach[1]), scalar(ink), thickness, cv2.LINE_AA, 0, 0.4
    )


def _splinter(rng: Rng, canvas: Canvas, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.integer(3, 6)))
    points = [
        [centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)]
        for angle in angles
    ]
    cv2.fillPoly(canvas, [np.array(points, np.int32)], scalar(ink), cv2.LINE_AA)


def _headlamps(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    for share in rng.pick(((0.5,), (0.3, 0.7), (0.2, 0.5, 0.8))):
        centre = (int(width * share), height // 2)
        radius = max(1, int(height * rng.uniform(0.15, 0.35)))
        cv2.circle(canvas, centre, radius, scalar(ink), -1, cv2.LINE_AA)
        if rng.bernoulli(0.5):
            light = scalar(any_colour(rng, 180, 255))
            cv2.circle(canvas, centre, max(1, radius // 2), light, -1, cv2.LINE_AA)
    canvas[:] = cv2.GaussianBlur(canvas, (0, 0), max(0.5, height * rng.uniform(0.01, 0.06)))


def _stained(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    cell = max(1, height * rng.uniform(0.03, 0.3))
    canvas += noise(rng, height, width, cell, rng.uniform(10, 50))[..., None]


def _bottle(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    middle = rng.uniform(0.3, 0.7)
    across = np.abs(np.linspace(0, 1, width, dtype=np.float32) - middle)
    canvas *= (1.25 - across * rng.uniform(0.6, 1.6))[None, :, None]
    if rng.bernoulli(0.6):
        top = height * rng.uniform(0.4, 0.55)
        bottom = min(height, top + height * rng.uniform(0.1, 0.4))
        ends = (0, int(top)), (width, int(bottom))
        cv2.rectangle(canvas, *ends, scalar(ink), -1)
    if rng.bernoulli(0.6):
        cap = (0, 0), (width, int(height * rng.uniform(0.03, 0.1)))
        cv2.rectangle(canvas, *cap, scalar(any_colour(rng)), -1)
    if rng.bernoulli(0.7):
        x = int(width * rng.uniform(0.1, 0.9))
        light = scalar(any_colour(rng, 180, 255))
        thickness = max(1, int(width * rng.uniform(0.02, 0.1)))
        cv2.line(canvas, (x, int(height * 0.1)), (x, int(height * 0.95)), light, thickness)


def _lamp(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot((down / height - 0.5) * 2, (across / width - 0.5) * 2)
    glow = np.exp(-((distance / rng.uniform(0.3, 0.9)) ** 2))[..., None]
    canvas[:] = canvas * (1 - glow) + any_colour(rng, 190, 255).astype(np.float32) * glow
    if rng.bernoulli(0.4):
        _vent(rng, canvas, ink)


def _emblem(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    middle, radius = (width // 2, height // 2), min(height, width) / 2
    for _ in range(rng.integer(1, 3)):
        ring = max(1, int(radius * rng.uniform(0.3, 0.95)))
        thickness = max(1, int(radius * rng.uniform(0.05, 0.2)))
        colour = scalar(ink if rng.bernoulli(0.6) else any_colour(rng))
        cv2.circle(canvas, middle, ring, colour, thickness, cv2.LINE_AA)
    spokes, turn = rng.integer(0, 7), rng.uniform(0, math.pi)
    for spoke in range(spokes):
        angle = turn + 2 * math.pi * spoke / spokes
        end = (
            int(middle[0] + radius * 0.8 * math.cos(angle)),
            int(middle[1] + radius * 0.8 * math.sin(angle)),
        )
        cv2.line(canvas, middle, end, scalar(ink), max(1, int(radius * 0.1)), cv2.LINE_AA)


def _rail(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    height, width = canvas.shape[:2]
    pitch = max(3.0, height * rng.uniform(0.08, 0.6))
    thickness = max(1, int(pitch * rng.uniform(0.1, 0.5)))
    for x in np.arange(pitch / 2, width, pitch):
        cv2.line(canvas, (int(x), 0), (int(x), height), scalar(ink), thickness, cv2.LINE_AA)
    for share in rng.pick(((0.06,), (0.06, 0.94), (0.06, 0.5, 0.94))):
        y = int(height * share)
        cv2.line(canvas, (0, y), (width, y), scalar(ink), thickness + 1)


def _grille(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    """Slats or a honeycomb, some with a badge or an empty bar across."""
    height, width = canvas.shape[:2]
    pitch = max(3, int(height * rng.uniform(0.06, 0.22)))
    size = max(1, int(pitch * rng.uniform(0.25, 0.45)))
    long, turn = size * rng.uniform(1.0, 3.0), rng.pick((0.0, 90.0))
    for row, y in enumerate(range(pitch // 2, height, pitch)):
        for x in np.arange(pitch * (row % 2), width, max(pitch, 2.4 * long)):
            axes = (max(1, int(long)), size)
            cv2.ellipse(canvas, (int(x), y), axes, turn, 0, 360, scalar(ink), -1, cv2.LINE_AA)
    if rng.bernoulli(0.4):
        top = int(height * rng.uniform(0.3, 0.5))
        ends = (0, top), (width, top + int(height * rng.uniform(0.1, 0.3)))
        cv2.rectangle(canvas, *ends, scalar(any_colour(rng)), -1)
    if rng.bernoulli(0.4):
        _disc(rng, canvas, (width // 2, height // 2), max(2, height // 4), any_colour(rng))


def _foliage(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    """Leaves and twigs against the light, as rough as small print."""
    height, width = canvas.shape[:2]
    cell = rng.log_uniform(1.2, max(1.5, height * 0.06))
    bumps = noise(rng, height, width, cell, 1.0) + noise(rng, height, width, cell * 4, 0.8)
    canvas += (bumps * rng.uniform(15, 60))[..., None]
    canvas[bumps > rng.uniform(0.3, 1.5)] = ink


def _shop_front(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    """Lit windows and goods on shelves, out of the dark."""
    height, width = canvas.shape[:2]
    canvas *= rng.uniform(0.05, 0.4)
    wide = rng.uniform(0.02, 0.25) * width
    light = any_colour(rng, 150, 255)
    for top in np.arange(height * rng.uniform(0.05, 0.3), height, height * rng.uniform(0.15, 0.5)):
        x, tall = rng.uniform(0, wide), height * rng.uniform(0.05, 0.2)
        while x < width:
            end = x + wide * rng.uniform(0.2, 1.0)
            colour = scalar(near(rng, light, 90))
            cv2.rectangle(canvas, (int(x), int(top)), (int(end), int(top + tall)), colour, -1)
            x = end + wide * rng.uniform(0.05, 0.6)
    glow = cv2.GaussianBlur(canvas, (0, 0), max(0.5, height * rng.uniform(0.005, 0.1)))
    canvas[:] = np.maximum(canvas * rng.uniform(0.3, 1.0), glow)


def _dial(rng: Rng, canvas: Canvas, ink: Colour) -> None:
    """A clock or a gauge: ticks and hands, no digit."""
    height, width = canvas.shape[:2]
    middle, radius = np.array([width / 2, height / 2]), min(height, width) * 0.46
    thickness, ticks = max(1, int(radius * 0.06)), rng.pick((4, 12, 12, 24, 60))
    spokes = [(2 * math.pi * tick / ticks, rng.uniform(0.8, 0.85), 1.0) for tick in range(ticks)]
    spokes += [(rng.uniform(0, 2 * math.pi), 0.0, reach) for reach in (0.55, 0.8)]
    for angle, *reaches in spokes:
        along = np.array([math.cos(angle), math.sin(angle)]) * radius
        start, end = ((middle + along * reach).astype(int).tolist() for reach in reaches)
        cv2.line(canvas, start, end, scalar(ink), thickness, cv2.LINE_AA)
    cv2.circle(canvas, middle.astype(int).tolist(), int(radius), scalar(ink), thickness)


Painter = Callable[[Rng, Canvas, Colour], None]
PAINTERS: dict[str, Painter] = {
    "panel": _nothing,
    "vent": _vent,
    "barcode": _barcode,
    "checks": _checks,
    "pictograms": _pictograms,
    "headlamps": _headlamps,
    "stained": _stained,
    "bottle": _bottle,
    "lamp": _lamp,
    "emblem": _emblem,
    "rail": _rail,
    "grille": _grille,
    "foliage": _foliage,
    "shop front": _shop_front,
    "dial": _dial,
}
WEIGHTS = {
    "panel": 12.0,
    "vent": 14.0,
    "barcode": 6.0,
    "checks": 6.0,
    "pictograms": 16.0,
    "headlamps": 8.0,
    "stained": 8.0,
    "bottle": 9.0,
    "lamp": 7.0,
    "emblem": 7.0,
    "rail": 7.0,
    "grille": 9.0,
    "foliage": 12.0,
    "shop front": 10.0,
    "dial": 5.0,
}
