"""Shapes strewn over a scene: nothing in it is text, much of it is angular."""

import math

import cv2
import numpy as np

from worker.training.synth.background.textures import surface
from worker.training.synth.colours import any_colour, scalar
from worker.training.synth.patch import Picture
from worker.training.synth.rng import Rng

SURFACES = ("bricks", "bars", "bars", "mesh", "leaves", "tiles", "windows", "grainy")


def strew(rng: Rng, scene: Picture, count: int) -> None:
    """Draws ``count`` shapes on ``scene``."""
    height, width = scene.shape[:2]
    for _ in range(count):
        centre = (rng.integer(0, width - 1), rng.integer(0, height - 1))
        draw = rng.weighted(SHAPES)
        draw(rng, scene, centre, rng.log_uniform(8, 180))


def glare(rng: Rng, scene: Picture) -> None:
    """A few bright spots of reflected light."""
    height, width = scene.shape[:2]
    for _ in range(rng.integer(1, 6)):
        centre = (rng.integer(0, width - 1), rng.integer(0, height - 1))
        axes = (int(rng.log_uniform(2, 40)), int(rng.log_uniform(1, 10)))
        light = scalar(any_colour(rng, 180, 255))
        cv2.ellipse(scene, centre, axes, rng.uniform(0, 180), 0, 360, light, -1, cv2.LINE_AA)


def _polygon(rng: Rng, scene: Picture, centre: tuple[int, int], size: float) -> None:
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.integer(3, 7)))
    points = [
        [
            centre[0] + size * math.cos(angle) * rng.uniform(0.5, 1),
            centre[1] + size * math.sin(angle) * rng.uniform(0.4, 1),
        ]
        for angle in angles
    ]
    colour = scalar(any_colour(rng))
    cv2.fillPoly(scene, [np.array(points, np.int32)], colour, cv2.LINE_AA)


def _ellipse(rng: Rng, scene: Picture, centre: tuple[int, int], size: float) -> None:
    axes = (int(size), int(size * rng.uniform(0.3, 1)))
    fill = -1 if rng.bernoulli(0.6) else rng.integer(1, 5)
    colour = scalar(any_colour(rng))
    cv2.ellipse(scene, centre, axes, rng.uniform(0, 180), 0, 360, colour, fill, cv2.LINE_AA)


def _rectangle(rng: Rng, scene: Picture, centre: tuple[int, int], size: float) -> None:
    far = (
        int(centre[0] + size * rng.uniform(0.4, 3)),
        int(centre[1] + size * rng.uniform(0.15, 1)),
    )
    cv2.rectangle(scene, centre, far, scalar(any_colour(rng)), -1)
    if rng.bernoulli(0.5):
        cv2.rectangle(scene, centre, far, scalar(any_colour(rng)), rng.integer(1, 3))


def _line(rng: Rng, scene: Picture, centre: tuple[int, int], size: float) -> None:
    height, width = scene.shape[:2]
    far = (rng.integer(0, width - 1), rng.integer(0, height - 1))
    thickness = int(rng.log_uniform(1, 12))
    cv2.line(scene, centre, far, scalar(any_colour(rng)), thickness, cv2.LINE_AA)


def _surface(rng: Rng, scene: Picture, centre: tuple[int, int], size: float) -> None:
    height, width = scene.shape[:2]
    wide = int(min(width, size * rng.uniform(0.6, 3))) + 4
    tall = int(min(height, size * rng.uniform(0.4, 2))) + 4
    left, top = min(centre[0], max(0, width - wide)), min(centre[1], max(0, height - tall))
    area = scene[top : top + tall, left : left + wide]
    area[:] = surface(rng, area.shape[0], area.shape[1], rng.pick(SURFACES))


SHAPES = {_polygon: 25.0, _ellipse: 15.0, _rectangle: 15.0, _line: 15.0, _surface: 30.0}
