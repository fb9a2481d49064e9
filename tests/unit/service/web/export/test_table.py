import csv
import io

from tests.unit.service.web.export.samples import (
    HOSTILE,
    detection,
    frame,
    texts_as_frames,
    written,
)

HEADER = (
    "frame_index,timestamp_ms,class_id,class_name,confidence,"
    "x1,y1,x2,y2,text,text_confidence,track_id\r\n"
)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_table_has_a_row_for_each_detection() -> None:
    seen = detection(class_id=1002, class_name="car")
    read = detection(text="NORTH", text_confidence=0.96, track_id=7)
    content = written("csv", frame(5, read, seen), frame(6))

    assert content.decode() == HEADER + (
        "5,200,0,text,0.9312,10.0,20.5,110.1,60.0,NORTH,0.96,7\r\n"
        "5,200,1002,car,0.9312,10.0,20.5,110.1,60.0,,,\r\n"
    )


def test_a_table_of_nothing_has_its_header() -> None:
    assert written("csv") == written("csv", frame(0)) == HEADER.encode()


def test_every_text_comes_back_as_it_was_read() -> None:
    rows = rows_of(written("csv", *texts_as_frames()))

    assert [row["text"] for row in rows] == list(HOSTILE)
    assert [int(row["track_id"]) for row in rows] == list(range(len(HOSTILE)))
