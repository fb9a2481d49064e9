"""A worker process that has little time to end: `python -m tests.integration.hung_worker`."""

import os

from config.settings import Settings
from service.logs import set_up_logging
from tests.unit.worker.scripted_child import SCRIPTED
from worker.main import JobWorker, Shutdown

if __name__ == "__main__":
    set_up_logging("text")
    settings = Settings.from_env(os.environ)
    shutdown = Shutdown(finish_seconds=0.2, exit_seconds=0.5)
    JobWorker(settings, program=SCRIPTED, shutdown=shutdown).run()
