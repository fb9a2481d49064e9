"""Crude fronts and rears of cars: what stands around a plate, and what is not one."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from worker.training.synth.background.textures import gradient, noise
from worker.training.synth.colours import Colour, any_colour, scalar
from worker.training.synth.patch import Picture, as_picture
from worker.training.synth.rng import Rng

LAMPS = (
    np.array([30.0, 30, 200]),
    np.array([40.0, 60, 230]),
    np.array([230.0, 235, 240]),
    np.array([180.0, 190, 200]),
    np.array([40.0, 120, 240]),
)


@dataclass(frozen=True)
class _Body:
    """Where a car's parts are, in pixels of the scene."""

    centre: float
    left: float
    right: float
    roof: float
    belt: float
    floor: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.floor - self.roof


def draw_car(
    rng: Rng, scene: Picture, centre: tuple[float, float], plate_size: tuple[float, float]
) -> None:
    """Draws on ``scene`` a car whose plate is or would be ``plate_size`` at ``centre``."""
    body = _body(rng, centre, plate_size[0])
    paint = any_colour(rng, 10, 245)
    _draw_ground(scene, body)
    _draw_cabin(rng, scene, body, paint)
    _draw_panels(rng, scene, body, paint)
    lamp_top = body.belt + body.height * rng.uniform(0.06, 0.2)
    _draw_lamps(rng, scene, body, lamp_top)
    _draw_grille(rng, scene, body, lamp_top)
    if rng.bernoulli(0.6):
        _weather(rng, scene, body)
    if rng.bernoulli(0.5):
        _draw_recess(rng, scene, centre, plate_size, scalar(paint * rng.uniform(0.25, 0.7)))


def _body(rng: Rng, centre: tuple[float, float], plate_width: float) -> _Body:
    width = plate_width * rng.uniform(3.0, 5.5)
    height = width * rng.uniform(0.5, 0.75)
    floor = centre[1] + height * rng.uniform(0.15, 0.35)
    roof = floor - height
    belt = roof + height * rng.uniform(0.38, 0.5)
    return _Body(centre[0], centre[0] - width / 2, centre[0] + width / 2, roof, belt, floor)


def _draw_ground(scene: Picture, body: _Body) -> None:
    shadow = (int(body.centre), int(body.floor + body.height * 0.05))
    axes = (int(body.width * 0.55), int(body.height * 0.1))
    cv2.ellipse(scene, shadow, axes, 0, 0, 360, (20, 20, 20), -1)
    for x in (body.left + body.width * 0.1, body.right - body.width * 0.1):
        axes = (int(body.width * 0.07), int(body.height * 0.17))
        cv2.ellipse(scene, (int(x), int(body.floor)), axes, 0, 0, 360, (25, 25, 25), -1)


def _draw_cabin(rng: Rng, scene: Picture, body: _Body, paint: Colour) -> None:
    glass = any_colour(rng, 5, 110)
    _fill_trapezium(scene, body, (0.17, 0.03), (0.0, 0.0), paint)
    _fill_trapezium(scene, body, (0.2, 0.1), (0.05, 0.04), glass)
    if rng.bernoulli(0.5):
        inner = (body.left + body.width * 0.2, body.right - body.width * 0.2)
        top = (int(rng.uniform(*inner)), int(body.roof + body.height * 0.06))
        bottom = (int(rng.uniform(*inner)), int(body.belt - body.height * 0.05))
        glint = scalar(np.clip(glass + 60, 0, 255))
        cv2.line(scene, top, bottom, glint, max(1, int(body.width * 0.02)), cv2.LINE_AA)


def _fill_trapezium(
    scene: Picture,
    body: _Body,
    insets: tuple[float, float],
    margins: tuple[float, float],
    colour: Colour,
) -> None:
    above, below = (body.width * inset for inset in insets)
    top, bottom = body.roof + body.height * margins[0], body.belt - body.height * margins[1]
    corners = [
        [body.left + above, top],
        [body.right - above, top],
        [body.right - below, bottom],
        [body.left + below, bottom],
    ]
    cv2.fillPoly(scene, [np.array(corners, np.int32)], scalar(colour), cv2.LINE_AA)


def _draw_panels(rng: Rng, scene: Picture, body: _Body, paint: Colour) -> None:
    left, right = int(body.left), int(body.right)
    belt, floor = int(body.belt), int(body.floor)
    cv2.rectangle(scene, (left, belt), (right, floor), scalar(paint), -1)
    edge = scalar(np.clip(paint * rng.uniform(1.1, 1.6) + 15, 0, 255))
    cv2.rectangle(scene, (left, belt), (right, belt + int(body.height * 0.06)), edge, -1)
    if rng.bernoulli(0.8):
        bumper = int(body.floor - body.height * rng.uniform(0.1, 0.3))
        dark = scalar(paint * rng.uniform(0.25, 0.7))
        cv2.rectangle(scene, (left, bumper), (right, floor), dark, -1)


