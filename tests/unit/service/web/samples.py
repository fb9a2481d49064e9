"""Videos, forms and finished jobs, for the tests of web."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.errors import DatabaseUnavailable
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, NewJob, attempt_results_key
from service.jobs.operations.base import JobFigures
from service.storage.local import LocalStorage
from tests.governance.documents import documented_codes

FTYP = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
VIDEO = FTYP + b"\0\0\4\0mdat" + bytes(range(256)) * 4
RAW = {"Content-Type": "video/mp4"}
SUMMARY = {
    "video": {"frames_analysed": 1},
    "classes": {},
    "texts": [],
    "texts_truncated": False,
    "provenance": {},
}
DOCUMENT = b'{"results": [\n{"frame_index": 0, "result": {"text": "NORTH"}}\n]}'


DATABASE = "Connect call failed ('10.2.0.7', 5432)"


class AwayJobs(MemoryJobs):
    """Jobs behind a database that does not answer; `committed` says whether it did the INSERT."""

    def __init__(self, *, committed: bool = False, answers: bool = False) -> None:
        super().__init__()
        self._committed = committed
        self._answers = answers

    async def list_jobs(self, **_: object) -> list[Job]:
        raise DatabaseUnavailable(DATABASE)

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        if self._committed:
            await super().insert(new)
        raise DatabaseUnavailable(DATABASE)

    async def get(self, job_id: UUID, *, owner: str = "") -> Job:
        if self._answers:
            return await super().get(job_id, owner=owner)
        raise DatabaseUnavailable(DATABASE)

    async def check(self) -> None:
        raise DatabaseUnavailable(DATABASE)

    async def figures(self) -> JobFigures:
        raise DatabaseUnavailable(DATABASE)


def form(video: bytes = VIDEO, *, filename: str = "video.mp4", **options: str) -> FormData:
    """A form as a browser sends it: the video first, options after it."""
    data = FormData()
    data.add_field("file", video, filename=filename, content_type="video/mp4")
    for name, value in options.items():
        data.add_field(name, value)
    return data


def multipart(*parts: bytes, end: bytes = b"--b--\r\n") -> dict[str, Any]:
    """Arguments of a POST whose form is written by hand, each part with its own headers."""
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end
    return {"data": body, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


def part(name: str, content: bytes, *headers: str) -> bytes:
    """One part of such a form."""
    lines = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def submitted(client: TestClient, **options: str) -> UUID:
    """The id of a job just accepted."""
    answer = await client.post("/v1/video/submit", data=form(**options))
    assert answer.status == 202, await answer.text()
    return UUID((await answer.json())["job_id"])


async def completed(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, document: bytes = DOCUMENT
) -> Job:
    """A job whose results are stored, as a worker leaves it."""
    lease = (await _claimed(jobs, await submitted(client))).lease
    results = await storage.save(attempt_results_key(lease), once(document))
    await jobs.complete(lease, results, summary=SUMMARY)
    return await jobs.get(lease.job_id)


async def failed(client: TestClient, jobs: MemoryJobs, code: FailureCode, message: str) -> Job:
    """A job that has failed for this reason."""
    lease = (await _claimed(jobs, await submitted(client))).lease
    await jobs.fail(lease, code, message)
    return await jobs.get(lease.job_id)


async def running(client: TestClient, jobs: MemoryJobs) -> Job:
    """A job in a worker's hands."""
    return await _claimed(jobs, await submitted(client))


async def problem(answer: ClientResponse) -> tuple[int, str]:
    """Status and code of a problem with the members of RFC 9457, whose code ENDPOINTS names."""
    document = await answer.json(content_type="application/problem+json")
    assert {"type", "title", "status", "detail", "code"} <= document.keys()
    assert document["status"] == answer.status
    assert document["code"] in documented_codes()
    return answer.status, document["code"]


async def _claimed(jobs: MemoryJobs, job_id: UUID) -> Job:
    job = await jobs.claim(owner="worker", lease_seconds=60)
    assert job is not None
    assert job.job_id == job_id
    return job


async def once(content: bytes) -> AsyncIterator[bytes]:
    """The content as one chunk."""
    yield content
