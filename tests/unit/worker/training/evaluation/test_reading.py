"""How readings are judged: by edits, by lines."""

import cv2
import numpy as np
import pytest

from tests.data.videos import text_video
from worker.pipeline.frame import Detection, Reading
from worker.training.evaluation.finding import MEASURING_SEED, FootageUnusable
from worker.training.evaluation.reading import (
    false_words,
    pictures_read,
    plates_read,
    words_read,
)
from worker.training.evaluation.scenes import HEIGHT, SCENES, WIDTH, scenes

PICTURE = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()


@pytest.fixture
def photos(tmp_path):
    def write(*numbers):
        for index, number in enumerate(numbers):
            tmp_path.joinpath(f"{index}.txt").write_text(f"{index}.png 1 2 3 4 {number}")
            tmp_path.joinpath(f"{index}.png").write_bytes(PICTURE)
        return tmp_path

    return write


def reader_of(*texts, others=()):
    """A look at a picture that finds one plate, and reads each picture's text in turn."""
    source = iter(texts)

    def look(picture):
        return (
            Detection(
                1,
                "plate",
                0.9,
                (0, 0, 1, 1),
                next(source),
                0.9,
                tuple(Reading(o, 0.1) for o in others),
            ),
        )

    return look


def test_a_plate_is_exact_when_a_reading_holds_it_and_near_within_one_edit(photos):
    look = reader_of("x AB-12 y", "AB13", "ZZZZ")

    figures = plates_read(look, photos("AB12", "AB12", "AB12"))

    assert figures["plate exact"].value == pytest.approx(1 / 3)
    assert figures["plate near"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "strict", "folded"),
    [("B0 1S", 1, 1), ("BO1S", 0, 1), ("BOIS", 0, 1), ("XB01S", 0, 0), ("", 0, 0)],
)
def test_strictly_the_box_that_fits_the_plate_says_the_number_and_no_more(
    photos, text, strict, folded
):
    fitting = Detection(1, "plate", 0.9, (1, 2, 4, 6), text, 0.9)
    beside = Detection(0, "text", 0.9, (0, 0, 60, 60), "B01S", 0.9)

    figures = plates_read(lambda picture: (beside, fitting), photos("B01S"))

    assert figures["plate strictly exact"].value == strict
    assert figures["plate strictly exact, folded"].value == folded
    assert figures["plate exact"].value == 1


def test_no_box_on_the_plate_is_strictly_nothing(photos):
    apart = Detection(1, "plate", 0.9, (50, 50, 60, 60), "B01S", 0.9)

    figures = plates_read(lambda picture: (apart,), photos("B01S"))

    assert figures["plate strictly exact"].value == 0
    assert figures["plate in the frame's text"].value == 1


def test_words_are_counted_in_the_text_of_a_frame_each_as_often_as_it_is_shown(assets):
    drawn = {
        scene.picture.tobytes(): scene.lines
        for kind in SCENES
        for scene in scenes(assets, kind, MEASURING_SEED, 1)
    }
    shown = sum(len(text.split()) for lines in drawn.values() for text, _ in lines)

    def look(picture):
        lines = [(text.lower(), box) for text, box in drawn[picture.tobytes()]]
        wrong = ("zzz zzz", (0.0, 700.0, 20.0, 710.0))
        return tuple(Detection(0, "text", 0.9, box, text, 0.9) for text, box in [*lines, wrong])

    figures = words_read(look, assets, 1)

    assert figures["words recall, scenes"].value == 1
    assert figures["words precision, scenes"].value == shown / (shown + 2 * len(SCENES))


def test_words_in_pictures_are_compared_with_what_stands_beside_them(tmp_path):
    for name, words in (("one", "Gate\nSEVEN exit"), ("two", "harbour")):
        (tmp_path / f"{name}.png").write_bytes(PICTURE)
        (tmp_path / f"{name}.txt").write_text(words)
    (tmp_path / "unknown.png").write_bytes(PICTURE)

    figures = pictures_read(reader_of("gate exit", "harbour ferry north pier"), tmp_path)

    assert figures["words recall, pictures"].value == pytest.approx(3 / 4)
    assert figures["words precision, pictures"].value == pytest.approx(3 / 6)


@pytest.mark.parametrize("names", [[], ["one.png"], ["one.txt"], ["one.png", "two.txt"]])
def test_a_folder_in_which_no_pictures_words_are_known_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(PICTURE)

    with pytest.raises(FootageUnusable, match=r"no picture with a NAME\.txt beside it"):
        pictures_read(reader_of(), tmp_path)


def test_words_in_a_video_without_text_are_false(tmp_path):
    video = text_video(tmp_path / "video.mp4", frames=6)
    look = reader_of("one two", "", "three")

    figures = false_words(look, video, stride=2)

    assert figures["false words a frame"].value == 1
    assert figures["false words a frame"].cases == 3


def test_other_readings_count_for_themselves_only(photos):
    figures = plates_read(reader_of("AB13", others=("AB12",)), photos("AB12"))

    assert figures["plate exact"].value == 0
    assert figures["plate exact in any reading"].value == 1


def test_photos_without_truth_are_refused(tmp_path):
    with pytest.raises(FootageUnusable, match=r"no NAME\.txt"):
        plates_read(reader_of(), tmp_path)


@pytest.mark.parametrize("kind", ["captions", "documents", "quantities"])
def test_a_made_scene_knows_its_lines_and_repeats(assets, kind):
    first, again = (next(scenes(assets, kind, 5, 1)) for _ in range(2))

    assert kind in SCENES
    assert first.picture.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(first.picture, again.picture)
    assert first.lines == again.lines
    for _, (left, top, right, bottom) in first.lines:
        assert 0 <= left < right <= WIDTH
        assert 0 <= top < bottom <= HEIGHT
