"""What a detector reaches: on photos of plates, on a video without text, on fresh scenes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np

from config.settings import PipelineSettings
from worker.pipeline.detect.detector import Detector
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.scales import INPUT_PIXELS, USUAL_SCALE
from worker.pipeline.detect.weights import Weights, find_weights
from worker.pipeline.frame import Box, Detection, Frame, Picture
from worker.training.evaluation.scoring import Estimate, covered, ratio, share, tally
from worker.training.synth.assets import Assets
from worker.training.synth.patch import CLASS_NAMES, PLATE, TEXT
from worker.training.synth.scene import Tile, make_tile

# No training run uses this seed: the scenes measured on are new to any weights.
MEASURING_SEED = 20_261_119
PLATE_CONFIDENCES = (0.25, 0.5)
FALSE_BOX_CONFIDENCE = 0.35
# Covered: any box, as the reader gets it, round half of the plate and not round the car.
COVERED_SHARE, LARGEST_COVER = 0.5, 5.0
# Found as a plate: a box of that class round nearly all of it.
FOUND_SHARE, LARGEST_FIND = 0.8, 3.0
SMALL_TEXT_PIXELS = 12.0
FRAMES_A_BLOCK = 25
BATCH = 8

T = TypeVar("T")


class FootageUnusable(Exception):
    """The photos or the video to measure on cannot be read"""


@dataclass(frozen=True)
class Photo:
    """A photo file, where its plate is, and what it says."""

    file: Path
    plate: Box
    number: str


class SizedDetector(Detector):
    """The pipeline's detector with an input of other size."""

    def __init__(self, settings: PipelineSettings, weights: Weights, *, pixels: int) -> None:
        """``pixels`` is the input's longest side; raises ``SettingsError``."""
        self._pixels = pixels
        super().__init__(settings, weights)

    def letterbox(self, size: tuple[int, int], *, scale: float = USUAL_SCALE) -> Letterbox:
        """How pictures of (width, height) lie in the network's input at a scale."""
        longest = round(self._pixels * scale)
        return Letterbox.of(size, longest=longest, multiple=self._stride)


def open_detector(weights: Path, *, pixels: int = INPUT_PIXELS) -> Detector:
    """The pipeline's detector with those weights; raises ``SettingsError``."""
    settings = PipelineSettings(detector_weights=str(weights))
    return SizedDetector(settings, find_weights(settings), pixels=pixels)


def read_truth(folder: Path) -> list[Photo]:
    """Every ``NAME.txt`` of ``folder``: file, left, top, width, height and the plate's number.

    Raises ``FootageUnusable``.
    """
    photos = [_photo(folder, file) for file in sorted(folder.glob("*.txt"))]
    if not photos:
        raise FootageUnusable(f"{folder}: no NAME.txt with 'file x y width height PLATE' in it")
    return photos


