"""Converts a decoded picture, and turns it the way its video asks to be shown."""

import struct
from collections.abc import Callable
from typing import cast

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Picture

# A frame's own side_data and the frame refer to each other, and hold its picture until Python looks
# for such cycles, which it seldom does: 400 pictures of 720p took 300 MB.
side_data_of = cast(Callable[[VideoFrame], SideDataContainer], SideDataContainer)

UPRIGHT = (1, 0, 0, 1)
MATRIX = struct.Struct("=9i")

# FFmpeg has kinds of side data that PyAV does not know, such as EXIF, and one of them in a frame
# makes it refuse all the others: here they are taken for a kind that nobody asks for.
setattr(Type, "_missing_", classmethod(lambda _, value: Type.VIDEO_HINT))  # noqa: B010


def picture_of(decoded: VideoFrame) -> Picture:
    """A decoded frame's picture, unturned; raises PipelineError corrupt_video."""
    try:
        return _converted(decoded)
    except av.error.FFmpegError:
        # Of the colour matrices that a video may name swscale knows some; the usual one in place of
        # another leaves brightness, and so what can be read, as it is.
        decoded.colorspace = Colorspace.DEFAULT
    try:
        return _converted(decoded)
    except av.error.FFmpegError as error:
        raise PipelineError(
            FailureCode.CORRUPT_VIDEO, "a picture's colours cannot be converted"
        ) from error


def display_matrix(decoded: VideoFrame) -> bytes | None:
    """The display matrix that came with a decoded frame."""
    try:
        return bytes(side_data_of(decoded)["DISPLAYMATRIX"])
    except KeyError:
        return None


def orientation(matrix: bytes | None) -> tuple[int, int, int, int]:
    """Signs (a, b, c, d) of a display matrix, which shows (x, y) at (ax + cy, bx + dy).

    The matrix is ffmpeg's: nine native int32, 16.16 fixed point, column by column. Angles between
    quarter turns go to the nearest one; without a whole matrix the picture stands upright.
    """
    if matrix is None or len(matrix) < MATRIX.size:
        return UPRIGHT
    a, b, _, c, d, *_ = MATRIX.unpack(matrix[: MATRIX.size])
    if abs(b) > abs(a):
        return 0, _sign(b), _sign(c), 0
    return _sign(a), 0, 0, _sign(d)


def turned(picture: Picture, signs: tuple[int, int, int, int]) -> Picture:
    """The picture (h, w, 3) as its video shows it; (w, h, 3) after a quarter turn."""
    if signs == UPRIGHT:
        return picture
    a, b, c, d = signs
    if b:
        picture, a, d = picture.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(picture[:: d or 1, :: a or 1])


def _converted(decoded: VideoFrame) -> Picture:
    return cast(Picture, decoded.to_ndarray(format="bgr24"))


def _sign(value: int) -> int:
    return -1 if value < 0 else 1
