"""A job is its token's: to every other one it is what it would be if it had never been."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse

from service.access.memory import MemoryTokens
from service.jobs.memory import MemoryJobs
from service.jobs.model import attempt_results_key
from service.storage.local import LocalStorage
from service.web.routes import ROUTES
from tests.unit.service.jobs.samples import TEXT, a_new_job
from tests.unit.service.web.access.conftest import Door
from tests.unit.service.web.samples import DOCUMENT, RAW, SUMMARY, VIDEO, form, once

OF_A_JOB = [route for route in ROUTES if "{job_id}" in route.path]
SUBMIT = "/v1/video/submit"
# What differs from one answer to the next by itself.
OF_ITS_OWN = frozenset({"Date", "X-Request-ID"})


async def submitted(door: Door, headers: Mapping[str, str], **options: str) -> UUID:
    answer = await door.client.post(SUBMIT, data=form(**options), headers=headers)
    assert answer.status == 202, await answer.text()
    return UUID((await answer.json())["job_id"])


async def finish(jobs: MemoryJobs, storage: LocalStorage) -> None:
    job = await jobs.claim(owner="worker", lease_seconds=60)
    assert job is not None
    results = await storage.save(attempt_results_key(job.lease), once(DOCUMENT))
    await jobs.complete(job.lease, results, summary=SUMMARY | {"texts": [TEXT]})


async def shown(answer: ClientResponse, job_id: UUID) -> Any:
    """All that an answer says, but for its id and the job's."""
    document = await answer.json(content_type=None)
    del document["request_id"]
    headers = {name: value for name, value in answer.headers.items() if name not in OF_ITS_OWN}
    text = str((answer.status, sorted(headers.items()), document))
    return text.replace(str(job_id), "ID")


@pytest.mark.parametrize(
    ("method", "path"), [(route.method, route.path) for route in OF_A_JOB], ids=str
)
@pytest.mark.parametrize("status", ["pending", "completed"])
async def test_anothers_job_is_answered_exactly_as_one_that_never_was(
    door: Door, jobs: MemoryJobs, storage: LocalStorage, method: str, path: str, status: str
) -> None:
    ann, bob = await door.admit("ann"), await door.admit("bob")
    job_id, never = await submitted(door, ann), uuid4()
    if status == "completed":
        await finish(jobs, storage)
    waiting = bob | {"Prefer": "wait=1", "If-None-Match": "*", "Range": "bytes=0-1"}

    for headers in (bob, waiting):
        anothers = await door.client.request(method, path.format(job_id=job_id), headers=headers)
        nobodys = await door.client.request(method, path.format(job_id=never), headers=headers)

        assert anothers.status == 404
        assert await shown(anothers, job_id) == await shown(nobodys, never)
    assert (await jobs.get(job_id, owner="ann")).status == status


async def test_the_owner_sees_all_of_it(
    door: Door, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    ann = await door.admit("ann")
    job_id = await submitted(door, ann)
    await finish(jobs, storage)

    for route in OF_A_JOB:
        if route.method == "GET":
            answer = await door.client.get(route.path.format(job_id=job_id), headers=ann)
            assert answer.status == 200, route.path
    gone = await door.client.delete(f"/v1/jobs/{job_id}", headers=ann)
    assert gone.status == 204


async def test_lists_and_searches_are_of_ones_own(
    door: Door, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    ann, bob = await door.admit("ann"), await door.admit("bob")
    job_id = await submitted(door, ann)
    await finish(jobs, storage)

    for path in ("/v1/jobs", "/v1/jobs?status=completed", f"/v1/search?q={TEXT['text']}"):
        own = await (await door.client.get(path, headers=ann)).json()
        others = await (await door.client.get(path, headers=bob)).json()

        assert [item["job_id"] for item in own["items"]] == [str(job_id)], path
        assert others == {"items": [], "next_cursor": None}, path


async def test_a_cursor_of_anothers_page_leads_nowhere(door: Door) -> None:
    ann, bob = await door.admit("ann"), await door.admit("bob")
    for _ in range(2):
        await submitted(door, ann)
    page = await (await door.client.get("/v1/jobs?limit=1", headers=ann)).json()

    url = f"/v1/jobs?cursor={page['next_cursor']}"
    assert (await (await door.client.get(url, headers=bob)).json())["items"] == []


async def test_a_key_is_ones_own(door: Door) -> None:
    key = RAW | {"Idempotency-Key": "k"}
    ann, bob = await door.admit("ann") | key, await door.admit("bob") | key

    first, again, others = [
        (await (await door.client.post(SUBMIT, data=data, headers=headers)).json())["job_id"]
        for headers, data in ((ann, VIDEO), (ann, VIDEO), (bob, VIDEO + b"\0"))
    ]

    assert first == again
    assert others != first


async def test_jobs_of_before_are_nobodys_until_they_are_adopted(
    door: Door, jobs: MemoryJobs
) -> None:
    ann = await door.admit("ann")
    job, _ = await jobs.insert(a_new_job())
    url = f"/v1/jobs/{job.job_id}"
    before = await door.client.get(url, headers=ann)

    await jobs.adopt("ann")

    assert before.status == 404
    assert (await door.client.get(url, headers=ann)).status == 200


async def test_a_new_token_of_the_same_name_has_the_jobs_of_the_old_one(
    door: Door, tokens: MemoryTokens
) -> None:
    job_id = await submitted(door, await door.admit("ann"))
    await tokens.revoke("ann")

    new = await door.admit("ann")

    assert (await door.client.get(f"/v1/jobs/{job_id}", headers=new)).status == 200