def read_photo(file: Path) -> Picture:
    """The photo in BGR; raises ``FootageUnusable``."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise FootageUnusable(f"{file}: cannot be read as a picture")
    return np.asarray(picture, np.uint8)


def plates_in_photos(detector: Detector, folder: Path) -> dict[str, Estimate]:
    """The shares of plates covered by any box, and found as a plate, at each confidence.

    Raises ``FootageUnusable``.
    """
    photos = read_truth(folder)
    found = list(search(detector, (read_photo(photo.file) for photo in photos)))
    results = list(zip(photos, found, strict=True))
    judges = {"plate covered": _is_covered, "found as a plate": _is_found}
    return {
        f"{name} at {least}": share(sum(judge(*result, least) for result in results), len(photos))
        for name, judge in judges.items()
        for least in PLATE_CONFIDENCES
    }


def false_boxes(detector: Detector, video: Path, *, stride: int = 1) -> dict[str, Estimate]:
    """Boxes a frame in a video that has no text, each of them false.

    Raises ``FootageUnusable``.
    """
    counts = [
        sum(detection.confidence >= FALSE_BOX_CONFIDENCE for detection in detections)
        for detections in search(detector, video_frames(video, stride))
    ]
    blocks = list(groups(counts, FRAMES_A_BLOCK))
    figure = ratio([sum(block) for block in blocks], [len(block) for block in blocks])
    return {f"false boxes a frame at {FALSE_BOX_CONFIDENCE}": figure}


def fresh_scenes(detector: Detector, assets: Assets, count: int) -> dict[str, Estimate]:
    """Recall and precision of both classes on scenes that no training saw, overlap 0.5.

    The recall of small text is given by itself, since it is the first to be lost.
    """
    tiles = [make_tile(assets, MEASURING_SEED, index) for index in range(count)]
    figures = {}
    found = list(search(detector, (tile.picture for tile in tiles)))
    for kind, name in CLASS_NAMES.items():
        pairs = list(true_and_found(kind, tiles, found))
        hits, wanted, given = zip(*(tally(*pair) for pair in pairs), strict=True)
        figures[f"{name} recall, scenes"] = ratio(hits, wanted)
        figures[f"{name} precision, scenes"] = ratio(hits, given)
        if kind == TEXT:
            small = [tally(*pair, tallest=SMALL_TEXT_PIXELS) for pair in pairs]
            hits, wanted, _ = zip(*small, strict=True)
            figures[f"text under {SMALL_TEXT_PIXELS:.0f} pixels recall, scenes"] = ratio(
                hits, wanted
            )
    return figures


def video_frames(video: Path, stride: int) -> Iterator[Picture]:
    """Every stride-th frame of the MP4 in BGR; raises ``FootageUnusable``."""
    try:
        with av.open(str(video), format="mp4") as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index % stride == 0:
                    yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    except av.error.FFmpegError as error:
        raise FootageUnusable(f"{video}: cannot be read as an MP4 video") from error


def groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in their order, so many at a time; fewer the last time."""
    source = iter(items)
    while group := list(islice(source, size)):
        yield group


def search(detector: Detector, pictures: Iterable[Picture]) -> Iterator[tuple[Detection, ...]]:
    """What is found in each picture, without what counts only when it was read."""
    frames = (Frame(index, 0, picture) for index, picture in enumerate(pictures))
    for group in groups(frames, BATCH):
        for frame in detector.search(group):
            yield tuple(found for found in frame.detections if found.is_confirmed)


def true_and_found(
    kind: int, tiles: Iterable[Tile], found: Iterable[Sequence[Detection]]
) -> Iterator[tuple[list[Box], list[Box]]]:
    """For each tile its boxes of a kind, and those found."""
    for tile, hits in zip(tiles, found, strict=True):
        boxes = [box for box in tile.boxes if box.kind == kind]
        yield (
            [(box.left, box.top, box.right, box.bottom) for box in boxes],
            [hit.bbox for hit in hits if hit.class_id == kind],
        )


def _is_covered(photo: Photo, detections: Iterable[Detection], least: float) -> bool:
    boxes = [hit.bbox for hit in detections if hit.confidence >= least]
    return covered(photo.plate, boxes, least=COVERED_SHARE, largest=LARGEST_COVER)


def _is_found(photo: Photo, detections: Iterable[Detection], least: float) -> bool:
    boxes = [hit.bbox for hit in detections if hit.confidence >= least and hit.class_id == PLATE]
    return covered(photo.plate, boxes, least=FOUND_SHARE, largest=LARGEST_FIND)


def _photo(folder: Path, truth: Path) -> Photo:
    try:
        name, *sides, number = truth.read_text(encoding="utf-8").split()
        left, top, width, height = (float(side) for side in sides)
    except ValueError as error:
        raise FootageUnusable(f"{truth}: is not 'file x y width height PLATE'") from error
    return Photo(folder / name, (left, top, left + width, top + height), number)
