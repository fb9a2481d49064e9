"""GET results: the stored document, checked, then sent in chunks; it is never held whole."""

import asyncio
import hashlib

from aiohttp import hdrs, web

from service.errors import FileMissing, ResultsLost
from service.jobs.model import Job
from service.services import SERVICES
from service.storage.base import OpenFile, StoredFile
from service.web.export.formats import JSON, Results, Wanted, wanted_in
from service.web.export.frames import frames_of
from service.web.export.plain import members_of
from service.web.export.sending import GZIP, TOO_SHORT_TO_PACK, send_chunks, takes_gzip
from service.web.jobs import requested_job, results_of
from service.web.responses import cache_headers, is_cached, not_modified
from service.web.verified import VerifiedFiles

VERIFIED_FILES = web.AppKey("VERIFIED_FILES", VerifiedFiles)


async def send_results(request: web.Request) -> web.StreamResponse:
    """A completed job's results; raises JobNotFound, JobNotCompleted, ResultsLost, BadOption."""
    job = await requested_job(request)
    stored = results_of(job)
    wanted = wanted_in(request.query)
    is_packed = stored.size >= TOO_SHORT_TO_PACK and takes_gzip(request)
    etag = _etag(stored, wanted, is_packed=is_packed)
    if is_cached(request, etag):
        return not_modified(etag)
    services, verified = request.app[SERVICES], request.app[VERIFIED_FILES]
    video = {}
    if wanted.format.takes_video:
        video = (await services.jobs.summary(job.job_id))["video"]
    try:
        async with services.storage.open_file(stored.key) as document:
            await asyncio.to_thread(_require_intact, document, stored, verified)
            frames = await asyncio.to_thread(
                frames_of, document.content, stored.size, first=wanted.first, last=wanted.last
            )
            response = _response(job, stored, wanted, etag, is_packed=is_packed)
            await response.prepare(request)
            if request.method != hdrs.METH_HEAD:
                results = Results(job, stored, frames, video)
                await send_chunks(request, response, wanted.format.write(results))
            return response
    except FileMissing as error:
        raise ResultsLost("the stored file is gone; submit the video again") from error


def _etag(stored: StoredFile, wanted: Wanted, *, is_packed: bool) -> str:
    """The SHA-256 of what is stored, where it is sent as it is; every other form has its own."""
    if wanted == Wanted(JSON, None, None) and not is_packed:
        return stored.sha256
    form = f"{stored.sha256} {wanted.name} {wanted.first} {wanted.last} {is_packed}"
    return hashlib.sha256(form.encode()).hexdigest()


def _response(
    job: Job, stored: StoredFile, wanted: Wanted, etag: str, *, is_packed: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers=cache_headers(etag))
    response.content_type = wanted.format.media_type
    if response.content_type.startswith("text/"):
        response.charset = "utf-8"
    response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    response.headers[hdrs.ACCEPT_RANGES] = "none"
    if wanted.format.extension is not None:
        name = f"{job.job_id}.{wanted.format.extension}"
        response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}"'
    if is_packed:
        response.headers[hdrs.CONTENT_ENCODING] = GZIP
    elif wanted == Wanted(JSON, None, None):
        response.content_length = len(members_of(job)) + stored.size - len(b"{")
    return response


def _require_intact(document: OpenFile, stored: StoredFile, verified: VerifiedFiles) -> None:
    """What was checked is what is sent: it stays open."""
    try:
        is_intact = verified.holds(document, stored)
    except OSError as error:
        raise ResultsLost("the stored file cannot be read; submit the video again") from error
    if not is_intact:
        raise ResultsLost("the stored file was changed; submit the video again")
