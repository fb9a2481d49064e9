"""moto's S3 server at the address and port that are named; one request at a time.

Two at once that write one key make it fail: it closes what it replaces under the other's hands.
"""

import sys
from collections.abc import Iterable
from io import BytesIO
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wsgi import get_input_stream

SERVER = DomainDispatcherApplication(create_backend_app)
BUSY = Lock()


def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    # Whoever is cut off while sending keeps nobody else waiting.
    environ["wsgi.input"] = BytesIO(get_input_stream(environ).read())
    with BUSY:
        return list(SERVER(environ, start_response))


if __name__ == "__main__":
    run_simple(sys.argv[1], int(sys.argv[2]), serve, threaded=True)
