"""moto's S3 server on the port that is named; one request at a time.

Two at once that write one key make it fail: it closes what it replaces under the other's hands.
"""

import sys
from collections.abc import Iterable
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

SERVER = DomainDispatcherApplication(create_backend_app)
BUSY = Lock()


def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    with BUSY:
        return list(SERVER(environ, start_response))


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), serve, threaded=True)
