"""GET source: the submitted video as it came, or one range of its bytes (RFC 9110, section 14)."""

import asyncio
import re
from typing import BinaryIO
from urllib.parse import quote

from aiohttp import hdrs, web

from service.errors import FileMissing
from service.jobs.model import Job
from service.services import SERVICES
from service.web.export.sending import write_chunk
from service.web.jobs import requested_job
from service.web.problems import Kind, problem
from service.web.responses import cache_headers, is_cached, not_modified

CHUNK_BYTES = 256 * 1024
NOT_SATISFIABLE = Kind(416, "range_not_satisfiable", "The video has no such bytes")

# Several ranges, other units and what is malformed may be ignored: then all of it is sent.
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")


async def send_source(request: web.Request) -> web.StreamResponse:
    """A job's video; raises JobNotFound, FileMissing."""
    job = await requested_job(request)
    if is_cached(request, job.input_sha256):
        return not_modified(job.input_sha256)
    wanted = _wanted(request, job)
    if not wanted:
        response = problem(NOT_SATISFIABLE, detail=f"It has {job.input_bytes}, counted from 0.")
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{job.input_bytes}"
        return response
    try:
        async with request.app[SERVICES].storage.open_file(job.input_path) as video:
            # Its SHA-256 is not asked for at every range; a worker asks before it reads.
            if video.size != job.input_bytes:
                raise FileMissing(job.input_path)
            return await _send(request, job, video.content, wanted)
    except FileMissing as error:
        raise FileMissing("the stored video is gone; submit it again") from error


def _wanted(request: web.Request, job: Job) -> range:
    """The bytes to send, none where there are no such bytes."""
    every = range(job.input_bytes)
    asked = _RANGE.fullmatch(request.headers.get(hdrs.RANGE, ""))
    unchanged = request.headers.get(hdrs.IF_RANGE, _tag(job)) == _tag(job)
    if asked is None or request.method != hdrs.METH_GET or not unchanged:
        return every
    first, last, length = (None if part is None else int(part) for part in asked.groups())
    if first is None:
        return every[-length:] if length else range(0)
    if last is not None and last < first:
        return every
    return every[first:] if last is None else every[first : last + 1]


async def _send(
    request: web.Request, job: Job, video: BinaryIO, wanted: range
) -> web.StreamResponse:
    response = web.StreamResponse(headers=cache_headers(job.input_sha256))
    response.content_type = "video/mp4"
    response.content_length = len(wanted)
    response.headers[hdrs.ACCEPT_RANGES] = "bytes"
    name = quote(job.input_name or f"{job.job_id}.mp4", safe="")
    response.headers[hdrs.CONTENT_DISPOSITION] = f"inline; filename*=UTF-8''{name}"
    if len(wanted) < job.input_bytes:
        response.set_status(206)
        span = f"bytes {wanted.start}-{wanted.stop - 1}/{job.input_bytes}"
        response.headers[hdrs.CONTENT_RANGE] = span
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        await _send_chunks(request, response, video, wanted)
    return response


async def _send_chunks(
    request: web.Request, response: web.StreamResponse, video: BinaryIO, wanted: range
) -> None:
    video.seek(wanted.start)
    left = len(wanted)
    try:
        while chunk := await asyncio.to_thread(video.read, min(left, CHUNK_BYTES)):
            left -= len(chunk)
            await write_chunk(request, response, chunk)
    except ConnectionError:
        # The client left: a player does so at every jump.
        return


def _tag(job: Job) -> str:
    return f'"{job.input_sha256}"'
