"""Results as they are stored: within their job, and one frame a line."""

import json
from collections.abc import Iterator

from service.jobs.model import Job
from service.web.export.frames import Frames, chunks_of
from service.web.responses import timestamp


def members_of(job: Job) -> bytes:
    """What stands before the stored object's own members."""
    members = {
        "created_at": timestamp(job.created_at),
        "job_id": str(job.job_id),
        "updated_at": timestamp(job.updated_at),
    }
    return json.dumps(members).removesuffix("}").encode() + b", "


def whole_document(job: Job, frames: Frames, size: int) -> Iterator[bytes]:
    """The stored object of size bytes with the job's members before its own."""
    yield members_of(job)
    yield from chunks_of(frames.document, len(b"{"), size)


def part_of_document(job: Job, frames: Frames) -> Iterator[bytes]:
    """The same object with some of its frames."""
    yield members_of(job) + b'"results": [\n'
    yield from frames.chunks()
    yield b"\n]}"


def json_lines(frames: Frames) -> Iterator[bytes]:
    """One frame a line, each line ended (https://jsonlines.org)."""
    for line in frames.lines():
        yield line + b"\n"
