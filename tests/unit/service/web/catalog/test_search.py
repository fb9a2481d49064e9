from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.web.catalog.query import cursor_of
from tests.unit.service.jobs.samples import RESULTS, TEXT
from tests.unit.service.web.samples import problem, running

SEARCH = "/v1/search"
ID, TIME = "0" * 32, "2026-01-01T00:00:00Z"
BAD_QUERIES = {
    "nothing asked for": "",
    "no word": "q=%21%21",
    "an empty phrase": "q=%22%22",
    "too long": f"q={'a' * 201}",
    "an unknown name": "q=a&owner=b",
    "a class that none can be": "q=a&class=%00",
    "no limit": "q=a&limit=0",
    "a cursor of jobs": f"q=a&cursor={cursor_of(TIME, ID)}",
    "a cursor without a place": f"q=a&cursor={cursor_of(TIME, ID, 'x')}",
    "a cursor far away": f"q=a&cursor={cursor_of(TIME, ID, 10**9)}",
}


async def with_texts(client: TestClient, jobs: MemoryJobs, *texts: str) -> str:
    job = await running(client, jobs)
    listed = [TEXT | {"text": text} for text in texts]
    await jobs.complete(job.lease, RESULTS, summary={"texts": listed})
    return str(job.job_id)


async def asked(client: TestClient, **query: str) -> dict[str, Any]:
    document: dict[str, Any] = await (await client.get(SEARCH, params=query)).json()
    return document


async def test_a_hit_names_its_video_and_its_moment(client: TestClient, jobs: MemoryJobs) -> None:
    job_id = await with_texts(client, jobs, "EXIT", "NORTH EXIT")

    assert await asked(client, q="north") == {
        "items": [
            {
                "job_id": job_id,
                "name": "video.mp4",
                "text": "NORTH EXIT",
                "class_name": "text",
                "first_ms": 0,
                "last_ms": 40,
                "confidence": 0.9,
            }
        ],
        "next_cursor": None,
    }


async def test_pages_follow_each_other_until_there_is_none(
    client: TestClient, jobs: MemoryJobs
) -> None:
    await with_texts(client, jobs, "EXIT 1", "EXIT 2")
    await with_texts(client, jobs, "EXIT 3", "EXIT 4", "EXIT 5")
    first = await asked(client, q="exit", limit="2")
    second = await asked(client, q="exit", limit="2", cursor=first["next_cursor"])
    last = await asked(client, q="exit", limit="2", cursor=second["next_cursor"])

    pages = [[item["text"][-1] for item in page["items"]] for page in (first, second, last)]
    assert pages == [["3", "4"], ["5", "1"], ["2"]]
    assert last["next_cursor"] is None


async def test_a_search_for_a_class_finds_no_other(client: TestClient, jobs: MemoryJobs) -> None:
    await with_texts(client, jobs, "EXIT")

    assert len((await asked(client, **{"q": "exit", "class": "text"}))["items"]) == 1
    assert (await asked(client, **{"q": "exit", "class": "plate"}))["items"] == []


@pytest.mark.parametrize("query", BAD_QUERIES.values(), ids=BAD_QUERIES)
async def test_a_search_that_cannot_be_understood_is_refused(
    client: TestClient, query: str
) -> None:
    assert await problem(await client.get(f"{SEARCH}?{query}")) == (400, "bad_option")