def _draw_lamps(rng: Rng, scene: Picture, body: _Body, top: float) -> None:
    lamp = rng.pick(LAMPS)
    width, height = body.width * rng.uniform(0.1, 0.2), body.height * rng.uniform(0.08, 0.2)
    for left in (body.left + body.width * 0.03, body.right - body.width * 0.03 - width):
        middle = (int(left + width / 2), int(top + height / 2))
        axes = (max(1, int(width / 2)), max(1, int(height / 2)))
        if rng.bernoulli(0.5):
            far = (int(left + width), int(top + height))
            cv2.rectangle(scene, (int(left), int(top)), far, scalar(lamp), -1)
        else:
            cv2.ellipse(scene, middle, axes, 0, 0, 360, scalar(lamp), -1, cv2.LINE_AA)
        bulb = (int(left + width * rng.uniform(0.3, 0.7)), middle[1])
        bright = scalar(np.clip(lamp + 60, 0, 255))
        cv2.circle(scene, bulb, max(1, int(height * 0.25)), bright, -1, cv2.LINE_AA)


def _draw_grille(rng: Rng, scene: Picture, body: _Body, top: float) -> None:
    half = body.width * rng.uniform(0.1, 0.27)
    bottom = top + body.height * rng.uniform(0.1, 0.25)
    left, right = body.centre - half, body.centre + half
    if rng.bernoulli(0.55):
        dark = scalar(any_colour(rng, 0, 60))
        cv2.rectangle(scene, (int(left), int(top)), (int(right), int(bottom)), dark, -1)
        _draw_slats(rng, scene, (left, top, right, bottom), body.width)
    if rng.bernoulli(0.6):
        radius = max(2, int(body.width * rng.uniform(0.015, 0.04)))
        fill = -1 if rng.bernoulli(0.5) else max(1, int(body.width * 0.008))
        badge, middle = scalar(any_colour(rng, 120, 250)), int((top + bottom) / 2)
        cv2.circle(scene, (int(body.centre), middle), radius, badge, fill, cv2.LINE_AA)


def _draw_slats(
    rng: Rng, scene: Picture, area: tuple[float, float, float, float], car_width: float
) -> None:
    left, top, right, bottom = area
    pitch = max(2.0, car_width * rng.uniform(0.01, 0.04))
    chrome, thickness = scalar(any_colour(rng, 60, 220)), max(1, int(pitch * 0.35))
    if rng.bernoulli(0.6):
        for y in np.arange(top, bottom, pitch):
            cv2.line(scene, (int(left), int(y)), (int(right), int(y)), chrome, thickness)
    if rng.bernoulli(0.5):
        for x in np.arange(left, right, pitch):
            cv2.line(scene, (int(x), int(top)), (int(x), int(bottom)), chrome, thickness)


def _weather(rng: Rng, scene: Picture, body: _Body) -> None:
    height, width = scene.shape[:2]
    left, top = max(0, int(body.left)), max(0, int(body.roof))
    right, bottom = min(width, int(body.right)), min(height, int(body.floor))
    if right - left < 8 or bottom - top < 8:
        return
    area = scene[top:bottom, left:right]
    size = (bottom - top, right - left)
    dirt = noise(rng, *size, max(2, body.width * rng.uniform(0.02, 0.3)), rng.uniform(4, 22))
    grain = noise(rng, *size, 1.2, rng.uniform(0, 6))
    ends = (np.full(3, rng.uniform(0.5, 1.1)), np.full(3, rng.uniform(0.8, 1.3)))
    soft = cv2.GaussianBlur(area, (0, 0), max(0.3, body.width * 0.003))
    area[:] = as_picture(soft * gradient(rng, *size, *ends) + (dirt + grain)[..., None])


def _draw_recess(
    rng: Rng,
    scene: Picture,
    centre: tuple[float, float],
    plate_size: tuple[float, float],
    colour: tuple[float, float, float],
) -> None:
    half_width, half_height = (math.ceil(side * rng.uniform(0.6, 0.95)) for side in plate_size)
    start = (int(centre[0] - half_width), int(centre[1] - half_height))
    end = (int(centre[0] + half_width), int(centre[1] + half_height))
    cv2.rectangle(scene, start, end, colour, -1)
