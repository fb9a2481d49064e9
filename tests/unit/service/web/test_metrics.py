import logging
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from prometheus_client.parser import text_string_to_metric_families

from config.failures import FailureCode
from service.jobs.memory import MemoryJobs
from service.jobs.operations.base import JobFigures
from service.web.routes import ROUTES
from tests.queues import SilentQueue
from tests.unit.service.conftest import Serve
from tests.unit.service.web.access.conftest import bearer
from tests.unit.service.web.samples import AwayJobs, failed, problem, running, submitted

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(client: TestClient, headers: dict[str, str] | None = None) -> Samples:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(await answer.text())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"forgesyte_{name}", frozenset(labels.items())))


class CountedJobs(MemoryJobs):
    """Counts how often it is counted."""

    counted = 0

    async def figures(self) -> JobFigures:
        self.counted += 1
        return await super().figures()


async def test_jobs_are_shown_by_status_and_error_code(
    client: TestClient, jobs: MemoryJobs, folder: Path
) -> None:
    await failed(client, jobs, FailureCode.NO_FRAMES, "why")
    await running(client, jobs)
    await submitted(client)
    await submitted(client)

    samples = await scraped(client)

    assert value(samples, "jobs", status="pending") == 2
    assert value(samples, "jobs", status="running") == 1
    assert value(samples, "finished_jobs", status="failed", error_code="no_frames") == 1
    assert value(samples, "finished_jobs", status="failed", error_code="too_long") == 0
    assert (value(samples, "oldest_pending_seconds") or 0) > 0
    assert value(samples, "queue_entries") == 4
    assert (value(samples, "storage_free_bytes") or 0) > 0


async def test_a_flood_of_scrapes_reads_the_jobs_once(serve: Serve) -> None:
    jobs = CountedJobs()
    client = await serve(jobs=jobs)
    for _ in range(20):
        await scraped(client)

    assert jobs.counted == 1


async def test_servers_that_are_away_leave_their_figures_out(serve: Serve) -> None:
    client = await serve(jobs=AwayJobs(), queue=SilentQueue())
    samples = await scraped(client)

    assert value(samples, "server_up", server="database") == 0
    assert value(samples, "server_up", server="queue") == 0
    assert value(samples, "jobs", status="pending") is None
    assert value(samples, "queue_entries") is None
    assert (value(samples, "storage_free_bytes") or 0) > 0


async def test_requests_are_counted_by_route_and_by_nothing_that_a_client_writes(
    client: TestClient,
) -> None:
    mine = "f0f0f0f0-0000-0000-0000-000000000000"
    await client.get(f"/v1/jobs/{mine}?secret={mine}", headers={"X-Request-ID": mine})
    await client.get(f"/{mine}/../{mine}")
    await client.request(f"BREW{mine}", "/v1/jobs")
    await client.request("PUT", f"/v1/jobs/{mine}")
    await client.get(f"/static/{mine}/{mine}.js")

    samples = await scraped(client)

    requests = {name for name, _ in samples if name.startswith("forgesyte_http_request")}
    assert requests
    assert value(
        samples, "http_requests_total", method="GET", route="/v1/jobs/{job_id}", status="404"
    )
    assert value(samples, "http_requests_total", method="other", route="other", status="405")
    assert mine not in str(samples)
    routes = {dict(labels)["route"] for _, labels in samples if "route" in dict(labels)}
    assert routes <= {route.path for route in ROUTES} | {
        "/", "/static/{version}/{path}", "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "given", "status"),
    [
        ({}, {}, 200),
        ({"metrics_token": "m"}, {}, 401),
        ({"metrics_token": "m"}, bearer("m"), 200),
        ({"metrics_token": "m"}, bearer("wrong"), 401),
        ({"metrics_token": "m"}, bearer("\udce4"), 401),
        ({"host": "0.0.0.0"}, {}, 401),
        ({"host": "0.0.0.0"}, bearer(""), 401),
        ({"host": "0.0.0.0", "metrics_token": "m"}, bearer("m"), 200),
        ({"host": "0.0.0.0", "auth": "off"}, {}, 200),
    ],
    ids=str,
)
async def test_who_may_read_them(
    serve: Serve, settings: dict[str, str], given: dict[str, str], status: int
) -> None:
    answer = await (await serve(**settings)).get("/metrics", headers=given)

    assert answer.status == status
    if status == 401:
        assert await problem(answer) == (401, "unauthorized")


async def test_an_api_token_reads_no_metrics_and_is_not_looked_up(serve: Serve) -> None:
    """They are wanted most when the database is away."""
    client = await serve(jobs=AwayJobs(), auth="required", metrics_token="m")

    assert (await client.get("/metrics", headers=bearer("m"))).status == 200


async def test_recovery_is_counted(serve: Serve, jobs: MemoryJobs) -> None:
    client = await serve(lease_seconds=0.05)
    await submitted(client)
    await jobs.claim(owner="gone", lease_seconds=-1)

    samples: Samples = {}
    while not value(samples, "recovered_jobs_total", outcome="requeued"):
        samples = await scraped(client)
    assert value(samples, "recovered_jobs_total", outcome="requeued") == 1
    assert value(samples, "recovered_jobs_total", outcome="failed") == 0
    assert (value(samples, "recovery_pass_timestamp_seconds") or 0) > 1e9


async def test_the_metrics_token_is_in_no_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = await serve(metrics_token="metrics-s3cret")
    await client.get("/metrics", headers=bearer("metrics-s3cret"))
    await client.get("/metrics", headers=bearer("metrics-s3cret-not"))

    assert "metrics-s3cret" not in str([vars(record) for record in caplog.records])
