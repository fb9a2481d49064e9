"""What the painters make: a picture of one thing, its cover, and where its text is."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

TEXT = 0
PLATE = 1
CLASS_NAMES = {TEXT: "text", PLATE: "plate"}

Picture: TypeAlias = NDArray[np.uint8]
Canvas: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the picture it lies in; ``visible`` is the share inside it."""

    kind: int
    left: float
    top: float
    right: float
    bottom: float
    visible: float = 1.0

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def corners(self) -> Canvas:
        """(4, 2), clockwise from the top left."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        places = [[left, top], [right, top], [right, bottom], [left, bottom]]
        return np.array(places, np.float32)

    def moved(self, right: float, down: float) -> "Box":
        """The box, that many pixels further right and down."""
        return Box(
            self.kind,
            self.left + right,
            self.top + down,
            self.right + right,
            self.bottom + down,
            self.visible,
        )


@dataclass(frozen=True)
class Patch:
    """One item for a scene.

    ``pixels`` is (height, width, 3) BGR, ``cover`` (height, width) with 255 where it hides
    what lies behind. ``bare`` marks text without a panel: it must stand out by itself.
    """

    pixels: Picture
    cover: Picture
    boxes: tuple[Box, ...] = ()
    bare: bool = False

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])


def filled(height: int, width: int, colour: NDArray[np.float64]) -> Canvas:
    """A canvas (height, width, 3) of one colour."""
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = colour
    return canvas


def as_picture(canvas: Canvas) -> Picture:
    """The canvas cut to 0 to 255."""
    return np.clip(canvas, 0, 255).astype(np.uint8)


def opaque(canvas: Canvas, boxes: tuple[Box, ...] = ()) -> Patch:
    """A patch that hides all behind it."""
    pixels = as_picture(canvas)
    return Patch(pixels, np.full(pixels.shape[:2], 255, np.uint8), boxes)


def blend_ink(
    canvas: Canvas, ink: Picture, left: int, top: int, colour: NDArray[np.float64]
) -> None:
    """Paints ``colour`` on ``canvas`` where ``ink`` is 255, clipped at its edges."""
    height, width = ink.shape
    area = canvas[top : top + height, left : left + width]
    cover = ink[: area.shape[0], : area.shape[1], None].astype(np.float32) / 255
    area[:] = area * (1 - cover) + colour.astype(np.float32) * cover
