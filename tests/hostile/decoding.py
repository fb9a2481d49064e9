"""What becomes of a video, and what it takes: `python -m tests.hostile.decoding FILE`.

Header and decoder as the pipeline uses them, in a process of its own, so that its memory is known
and a crash ends nobody else. Prints a line of JSON.
"""

import json
import sys
import time
from pathlib import Path

from config.settings import PipelineSettings
from worker.pipeline.errors import PipelineError
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits


def main(path: Path) -> None:
    """Decode all of it, one frame at a time."""
    settings = PipelineSettings()
    began = time.process_time()
    told: dict[str, object]
    try:
        with open_for_decoding(path, Limits.of(settings)) as video:
            frames = sum(1 for _ in video.frames())
            told = {"frames": frames, "truncated": video.truncated}
    except PipelineError as error:
        told = {"error_code": error.code}
    told |= {"peak_bytes": _peak_bytes(), "seconds": time.process_time() - began}
    sys.stdout.write(json.dumps(told))


def _peak_bytes() -> int:
    # Not getrusage(2): what it tells begins with the memory of whoever forked us.
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
