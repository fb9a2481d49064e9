from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from worker.pipeline.frame import Detection, Frame, Reading
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED, UNREAD, Line, Page

CLASSES = ("text", "plate", "truck")


class SizeReader:
    """Reads every image as its own size, and keeps what it was given."""

    def __init__(self, *, fails=frozenset()):
        self.seen = []
        self.fails = fails

    def read(self, images, *, psm):
        self.seen += [(image.shape, psm) for image in images]
        return [self.page(image, psm) for image in images]

    def page(self, image, psm):
        if image.shape in self.fails:
            return Page(failed=True)
        height, width = image.shape
        return Page((Line(f"{width}x{height} {psm}", 0.95, (0.0, 0.0, width, height)),))

    def provenance(self):
        return {"engine": "size"}


def frame(index, *detections, shade=200):
    picture = np.full((90, 160, 3), shade, dtype=np.uint8)
    picture[15:25, 20:80:6] = picture[55:65, 20:80:6] = 0
    return Frame(index, index * 40, picture, detections=detections)


def found(name, box=(10.0, 10.0, 90.0, 30.0)):
    return Detection(CLASSES.index(name), name, 0.9, box)


def read_by(stage, frames):
    return stage.start(Counter())(frames)


def test_every_detection_is_read_in_a_crop_of_its_own_and_no_frame_is():
    """The whole frame was once read, twice, and never a detection."""
    reader = SizeReader()
    frames = [frame(0, found("text"), found("plate")), frame(1), frame(2, found("text"))]

    read = read_by(BoxReader(reader, reuse=False), frames)

    assert len(reader.seen) == 3
    assert all(psm == ONE_LINE and shape[0] < 90 for shape, psm in reader.seen)
    assert [len(one.detections) for one in read] == [2, 0, 1]
    assert all(one.text and one.text_confidence == 0.95 for one in read[0].detections)


def test_an_object_that_is_no_line_is_searched_for_scattered_text():
    read = read_by(BoxReader(SizeReader()), [frame(0, found("truck"), found("text"))])

    truck, line = read[0].detections
    assert truck.text == f"80x20 {SCATTERED}"
    assert line.text.endswith(f" {ONE_LINE}")


def test_a_sliver_has_no_text_and_is_no_error():
    read = read_by(BoxReader(SizeReader()), [frame(0, found("text", (5.0, 5.0, 5.0, 5.0)))])

    assert (read[0].detections[0].text, read[0].error) == ("", None)


def test_a_box_that_could_not_be_read_is_its_frames_error_alone():
    reader = SizeReader(fails={(20, 80)})

    read = read_by(BoxReader(reader), [frame(0, found("truck")), frame(1, found("text"))])

    assert [one.error for one in read] == [UNREAD, None]


class Doubter(SizeReader):
    """Confident only of images of one height."""

    def __init__(self, *, confident_of):
        super().__init__()
        self.confident_of = confident_of

    def page(self, image, psm):
        height, width = image.shape
        confidence = 0.95 if height == self.confident_of else 0.3
        return Page((Line(f"height {height}", confidence, (0.0, 0.0, width, height)),))


class ConfidentReader(SizeReader):
    """Reads the same everywhere, confidently."""

    def __init__(self, text="HARBOUR"):
        super().__init__()
        self.text = text

    def page(self, image, psm):
        return Page((Line(self.text, 0.97, (0.0, 0.0, 1.0, 1.0)),))


class OnePlate:
    """Reads every plate as the same, and counts them; as another one if it is in two rows."""

    def __init__(self, *readings, in_rows=()):
        self.readings = readings
        self.in_rows = in_rows
        self.boxes = []
        self.boxes_in_rows = []
        self.regions = set()

    def read(self, plates, region, *, in_two_rows=False):
        self.regions.add(region)
        boxes = self.boxes_in_rows if in_two_rows else self.boxes
        boxes += [box for _, box in plates]
        return [self.in_rows if in_two_rows else self.readings for _ in plates]

    def provenance(self):
        return {"plate_weights_sha256": "0" * 64}


class OneLine:
    """Reads every line as the same, and counts them."""

    def __init__(self, text, confidence):
        self.reading = Reading(text, confidence)
        self.boxes = []

    def read(self, lines):
        self.boxes += [box for _, box in lines]
        return [self.reading for _ in lines]

    def provenance(self):
        return {"line_weights_sha256": "1" * 64}


