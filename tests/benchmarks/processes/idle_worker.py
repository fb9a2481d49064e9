"""A worker process that does not look at videos: `… idle_worker [MODULE]`.

Its pipeline process runs the module, which finds nothing unless another one is named.
"""

import os
import sys

from config.settings import Settings
from service.logs import set_up_logging
from worker.main import JobWorker
from worker.process.spawn import Program

PROGRAM = Program((sys.executable, "-m", "tests.benchmarks.processes.idle_pipeline"))

if __name__ == "__main__":
    set_up_logging("json")
    program = Program((sys.executable, "-m", sys.argv[1])) if sys.argv[1:] else PROGRAM
    JobWorker(Settings.from_env(os.environ), program=program).run()
