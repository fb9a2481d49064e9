"""Errors as HTTP responses: application/problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from service import errors
from service.logs import REQUEST_ID
from service.storage.base import too_many_files_mapped

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5
_AGAIN: Mapping[str, str] = MappingProxyType({"Retry-After": str(RETRY_SECONDS)})
# What a response of this status has to say (RFC 9110).
_HEADERS: Mapping[int, Mapping[str, str]] = MappingProxyType(
    {401: {"WWW-Authenticate": 'Bearer realm="ForgeSyte"'}, 429: _AGAIN, 503: _AGAIN}
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """An error's HTTP status, its code for programs, and its title for people."""

    status: int
    code: str
    title: str


DATABASE_UNAVAILABLE = Kind(503, "database_unavailable", "The database is unavailable")
STORAGE_FULL = Kind(507, "storage_full", "The storage is full")
UNEXPECTED = Kind(500, "internal_error", "Internal error")

PROBLEMS: Mapping[type[errors.ServiceError], Kind] = MappingProxyType(
    {
        errors.InvalidMp4: Kind(400, "invalid_mp4", "The bytes are not an MP4 video"),
        errors.BadMultipart: Kind(400, "bad_multipart", "The form could not be read"),
        errors.BadOption: Kind(400, "bad_option", "Invalid option"),
        errors.Unauthorized: Kind(401, "unauthorized", "A token is needed"),
        errors.CrossOrigin: Kind(
            403, "cross_origin", "The request was sent by another site's page"
        ),
        errors.JobNotFound: Kind(404, "job_not_found", "No such job"),
        errors.JobNotCompleted: Kind(404, "job_not_completed", "The job is not completed"),
        errors.PipelineNotFound: Kind(404, "pipeline_not_found", "No such pipeline"),
        errors.UploadTooSlow: Kind(408, "upload_too_slow", "The upload is too slow"),
        errors.IdempotencyKeyReused: Kind(
            409,
            "idempotency_key_reused",
            "This Idempotency-Key was used with another video or other options",
        ),
        errors.ResultsLost: Kind(
            410, "results_lost", "The stored results are missing or were changed"
        ),
        errors.FileMissing: Kind(410, "results_lost", "The stored file is missing"),
        errors.UploadTooLarge: Kind(413, "upload_too_large", "The upload is too large"),
        errors.UnsupportedEncoding: Kind(
            415,
            "unsupported_encoding",
            "Unsupported content encoding",
        ),
        errors.EmptyUpload: Kind(422, "empty_upload", "The upload is empty"),
        errors.TooManyRequests: Kind(429, "too_many_requests", "Too many requests"),
        # Nobody reads this response: nginx's number, so that the access log blames the right side.
        errors.UploadAborted: Kind(
            499, "client_closed_request", "The client closed the connection during its upload"
        ),
        errors.DatabaseUnavailable: DATABASE_UNAVAILABLE,
        errors.NothingWritten: DATABASE_UNAVAILABLE,
        # The operator learns from /readyz which schema is there.
        errors.SchemaOutdated: DATABASE_UNAVAILABLE,
        errors.StorageUnavailable: Kind(503, "storage_unavailable", "The storage is unavailable"),
        errors.TooManyFiles: Kind(503, "too_many_files", "Too many open files"),
        errors.StorageFull: STORAGE_FULL,
        errors.TooLittleRoom: STORAGE_FULL,
        errors.StorageNotWritable: STORAGE_FULL,
        # Only a worker holds a lease, and doubts its storage: in a request it is a fault of ours.
        errors.LeaseLost: UNEXPECTED,
        errors.StorageNotShared: UNEXPECTED,
        errors.DatabaseRefused: UNEXPECTED,
        errors.TokenRefused: UNEXPECTED,
        # A submission is taken without the queue, and nothing else asks it.
        errors.QueueUnavailable: UNEXPECTED,
    }
)


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error of a handler into a problem; none leaves as a traceback."""
    try:
        with too_many_files_mapped():
            return await handler(request)
    except Exception as error:
        # A response that has begun cannot be taken back: aiohttp logs this and cuts the line.
        if request.writer.output_size:
            raise
        return _response(error)


def problem(kind: Kind, *, detail: str, **members: Any) -> web.Response:
    """A problem document; members are its extensions (RFC 9457, section 3.2)."""
    document = {
        "type": f"urn:forgesyte:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
        "request_id": REQUEST_ID.get(),
        **members,
    }
    response = web.json_response(document, status=kind.status, content_type=CONTENT_TYPE)
    response.headers.update(_HEADERS.get(kind.status, {}))
    return response


def internal_problem() -> web.Response:
    """A fault of ours, of which the client learns nothing but how to ask about it."""
    return problem(UNEXPECTED, detail="Quote the request_id to the operator, whose log says more.")


def kind_of(error: errors.ServiceError) -> Kind:
    """The row of the nearest class of this error that has one."""
    rows = (PROBLEMS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEMS)
    return next(rows, UNEXPECTED)


def _response(error: Exception) -> web.Response:
    match error:
        case errors.ServiceError():
            return _of_service(error)
        case web.HTTPException():
            return _of_http(error)
    log.error("request failed unexpectedly", exc_info=error)
    return internal_problem()


def _of_service(error: errors.ServiceError) -> web.Response:
    kind = kind_of(error)
    if kind == UNEXPECTED:
        log.error("request failed", extra={"code": kind.code}, exc_info=error)
        return internal_problem()
    if kind.status < 500:
        return problem(kind, detail=str(error) or kind.title)
    log.warning("request refused", extra={"code": kind.code, "reason": str(error)})
    # Other reasons name our servers and folders: they are for the log alone.
    match error:
        case errors.TooLittleRoom():
            told = str(error)
        case errors.StorageNotWritable():
            told = "The operator has to let the service write to its storage."
        case _:
            told = _HINTS[kind.status]
    return problem(kind, detail=told)


def _of_http(error: web.HTTPException) -> web.Response:
    if error.status < 400:
        raise error
    kind = Kind(error.status, error.reason.lower().replace(" ", "_"), error.reason)
    response = problem(kind, detail=_HINTS.get(error.status, error.reason))
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


_HINTS = {
    404: "There is nothing at this URL.",
    405: "This URL does not support this method; Allow lists those it does.",
    503: "Send the request again after the seconds that Retry-After names.",
    507: "The operator has to make room before videos are taken again.",
}
