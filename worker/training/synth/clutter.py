"""Shapes strewn over a scene: nothing in it is text, much of it is angular."""

import math

import cv2
import numpy as np

from worker.training.synth.colours import any_colour, scalar
from worker.training.synth.dice import Dice
from worker.training.synth.patch import Picture
from worker.training.synth.textures import surface

SURFACES = ("bricks", "bars", "bars", "mesh", "leaves", "tiles", "windows", "grainy")


def strew(dice: Dice, scene: Picture, count: int) -> None:
    """Draws ``count`` shapes on ``scene``."""
    height, width = scene.shape[:2]
    for _ in range(count):
        centre = (dice.integer(0, width - 1), dice.integer(0, height - 1))
        draw = dice.weighted(SHAPES)
        draw(dice, scene, centre, dice.log_uniform(8, 180))


def glare(dice: Dice, scene: Picture) -> None:
    """A few bright spots of reflected light."""
    height, width = scene.shape[:2]
    for _ in range(dice.integer(1, 6)):
        centre = (dice.integer(0, width - 1), dice.integer(0, height - 1))
        axes = (int(dice.log_uniform(2, 40)), int(dice.log_uniform(1, 10)))
        light = scalar(any_colour(dice, 180, 255))
        cv2.ellipse(scene, centre, axes, dice.uniform(0, 180), 0, 360, light, -1, cv2.LINE_AA)


def _polygon(dice: Dice, scene: Picture, centre: tuple[int, int], size: float) -> None:
    angles = sorted(dice.uniform(0, 2 * math.pi) for _ in range(dice.integer(3, 7)))
    points = [
        [
            centre[0] + size * math.cos(angle) * dice.uniform(0.5, 1),
            centre[1] + size * math.sin(angle) * dice.uniform(0.4, 1),
        ]
        for angle in angles
    ]
    colour = scalar(any_colour(dice))
    cv2.fillPoly(scene, [np.array(points, np.int32)], colour, cv2.LINE_AA)


def _ellipse(dice: Dice, scene: Picture, centre: tuple[int, int], size: float) -> None:
    axes = (int(size), int(size * dice.uniform(0.3, 1)))
    fill = -1 if dice.chance(0.6) else dice.integer(1, 5)
    colour = scalar(any_colour(dice))
    cv2.ellipse(scene, centre, axes, dice.uniform(0, 180), 0, 360, colour, fill, cv2.LINE_AA)


def _rectangle(dice: Dice, scene: Picture, centre: tuple[int, int], size: float) -> None:
    far = (
        int(centre[0] + size * dice.uniform(0.4, 3)),
        int(centre[1] + size * dice.uniform(0.15, 1)),
    )
    cv2.rectangle(scene, centre, far, scalar(any_colour(dice)), -1)
    if dice.chance(0.5):
        cv2.rectangle(scene, centre, far, scalar(any_colour(dice)), dice.integer(1, 3))


def _line(dice: Dice, scene: Picture, centre: tuple[int, int], size: float) -> None:
    height, width = scene.shape[:2]
    far = (dice.integer(0, width - 1), dice.integer(0, height - 1))
    thickness = int(dice.log_uniform(1, 12))
    cv2.line(scene, centre, far, scalar(any_colour(dice)), thickness, cv2.LINE_AA)


def _surface(dice: Dice, scene: Picture, centre: tuple[int, int], size: float) -> None:
    height, width = scene.shape[:2]
    wide = int(min(width, size * dice.uniform(0.6, 3))) + 4
    tall = int(min(height, size * dice.uniform(0.4, 2))) + 4
    left, top = min(centre[0], max(0, width - wide)), min(centre[1], max(0, height - tall))
    area = scene[top : top + tall, left : left + wide]
    area[:] = surface(dice, area.shape[0], area.shape[1], dice.pick(SURFACES))


SHAPES = {_polygon: 25.0, _ellipse: 15.0, _rectangle: 15.0, _line: 15.0, _surface: 30.0}
