"""Puts a patch into a scene: bent, turned, seen at an angle, clipped at the scene's edges."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.training.synth.colours import LUMA
from worker.training.synth.patch import Box, Canvas, Patch, Picture
from worker.training.synth.rng import Rng

SMALLEST_PIXELS = 4
FAINTEST_INK = 38.0
BUSIEST_GROUND = 55.0


@dataclass(frozen=True)
class Pose:
    """Where a patch goes: centre and scale in pixels of the scene, angle in degrees.

    ``tilt`` is how far from face-on it is seen, 0 to about 0.4; ``bend`` how far its middle
    sags, in its own heights.
    """

    centre: tuple[float, float]
    scale: float
    angle: float = 0.0
    tilt: float = 0.0
    bend: float = 0.0


def seen(
    rng: Rng, centre: tuple[float, float], scale: float, *, tilted: float, bend: float = 0.0
) -> Pose:
    """As a passing camera has it: seldom level, ``tilted`` a share of the times at an angle."""
    angle = rng.uniform(-15, 15) if rng.bernoulli(0.4) else rng.uniform(-4, 4)
    tilt = rng.uniform(0.05, 0.38) if rng.bernoulli(tilted) else 0.0
    return Pose(centre, scale, angle, tilt, bend)


def lying(rng: Rng, centre: tuple[float, float], scale: float) -> Pose:
    """As pages and screens are: level, or nearly so."""
    angle = rng.uniform(-10, 10) if rng.bernoulli(0.4) else 0.0
    return Pose(centre, scale, angle, rng.uniform(0.05, 0.3) if rng.bernoulli(0.4) else 0.0)


def place(
    rng: Rng, scene: Picture, taken: Picture, patch: Patch, pose: Pose
) -> tuple[Box, ...] | None:
    """Draws the patch and marks its area in ``taken``; returns its boxes in the scene.

    ``None``, and nothing drawn, where the area is taken or outside, or where bare text
    would not stand out from what is behind it.
    """
    patch = _bent(patch, pose.bend)
    corners = _corners(rng, patch, pose)
    window = _window(corners, scene.shape[:2])
    if window is None or taken[window].any():
        return None
    offset = np.array([window[1].start, window[0].start], np.float32)
    matrix = _matrix(patch, corners - offset)
    drawn, cover = _warped(patch, matrix, pose.scale, scene[window].shape[:2])
    mixed = _mixed(scene[window], drawn, cover)
    if patch.bare and not _stands_out(scene[window], mixed, cover):
        return None
    scene[window] = mixed
    taken[window] = 1
    boxes = (_projected(box, matrix, offset, scene.shape[:2]) for box in patch.boxes)
    return tuple(box for box in boxes if box is not None)


def _bent(patch: Patch, bend: float) -> Patch:
    """The patch with its columns moved down along a parabola, its boxes grown to fit."""
    if not bend:
        return patch
    sag = math.ceil(abs(bend) * patch.height)
    across = np.linspace(-1, 1, patch.width, dtype=np.float32)
    drop = sag * (1 - across**2 if bend > 0 else across**2)
    rows = np.arange(patch.height + sag, dtype=np.float32)[:, None] - drop[None]
    columns = np.broadcast_to(np.arange(patch.width, dtype=np.float32), rows.shape)
    columns = np.ascontiguousarray(columns)
    pixels = cv2.remap(
        patch.pixels, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cover = cv2.remap(patch.cover, columns, rows, cv2.INTER_LINEAR)
    boxes = tuple(_sagging(box, drop) for box in patch.boxes)
    return Patch(np.asarray(pixels, np.uint8), np.asarray(cover, np.uint8), boxes, bare=patch.bare)


def _sagging(box: Box, drop: Canvas) -> Box:
    under = drop[int(box.left) : max(int(box.left) + 1, int(box.right))]
    top, bottom = box.top + float(under.min()), box.bottom + float(under.max())
    return Box(box.kind, box.left, top, box.right, bottom)


def _corners(rng: Rng, patch: Patch, pose: Pose) -> Canvas:
    """The patch's four corners in the scene, clockwise from the top left: (4, 2)."""
    half = np.array([patch.width, patch.height], np.float32) * pose.scale / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * half
    if pose.tilt:
        if rng.bernoulli(0.5):
            corners[:, 0] *= rng.uniform(1 - pose.tilt, 1)
        else:
            corners[:, 1] *= rng.uniform(1 - pose.tilt / 2, 1)
        jitter = rng.array.uniform(-1, 1, (4, 2)).astype(np.float32)
        corners += jitter * half * np.array([0.18, 0.48], np.float32) * pose.tilt
        corners[:, 1] += corners[:, 0] * rng.uniform(-0.12, 0.12)
    cosine, sine = math.cos(math.radians(pose.angle)), math.sin(math.radians(pose.angle))
    turn = np.array([[cosine, sine], [-sine, cosine]], np.float32)
    return np.asarray(corners @ turn + np.array(pose.centre, np.float32), np.float32)


