import numpy as np
import pytest

from worker.pipeline.detect.letterbox import PADDING_GREY, Letterbox


@pytest.mark.parametrize(
    ("size", "padded"),
    [((1280, 720), (640, 384)), ((360, 640), (384, 640)), ((64, 64), (640, 640))],
)
def test_the_input_is_no_larger_than_the_next_multiple(size, padded):
    assert Letterbox.of(size, longest=640, multiple=32).padded == padded


def test_a_picture_is_centred_on_grey():
    picture = np.full((720, 1280, 3), 200, dtype=np.uint8)

    fitted = Letterbox.of((1280, 720), longest=640, multiple=32).fit(picture)

    assert fitted.shape == (384, 640, 3)
    assert (fitted[:12] == PADDING_GREY).all()
    assert (fitted[12:372] == 200).all()
    assert (fitted[372:] == PADDING_GREY).all()


def test_a_box_of_the_input_comes_back_in_pixels_of_the_picture():
    letterbox = Letterbox.of((1280, 720), longest=640, multiple=32)

    assert letterbox.restore(np.array([10, 22, 30, 42], np.float32)) == (20.0, 20.0, 60.0, 60.0)


def test_a_box_is_cut_at_the_pictures_edges():
    letterbox = Letterbox.of((1280, 720), longest=640, multiple=32)

    assert letterbox.restore(np.array([-9, 0, 700, 384], np.float32)) == (0.0, 0.0, 1280.0, 720.0)
