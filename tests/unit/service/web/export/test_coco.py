import json
from pathlib import Path

from pycocotools.coco import COCO

from tests.unit.service.web.export.samples import (
    HOSTILE,
    JOB_ID,
    detection,
    frame,
    texts_as_frames,
    written,
)

CAR = detection(class_id=1002, class_name="car", bbox=[0.0, 0.0, 30.0, 20.0])
LINE = detection(text="NORTH", text_confidence=0.96, track_id=7)


def loaded(folder: Path, content: bytes) -> COCO:
    path = folder / "annotations.json"
    path.write_bytes(content)
    return COCO(str(path))


def test_annotations_are_found_by_image_and_by_category(tmp_path: Path) -> None:
    coco = loaded(tmp_path, written("coco", frame(0, LINE), frame(5, CAR, LINE), frame(6)))

    assert coco.getImgIds() == [0, 5, 6]
    assert {each["name"]: each["id"] for each in coco.cats.values()} == {"text": 0, "car": 1002}
    assert coco.getAnnIds(catIds=[1002]) == [2]
    assert coco.getAnnIds(imgIds=[5]) == [2, 3]
    (car,) = coco.loadAnns([2])
    assert (car["bbox"], car["area"], car["iscrowd"]) == ([0.0, 0.0, 30.0, 20.0], 600.0, 0)


def test_a_box_is_its_corner_and_size_and_carries_what_was_read() -> None:
    (annotation,) = json.loads(written("coco", frame(3, LINE)))["annotations"]

    assert annotation == {
        "id": 1,
        "image_id": 3,
        "category_id": 0,
        "bbox": [10.0, 20.5, 100.1, 39.5],
        "area": 3953.95,
        "iscrowd": 0,
        "score": 0.9312,
        "attributes": {"text": "NORTH", "text_confidence": 0.96, "track_id": 7},
    }


def test_an_image_has_the_size_and_the_moment_of_its_frame() -> None:
    (image,) = json.loads(written("coco", frame(3)))["images"]

    assert image == {
        "id": 3,
        "file_name": f"{JOB_ID}_000000003.png",
        "timestamp_ms": 120,
        "width": 1280,
        "height": 720,
    }


def test_nothing_found_is_a_document_all_the_same(tmp_path: Path) -> None:
    coco = loaded(tmp_path, written("coco"))

    assert (coco.getImgIds(), coco.getAnnIds(), coco.getCatIds()) == ([], [], [])


def test_every_text_comes_back_as_it_was_read() -> None:
    annotations = json.loads(written("coco", *texts_as_frames()))["annotations"]

    assert [each["attributes"]["text"] for each in annotations] == list(HOSTILE)
