"""Licence plates of many countries' proportions, with headers, seals and dealers' frames."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from worker.training.synth.background.textures import gradient, noise, shaded
from worker.training.synth.colours import Colour, any_colour, scalar
from worker.training.synth.patch import PLATE, TEXT, Box, Canvas, Patch, Picture, filled, opaque
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary
from worker.training.synth.text.fonts import Face, line_ink


@dataclass(frozen=True)
class Layout:
    """A plate's proportions, as shares of its height."""

    aspect: tuple[float, float]
    letters: tuple[float, float]
    middle: tuple[float, float]
    header: float = 0.0
    footer: float = 0.0
    band: float = 0.0
    lines: int = 1


LAYOUTS = {
    Layout((1.8, 2.3), (0.40, 0.56), (0.48, 0.57), header=0.8, footer=0.6): 44.0,
    Layout((4.0, 5.2), (0.55, 0.74), (0.48, 0.54), band=0.7): 33.0,
    Layout((2.6, 3.4), (0.48, 0.62), (0.55, 0.63), header=0.8): 11.0,
    Layout((1.1, 1.5), (0.27, 0.34), (0.29, 0.31), lines=2): 12.0,
}
INKS = (
    np.array([15.0, 15, 15]),
    np.array([20.0, 20, 20]),
    np.array([90.0, 20, 20]),
    np.array([140.0, 40, 10]),
    np.array([30.0, 90, 20]),
    np.array([30.0, 30, 150]),
    np.array([50.0, 40, 40]),
)


@dataclass
class _Plate:
    """A plate being painted."""

    canvas: Canvas
    ink: Colour
    ground: Colour
    boxes: list[Box] = field(default_factory=list)

    @property
    def height(self) -> int:
        return int(self.canvas.shape[0])

    @property
    def width(self) -> int:
        return int(self.canvas.shape[1])

    def write(self, ink: Picture, left: int, top: int, colour: Colour) -> None:
        blend_ink(self.canvas, ink, left, top, colour)
        height, width = ink.shape
        self.boxes.append(Box(TEXT, left, top, left + width, top + height))


def plate(rng: Rng, height: int, faces: tuple[Face, ...], fine: tuple[Face, ...]) -> Patch | None:
    """A plate ``height`` pixels high, its letters from ``faces``, its small print from ``fine``.

    ``None`` when the drawn font could not set the drawn number.
    """
    layout = rng.weighted(LAYOUTS)
    painted = _blank(rng, height, int(height * rng.uniform(*layout.aspect)))
    if layout.header:
        _decorate(rng, painted)
    band = _paint_band(rng, painted, rng.pick(faces)) if rng.chance(layout.band) else 0
    _print_small(rng, painted, layout, fine)
    if not _print_number(rng, painted, layout, rng.pick(faces), band):
        return None
    _paint_edge(rng, painted)
    painted.boxes.insert(0, Box(PLATE, 0, 0, painted.width, painted.height))
    if rng.chance(0.45):
        painted = _framed(rng, painted, rng.pick(fine))
    return opaque(_worn(rng, painted.canvas), tuple(painted.boxes))


def blend_ink(canvas: Canvas, ink: Picture, left: int, top: int, colour: Colour) -> None:
    """Paints ``colour`` on ``canvas`` where ``ink`` is 255, clipped at its edges."""
    height, width = ink.shape
    area = canvas[top : top + height, left : left + width]
    cover = ink[: area.shape[0], : area.shape[1], None].astype(np.float32) / 255
    area[:] = area * (1 - cover) + colour.astype(np.float32) * cover


def _blank(rng: Rng, height: int, width: int) -> _Plate:
    if rng.chance(0.15):
        ground, ink = rng.array.uniform(0, 90, 3), rng.array.uniform(170, 255, 3)
    else:
        ground, ink = np.full(3, rng.uniform(160, 255)), rng.pick(INKS)
        if rng.chance(0.5):
            ground = rng.array.uniform(165, 255, 3)
        if rng.chance(0.15):
            yellow = (rng.uniform(20, 120), rng.uniform(170, 230), rng.uniform(190, 255))
            ground = np.array(yellow)
    canvas = filled(height, width, ground)
    return _Plate(canvas, ink, ground)


def _decorate(rng: Rng, painted: _Plate) -> None:
    height, width = painted.height, painted.width
    second = painted.ground * 0.6 + any_colour(rng) * 0.4
    if rng.chance(0.3):
        painted.canvas[:] = gradient(rng, height, width, painted.ground, second)
    elif rng.chance(0.35):
        centre = (int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.3, 0.8)))
        radius = int(height * rng.uniform(0.15, 0.4))
        cv2.circle(painted.canvas, centre, radius, scalar(second), -1, cv2.LINE_AA)
    if rng.chance(0.2):
        painted.canvas[: int(height * rng.uniform(0.15, 0.28))] = any_colour(rng)


def _paint_band(rng: Rng, painted: _Plate, face: Face) -> int:
    """The blue field at the left with the country's letters; returns its width."""
    width = int(painted.height * rng.uniform(0.3, 0.45))
    blue = (rng.uniform(120, 200), rng.uniform(30, 90), rng.uniform(0, 50))
    painted.canvas[:, :width] = blue
    code = line_ink(vocabulary.country_code(rng), face, painted.height * 0.17)
    if code is not None and code.shape[1] < width:
        left, top = (width - code.shape[1]) // 2, int(painted.height * 0.68)
        blend_ink(painted.canvas, code, left, top, np.full(3, 240.0))
    return width


