"""What goes wrong, as HTTP says it: application/problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from service.jobs import errors
from service.logs import REQUEST_ID

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """The HTTP status of an error, and the code a program tells it by."""

    status: int
    code: str


PROBLEMS: Mapping[type[errors.ServiceError], Kind] = MappingProxyType(
    {
        errors.InvalidMp4: Kind(400, "invalid_mp4"),
        errors.BadMultipart: Kind(400, "bad_multipart"),
        errors.BadOption: Kind(400, "bad_option"),
        errors.JobNotFound: Kind(404, "job_not_found"),
        errors.JobNotCompleted: Kind(404, "job_not_completed"),
        errors.PipelineNotFound: Kind(404, "pipeline_not_found"),
        errors.UploadTooSlow: Kind(408, "upload_too_slow"),
        errors.IdempotencyKeyReused: Kind(409, "idempotency_key_reused"),
        errors.ResultsLost: Kind(410, "results_lost"),
        errors.FileMissing: Kind(410, "results_lost"),
        errors.UploadTooLarge: Kind(413, "upload_too_large"),
        errors.UnsupportedEncoding: Kind(415, "unsupported_encoding"),
        errors.EmptyUpload: Kind(422, "empty_upload"),
        errors.DatabaseUnavailable: Kind(503, "database_unavailable"),
        # The operator learns from /readyz which schema is there.
        errors.SchemaOutdated: Kind(503, "database_unavailable"),
        errors.StorageFull: Kind(507, "storage_full"),
        # Only a worker holds a lease: met in a request it is a fault of ours.
        errors.LeaseLost: Kind(500, "internal_error"),
        # A submission is taken without the queue, and nothing else asks it.
        errors.QueueUnavailable: Kind(500, "internal_error"),
    }
)
UNEXPECTED = Kind(500, "internal_error")


@web.middleware
async def answer_with_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error of a handler into a problem; none leaves as a traceback."""
    try:
        return await handler(request)
    except Exception as error:
        # An answer that has begun cannot be taken back: aiohttp logs this and cuts the line.
        if request.writer.output_size:
            raise
        return _answer(request, error)


def problem(kind: Kind, *, title: str, detail: str, **members: Any) -> web.Response:
    """A problem document; members are its extensions (RFC 9457, section 3.2)."""
    document = {
        "type": f"urn:forgesyte:problem:{kind.code}",
        "title": title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
        "request_id": REQUEST_ID.get(),
        **members,
    }
    response = web.json_response(document, status=kind.status, content_type=CONTENT_TYPE)
    if kind.status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def kind_of(error: errors.ServiceError) -> Kind:
    """The row of the nearest class of this error that has one."""
    rows = (PROBLEMS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEMS)
    return next(rows, UNEXPECTED)


def _answer(request: web.Request, error: Exception) -> web.Response:
    match error:
        case errors.ServiceError():
            return _of_service(error)
        case web.HTTPException():
            return _of_http(error)
    return _of_unexpected(request, error)


def _of_service(error: errors.ServiceError) -> web.Response:
    kind = kind_of(error)
    if kind.status >= 500:
        log.error("request failed", extra={"code": kind.code}, exc_info=error)
    if kind is UNEXPECTED:
        return _internal()
    return problem(kind, title=error.title, detail=str(error) or error.title)


def _of_http(error: web.HTTPException) -> web.Response:
    if error.status < 400:
        raise error
    kind = Kind(error.status, error.reason.lower().replace(" ", "_"))
    response = problem(kind, title=error.reason, detail=_HINTS.get(error.status, error.reason))
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _of_unexpected(request: web.Request, error: Exception) -> web.Response:
    if request.transport is None:
        log.info("client went away")
    else:
        log.error("request failed unexpectedly", exc_info=error)
    return _internal()


def _internal() -> web.Response:
    return problem(
        UNEXPECTED,
        title="Something went wrong on our side",
        detail="Quote the request_id to the operator, whose log tells more.",
    )


_HINTS = {
    404: "There is nothing at this address.",
    405: "This address does not take this method; Allow names those it takes.",
}