def test_a_line_of_which_the_engine_is_unsure_goes_to_the_line_reader():
    lines = OneLine("GATE 7", 0.96)
    reader = Doubter(confident_of=0)

    read = read_by(BoxReader(reader, None, lines), [frame(0, found("text"))])

    [line] = read[0].detections
    assert (line.text, line.text_confidence) == ("GATE 7", 0.96)
    assert len(lines.boxes) == len(reader.seen) == 1
    assert line.alternatives


def test_a_sure_line_a_plate_and_a_truck_are_none_of_the_line_readers_business():
    lines = OneLine("GATE 7", 0.96)
    doubted = [frame(0, found("plate"), found("truck"))]

    read_by(BoxReader(Doubter(confident_of=0), None, lines), doubted)
    read_by(BoxReader(ConfidentReader(), None, lines), [frame(0, found("text"))])

    assert lines.boxes == []


def test_a_line_of_which_both_are_unsure_is_cropped_in_other_ways_too():
    reader = Doubter(confident_of=0)

    read = read_by(BoxReader(reader, None, OneLine("GATE 7 AND 8", 0.5)), [frame(0, found("text"))])

    assert len(reader.seen) > 1
    assert read[0].detections[0].text == "GATE 7 AND 8"


def test_where_the_line_reader_surely_sees_no_text_there_is_none():
    reader = Doubter(confident_of=0)

    nothing = read_by(BoxReader(reader, None, OneLine("", 0.99)), [frame(0, found("text"))])
    unsure = read_by(BoxReader(reader, None, OneLine("", 0.6)), [frame(0, found("text"))])

    assert nothing[0].detections[0].text == ""
    assert unsure[0].detections[0].text != ""
    assert [read[0].detections[0].is_confirmed for read in (nothing, unsure)] == [False, True]


@pytest.mark.parametrize(
    ("doubtful", "opinion", "is_looked_at_otherwise"),
    [
        (False, ("GATE 7", 0.96), False),
        (False, ("GATE 7", 0.5), True),
        (True, ("GATE 7", 0.5), True),
        (False, ("", 0.6), True),
        (True, ("", 0.6), False),
        (False, ("", 0.99), False),
    ],
)
def test_a_line_that_is_read_with_no_certainty_may_be_no_level_one(
    doubtful, opinion, is_looked_at_otherwise
):
    """Of a box that may be none only what shows letters: nine in ten of those show nothing."""
    lines = OneLine(*opinion)
    line = replace(found("text", (10.0, 10.0, 90.0, 60.0)), is_doubtful=doubtful)

    read_by(BoxReader(Doubter(confident_of=0), None, lines), [frame(0, line)])

    assert (len(lines.boxes) > 1) == is_looked_at_otherwise


def test_a_box_too_small_to_read_is_not_asked_about():
    lines = OneLine("GATE 7", 0.96)

    read_by(BoxReader(SizeReader(), None, lines), [frame(0, found("text", (5.0, 5.0, 5.0, 5.0)))])

    assert lines.boxes == []


def test_a_doubtful_line_is_cropped_in_other_ways_and_read_again():
    first = read_by(BoxReader(Doubter(confident_of=0)), [frame(0, found("text"))])
    heights = {first[0].detections[0].text, *(o.text for o in first[0].detections[0].alternatives)}
    assert len(heights) > 1

    other = max(int(text.split()[1]) for text in heights)
    again = read_by(BoxReader(Doubter(confident_of=other)), [frame(0, found("text"))])

    assert again[0].detections[0].text == f"height {other}"
    assert again[0].detections[0].text_confidence == pytest.approx(0.95)


def test_a_confident_line_is_read_once():
    reader = SizeReader()

    read_by(BoxReader(reader), [frame(0, found("text"))])

    assert len(reader.seen) == 1


