"""GET results: the stored document, checked, then sent in chunks; it is never held whole."""

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from aiohttp import hdrs, web

from service.errors import FileMissing, ResultsLost
from service.jobs.model import Job
from service.services import SERVICES
from service.storage.base import CHUNK_BYTES, StoredFile, too_many_files_mapped
from service.web.jobs import requested_job, results_of
from service.web.responses import cache_headers, is_cached, not_modified, timestamp
from service.web.verified import VerifiedFiles

VERIFIED_FILES = web.AppKey("VERIFIED_FILES", VerifiedFiles)


async def send_results(request: web.Request) -> web.StreamResponse:
    """A completed job's results; raises JobNotFound, JobNotCompleted, ResultsLost."""
    job = await requested_job(request)
    stored = results_of(job)
    if is_cached(request, stored.sha256):
        return not_modified(stored.sha256)
    verified = request.app[VERIFIED_FILES]
    try:
        async with request.app[SERVICES].storage.local_file(stored.key) as path:
            with await asyncio.to_thread(_open_verified, path, stored, verified) as document:
                return await _send(request, job, stored, document)
    except FileMissing as error:
        raise ResultsLost("the stored file is gone; submit the video again") from error


def _open_verified(path: Path, stored: StoredFile, verified: VerifiedFiles) -> BinaryIO:
    """The document, open at any place; what was checked is what is sent."""
    with ExitStack() as stack:
        try:
            with too_many_files_mapped():
                document = stack.enter_context(path.open("rb"))
            is_intact = verified.holds(document, stored)
        except OSError as error:
            raise ResultsLost("the stored file cannot be read; submit the video again") from error
        if not is_intact:
            raise ResultsLost("the stored file was changed; submit the video again")
        stack.pop_all()
    return document


async def _send(
    request: web.Request, job: Job, stored: StoredFile, document: BinaryIO
) -> web.StreamResponse:
    """The job's members, then the stored object's own: `{"results": […]}` without its brace."""
    members = {
        "created_at": timestamp(job.created_at),
        "job_id": str(job.job_id),
        "updated_at": timestamp(job.updated_at),
    }
    opening = json.dumps(members).removesuffix("}").encode() + b", "
    document.seek(len(b"{"))
    response = web.StreamResponse(headers=cache_headers(stored.sha256))
    response.content_type = "application/json"
    response.headers[hdrs.ACCEPT_RANGES] = "none"
    response.content_length = len(opening) + stored.size - len(b"{")
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        await _send_chunks(response, opening, document)
    return response


async def _send_chunks(response: web.StreamResponse, opening: bytes, document: BinaryIO) -> None:
    try:
        await response.write(opening)
        while chunk := await asyncio.to_thread(document.read, CHUNK_BYTES):
            await response.write(chunk)
    except ConnectionError:
        # The client left; aiohttp sees that by itself when it ends the response.
        return
