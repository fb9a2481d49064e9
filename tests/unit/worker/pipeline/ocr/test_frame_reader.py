from collections import Counter

import numpy as np

from worker.pipeline.frame import Frame
from worker.pipeline.ocr.engines.base import UNREAD, Line, Page
from worker.pipeline.ocr.frame_reader import FrameReader


class WholeReader:
    """Reads one line that fills the image, or fails."""

    def __init__(self, *, fails=False):
        self.fails = fails

    def read(self, images, *, psm):
        return [self.page(image) for image in images]

    def page(self, image):
        if self.fails:
            return Page(failed=True)
        height, width = image.shape
        return Page((Line("PLATFORM", 0.95, (0.0, 0.0, width, height)),))

    def provenance(self):
        return {"engine": "whole"}


def read_frame(reader):
    frame = Frame(0, 0, np.full((90, 160, 3), 200, dtype=np.uint8))
    return FrameReader(reader).start(Counter())([frame])[0]


def test_a_whole_frame_gives_a_detection_for_each_line():
    boxes = [found.bbox for found in read_frame(WholeReader()).detections]

    assert boxes == [(0.0, 0.0, 160.0, 90.0)]


def test_a_whole_frame_that_could_not_be_read_is_that_frames_error():
    assert read_frame(WholeReader(fails=True)).error == UNREAD