def test_a_plate_goes_to_the_plate_reader_and_a_confident_line_does_not():
    plates = OnePlate(Reading("AB12", 0.99), Reading("A812", 0.2))

    read = read_by(
        BoxReader(ConfidentReader(), plates),
        [frame(0, found("plate"), found("text", (10.0, 50.0, 90.0, 70.0)))],
    )

    plate, line = read[0].detections
    assert len(plates.boxes) == 1
    assert plate.text == "AB12"
    assert "A812" in [other.text for other in plate.alternatives]
    assert line.text == "HARBOUR"


INSIDE, BELOW = (12.0, 12.0, 88.0, 28.0), (10.0, 50.0, 90.0, 70.0)


def test_a_number_inside_a_plate_goes_to_the_plate_reader_too():
    plates = OnePlate(Reading("6FPT204", 0.99))

    read = read_by(
        BoxReader(ConfidentReader("6FPI204"), plates),
        [frame(0, found("plate"), found("text", INSIDE))],
    )

    assert plates.boxes == [found("plate").bbox, INSIDE]
    assert read[0].detections[1].text == "6FPT204"


SQUARE, WIDE = (10.0, 10.0, 60.0, 50.0), (10.0, 10.0, 110.0, 30.0)


@pytest.mark.parametrize(
    ("in_one", "in_two", "said"),
    [
        ((), (Reading("AB12CDE", 0.9),), "AB12CDE"),
        ((Reading("CDE", 0.3),), (Reading("AB12CDE", 0.9),), "AB12CDE"),
        ((Reading("CDE1234", 0.7),), (Reading("A", 0.1),), "CDE1234"),
        ((Reading("CDE1234", 0.7),), (), "CDE1234"),
    ],
)
def test_a_plate_may_have_its_number_in_two_rows(in_one, in_two, said):
    """Motorcycles' plates said one row of two, or nothing."""
    plates = OnePlate(*in_one, in_rows=in_two)

    read = read_by(BoxReader(Doubter(confident_of=0), plates), [frame(0, found("plate", SQUARE))])

    assert plates.boxes_in_rows == [SQUARE]
    assert read[0].detections[0].text == said


@pytest.mark.parametrize(
    ("kind", "box", "confidence"),
    [("plate", WIDE, 0.3), ("text", SQUARE, 0.3), ("plate", SQUARE, 0.95)],
)
def test_neither_a_wide_plate_nor_a_line_nor_what_is_sure_is_read_in_two_rows(
    kind, box, confidence
):
    plates = OnePlate(Reading("AB12CDE", confidence), in_rows=(Reading("A8I2CDE", 0.99),))

    read_by(BoxReader(Doubter(confident_of=0), plates), [frame(0, found(kind, box))])

    assert (plates.boxes, plates.boxes_in_rows) == ([box], [])


def test_a_sign_in_two_rows_is_no_plate():
    plates = OnePlate(in_rows=(Reading("N0PARKING", 0.6),))
    boxes = (10.0, 10.0, 80.0, 70.0), (15.0, 12.0, 75.0, 30.0), (15.0, 50.0, 75.0, 68.0)
    sign = [found(kind, box) for kind, box in zip(("plate", "text", "text"), boxes, strict=True)]

    read = read_by(BoxReader(ConfidentReader("PARKING"), plates), [frame(0, *sign)])

    said = [(one.class_name, one.text) for one in read[0].detections]
    assert said == [("text", "PARKING"), ("text", "PARKING")]


def test_a_word_is_not_made_a_number_inside_a_plate_either():
    plates = OnePlate(Reading("6FPT204", 0.99))

    read = read_by(
        BoxReader(ConfidentReader("HARBOUR"), plates),
        [frame(0, found("plate"), found("text", INSIDE))],
    )

    assert plates.boxes == [found("plate").bbox]
    assert read[0].detections[1].text == "HARBOUR"


@pytest.mark.parametrize(
    ("opinion", "plate", "said"),
    [
        (("NO PARKING", 0.85), ("N0PARKING", 0.6), "NO PARKING"),
        (("NO PARKING", 0.85), ("NOPARKING", 0.95), "NO PARKING"),
        (("NO PARKING", 0.7), ("N0PARKING", 0.6), "N0PARKING"),
        (("NO PARKING", 0.85), ("6FPT204", 0.99), "6FPT204"),
        (("CAL", 0.95), ("6FPT204", 0.6), "6FPT204"),
        (("6FPI204", 0.95), ("6FPT204", 0.6), "6FPT204"),
    ],
)
def test_a_sign_that_was_taken_for_a_plate_says_its_words(opinion, plate, said):
    """NO PARKING was read as N0PARKING, by a reader that knows no words."""
    boxes = BoxReader(Doubter(confident_of=0), OnePlate(Reading(*plate)), OneLine(*opinion))

    read = read_by(boxes, [frame(0, found("plate"), found("text", INSIDE))])

    assert [one.text for one in read[0].detections] == [said, said]


