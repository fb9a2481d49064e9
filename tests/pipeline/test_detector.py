import cv2
import numpy as np
import pytest

from config.settings import PipelineSettings, SettingsError
from tests.data.videos import page
from worker.pipeline.detect.detector import (
    DETECT_FROM_CONFIDENCE,
    DOUBTFUL_FROM_CONFIDENCE,
    Detector,
)
from worker.pipeline.detect.scales import DENSE_SCALE, USUAL_SCALE
from worker.pipeline.detect.weights import find_weights
from worker.pipeline.frame import Frame

SENTENCE = "the harbour ferry leaves at seven from the old pier and comes back before night"


@pytest.fixture(scope="module")
def detector(pipeline_settings):
    return Detector(pipeline_settings, find_weights(pipeline_settings))


def frame(index, picture):
    return Frame(index, index * 40, np.ascontiguousarray(picture[:, :, ::-1]))


def covers(box, x, y):
    return box[0] - 4 <= x <= box[2] + 4 and box[1] - 4 <= y <= box[3] + 4


def test_a_line_of_text_is_found_where_it_stands(detector):
    """PIP-2"""
    (found,) = detector.search([frame(0, page(["NORTH 100"], size=(1280, 720), height=60))])

    assert {one.class_name for one in found.detections} == {"text"}
    assert any(covers(one.bbox, 60, 70) and covers(one.bbox, 420, 70) for one in found.detections)


def test_a_line_across_the_frame_is_one_box_and_whole(detector):
    """PIP-2"""
    line = "NORTHERN HARBOUR FERRY LEAVES AT SEVEN FROM THE OLD P"
    (found,) = detector.search([frame(0, page([line], size=(1280, 720), height=30))])

    (one,) = found.detections
    assert one.bbox[0] < 50
    assert one.bbox[2] > 1100


@pytest.mark.parametrize(("height", "pitch"), [(11, 15), (14, 18)])
def test_every_line_of_a_page_of_small_print_is_found(detector, height, pitch):
    """Of 44 lines that stood 15 pixels apart none was found."""
    words = SENTENCE.split()
    rows = range((690 - 30) // pitch)
    lines = [" ".join(words[(3 * row + at) % len(words)] for at in range(10)) for row in rows]
    shown = page(lines, size=(1280, 720), height=height, pitch=pitch)

    (found,) = detector.search([frame(0, shown)])

    middles = [30 + row * pitch + height / 2 for row in rows]
    assert all(any(covers(one.bbox, 200, y) for one in found.detections) for y in middles)


def test_a_page_among_other_frames_of_a_batch_changes_none_of_them(detector):
    lines = [f"the harbour ferry leaves at {top}" for top in range(40)]
    dense = page(lines, size=(1280, 720), height=11, pitch=15)
    shown = [page(["NORTH 100"], size=(1280, 720)), dense, page(["GARDEN"], size=(1280, 720))]

    together = detector.search([frame(at, one) for at, one in enumerate(shown)])
    apart = [detector.search([frame(at, one)])[0] for at, one in enumerate(shown)]

    assert [one.detections for one in together] == [one.detections for one in apart]


class Scales(Detector):
    """Keeps at which scales pictures are shown to it."""

    def letterbox(self, size, **how):
        self.scales = [*getattr(self, "scales", []), how["scale"]]
        return super().letterbox(size, **how)


@pytest.mark.parametrize(("height", "looks"), [(30, 1), (90, 0)])
def test_a_picture_with_a_small_plate_is_looked_at_closer(pipeline_settings, height, looks):
    detector = Scales(pipeline_settings, find_weights(pipeline_settings))
    shown = np.full((720, 1280, 3), 70, np.uint8)
    plate = page(["KTR 4827"], size=(400, 100), height=64)[10:100, 20:380]
    width = height * plate.shape[1] // plate.shape[0]
    shown[400 : 400 + height, 500 : 500 + width] = cv2.resize(
        plate, (width, height), interpolation=cv2.INTER_AREA
    )

    (found,) = detector.search([frame(0, shown)])

    assert "plate" in {one.class_name for one in found.detections}
    assert len(set(detector.scales) - {USUAL_SCALE, DENSE_SCALE}) == looks


def test_lines_that_noise_nearly_hides_are_doubtful(detector):
    draws = np.random.default_rng(1)
    shown = [
        page(["NORTH 100", "the harbour ferry"], size=(640, 360), height=height)
        for height in (8, 10, 12, 24)
    ]
    noisy = [
        frame(0, (one + draws.normal(0, deviation, one.shape)).clip(0, 255).astype(np.uint8))
        for one in shown
        for deviation in (80, 100, 120)
    ]

    found = [one for hidden in detector.search(noisy) for one in hidden.detections]

    assert {one.is_doubtful for one in found} == {False, True}
    assert all(one.is_doubtful == (one.confidence < DETECT_FROM_CONFIDENCE) for one in found)
    assert min(one.confidence for one in found) >= DOUBTFUL_FROM_CONFIDENCE


def test_an_empty_frame_has_nothing_in_it(detector):
    (found,) = detector.search([frame(0, np.full((720, 1280, 3), 128, dtype=np.uint8))])

    assert found.detections == ()


def test_frames_of_several_sizes_keep_their_order(detector):
    wide, tall = page(["NORTH 100"]), page(["GARDEN"], size=(360, 640))

    found = detector.search([frame(0, wide), frame(1, tall), frame(2, wide)])

    assert [one.index for one in found] == [0, 1, 2]
    assert all(one.detections for one in found)
    assert found[0].size == (640, 360)


def test_values_are_plain_numbers_of_python(detector):
    """Results once carried numpy's numbers, and every real job failed."""
    (found,) = detector.search([frame(0, page(["NORTH 100"]))])

    for one in found.detections:
        assert type(one.class_id) is int
        assert type(one.confidence) is float
        assert [type(side) for side in one.bbox] == [float] * 4


def test_a_device_that_is_not_there_stops_the_start(pipeline_settings):
    settings = pipeline_settings.model_copy(update={"detector_device": "gpu"})

    with pytest.raises(SettingsError, match="FORGESYTE_DETECTOR_DEVICE=gpu"):
        Detector(settings, find_weights(settings))


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x80\x02.", b"PK\x03\x04"])
@pytest.mark.parametrize("name", ["own.pt", "README.md", "own"])
def test_a_file_that_is_no_detector_stops_the_start(tmp_path, name, content):
    """One of another ending came out as a traceback of fifty lines."""
    path = tmp_path / name
    path.write_bytes(content)
    own = PipelineSettings(detector_weights=str(path))
    told = f"^FORGESYTE_DETECTOR_WEIGHTS={path}: not the weights of a YOLO detector"

    with pytest.raises(SettingsError, match=told):
        Detector(own, find_weights(own))
