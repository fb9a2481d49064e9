"""A worker process whose pipeline finds nothing: `python -m tests.benchmarks.idle_worker`."""

import os
import sys

from config.settings import Settings
from service.logs import set_up_logging
from worker.main import JobWorker
from worker.process.spawn import Program

PROGRAM = Program((sys.executable, "-m", "tests.benchmarks.idle_pipeline"))

if __name__ == "__main__":
    set_up_logging("json")
    JobWorker(Settings.from_env(os.environ), program=PROGRAM).run()
