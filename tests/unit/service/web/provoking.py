"""One real request for each code that a problem may carry.

ENDPOINTS may name no code that is missing here, so a new row of PROBLEMS wants a function with
the code's name, listed in PROVOKED at the end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from aiohttp import ClientResponse

from service.errors import StorageFull, StorageUnavailable, TooManyFiles
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job
from service.storage.base import OpenFile, StoredFile
from service.storage.local import LocalStorage
from service.web.upload.body import Pace
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import (
    RAW,
    VIDEO,
    AwayJobs,
    completed,
    form,
    multipart,
    running,
    submitted,
)
from tests.waiting import until

SUBMIT = "/v1/video/submit"


@dataclass(frozen=True)
class Stage:
    """What a request needs to go wrong."""

    serve: Serve
    jobs: MemoryJobs
    storage: LocalStorage
    folder: Path


async def invalid_mp4(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, data=form(b"text"))


async def bad_multipart(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, **multipart())


async def bad_option(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, data=form(frame_stride="0"))


async def not_found(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).get("/v1/nothing")


async def job_not_found(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).get(f"/v1/video/status/{uuid4()}")


async def unauthorized(stage: Stage) -> ClientResponse:
    return await (await stage.serve(auth="required")).get("/v1/jobs")


async def cross_origin(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, headers={"Origin": "https://evil.test"})


async def too_many_requests(stage: Stage) -> ClientResponse:
    client = await stage.serve(max_uploads=1)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(client.post(SUBMIT, data=_stalling(), headers=RAW))
        await until(lambda: list(stage.folder.rglob("*.part")))
        answer = await client.post(SUBMIT, data=VIDEO, headers=RAW)
        first.cancel()
    return answer


async def job_not_completed(stage: Stage) -> ClientResponse:
    client = await stage.serve()
    job = await running(client, stage.jobs)
    return await client.get(f"/v1/video/results/{job.job_id}")


async def pipeline_not_found(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, data=form(pipeline_id="dream"))


async def bad_request(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).request("BREW", "/livez")


async def expectation_failed(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).get("/livez", headers={"Expect": "200-ok"})


async def range_not_satisfiable(stage: Stage) -> ClientResponse:
    client = await stage.serve()
    url = f"/v1/video/source/{await submitted(client)}"
    return await client.get(url, headers={"Range": "bytes=-0"})


async def storage_unavailable(stage: Stage) -> ClientResponse:
    storage = LeavingStorage(stage.folder)
    client = await stage.serve(storage=storage)
    storage.is_away = True
    return await client.post(SUBMIT, data=VIDEO, headers=RAW)


async def too_many_files(stage: Stage) -> ClientResponse:
    client = await stage.serve(storage=CrowdedStorage(stage.folder))
    return await client.post(SUBMIT, data=VIDEO, headers=RAW)


async def method_not_allowed(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).delete(SUBMIT)


async def upload_too_slow(stage: Stage) -> ClientResponse:
    client = await stage.serve(pace=Pace(idle_seconds=0.1))
    return await client.post(SUBMIT, data=_stalling(), headers=RAW)


async def idempotency_key_reused(stage: Stage) -> ClientResponse:
    client = await stage.serve()
    await client.post(SUBMIT, data=VIDEO, headers=RAW | {"Idempotency-Key": "k"})
    return await client.post(SUBMIT, data=VIDEO + b"\0", headers=RAW | {"Idempotency-Key": "k"})


async def results_lost(stage: Stage) -> ClientResponse:
    client = await stage.serve()
    job = await completed(client, stage.jobs, stage.storage)
    await stage.storage.delete(job.output_path or "")
    return await client.get(f"/v1/video/results/{job.job_id}")


async def upload_too_large(stage: Stage) -> ClientResponse:
    client = await stage.serve(max_upload_bytes=len(VIDEO) - 1)
    return await client.post(SUBMIT, data=VIDEO, headers=RAW)


async def unsupported_encoding(stage: Stage) -> ClientResponse:
    packed = RAW | {"Content-Encoding": "gzip"}
    return await (await stage.serve()).post(SUBMIT, data=VIDEO, headers=packed)


async def empty_upload(stage: Stage) -> ClientResponse:
    return await (await stage.serve()).post(SUBMIT, data=b"", headers=RAW)


async def internal_error(stage: Stage) -> ClientResponse:
    return await (await stage.serve(jobs=BrokenJobs())).get(f"/v1/video/status/{uuid4()}")


async def database_unavailable(stage: Stage) -> ClientResponse:
    return await (await stage.serve(jobs=AwayJobs())).get(f"/v1/video/status/{uuid4()}")


async def not_ready(stage: Stage) -> ClientResponse:
    return await (await stage.serve(jobs=AwayJobs())).get("/readyz")


async def storage_full(stage: Stage) -> ClientResponse:
    client = await stage.serve(storage=FullStorage(stage.folder))
    return await client.post(SUBMIT, data=VIDEO, headers=RAW)


class BrokenJobs(MemoryJobs):
    """Jobs with a fault of ours in them."""

    async def get(self, job_id: object, *, owner: str = "") -> Job:
        raise ZeroDivisionError


class FullStorage(LocalStorage):
    """A storage on a full disk."""

    async def save(self, key: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        raise StorageFull("no space left on device")


class CrowdedStorage(LocalStorage):
    """A storage of a process that has no descriptor left."""

    async def save(self, key: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        raise TooManyFiles("too many open files")


class LeavingStorage(LocalStorage):
    """A storage that cannot be reached once it is away."""

    is_away = False

    async def save(self, key: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        self._require_there()
        return await super().save(key, chunks)

    @asynccontextmanager
    async def open_file(self, key: str) -> AsyncIterator[OpenFile]:
        self._require_there()
        async with super().open_file(key) as file:
            yield file

    def _require_there(self) -> None:
        if self.is_away:
            raise StorageUnavailable("s3://bucket at 10.2.0.7")


async def _stalling() -> AsyncIterator[bytes]:
    yield VIDEO
    await asyncio.Event().wait()


PROVOKED: dict[str, Callable[[Stage], Awaitable[ClientResponse]]] = {
    provoke.__name__: provoke
    for provoke in (
        invalid_mp4,
        bad_multipart,
        bad_option,
        range_not_satisfiable,
        not_found,
        unauthorized,
        cross_origin,
        too_many_requests,
        job_not_found,
        job_not_completed,
        pipeline_not_found,
        method_not_allowed,
        bad_request,
        expectation_failed,
        storage_unavailable,
        too_many_files,
        upload_too_slow,
        idempotency_key_reused,
        results_lost,
        upload_too_large,
        unsupported_encoding,
        empty_upload,
        internal_error,
        database_unavailable,
        not_ready,
        storage_full,
    )
}