def _print_small(rng: Rng, painted: _Plate, layout: Layout, faces: tuple[Face, ...]) -> None:
    places = ((layout.header, (0.05, 0.1), 2), (layout.footer, (0.8, 0.86), 3))
    for wanted, share, most_words in places:
        if not rng.chance(wanted):
            continue
        text = vocabulary.line(rng, 1, most_words)
        text = text.upper() if rng.chance(0.6) else text
        ink = line_ink(text, rng.pick(faces), painted.height * rng.uniform(0.08, 0.13))
        if ink is None:
            continue
        if ink.shape[1] > painted.width * 0.85:
            size = (int(painted.width * 0.8), ink.shape[0])
            ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
        left = int((painted.width - ink.shape[1]) * rng.uniform(0.3, 0.7))
        colour = painted.ink if rng.chance(0.6) else any_colour(rng, 0, 150)
        painted.write(ink, left, int(painted.height * rng.uniform(*share)), colour)


def _print_number(rng: Rng, painted: _Plate, layout: Layout, face: Face, band: int) -> bool:
    share, middle = rng.uniform(*layout.letters), rng.uniform(*layout.middle)
    texts = vocabulary.plate_lines(rng) if layout.lines == 2 else (vocabulary.plate(rng),)
    for row, text in enumerate(texts):
        spacing = rng.uniform(0.02, 0.18) if rng.chance(0.6) else 0
        ink = line_ink(text, face, painted.height * share, spacing=spacing)
        if ink is None:
            return False
        ink = _fitted(rng, ink, int(painted.height * share), painted.width - band)
        left = band + (painted.width - band - ink.shape[1]) // 2
        top = int(painted.height * (middle + 0.42 * row - share / 2))
        top = max(0, min(top, painted.height - ink.shape[0] - 1))
        if rng.chance(0.25):
            relief = painted.ink * 0.4 + painted.ground * 0.3
            lift = max(1, painted.height // 50)
            blend_ink(painted.canvas, ink, left + lift, top + lift, relief)
        painted.write(ink, left, top, painted.ink)
        _stick_seal(rng, painted, painted.boxes[-1])
    return True


def _fitted(rng: Rng, ink: Picture, height: int, room: int) -> Picture:
    """Letters stretched to the plate's cells."""
    width = ink.shape[1] * height / ink.shape[0] * rng.uniform(0.8, 1.1)
    width = max(4, int(min(width, room * rng.uniform(0.78, 0.93))))
    fitted = cv2.resize(ink, (width, max(2, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(fitted, np.uint8)


def _stick_seal(rng: Rng, painted: _Plate, number: Box) -> None:
    if not rng.chance(0.3):
        return
    centre = (
        int(number.left + number.width * rng.uniform(0.3, 0.55)),
        int(number.top + number.height / 2),
    )
    radius = max(1, int(number.height * rng.uniform(0.1, 0.22)))
    cv2.circle(painted.canvas, centre, radius, scalar(any_colour(rng)), -1, cv2.LINE_AA)


def _paint_edge(rng: Rng, painted: _Plate) -> None:
    height, width = painted.height, painted.width
    inset = max(1, int(height * rng.uniform(0.015, 0.05)))
    if rng.chance(0.6):
        colour = scalar(painted.ink if rng.chance(0.7) else any_colour(rng))
        end = (width - 1 - inset, height - 1 - inset)
        cv2.rectangle(painted.canvas, (inset, inset), end, colour, inset)
    if rng.chance(0.5):
        screw, radius = scalar(any_colour(rng, 60, 200)), max(1, int(height * 0.03))
        for share in (0.25, 0.75):
            centre = (int(width * share), int(height * 0.08))
            cv2.circle(painted.canvas, centre, radius, screw, -1, cv2.LINE_AA)


def _framed(rng: Rng, painted: _Plate, face: Face) -> _Plate:
    """The plate in a dealer's frame; its box stays the plate's own."""
    height, width = painted.height, painted.width
    below, above = int(height * rng.uniform(0.04, 0.16)), int(height * rng.uniform(0.03, 0.1))
    side = max(1, int(height * rng.uniform(0.02, 0.06)))
    colour = any_colour(rng, 0, 70) if rng.chance(0.7) else any_colour(rng, 140, 230)
    canvas = filled(height + above + below, width + 2 * side, colour)
    canvas[above : above + height, side : side + width] = painted.canvas
    boxes = [box.moved(side, above) for box in painted.boxes]
    framed = _Plate(canvas, 255 - colour, colour, boxes)
    if rng.chance(0.5) and below > 5:
        ink = line_ink(vocabulary.line(rng, 1, 3), face, below * 0.55)
        if ink is not None and ink.shape[1] < width:
            left = (framed.width - ink.shape[1]) // 2
            framed.write(ink, left, above + height + int(below * 0.2), framed.ink)
    return framed


def _worn(rng: Rng, canvas: Canvas) -> Canvas:
    height, width = canvas.shape[:2]
    if rng.chance(0.3):
        cell = max(2, height * rng.uniform(0.05, 0.4))
        canvas = canvas + noise(rng, height, width, cell, rng.uniform(4, 22))[..., None]
    if rng.chance(0.2):
        strength = rng.uniform(0.35, 0.8)
        canvas = canvas * strength + rng.uniform(20, 160) * (1 - strength)
    return shaded(rng, canvas)
