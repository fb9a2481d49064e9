import struct
import sys

import av
import numpy as np
import pytest

from worker.pipeline.errors import PipelineError
from worker.pipeline.video.display import UPRIGHT, display_matrix, orientation, picture_of, turned

# Rows of (x, y) as they are shown, for a picture that holds 1 2 3 over 4 5 6.
PICTURE = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)[:, :, None].repeat(3, axis=2)
SHOWN = {
    (1, 0, 0, 1): [[1, 2, 3], [4, 5, 6]],
    (0, 1, -1, 0): [[4, 1], [5, 2], [6, 3]],
    (-1, 0, 0, -1): [[6, 5, 4], [3, 2, 1]],
    (0, -1, 1, 0): [[3, 6], [2, 5], [1, 4]],
    (-1, 0, 0, 1): [[3, 2, 1], [6, 5, 4]],
    (1, 0, 0, -1): [[4, 5, 6], [1, 2, 3]],
    (0, 1, 1, 0): [[1, 4], [2, 5], [3, 6]],
}


def matrix(a, b, c, d):
    return struct.pack("=9i", *(round(n * 65536) for n in (a, b, 0, c, d, 0, 0, 0, 16384)))


@pytest.mark.parametrize("signs", SHOWN)
def test_a_picture_is_turned_and_mirrored_as_its_matrix_says(signs):
    shown = turned(PICTURE, orientation(matrix(*signs)))

    assert shown[:, :, 0].tolist() == SHOWN[signs]
    assert shown.flags.c_contiguous


def test_without_a_matrix_a_picture_stands_upright():
    assert orientation(None) == UPRIGHT


def test_a_picture_that_cannot_be_converted_is_the_videos_fault():
    frame = av.VideoFrame(64, 48, "yuv420p")
    frame.color_range = 7

    with pytest.raises(PipelineError) as refused:
        picture_of(frame)

    assert refused.value.code == "corrupt_video"


def test_a_matrix_that_is_cut_short_turns_nothing():
    assert orientation(matrix(0, 1, -1, 0)[:20]) == UPRIGHT


def test_an_angle_between_quarter_turns_goes_to_the_nearest():
    assert orientation(matrix(0.17, 0.98, -0.98, 0.17)) == (0, 1, -1, 0)


def test_looking_for_a_matrix_leaves_the_frame_to_be_freed():
    """A cycle kept every sampled frame's picture: memory grew with the length of the video."""
    frame = av.VideoFrame(64, 48, "yuv420p")
    before = sys.getrefcount(frame)

    assert display_matrix(frame) is None
    assert sys.getrefcount(frame) == before
