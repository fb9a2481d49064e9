"""The two programs that are compared, each in a fresh process: ours and the script."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import ROOT, Measured, run
from tests.benchmarks.truth import Found, Frames, Score, score
from tests.benchmarks.videos.made import Made

SCRIPT = Path(__file__).with_name("baseline.py")
WEIGHTS = ROOT / "worker" / "weights" / "text-detector.pt"
# A program of these benchmarks sees no setting of the shell that starts them.
OWN_PREFIX = ("FORGESYTE_", "YOLO_", "OMP_", "PYTHONPATH")


class Void(Exception):
    """A run whose output is wrong, so its figures say nothing"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program read, the seconds it took without loading its models, and what it cost."""

    frames: Frames
    seconds: float
    measured: Measured
    sha256: str
    profile: Mapping[str, Any] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """All of it but what was read, for the JSON."""
        cost = asdict(self.measured)
        del cost["output"]
        own = {"seconds_analysing": self.seconds, "frames": len(self.frames)}
        return cost | own | {"sha256": self.sha256, "profile": dict(self.profile)}


def analyse(
    video: Path,
    stride: int,
    *,
    pipeline: str | None = None,
    max_frames: int | None = None,
    cores: Sequence[int] | None = None,
) -> Outcome:
    """Run `forgesyte analyse` on a video."""
    options = ["--frame-stride", stride, "--profile", "--json"]
    options += ["--pipeline", pipeline] if pipeline else []
    options += ["--max-frames", max_frames] if max_frames else []
    command = [sys.executable, "-m", "service.cli", "analyse", video, *options]
    measured = run([str(part) for part in command], environ=_environ(), cores=cores)
    document = json.loads(measured.output)
    frames = {
        record["frame_index"]: tuple(map(_found, record["result"]["detections"]))
        for record in document["results"]
    }
    profile = document["profile"]
    return Outcome(frames, profile["seconds"], measured, _digest(document["results"]), profile)


def run_script(made: Made, stride: int, *, python: str) -> Outcome:
    """Run the script on the same frames of a video, with that Python.

    What it takes as every stride-th frame begins with frame stride - 1, so the video it is given
    has as many frames before the first.
    """
    video = made.led(stride - 1)
    command = [python, SCRIPT, video, "--weights", WEIGHTS, "--stride", stride]
    with tempfile.TemporaryDirectory(prefix="forgesyte-bench-") as home:
        measured = run(
            [str(part) for part in (*command, "--lead", stride - 1)],
            environ=_environ() | {"YOLO_CONFIG_DIR": home},
        )
    document = json.loads(measured.output)
    frames = {
        record["frame_index"]: tuple(map(_found, record["detections"]))
        for record in document["results"]
    }
    return Outcome(frames, document["seconds"], measured, _digest(document["results"]))


def checked(
    name: str, outcomes: Sequence[Outcome], made: Made, stride: int, *, least_recall: float
) -> Score:
    """The score of what one program gave in several runs.

    Raises Void where two runs differ, frames are missing or too few words were read.
    """
    first = outcomes[0]
    if any(outcome.sha256 != first.sha256 for outcome in outcomes):
        raise Void(f"{name}: two runs gave different results")
    if sorted(first.frames) != list(range(0, made.frames, stride)):
        raise Void(f"{name}: read frames {sorted(first.frames)[:4]}…, not every {stride}th from 0")
    result = score(made.truth, first.frames)
    if result.recall < least_recall:
        raise Void(f"{name}: read {result.recall:.3f} of the words, under {least_recall}")
    return result


def _found(detection: Mapping[str, Any]) -> Found:
    return Found(
        box=tuple(detection["bbox"]),
        text=detection.get("text") or "",
        confidence=detection.get("text_confidence") or 0.0,
        alternatives=tuple(other["text"] for other in detection.get("alternatives", ())),
    )


def _digest(results: object) -> str:
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN_PREFIX)}