@pytest.mark.parametrize("text", ["20:14:07", "2026/11/21", "6.5 KG", "500 ml"])
def test_a_panel_with_a_time_or_a_quantity_is_no_plate(text):
    """A clock in a panel that was found as a plate read 201407."""
    plates = OnePlate(Reading("6FPT204", 0.99))

    read = read_by(
        BoxReader(ConfidentReader(text), plates), [frame(0, found("plate"), found("text", INSIDE))]
    )

    assert plates.boxes == []
    assert [(one.class_name, one.text) for one in read[0].detections] == [("text", text)]


def test_a_plate_without_a_line_says_what_is_surely_written_there():
    plates = OnePlate(Reading("6FPT204", 0.99))

    read = read_by(BoxReader(ConfidentReader("20:14:07"), plates), [frame(0, found("plate"))])

    assert [one.text for one in read[0].detections] == ["20:14:07"]


def test_a_quantity_read_with_confidence_stays_what_it_is():
    """A number and its unit came back as a plate's letters and digits."""
    plates = OnePlate(Reading("75OML", 0.9999))

    read = read_by(BoxReader(ConfidentReader("750ML"), plates), [frame(0, found("text", BELOW))])

    assert plates.boxes == []
    assert read[0].detections[0].text == "750ML"


def test_a_line_that_nobody_reads_with_confidence_goes_to_the_plate_reader():
    plates = OnePlate(Reading("6FPT204", 0.99))

    read = read_by(BoxReader(Doubter(confident_of=0), plates), [frame(0, found("text", BELOW))])

    assert plates.boxes == [BELOW]
    assert read[0].detections[0].text == "6FPT204"


@pytest.mark.parametrize("reuse", [True, False])
def test_the_plate_reader_is_told_where_the_plates_are_issued(reuse):
    plates = OnePlate(Reading("6FPT204", 0.99))
    stage = BoxReader(ConfidentReader("6FPI204"), plates, reuse=reuse)

    stage.start(Counter(), region="br")([frame(0, found("plate"))])
    assert plates.regions == {"br"}

    read_by(stage, [frame(0, found("plate"))])
    assert plates.regions == {"br", "auto"}


def test_a_still_line_is_read_once_in_a_video_and_again_in_the_next():
    reader = SizeReader()
    stage = BoxReader(reader)
    step = stage.start(Counter())

    first = step([frame(0, found("text")), frame(1, found("text"))])
    later = step([frame(2, found("text"))])

    assert len(reader.seen) == 1
    assert first[0].detections == first[1].detections == later[0].detections
    read_by(stage, [frame(0, found("text"))])
    assert len(reader.seen) == 2


def test_without_reuse_every_line_of_every_frame_is_read():
    reader = SizeReader()

    read_by(BoxReader(reader, reuse=False), [frame(0, found("text")), frame(1, found("text"))])

    assert len(reader.seen) == 2


def test_what_could_not_be_read_is_tried_again_in_the_next_frame():
    reader = SizeReader(fails={(20, 80)})
    step = BoxReader(reader).start(Counter())

    step([frame(0, found("truck"))])
    reader.fails = frozenset()
    (read,) = step([frame(1, found("truck"))])

    assert read.error is None
    assert read.detections[0].text == f"80x20 {SCATTERED}"


def test_the_provenance_names_every_reader():
    stage = BoxReader(SizeReader(), OnePlate(), OneLine("", 0.0))

    assert stage.provenance().keys() == {
        "engine",
        "plate_weights_sha256",
        "line_weights_sha256",
        "reuse",
    }


def test_the_provenance_names_the_plate_readers_weights():
    provenance = BoxReader(SizeReader(), OnePlate()).provenance()

    assert provenance["plate_weights_sha256"] == "0" * 64
