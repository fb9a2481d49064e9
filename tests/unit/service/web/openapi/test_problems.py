"""A problem stands at a route where a request for that route meets it, and nowhere else."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from service.access.memory import MemoryTokens
from service.errors import DatabaseUnavailable, TooManyFiles
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from tests.data.documents import plain
from tests.unit.service.conftest import Serve
from tests.unit.service.web.openapi.described import OPERATIONS, content, faults, schema_of
from tests.unit.service.web.openapi.tour import Tour, completed_job
from tests.unit.service.web.provoking import PROVOKED, LeavingStorage, Stage
from tests.unit.service.web.samples import RAW, form, running

# Met where no route is, so no route has them.
OF_NO_ROUTE = {"not_found", "method_not_allowed"}
ASKED: dict[str, dict[str, Any]] = {
    "searchTexts": {"params": {"q": "a"}},
    "submitVideo": {"headers": RAW, "data": b"\0\0\0\x18ftyp"},
}
MISASKED: dict[str, dict[str, Any]] = {
    "listJobs": {"params": {"limit": "0"}},
    "searchTexts": {"params": {"q": ""}},
    "getResults": {"params": {"format": "pdf"}},
    "submitVideo": {"data": form(frame_stride="0")},
}


# Those that ask for nothing but the token.
AUTH = dict.fromkeys(("listPipelines", "getSession", "beginSession", "endSession"), "required")


class Faulty:
    """Has methods that all raise, once there is something to raise."""

    fault: Exception | None = None

    def __getattribute__(self, name: str) -> Any:
        fault = object.__getattribute__(self, "fault")
        if fault is None or name.startswith("_"):
            return super().__getattribute__(name)

        async def fail(*_: object, **__: object) -> None:
            raise fault

        return fail


class FaultyJobs(Faulty, MemoryJobs):
    """Jobs that cannot be asked."""


class FaultyTokens(Faulty, MemoryTokens):
    """Tokens that cannot be asked."""


@pytest.fixture
def stage(serve: Serve, jobs: MemoryJobs, storage: LocalStorage, folder: Path) -> Stage:
    return Stage(serve, jobs, storage, folder)


async def job_not_found(stage: Stage, operation_id: str) -> ClientResponse:
    return await asked(await stage.serve(), operation_id, uuid4())


async def job_not_completed(stage: Stage, operation_id: str) -> ClientResponse:
    client = await stage.serve()
    return await asked(client, operation_id, (await running(client, stage.jobs)).job_id)


async def results_lost(stage: Stage, operation_id: str) -> ClientResponse:
    client = await stage.serve()
    job = await completed_job(stage, client, plain())
    for key in (job.input_path, job.output_path):
        await stage.storage.delete(str(key))
    return await asked(client, operation_id, job.job_id)


async def range_not_satisfiable(stage: Stage, operation_id: str) -> ClientResponse:
    client = await stage.serve()
    job_id = (await running(client, stage.jobs)).job_id
    return await asked(client, operation_id, job_id, headers={"Range": "bytes=-0"})


async def bad_option(stage: Stage, operation_id: str) -> ClientResponse:
    client = await stage.serve()
    job = await completed_job(stage, client, plain())
    return await asked(client, operation_id, job.job_id, **MISASKED[operation_id])


async def expectation_failed(stage: Stage, operation_id: str) -> ClientResponse:
    headers = {"Expect": "200-ok"}
    return await asked(await stage.serve(), operation_id, uuid4(), headers=headers)


async def internal_error(stage: Stage, operation_id: str) -> ClientResponse:
    return await failing(stage, operation_id, ZeroDivisionError())


async def database_unavailable(stage: Stage, operation_id: str) -> ClientResponse:
    return await failing(stage, operation_id, DatabaseUnavailable("10.2.0.7"))


async def storage_unavailable(stage: Stage, operation_id: str) -> ClientResponse:
    storage = LeavingStorage(stage.folder)
    client = await stage.serve(storage=storage)
    job = await completed_job(stage, client, plain())
    storage.is_away = True
    return await asked(client, operation_id, job.job_id, **ASKED.get(operation_id, {}))


async def too_many_files(stage: Stage, operation_id: str) -> ClientResponse:
    return await failing(stage, operation_id, TooManyFiles("24"))


async def not_ready(stage: Stage, operation_id: str) -> ClientResponse:
    return await failing(stage, operation_id, DatabaseUnavailable("10.2.0.7"))


async def unauthorized(stage: Stage, operation_id: str) -> ClientResponse:
    return await asked(await stage.serve(auth="required"), operation_id, uuid4())


async def cross_origin(stage: Stage, operation_id: str) -> ClientResponse:
    headers = {"Origin": "https://evil.test"}
    return await asked(await stage.serve(), operation_id, uuid4(), headers=headers)


async def failing(stage: Stage, operation_id: str, fault: Exception) -> ClientResponse:
    """An answer where jobs cannot be asked, or else not even tokens."""
    jobs, tokens = FaultyJobs(), FaultyTokens()
    client = await stage.serve(jobs=jobs, tokens=tokens, auth=AUTH.get(operation_id, ""))
    jobs.fault = tokens.fault = fault
    told = ASKED.get(operation_id, {"headers": {"Authorization": "Bearer some"}})
    return await asked(client, operation_id, uuid4(), **told)


async def asked(
    client: TestClient, operation_id: str, job_id: UUID, **arguments: Any
) -> ClientResponse:
    return await Tour(client).ask(operation_id, job_id, **arguments)


BY_OPERATION: dict[str, Callable[[Stage, str], Awaitable[ClientResponse]]] = {
    each.__name__: each
    for each in (
        unauthorized,
        cross_origin,
        job_not_found,
        job_not_completed,
        results_lost,
        range_not_satisfiable,
        bad_option,
        expectation_failed,
        internal_error,
        database_unavailable,
        storage_unavailable,
        too_many_files,
        not_ready,
    )
}
TOLD = [
    (operation_id, int(status), code)
    for operation_id, told in OPERATIONS.items()
    for status, response in told["responses"].items()
    for problem in [response.get("content", {}).get("application/problem+json")]
    if problem is not None
    for code in problem["schema"]["properties"]["code"]["enum"]
]
READ = [each for each in TOLD if each[2] != "bad_request"]


@pytest.mark.parametrize(
    ("operation_id", "status", "code"), READ, ids=[f"{name}-{code}" for name, _, code in READ]
)
async def test_a_problem_of_a_route_is_what_a_request_meets(
    stage: Stage, operation_id: str, status: int, code: str
) -> None:
    # Only a submission can meet what is in neither table.
    provoke = BY_OPERATION.get(code)
    if provoke is None:
        assert operation_id == "submitVideo"
        answer = await PROVOKED[code](stage)
    else:
        answer = await provoke(stage, operation_id)
    document = await content(answer)

    assert (answer.status, document["code"]) == (status, code)
    assert faults(document, schema_of(operation_id, status, "application/problem+json")) == []
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize("operation_id", OPERATIONS)
async def test_a_request_that_is_not_http_is_refused_at_every_route(
    stage: Stage, operation_id: str
) -> None:
    told = OPERATIONS[operation_id]
    client = await stage.serve()
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"{told['method']} {told['path']} HTTP/1.1\r\nHost : t\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert b" 400 " in head.splitlines()[0]
    assert (operation_id, 400, "bad_request") in TOLD


def test_every_problem_stands_at_a_route() -> None:
    assert {code for _, _, code in TOLD} == PROVOKED.keys() - OF_NO_ROUTE
