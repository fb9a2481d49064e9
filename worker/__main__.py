"""The worker's root: settings, then JobWorker(settings).run(); `python -m worker`."""

import logging
import os
import sys
from collections.abc import Mapping

from config.graph import GraphError
from config.settings import Settings, SettingsError
from service.errors import SchemaOutdated
from service.launcher.errors import CannotStart
from service.launcher.extras import require_extras
from service.logs import set_up_logging
from worker.pipeline.errors import PipelineError

# A supervisor starts it again after the first, and leaves the second to the operator.
PIPELINE_LOST = 1
CANNOT_START = 2


def main() -> int:
    """Work until SIGINT or SIGTERM.

    When it cannot, at the start or later, one line on standard error and 2, or 1 when the
    pipeline's process ended again and again while it loaded its models, which may go better the
    next time.
    """
    try:
        require_extras("worker")
        _work(Settings.from_env(os.environ), os.environ)
    except (CannotStart, SettingsError, GraphError, SchemaOutdated) as error:
        return _ended(error, CANNOT_START)
    except PipelineError as error:
        return _ended(error, PIPELINE_LOST)
    return 0


def _work(settings: Settings, environ: Mapping[str, str]) -> None:
    from worker.main import JobWorker  # its packages are of the extra
    from worker.process.executor import pipeline_program

    set_up_logging(settings.log_format)
    # It logs each wake-up twice; what becomes of the job the worker logs itself.
    logging.getLogger("arq").setLevel(logging.WARNING)
    JobWorker(settings, program=pipeline_program(settings, environ)).run()


def _ended(error: Exception, status: int) -> int:
    sys.stderr.write(f"worker cannot run: {error}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
