"""DOC-1: the examples in ENDPOINTS have the shape of what the service answers."""

import json

from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from tests.data.documents import encoded, full, members, plain, shape
from tests.governance.documents import blocks, documented_members, section, spans, text_of
from tests.unit.service.web.samples import SUMMARY, completed, failed, form, running

STATUS, RESULTS = (json.loads(block) for block in blocks(text_of("ENDPOINTS"), "json"))
(SUBMITTED,) = (
    json.loads(block.splitlines()[1]) for block in blocks(text_of("ENDPOINTS"), "console")
)


async def test_submit_responds_as_documented(client: TestClient) -> None:
    """API-1, DOC-1"""
    answer = await client.post("/v1/video/submit", data=form())

    assert shape(await answer.json()) == shape(SUBMITTED)


async def test_status_responds_as_documented(client: TestClient, jobs: MemoryJobs) -> None:
    """API-2, DOC-1"""
    job = await running(client, jobs)

    answer = await client.get(f"/v1/video/status/{job.job_id}")

    assert shape(await answer.json()) == shape(STATUS)


async def test_results_respond_as_documented(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """API-4, DOC-1"""
    job = await completed(client, jobs, storage, encoded(plain()))

    answer = await client.get(f"/v1/video/results/{job.job_id}")

    assert shape(await answer.json()) == shape(RESULTS)
    assert (await answer.json())["results"] == RESULTS["results"]


async def test_every_member_of_results_is_documented_and_no_other(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """API-4, DOC-1"""
    job = await completed(client, jobs, storage, encoded(full()))

    answer = await client.get(f"/v1/video/results/{job.job_id}")

    documented = documented_members(section(text_of("ENDPOINTS"), "Results"))
    assert members(await answer.json(), "response") == documented


async def test_every_member_of_a_status_is_documented_and_no_other(
    client: TestClient, jobs: MemoryJobs
) -> None:
    """API-2, DOC-1"""
    job = await failed(client, jobs, FailureCode.NO_FRAMES, "why")

    answer = await client.get(f"/v1/video/status/{job.job_id}")

    told = set(spans(section(text_of("ENDPOINTS"), "Status")))
    only_failed = (await answer.json()).keys() - STATUS.keys()
    assert only_failed == {"error_code", "error_message"}
    assert only_failed <= told


async def test_a_summary_has_the_documented_members_around_the_pipelines_own(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    """DOC-1: what is inside them is compared where the pipeline runs."""
    job = await completed(client, jobs, storage)

    answer = await client.get(f"/v1/video/summary/{job.job_id}")

    documented = documented_members(section(text_of("ENDPOINTS"), "Summary"))
    assert (await answer.json()).keys() == documented["response"]
    assert SUMMARY.keys() | {"job_id", "results_sha256"} == documented["response"]
