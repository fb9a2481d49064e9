"""Finds things in frames with YOLO weights, many frames at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import compress, groupby
from pathlib import Path
from pickle import UnpicklingError
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.failures import FailureCode
from config.regions import ANYWHERE
from config.settings import PipelineSettings, SettingsError
from worker.pipeline.detect import small_plates
from worker.pipeline.detect.backends import Backend, OpenVinoBackend, TorchBackend
from worker.pipeline.detect.changes import ChangedParts
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.merge_lines import joined_lines
from worker.pipeline.detect.scales import (
    CANDIDATE_FROM_CONFIDENCE,
    DENSE_SCALE,
    INPUT_PIXELS,
    USUAL_SCALE,
    wanted_scale,
)
from worker.pipeline.detect.weights import Weights
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import (
    NOT_NUMBERS,
    PLATE_CLASS,
    TEXT_CLASS,
    Detection,
    Frame,
    Picture,
    Provenance,
)
from worker.pipeline.libraries import (
    load_checkpoint,
    nms,
    non_max_suppression,
    torch,
    ultralytics,
)
from worker.pipeline.networks.cores import cores
from worker.pipeline.stage import Step

DETECT_FROM_CONFIDENCE = 0.25
# Text is looked at from less on, and counts if it can be read.
TEXT_CLASSES = frozenset({TEXT_CLASS, PLATE_CLASS})
DOUBTFUL_FROM_CONFIDENCE = 0.12
DOUBLE_FROM_OVERLAP = 0.5
# Parts of a line may overlap by more: only after they are joined is one of two a double.
DOUBLE_PART_FROM_OVERLAP = 0.8
# The cells of a spreadsheet that fills a screen are three hundred.
MOST_FOUND = 1000
# After this many seconds a frame ultralytics drops what is left, so load would change the bytes.
NO_TIME_LIMIT = 1e9

# What ultralytics and torch raise at a file that is no checkpoint of theirs, its name included.
UNREADABLE = (
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    UnpicklingError,
)
# Of (n, 6): left, top, right, bottom, confidence, class.
Rows = NDArray[np.float32]


class Detector:
    """A detector's weights, loaded on one device."""

    def __init__(
        self, settings: PipelineSettings, weights: Weights, *, first_class_id: int = 0
    ) -> None:
        """Load the weights; raises SettingsError when they or the device cannot be used.

        Their class 0 becomes first_class_id, the others follow.
        """
        self._weights = weights
        self._first_class_id = first_class_id
        self._reuse = settings.reuse == "on"
        model = load_model(self._weights)
        self._stride = int(model.stride.max())
        self._names: dict[int, str] = dict(model.names)
        self._readable = [kind for kind, name in self._names.items() if name in TEXT_CLASSES]
        self._text = next((kind for kind, name in self._names.items() if name == TEXT_CLASS), None)
        self._backend = _backend(settings, weights, model)

    def start(
        self, counts: Counter[str], memory: bytes | None = None, *, region: str = ANYWHERE
    ) -> Step:
        """The search of one video's frames; it raises PipelineError out_of_memory."""
        if not self._reuse:
            return Step(partial(self._counted, counts))
        changed = ChangedParts(self, counts, memory)
        return Step(changed, changed.memory)

    def search(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with what was found in each, all of it; raises PipelineError."""
        # Only pictures of one size fit in one batch, and a video may change its size.
        groups = [list(group) for _, group in groupby(frames, key=lambda frame: frame.size)]
        return [found for group in groups for found in self._search(group)]

    def letterbox(self, size: tuple[int, int], *, scale: float = USUAL_SCALE) -> Letterbox:
        """How pictures of (width, height) lie in the network's input at a scale."""
        longest = round(INPUT_PIXELS * scale)
        return Letterbox.of(size, longest=longest, multiple=self._stride)

    def infer(self, inputs: Sequence[Picture]) -> list[tuple[Rows, bool]]:
        """For inputs of one size: what was found, and whether the model gave nothing but numbers.

        Rows are in the input's pixels, the highest confidence first. Raises PipelineError.
        """
        return [
            (self._settled(rows), all_numbers) for rows, all_numbers in self._candidates(inputs)
        ]

    def detections(self, rows: Rows, letterbox: Letterbox) -> tuple[Detection, ...]:
        """What was found, in the picture's pixels."""
        return tuple(
            Detection(
                class_id=self._first_class_id + int(row[5]),
                class_name=self._names[int(row[5])],
                confidence=float(row[4]),
                bbox=letterbox.restore(row[:4]),
                is_doubtful=bool(row[4] < DETECT_FROM_CONFIDENCE),
            )
            for row in rows
        )

    def provenance(self) -> Provenance:
        """Everything that decides which boxes come out."""
        return {
            "weights_sha256": self._weights.sha256,
            "first_class_id": self._first_class_id,
            **self._backend.provenance(),
            "confidence": DETECT_FROM_CONFIDENCE,
            "doubtful_confidence": DOUBTFUL_FROM_CONFIDENCE,
            "overlap": DOUBLE_FROM_OVERLAP,
            "pieces_overlap": DOUBLE_PART_FROM_OVERLAP,
            "input_pixels": INPUT_PIXELS,
            "small_plates_pixels": small_plates.WANTED_PIXELS,
            "dense_scale": DENSE_SCALE,
            "reuse": self._reuse,
            "torch": torch.__version__,
            "ultralytics": ultralytics.__version__,
        }

    def _counted(self, counts: Counter[str], frames: Sequence[Frame]) -> list[Frame]:
        counts["frames_searched"] += len(frames)
        return self.search(frames)

    def _search(self, frames: Sequence[Frame]) -> list[Frame]:
        usual, closer = (
            self.letterbox(frames[0].size, scale=scale) for scale in (USUAL_SCALE, DENSE_SCALE)
        )
        first = self._candidates([usual.fit(frame.picture) for frame in frames])
        dense = [self._wanted_scale(rows) == DENSE_SCALE for rows, _ in first]
        fitted = [closer.fit(frame.picture) for frame in compress(frames, dense)]
        again = iter(self._candidates(fitted) if fitted else [])
        return [
            self._found(frame, closer, *next(again))
            if looks_closer
            else self._with_plates(self._found(frame, usual, *given))
            for frame, given, looks_closer in zip(frames, first, dense, strict=True)
        ]

    def _with_plates(self, frame: Frame) -> Frame:
        found = small_plates.looked_closer(self, frame, frame.detections)
        return replace(frame, detections=tuple(found))

    def _found(self, frame: Frame, letterbox: Letterbox, rows: Rows, all_numbers: bool) -> Frame:
        return replace(
            frame,
            detections=self.detections(self._settled(rows), letterbox),
            error=frame.error if all_numbers else NOT_NUMBERS,
        )

    def _wanted_scale(self, rows: Rows) -> float:
        return wanted_scale(rows[rows[:, 5] == self._text, :4].tolist())

    def _candidates(self, inputs: Sequence[Picture]) -> list[tuple[Rows, bool]]:
        """As infer, with what is not confident enough to be found."""
        try:
            given = [torch.from_numpy(one) for one in self._backend.infer(inputs)]
        except torch.OutOfMemoryError as error:
            raise PipelineError(
                FailureCode.OUT_OF_MEMORY, "the detector ran out of memory"
            ) from error
        return [(self._rows(one), bool(one.isfinite().all())) for one in given]

    def _rows(self, given: torch.Tensor) -> Rows:
        (rows,) = non_max_suppression(
            given[None],
            conf_thres=CANDIDATE_FROM_CONFIDENCE,
            iou_thres=DOUBLE_FROM_OVERLAP if self._text is None else DOUBLE_PART_FROM_OVERLAP,
            nc=len(self._names),
            max_det=MOST_FOUND,
            max_time_img=NO_TIME_LIMIT,
        )
        return np.asarray(rows.numpy(), np.float32)

    def _settled(self, rows: Rows) -> Rows:
        """Those that are found: lines of text whole, and none that is another's double."""
        rows = rows[np.isfinite(rows).all(1)]
        is_read = np.isin(rows[:, 5], self._readable)
        rows = rows[
            rows[:, 4] >= np.where(is_read, DOUBTFUL_FROM_CONFIDENCE, DETECT_FROM_CONFIDENCE)
        ]
        if self._text is None:
            return rows
        is_text = rows[:, 5] == self._text
        others = [rows[rows[:, 5] == kind] for kind in self._names if kind != self._text]
        groups = [joined_lines(rows[is_text]), *others]
        kept = np.concatenate([group[_single(group)] for group in groups])
        return np.asarray(kept[np.argsort(-kept[:, 4], kind="stable")], np.float32)


def load_model(weights: Weights) -> Any:
    """A detector's network on the CPU; raises SettingsError, and runs no code of the file's."""
    try:
        with TemporaryDirectory(prefix="forgesyte-weights-") as folder:
            # ultralytics takes every ' out of a path.
            link = Path(folder, "weights.pt")
            link.symlink_to(weights.path.resolve())
            model, _ = load_checkpoint(link)
        # Not by load_checkpoint, which then counts the network's operations for a quarter second.
        model.fuse(verbose=False)
    except UNREADABLE as error:
        raise SettingsError(
            f"{weights.named}: not the weights of a YOLO detector, a .pt file"
        ) from error
    if model.task != "detect":
        raise SettingsError(f"{weights.named}: weights for {model.task}; a detector's are needed")
    return model


def _single(rows: Rows) -> NDArray[np.int64]:
    """The numbers of the rows of one class that are no double of a more confident one."""
    boxes, scores = torch.from_numpy(rows[:, :4]), torch.from_numpy(rows[:, 4])
    return np.asarray(nms(boxes, scores, DOUBLE_FROM_OVERLAP), np.int64)


def _backend(settings: PipelineSettings, weights: Weights, model: Any) -> Backend:
    device = _device(settings)
    streams = cores(settings.cores)
    if device.type == "cpu" and settings.detector_backend != "torch":
        return OpenVinoBackend(model, weights, cores=streams)
    if settings.detector_backend == "openvino":
        raise SettingsError(
            f"FORGESYTE_DETECTOR_BACKEND=openvino: runs on the CPU, not on {device}; "
            "take torch or auto, or set FORGESYTE_DETECTOR_DEVICE=cpu"
        )
    return TorchBackend(model, device, cores=streams)


def _device(settings: PipelineSettings) -> torch.device:
    name = settings.detector_device
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"FORGESYTE_DETECTOR_DEVICE={name}: {reason}") from error
