import cv2
import numpy as np

from worker.pipeline.ocr.cleanup import on_even_ground


def test_a_panels_edge_beside_the_line_and_what_lies_beyond_it_are_painted_over():
    line = np.full((48, 200), 220, np.uint8)
    cv2.putText(line, "NORTH", (60, 36), cv2.FONT_HERSHEY_DUPLEX, 1.0, 20, 2)
    framed = line.copy()
    framed[:, 20:26] = 20
    framed[:, :20] = 120

    cleaned = on_even_ground(framed, beside=40)

    assert (cleaned[:, :30] == cleaned[0, 100]).all()
    assert (cleaned[:, 60:] == on_even_ground(line, beside=40)[:, 60:]).all()


def test_a_bar_within_the_line_stays():
    line = np.full((48, 200), 220, np.uint8)
    line[:, 100:106] = 20
    cv2.putText(line, "NOR", (20, 36), cv2.FONT_HERSHEY_DUPLEX, 1.0, 20, 2)

    assert (on_even_ground(line, beside=10)[24, 101:105] < 60).all()
