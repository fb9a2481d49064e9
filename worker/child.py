"""The pipeline's own process: `python -m worker.child LOG_FORMAT FD`.

LOG_FORMAT is the operator's, FD the number of this process's end of the pipe to the worker.
"""

import os
import sys
from multiprocessing.connection import Connection

from service.logs import set_up_logging
from worker.pipeline.service import VideoFilePipelineService
from worker.serve import serve


def main() -> None:
    """Serve films over the pipe until the worker is gone."""
    log_format, descriptor = sys.argv[1], int(sys.argv[2])
    set_up_logging(log_format)
    # What this process starts must not hold the pipe open after it.
    os.set_inheritable(descriptor, False)
    serve(Connection(descriptor), VideoFilePipelineService)


if __name__ == "__main__":
    main()
