"""A worker that may be killed at a place of its program: `python -m tests.faults.processes.worker`.

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
    from worker.main import JobWorker

    set_up_logging("text")
    logging.getLogger("arq").setLevel(logging.WARNING)
    JobWorker(Settings.from_env(os.environ), program=PROGRAM).run()
