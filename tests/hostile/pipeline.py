"""The real pipeline process, and what each hostile video takes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from config.settings import Settings
from tests.unit.worker.scripted_child import frames_in
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Summary
from worker.process.client import PipelineClient, ProcessLimits
from worker.process.executor import UNSETTLING, pipeline_program
from worker.process.protocol import Request

# Models and readers, and one large picture; a machine that does other work is slow.
LIMITS = ProcessLimits(stall_seconds=600, memory_bytes=3 * 2**29)
# proc(5), clear_refs: VmHWM begins anew.
FORGET_PEAK = "5"


@dataclass(frozen=True)
class Outcome:
    """What became of a video: why it failed, or its frames and their coverage.

    took_bytes: by how much the process grew meanwhile, at most. seconds: of a processor.
    """

    error_code: str | None
    frames: list[dict[str, Any]]
    coverage: dict[str, Any]
    took_bytes: int
    seconds: float


class Pipeline:
    """One pipeline process, models loaded; another one where it had to be ended."""

    def __init__(self, client: PipelineClient) -> None:
        self._client = client

    def take(self, video: Path, pipeline_id: str = "yolo_ocr", **options: Any) -> Outcome:
        """Analyse it to its end; raises PipelineError where that is the process's end as well."""
        self._client.warm_up()
        [process] = filter(_is_pipeline, psutil.Process().children())
        before_bytes, before_seconds = forget_peak(process.pid), _seconds(process)
        error_code, frames, coverage = None, list[dict[str, Any]](), {}
        try:
            self._client.begin(Request(str(video), pipeline_id, **options))
            while not isinstance(message := self._client.take(), Summary):
                assert isinstance(message, bytes)
                frames += frames_in(message)
            coverage = message.document["video"]
        except PipelineError as error:
            if error.code in UNSETTLING:
                self._client.end()
                raise
            error_code = str(error.code)
        return Outcome(
            error_code,
            frames,
            coverage,
            peak_bytes(process.pid) - before_bytes,
            _seconds(process) - before_seconds,
        )


def _is_pipeline(process: psutil.Process) -> bool:
    try:
        return "worker.process" in process.cmdline()
    except psutil.ZombieProcess:
        return False


def _seconds(process: psutil.Process) -> float:
    """Those of the programs it has started and waited for among them."""
    return sum(process.cpu_times()[:4])


@contextmanager
def open_pipeline() -> Iterator[Pipeline]:
    """It is ended with the context."""
    settings = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
    client = PipelineClient(pipeline_program(settings), settings, LIMITS)
    try:
        yield Pipeline(client)
    finally:
        client.end()


def forget_peak(pid: int | str) -> int:
    """Have peak_bytes tell of what a process takes from now on; what it takes now."""
    Path(f"/proc/{pid}/clear_refs").write_text(FORGET_PEAK)
    return peak_bytes(pid)


def peak_bytes(pid: int | str) -> int:
    """The most resident memory that a process has taken."""
    # Not getrusage(2): what it tells begins with the memory of whoever forked the process.
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024
