"""Training samples: random crops of tiles, and batches of them."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.libraries import torch
from worker.training.synth.patch import Picture, as_picture
from worker.training.synth.rng import Rng
from worker.training.synth.tiles import TileMakers

# Wide, so that one network serves inputs of 640 and of 960 pixels.
SCALES = (0.55, 1.75)
# In sides of a tile: a larger window would show more of the grey around it than of the scene.
WIDEST_WINDOW = 1.25
GREY = (114, 114, 114)
# Of all crops, so that lines that run up or down are seen in company, as on shelves of books.
TURNED_SHARE = 0.12
NARROWEST_PIXELS = 6.0
LOWEST_PIXELS = 6.0
LEAST_VISIBLE = 0.3
BATCHES_AHEAD = 4


@dataclass(frozen=True)
class Batch:
    """``images`` (n, 3, size, size) uint8 RGB; boxes (m, 4) centre, width, height as shares.

    ``kinds`` (m, 1) and ``images_of`` (m,) say what each box is and whose.
    """

    images: torch.Tensor
    kinds: torch.Tensor
    boxes: torch.Tensor
    images_of: torch.Tensor


def batches(
    makers: TileMakers, seed: int, *, first: int, batch: int, sizes: Sequence[int]
) -> Iterator[Batch]:
    """Batch after batch without end, beginning with batch number ``first``, made ahead.

    Batch n has crops of the n-th size in pixels, counted round and round: small ones cost
    little, large ones show whole captions.
    """
    numbers = itertools.count(first)

    def begin() -> Future[Batch]:
        number = next(numbers)
        return pool.submit(_batch, makers, seed, number, batch, sizes[number % len(sizes)])

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = deque(begin() for _ in range(BATCHES_AHEAD))
        try:
            while True:
                ahead.append(begin())
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def crop(
    rng: Rng, picture: Picture, boxes: NDArray[np.float32], size: int
) -> tuple[Picture, NDArray[np.float32]]:
    """A (size, size, 3) piece of a tile at a random scale, recoloured, with its boxes.

    Boxes come and go as rows of kind, left, top, right, bottom in pixels.
    """
    least, most = SCALES
    least = max(least, size / (WIDEST_WINDOW * picture.shape[0]))
    scale = rng.log_uniform(least, max(least, most))
    corner = _corner(rng, picture.shape[0], size / scale)
    piece = _cut(picture, scale, corner, size)
    if rng.bernoulli(0.5):
        piece = _recoloured(rng, piece)
    if rng.bernoulli(0.08):
        piece = np.asarray(255 - piece, np.uint8)
    kept = _kept(boxes, scale, corner, size)
    if rng.bernoulli(TURNED_SHARE):
        return _turned(piece, kept, quarters=rng.pick((1, 3)))
    return piece, kept


def _turned(
    piece: Picture, boxes: NDArray[np.float32], *, quarters: int
) -> tuple[Picture, NDArray[np.float32]]:
    """A square piece after so many quarter turns against the clock, its boxes with it."""
    size = piece.shape[0]
    turned = boxes.copy()
    for _ in range(quarters):
        kind, left, top, right, bottom = turned.T
        turned = np.stack([kind, top, size - right, bottom, size - left], axis=1)
    return np.ascontiguousarray(np.rot90(piece, quarters)), turned


def _batch(makers: TileMakers, seed: int, number: int, batch: int, size: int) -> Batch:
    pieces, kinds, shares, owners = [], [], [], []
    for at in range(batch):
        sample = number * batch + at
        picture, boxes = makers.fetch(sample)
        piece, kept = crop(Rng(seed, 2, sample), picture, boxes, size)
        pieces.append(piece[:, :, ::-1])
        kinds.append(kept[:, :1])
        shares.append(_as_shares(kept, size))
        owners.append(np.full(len(kept), at, np.float32))
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(pieces)))
    return Batch(
        stacked.permute(0, 3, 1, 2),
        torch.from_numpy(np.concatenate(kinds)),
        torch.from_numpy(np.concatenate(shares)),
        torch.from_numpy(np.concatenate(owners)),
    )


def _corner(rng: Rng, side: int, window: float) -> tuple[float, float]:
    """The window's left and top in the tile; where it is larger, the tile floats in it."""
    spare = side - window
    if spare < 0:
        return spare * rng.uniform(0, 1), spare * rng.uniform(0, 1)
    return rng.uniform(0, spare), rng.uniform(0, spare)


def _cut(picture: Picture, scale: float, corner: tuple[float, float], size: int) -> Picture:
    left, top = corner
    zoom = scale
    if scale < 0.9:
        picture = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
        zoom = 1.0
    matrix = np.array([[zoom, 0, -left * scale], [0, zoom, -top * scale]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, (size, size), borderValue=GREY), np.uint8)


def _recoloured(rng: Rng, piece: Picture) -> Picture:
    gains = rng.uniform(0.75, 1.25) * rng.array.uniform(0.9, 1.1, 3)
    levels = np.arange(256)[:, None] * gains + rng.uniform(-20, 20)
    table = as_picture(levels.reshape(256, 1, 3).astype(np.float32))
    return np.asarray(cv2.LUT(piece, table), np.uint8)


def _kept(
    boxes: NDArray[np.float32], scale: float, corner: tuple[float, float], size: int
) -> NDArray[np.float32]:
    moved = boxes.copy()
    moved[:, 1:] = (moved[:, 1:] - np.array(corner * 2, np.float32)) * scale
    areas = _areas(moved)
    moved[:, 1:] = np.clip(moved[:, 1:], 0, size)
    wide, tall = moved[:, 3] - moved[:, 1], moved[:, 4] - moved[:, 2]
    worth = (wide >= NARROWEST_PIXELS) & (tall >= LOWEST_PIXELS)
    return moved[worth & (_areas(moved) >= LEAST_VISIBLE * areas)]


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2]), np.float32)


def _as_shares(boxes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    starts, ends = boxes[:, 1:3], boxes[:, 3:5]
    shares = np.concatenate([(starts + ends) / 2, ends - starts], 1) / size
    return np.asarray(shares, np.float32)
