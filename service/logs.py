"""Logging of every process: one line a record, text for people, JSON for machines.

What is known of a record goes into `extra`; job_id, attempt and request_id are the names to search
for. A request's id is added to every record that is logged on its way.
"""

import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

REQUEST_ID: ContextVar[str] = ContextVar("REQUEST_ID", default="")

log = logging.getLogger(__name__)

_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up_logging(log_format: str, *, stream: TextIO | None = None) -> None:
    """Send every record of level INFO or above to a stream, standard error by default.

    So goes what Python itself would print: warnings, and exceptions that nobody caught.
    log_format: text, json, or empty for text on a terminal and JSON elsewhere.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    as_text = log_format == "text" or (not log_format and stream.isatty())
    handler.setFormatter(TextFormatter() if as_text else JsonFormatter())
    handler.addFilter(_add_request_id)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_uncaught_in_thread


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """A line to read: time, level, message, then the facts as name=value.

    Only a traceback has further lines, and they are indented: whatever a client sent, it begins
    no line and moves no cursor.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        facts = [f"{name}={_delimited(str(value))}" for name, value in _facts(record).items()]
        shown = _printable(" ".join([record.getMessage(), *facts]))
        line = super().format(logging.makeLogRecord(vars(record) | _ONE_LINE | {"msg": shown}))
        traces = [
            self.formatException(record.exc_info) if record.exc_info else "",
            record.stack_info or "",
        ]
        return "\n".join([line, *(_indented(trace) for trace in traces if trace)])


_ONE_LINE = {"args": None, "exc_info": None, "exc_text": None, "stack_info": None}


def _delimited(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if set(value) & set(' "=') else value


def _indented(trace: str) -> str:
    return "\n".join(f"  {_printable(line)}" for line in trace.split("\n"))


def _printable(text: str) -> str:
    """Escape controls (C0, C1), separators, changes of direction and halves of characters."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(ended: threading.ExceptHookArgs) -> None:
    if issubclass(ended.exc_type, SystemExit):
        return
    error = ended.exc_value or ended.exc_type()
    log.critical("uncaught exception", exc_info=(ended.exc_type, error, ended.exc_traceback))


def _log_unraisable(ignored: "sys.UnraisableHookArgs") -> None:
    error = ignored.exc_value or ignored.exc_type()
    log.error("ignored exception", exc_info=(ignored.exc_type, error, ignored.exc_traceback))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _EVERY_RECORD}


def _add_request_id(record: logging.LogRecord) -> bool:
    if request_id := REQUEST_ID.get():
        record.request_id = request_id
    return True