def _window(corners: Canvas, size: tuple[int, ...]) -> tuple[slice, slice] | None:
    left, top = np.floor(corners.min(0)).astype(int) - 1
    right, bottom = np.ceil(corners.max(0)).astype(int) + 2
    rows = slice(max(0, int(top)), min(size[0], int(bottom)))
    columns = slice(max(0, int(left)), min(size[1], int(right)))
    if min(rows.stop - rows.start, columns.stop - columns.start) < SMALLEST_PIXELS:
        return None
    return rows, columns


def _matrix(patch: Patch, corners: Canvas) -> NDArray[np.float64]:
    width, height = patch.width, patch.height
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(flat, corners.astype(np.float32)))


def _warped(
    patch: Patch, matrix: NDArray[np.float64], scale: float, size: tuple[int, ...]
) -> tuple[Picture, Picture]:
    pixels, cover = patch.pixels, patch.cover
    if scale < 0.75:
        # A warp takes single pixels: without blur small letters would come out jagged.
        blur = max(0.3, 0.45 / scale)
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur), np.uint8)
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), blur), np.uint8)
    target = (size[1], size[0])
    drawn = cv2.warpPerspective(pixels, matrix, target, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpPerspective(cover, matrix, target)
    return np.asarray(drawn, np.uint8), np.asarray(covered, np.uint8)


def _mixed(ground: Picture, drawn: Picture, cover: Picture) -> Picture:
    share = cover[..., None].astype(np.float32) / 255
    return (ground * (1 - share) + drawn * share).astype(np.uint8)


def _stands_out(before: Picture, after: Picture, cover: Picture) -> bool:
    ink = cover > 128
    if not ink.any():
        return False
    change = np.abs(after[ink] @ LUMA - before[ink] @ LUMA)
    return float(change.mean()) >= FAINTEST_INK and float(before[ink].std()) <= BUSIEST_GROUND


def _projected(
    box: Box, matrix: NDArray[np.float64], offset: Canvas, size: tuple[int, ...]
) -> Box | None:
    """The box round the warped box, cut at the scene's edges; ``None`` when all outside."""
    points = cv2.perspectiveTransform(box.corners[None], matrix)[0] + offset
    height, width = size[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # Cutting the turned shape, not the box round it, keeps the box tight at the edges.
    inside, shape = cv2.intersectConvexConvex(points.astype(np.float32), frame)
    if inside <= 0 or shape is None:
        return None
    visible = inside / max(1e-6, cv2.contourArea(points.astype(np.float32)))
    left, top = (float(edge) for edge in shape.reshape(-1, 2).min(0))
    right, bottom = (float(edge) for edge in shape.reshape(-1, 2).max(0))
    return Box(box.kind, left, top, right, bottom, min(1.0, visible))
