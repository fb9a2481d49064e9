"""Finds things in frames with YOLO weights, many frames at once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.failures import FailureCode
from config.settings import PipelineSettings, SettingsError
from worker.pipeline.detect.letterbox import Letterbox
from worker.pipeline.detect.merge_lines import joined_lines
from worker.pipeline.detect.weights import Weights
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import NOT_NUMBERS, TEXT_CLASS, Detection, Frame, Provenance
from worker.pipeline.libraries import (
    load_checkpoint,
    nms,
    non_max_suppression,
    torch,
    ultralytics,
)

DETECT_FROM_CONFIDENCE = 0.25
DOUBLE_FROM_OVERLAP = 0.5
# Parts of a line may overlap by more: only after they are joined is one of two a double.
DOUBLE_PART_FROM_OVERLAP = 0.8
INPUT_PIXELS = 640
THREADS = 2
# After this many seconds a frame ultralytics drops what is left, so load would change the bytes.
NO_TIME_LIMIT = 1e9


class Detector:
    """A detector's weights, loaded on one device; half precision on CUDA, float32 elsewhere."""

    def __init__(
        self, settings: PipelineSettings, weights: Weights, *, first_class_id: int = 0
    ) -> None:
        """Load the weights; raises SettingsError when they or the device cannot be used.

        Their class 0 becomes first_class_id, the others follow.
        """
        self._weights = weights
        self._first_class_id = first_class_id
        self._device = _device(settings)
        self._precision = torch.float16 if self._device.type == "cuda" else torch.float32
        torch.set_num_threads(THREADS)
        if self._device.type == "cuda":
            _make_cuda_repeatable()
        self._model = _load(self._weights)
        self._stride = int(self._model.stride.max())
        self._names: dict[int, str] = dict(self._model.names)
        self._text = next((kind for kind, name in self._names.items() if name == TEXT_CLASS), None)
        self._model.to(self._device, self._precision, memory_format=torch.channels_last)

    def run(self, frames: Sequence[Frame]) -> list[Frame]:
        """The frames with what was found in each; raises PipelineError out_of_memory."""
        try:
            # Only pictures of one size fit in one batch, and a video may change its size.
            groups = [list(group) for _, group in groupby(frames, key=lambda frame: frame.size)]
            return [found for group in groups for found in self._detect(group)]
        except torch.OutOfMemoryError as error:
            raise PipelineError(
                FailureCode.OUT_OF_MEMORY, "the detector ran out of memory"
            ) from error

    def provenance(self) -> Provenance:
        """Everything that decides which boxes come out."""
        return {
            "weights_sha256": self._weights.sha256,
            "first_class_id": self._first_class_id,
            "backend": "torch",
            "precision": str(self._precision).removeprefix("torch."),
            "device": self._device.type,
            "processor": _processor(self._device),
            "confidence": DETECT_FROM_CONFIDENCE,
            "overlap": DOUBLE_FROM_OVERLAP,
            "pieces_overlap": DOUBLE_PART_FROM_OVERLAP,
            "input_pixels": INPUT_PIXELS,
            "threads": THREADS,
            "torch": torch.__version__,
            "ultralytics": ultralytics.__version__,
        }

    def _detect(self, frames: Sequence[Frame]) -> list[Frame]:
        letterbox = Letterbox.of(frames[0].size, longest=INPUT_PIXELS, multiple=self._stride)
        pictures = np.stack([letterbox.fit(frame.picture) for frame in frames])
        return [
            replace(
                frame,
                detections=self._detections(rows, letterbox),
                error=frame.error if all_numbers else NOT_NUMBERS,
            )
            for frame, (rows, all_numbers) in zip(frames, self._infer(pictures), strict=True)
        ]

    def _infer(self, pictures: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], bool]]:
        """Each picture's rows, and whether the model gave nothing but numbers for it."""
        with torch.inference_mode():
            batch = torch.from_numpy(pictures).to(self._device)
            # (n, h, w, BGR) as (n, RGB, h, w), which leaves the memory channels last.
            batch = batch.flip(-1).permute(0, 3, 1, 2).to(self._precision) / 255
            given = self._model(batch)
            given = given if isinstance(given, torch.Tensor) else given[0]
            all_numbers = given.isfinite().flatten(1).all(1).tolist()
            rows = non_max_suppression(
                given,
                conf_thres=DETECT_FROM_CONFIDENCE,
                iou_thres=DOUBLE_FROM_OVERLAP if self._text is None else DOUBLE_PART_FROM_OVERLAP,
                nc=len(self._names),
                max_time_img=NO_TIME_LIMIT,
            )
            settled = [self._settled(row.float().cpu().numpy()) for row in rows]
            return list(zip(settled, all_numbers, strict=True))

    def _settled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The rows of numbers with lines of text whole, and none that is another's double."""
        rows = rows[np.isfinite(rows).all(1)]
        if self._text is None:
            return rows
        is_text = rows[:, 5] == self._text
        others = [rows[rows[:, 5] == kind] for kind in self._names if kind != self._text]
        groups = [joined_lines(rows[is_text]), *others]
        kept = np.concatenate([group[_single(group)] for group in groups])
        return np.asarray(kept[np.argsort(-kept[:, 4], kind="stable")], np.float32)

    def _detections(self, rows: NDArray[np.float32], letterbox: Letterbox) -> tuple[Detection, ...]:
        return tuple(
            Detection(
                class_id=self._first_class_id + int(row[5]),
                class_name=self._names[int(row[5])],
                confidence=float(row[4]),
                bbox=letterbox.restore(row[:4]),
            )
            for row in rows
        )


def _single(rows: NDArray[np.float32]) -> NDArray[np.int64]:
    """The numbers of the rows of one class that are no double of a more confident one."""
    boxes, scores = torch.from_numpy(rows[:, :4]), torch.from_numpy(rows[:, 4])
    return np.asarray(nms(boxes, scores, DOUBLE_FROM_OVERLAP), np.int64)


def _device(settings: PipelineSettings) -> torch.device:
    name = settings.detector_device
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"FORGESYTE_DETECTOR_DEVICE={name}: {reason}") from error


# Not for the CPU, whose operators here repeat anyway: it would import torch's compiler for seconds.
def _make_cuda_repeatable() -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def _load(weights: Weights) -> Any:
    try:
        model, _ = load_checkpoint(weights.path, fuse=True)
    except (TypeError, AttributeError, KeyError, RuntimeError, ImportError) as error:
        raise SettingsError(f"{weights.path}: not the weights of a YOLO detector") from error
    if model.task != "detect":
        raise SettingsError(f"{weights.path}: weights for {model.task}; a detector's are needed")
    return model


def _processor(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return str(torch.backends.cpu.get_cpu_capability())
