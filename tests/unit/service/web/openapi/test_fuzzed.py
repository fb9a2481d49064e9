"""schemathesis sends what the document allows, and what it forbids, to a real port."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, settings, strategies
from schemathesis.specs.openapi.checks import positive_data_acceptance

from config.graph import load_pipelines
from config.settings import Settings
from service.access.memory import MemoryTokens
from service.access.token import sha256_of
from service.app import create_app
from service.jobs.catalog.words import words_of
from service.jobs.memory import MemoryJobs
from service.jobs.model import NewJob, attempt_results_key, source_key
from service.queue.memory import MemoryQueue
from service.services import Services
from service.storage.local import LocalStorage
from service.web.server import WebRunner
from tests.data.documents import encoded, full
from tests.unit.service.web.openapi.described import DOCUMENT, response_of
from tests.unit.service.web.samples import SUMMARY, VIDEO, once

EXAMPLES = 12
COMPLETED = UUID(int=1)
NAME, SECRET = "ann", "a-secret"
TOKEN = {"Authorization": f"Bearer {SECRET}"}
TURNS = count(1)

# What the server takes for an MP4, and what it does not.
schemathesis.openapi.format(
    "mp4", strategies.one_of(strategies.binary(max_size=64), strategies.binary().map(VIDEO.__add__))
)
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.seed = 16


@schemathesis.serializer("video/mp4")
def as_it_is(_: Any, video: Any) -> bytes:
    return video if isinstance(video, bytes) else str(video).encode()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Web in a thread of its own, with a completed job."""
    started: list[str] = []
    ready, stopped = threading.Event(), threading.Event()
    folder = tmp_path_factory.mktemp("storage")

    def run() -> None:
        asyncio.run(serve(folder, started, ready, stopped))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(30)
    yield started[0]
    stopped.set()
    thread.join()


async def serve(
    folder: Path, started: list[str], ready: threading.Event, stopped: threading.Event
) -> None:
    jobs, storage = MemoryJobs(), LocalStorage(folder)
    await complete_one(jobs, storage)
    given = Settings(
        database_url="postgresql://unused",
        redis_url="redis://unused",
        auth="required",
        metrics_token=SECRET,
    )
    tokens = MemoryTokens()
    await tokens.create(NAME, sha256_of(SECRET))

    @asynccontextmanager
    async def open_services() -> AsyncIterator[Services]:
        yield Services(given, jobs, MemoryQueue(), storage, load_pipelines(), tokens)

    runner = WebRunner(create_app(open_services))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    started.append(f"http://127.0.0.1:{port}")
    ready.set()
    await asyncio.to_thread(stopped.wait)
    await runner.cleanup()


async def complete_one(jobs: MemoryJobs, storage: LocalStorage) -> None:
    source = await storage.save(source_key(COMPLETED), once(VIDEO))
    await jobs.insert(NewJob(COMPLETED, "yolo_ocr", source, owner=NAME))
    job = await jobs.claim(owner="w", lease_seconds=60)
    assert job is not None
    stored = await storage.save(attempt_results_key(job.lease), once(encoded(full())))
    shown = response_of("getSummary", 200)["content"]["application/json"]["example"]
    summary = {name: shown[name] for name in SUMMARY}
    await jobs.complete(job.lease, stored, summary=summary)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_is_answered_otherwise_than_described(case: Any, url: str) -> None:
    aim(case)
    unjudged = [positive_data_acceptance] if is_beyond_schemas(case) else []
    case.call_and_validate(base_url=url, headers=TOKEN, excluded_checks=unjudged)


def aim(case: Any) -> None:
    """Most ids become the completed job's, and most videos one that is taken."""
    if not case.meta.generation.mode.is_positive or next(TURNS) % 4 == 0:
        return
    if case.path_parameters and case.method != "DELETE":
        case.path_parameters["job_id"] = str(COMPLETED)
    if isinstance(case.body, dict):
        case.body["file"] = VIDEO
        case.query = {}


def is_beyond_schemas(case: Any) -> bool:
    """Whether a request may be refused although each of its values is as its schema says."""
    query = case.query or {}
    first, last = query.get("from_frame"), query.get("to_frame")
    return (
        case.operation.definition.raw["operationId"] == "submitVideo"
        or "cursor" in query
        or "Range" in (case.headers or {})
        or (str(first).isdigit() and str(last).isdigit() and int(first) > int(last))
        or not words_of(str(query.get("q", "q")))
        or not str(query.get("class", "")).isprintable()
    )
