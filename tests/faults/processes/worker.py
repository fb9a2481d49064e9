"""A worker that may be killed at a place of its program.

Run as `python -m tests.faults.processes.worker [IDLE_SECONDS]`, how long it waits for a wake-up.
Its pipeline process is tests.faults.processes.pipeline.
"""

import logging
import os
import sys

from config.settings import Settings
from service.logs import set_up_logging
from tests.faults.processes.steps import arrange
from worker.process.spawn import Program

PROGRAM = Program((sys.executable, "-m", "tests.faults.processes.pipeline"))

if __name__ == "__main__":
    arrange()
    from worker.claim_loop import IDLE_SECONDS
    from worker.main import JobWorker

    set_up_logging("text")
    logging.getLogger("arq").setLevel(logging.WARNING)
    idle_seconds = float(sys.argv[1]) if sys.argv[1:] else IDLE_SECONDS
    settings = Settings.from_env(os.environ)
    JobWorker(settings, program=PROGRAM, idle_seconds=idle_seconds).run()
