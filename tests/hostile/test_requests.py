"""Crowds and false names at the door; single requests are in tests/unit/service/web."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient
from yarl import URL

from tests.unit.service.web.raw import answers
from tests.unit.service.web.samples import RAW, VIDEO, submitted

# Each takes two descriptors here, and many a shell allows a process 1,024.
SLOW, DESCRIPTORS = 500, 2048
FLOOD = 300
# Promised are 250 ms; a machine that does other work meanwhile needs longer, a queue for ever.
SERVED_SECONDS = 20.0


@asynccontextmanager
async def slow_connections(client: TestClient, count: int) -> AsyncIterator[None]:
    """Connections whose request never gets beyond its head."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, min(DESCRIPTORS, most)), most))
    opened = await asyncio.gather(
        *(asyncio.open_connection(client.host, client.port) for _ in range(count))
    )
    for _, writer in opened:
        writer.write(b"POST /v1/video/submit HTTP/1.1\r\nHost: test\r\nX-Slow: ")
    yield
    for _, writer in opened:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in opened), return_exceptions=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


async def test_connections_that_never_finish_their_head_keep_nobody_waiting(
    client: TestClient,
) -> None:
    """P9."""
    async with slow_connections(client, SLOW), asyncio.timeout(SERVED_SECONDS):
        taken = await client.post("/v1/video/submit", data=VIDEO, headers=RAW)
        shown = await client.get("/v1/pipelines")

    assert (taken.status, shown.status) == (202, 200)


async def test_a_false_host_is_nowhere_in_the_answer(client: TestClient) -> None:
    """P9: no link leads a reader to where the sender wants them."""
    paths = ("/", "/v1/openapi.json", "/docs", f"/v1/video/status/{uuid4()}")
    requests = [f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode() for path in paths]
    given = [(await answers(client, request))[0] for request in requests]

    assert [answer.status for answer in given] == [200, 200, 200, 404]
    for answer in given:
        assert b"evil" not in answer.body
        assert not any("evil" in value for value in answer.headers.values())


async def test_a_flood_of_looks_at_a_status_is_answered(client: TestClient) -> None:
    """P9."""
    job_id = await submitted(client)
    looks = (client.get(f"/v1/video/status/{job_id}") for _ in range(FLOOD))
    given = await asyncio.gather(*looks)

    assert {answer.status for answer in given} == {200}


@pytest.mark.parametrize("name", ["..%2F..%2Fx", "..%5C..%5Cx", "%2Fetc%2Fpasswd", "a%00b"])
async def test_no_id_is_a_path(client: TestClient, name: str) -> None:
    """P9."""
    for kind in ("status", "results", "summary", "source"):
        answer = await client.get(URL(f"/v1/video/{kind}/{name}", encoded=True))

        assert answer.status == 404
