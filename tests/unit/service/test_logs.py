import io
import json
import logging
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
    yield
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
