import asyncio
import re

import pytest
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.services import SERVICES
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import failed, problem, submitted
from tests.waiting import until

LONG = {"Prefer": "wait=20"}
SHORT = {"Prefer": "wait=1"}
URLS = ["/v1/video/status/{}", "/video/status/{}", "/v1/jobs/{}"]
each_url = pytest.mark.parametrize("url", URLS)


async def waiting(client: TestClient) -> None:
    """Once somebody waits."""
    await until(lambda: len(client.app[SERVICES].changes))


@each_url
async def test_a_response_waits_for_the_next_status(
    client: TestClient, jobs: MemoryJobs, url: str
) -> None:
    job_id = await submitted(client)
    asking = asyncio.create_task(client.get(url.format(job_id), headers=LONG))
    await waiting(client)
    await jobs.claim(owner="worker", lease_seconds=60)
    answer = await asking

    assert (await answer.json())["status"] == "running"
    assert answer.headers["Preference-Applied"] == "wait=20"


@each_url
async def test_without_news_the_response_comes_when_the_time_is_over(
    client: TestClient, url: str
) -> None:
    url = url.format(await submitted(client))
    tag = (await client.get(url)).headers["ETag"]
    answer = await client.get(url, headers=SHORT)
    known = await client.get(url, headers=SHORT | {"If-None-Match": tag})

    assert (answer.status, known.status) == (200, 304)
    assert known.headers["Preference-Applied"] == "wait=1"


async def test_what_the_client_has_not_seen_is_news(client: TestClient, jobs: MemoryJobs) -> None:
    """A status that came between two requests is not missed."""
    url = URLS[0].format(await submitted(client))
    tag = (await client.get(url)).headers["ETag"]
    await jobs.claim(owner="worker", lease_seconds=60)
    answer = await asyncio.wait_for(
        client.get(url, headers=LONG | {"If-None-Match": tag}), timeout=5
    )

    assert (await answer.json())["status"] == "running"


async def test_a_job_at_its_end_is_not_waited_for(client: TestClient, jobs: MemoryJobs) -> None:
    job = await failed(client, jobs, FailureCode.NO_FRAMES, "none")
    answer = await asyncio.wait_for(client.get(URLS[0].format(job.job_id), headers=LONG), timeout=5)

    assert (await answer.json())["status"] == "failed"


async def test_a_job_deleted_meanwhile_is_not_found(client: TestClient) -> None:
    job_id = await submitted(client)
    asking = asyncio.create_task(client.get(URLS[0].format(job_id), headers=LONG))
    await waiting(client)
    await client.delete(f"/v1/jobs/{job_id}")

    assert await problem(await asking) == (404, "job_not_found")


async def test_a_client_that_leaves_is_not_waited_for(client: TestClient) -> None:
    url = URLS[0].format(await submitted(client))
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"GET {url} HTTP/1.1\r\nHost: t\r\nPrefer: wait=25\r\n\r\n".encode())
    await waiting(client)
    writer.transport.abort()

    await until(lambda: not len(client.app[SERVICES].changes), seconds=5)


async def test_whoever_waits_is_answered_when_the_process_ends(serve: Serve) -> None:
    client = await serve()
    url = URLS[0].format(await submitted(client))
    asking = asyncio.create_task(client.get(url, headers=LONG))
    await waiting(client)
    await asyncio.wait_for(client.server.close(), timeout=10)

    assert (await asking).status == 200


PREFERENCES = {
    "wait=0": "wait=0",
    'respond-async, wait="0"': "wait=0",
    "WAIT = 0; x": "wait=0",
    "wait=x": None,
    "wait=-1": None,
    "await=1": None,
    "respond-async": None,
}


@pytest.mark.parametrize("preference", PREFERENCES)
async def test_a_preference_that_is_none_is_ignored(client: TestClient, preference: str) -> None:
    """RFC 7240, section 2: it never makes a request an error."""
    url = URLS[0].format(await submitted(client))
    answer = await client.get(url, headers={"Prefer": preference})

    assert answer.status == 200
    assert answer.headers.get("Preference-Applied") == PREFERENCES[preference]


async def test_nobody_waits_longer_than_25_seconds(client: TestClient, jobs: MemoryJobs) -> None:
    job = await failed(client, jobs, FailureCode.NO_FRAMES, "none")
    answer = await client.get(URLS[0].format(job.job_id), headers={"Prefer": "wait=9999"})

    assert re.fullmatch("wait=25", answer.headers["Preference-Applied"])
