"""The pipeline's own process: `python -m worker.process LOG_FORMAT FD`.

LOG_FORMAT is the operator's, FD the number of this process's end of the channel to the worker.
"""

import os
import socket
import sys

from config.settings import PipelineSettings
from service.logs import set_up_logging
from worker.process.channel import BlockingChannel
from worker.process.server import Pipeline, serve


def main() -> None:
    """Serve videos over the channel until the worker is gone."""
    log_format, descriptor = sys.argv[1], int(sys.argv[2])
    set_up_logging(log_format)
    # What this process starts must not hold the channel open after it.
    os.set_inheritable(descriptor, False)
    serve(BlockingChannel(socket.socket(fileno=descriptor)), _open_pipeline)


def _open_pipeline(settings: PipelineSettings) -> Pipeline:
    # Its libraries take seconds to load, through which the worker's end must be noticed.
    from worker.pipeline.service import VideoFilePipelineService

    return VideoFilePipelineService(settings)


if __name__ == "__main__":
    main()
