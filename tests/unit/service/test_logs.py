import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from service.logs import REQUEST_ID, set_up_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    logging.captureWarnings(False)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    root.handlers[:], root.level = handlers, level


def logged(log_format: str, stream: io.StringIO) -> str:
    set_up_logging(log_format, stream=stream)
    logging.getLogger("some.where").info("job completed", extra={"job_id": "42", "attempt": 2})
    return stream.getvalue()


def test_json_is_one_object_a_line_with_the_facts_as_fields() -> None:
    line = json.loads(logged("json", io.StringIO()))

    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "some.where",
        "message": "job completed",
        "job_id": "42",
        "attempt": 2,
    }


def test_text_has_the_facts_behind_the_message() -> None:
    assert logged("text", io.StringIO()).endswith("INFO    job completed job_id=42 attempt=2\n")


def test_unset_is_text_on_a_terminal_and_json_elsewhere() -> None:
    assert not logged("", Terminal()).startswith("{")
    assert logged("", io.StringIO()).startswith("{")


def test_a_record_on_a_requests_way_carries_its_id() -> None:
    token = REQUEST_ID.set("order-0042")
    line = json.loads(logged("json", io.StringIO()))
    REQUEST_ID.reset(token)

    assert line["request_id"] == "order-0042"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_is_kept(log_format: str) -> None:
    stream = io.StringIO()
    set_up_logging(log_format, stream=stream)
    try:
        raise ValueError("the reason")
    except ValueError:
        logging.getLogger("some.where").exception("job failed")

    assert "ValueError: the reason" in stream.getvalue()


def test_debug_records_of_libraries_are_left_out() -> None:
    stream = io.StringIO()
    set_up_logging("json", stream=stream)
    logging.getLogger("library").debug("chatter")

    assert stream.getvalue() == ""


FORGERIES = {
    "a line": "/livez\n12:00:00 INFO    all is well",
    "a carriage return": "/livez\rall is well",
    "colours": "/livez\x1b[31m",
    "a C1 control": "/livez\x9b31m",
    "a line separator": "/livez\u2028all is well",
    "a next line": "/livez\x85all is well",
    "a change of direction": "/livez\u202ell si llew",
    "half a character": "/livez\udcff",
    "a deletion": "/livez\x7f\x08",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_text_shows_what_a_client_sent_and_does_not_obey_it(name: str) -> None:
    stream = io.StringIO()
    set_up_logging("text", stream=stream)
    forgery = FORGERIES[name]
    logging.getLogger("some.where").info(f"got {forgery}", extra={"path": forgery})

    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.removesuffix("\n").isprintable()
    assert line.count("/livez\\") == 2


def test_a_fact_cannot_pretend_to_be_two() -> None:
    stream = io.StringIO()
    set_up_logging("text", stream=stream)
    logging.getLogger("some.where").info(
        "answered", extra={"path": '/a" status=200', "status": 404}
    )

    assert stream.getvalue().endswith('answered path="/a\\" status=200" status=404\n')


def test_a_traceback_keeps_its_lines_and_no_other_begins_one() -> None:
    stream = io.StringIO()
    set_up_logging("text", stream=stream)
    try:
        raise ValueError("the reason\nINFO all is well\x1b[31m")
    except ValueError:
        logging.getLogger("some.where").exception("job failed")

    _, *traceback = stream.getvalue().splitlines()
    assert traceback[0] == "  Traceback (most recent call last):"
    assert all(line.startswith("  ") and line.isprintable() for line in traceback)
    assert traceback[-1] == "  INFO all is well\\x1b[31m"


BESIDE_THE_LOG = """
import asyncio, threading, warnings
from service.logs import set_up_logging
set_up_logging("json")

class Unraisable:
    def __del__(self):
        raise ValueError("unraisable")

async def forget():
    asyncio.get_running_loop().call_soon(int, "in the loop")
    await asyncio.sleep(0)

warnings.warn("a warning")
thread = threading.Thread(target=int, args=["in a thread"])
thread.start()
thread.join()
Unraisable()
asyncio.run(forget())
int("at the end")
"""


def test_what_python_would_print_is_json_too() -> None:
    command = [sys.executable, "-c", BESIDE_THE_LOG]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    told = "".join(
        json.loads(line)["message"] + json.loads(line).get("error", "")
        for line in ended.stderr.splitlines()
    )
    places = ["a warning", "in a thread", "unraisable", "in the loop", "at the end"]
    assert [place for place in places if place not in told] == []
    assert ended.returncode == 1
