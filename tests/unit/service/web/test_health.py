from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from service.errors import SchemaOutdated
from service.jobs.memory import MemoryJobs
from service.jobs.store import Expired
from service.storage.local import LocalStorage
from tests.queues import SERVER, SilentQueue
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import VIDEO, AwayJobs, problem
from tests.unit.service.workers import NOBODYS, announced
from tests.waiting import until


class ForgetfulStorage(LocalStorage):
    """A storage that was changed for another one after each write."""

    async def load(self, key: str) -> AsyncIterator[bytes]:
        yield b"something else"


class AgeingJobs(MemoryJobs):
    """Jobs in a database that is rolled back while we serve."""

    def __init__(self) -> None:
        super().__init__()
        self.is_old = False

    async def check(self) -> None:
        if self.is_old:
            raise SchemaOutdated("run `forgesyte migrate`")


async def of_unknown_size() -> AsyncIterator[bytes]:
    yield VIDEO


async def test_a_process_lives_without_its_servers(serve: Serve) -> None:
    client = await serve(jobs=AwayJobs(), queue=SilentQueue())

    assert (await client.get("/livez")).status == 200


async def test_readiness_is_reported_check_by_check_and_leaves_no_file(
    client: TestClient, folder: Path
) -> None:
    answer = await client.get("/readyz")

    document = await answer.json()
    everything = dict.fromkeys(("database", "storage", "queue", "recovery"), "ok")
    assert document["status"] == "ready"
    assert document["checks"] == everything | {"workers": "none"}
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_the_reason_is_the_logs_alone(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    client = await serve(queue=SilentQueue())
    answer = await client.get("/readyz")

    (told,) = [record for record in caplog.records if record.message == "not ready"]
    assert (told.levelname, told.check, told.exc_info) == ("WARNING", "queue", None)
    assert SERVER in told.reason
    assert SERVER not in await answer.text()


async def test_a_silent_queue_degrades(serve: Serve) -> None:
    client = await serve(queue=SilentQueue())
    answer = await client.get("/readyz")

    document = await answer.json()
    assert (answer.status, document["status"]) == (200, "degraded")
    assert document["checks"]["queue"] == "unavailable"


async def test_a_silent_database_is_not_ready(serve: Serve) -> None:
    client = await serve(jobs=AwayJobs())
    answer = await client.get("/readyz")

    checks = (await answer.json(content_type=None))["checks"]
    assert await problem(answer) == (503, "not_ready")
    assert checks == {
        "database": "unavailable",
        "storage": "ok",
        "queue": "ok",
        "recovery": "ok",
        "workers": "none",
    }


async def test_an_old_schema_is_not_ready(serve: Serve) -> None:
    jobs = AgeingJobs()
    client = await serve(jobs=jobs)
    jobs.is_old = True
    answer = await client.get("/readyz")

    assert await problem(answer) == (503, "not_ready")
    assert (await answer.json(content_type=None))["checks"]["database"] == "outdated"


async def test_a_storage_that_cannot_be_written_is_not_ready(
    client: TestClient, folder: Path
) -> None:
    folder.write_text("a file where the folder should be")
    answer = await client.get("/readyz")

    assert await problem(answer) == (503, "not_ready")


async def test_a_storage_that_nobody_may_write_to_is_not_taken_for_a_full_one(
    serve: Serve,
) -> None:
    client = await serve(storage=LocalStorage(NOBODYS), min_free_bytes=0)
    ready = await client.get("/readyz")
    submitted = await client.post(
        "/v1/video/submit", data=of_unknown_size(), headers={"Content-Type": "video/mp4"}
    )

    assert (await ready.json(content_type=None))["checks"]["storage"] == "not_writable"
    assert await problem(submitted) == (507, "storage_full")
    assert "let the service write" in (await submitted.json(content_type=None))["detail"]


async def test_a_storage_that_gives_back_something_else_is_not_ready(
    serve: Serve, folder: Path
) -> None:
    client = await serve(storage=ForgetfulStorage(folder))

    assert await problem(await client.get("/readyz")) == (503, "not_ready")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/pipelines"])
async def test_head_goes_with_every_get(client: TestClient, path: str) -> None:
    answer = await client.head(path)

    assert (answer.status, await answer.read()) == (200, b"")


async def test_the_pipelines_are_listed_and_one_is_the_default(client: TestClient) -> None:
    """PIP-2"""
    told = (await (await client.get("/v1/pipelines")).json())["pipelines"]

    assert {one["pipeline_id"] for one in told} >= {"yolo_ocr", "ocr_only", "detect_only"}
    assert [one["pipeline_id"] for one in told if one["default"]] == ["yolo_ocr"]
    assert all(one["description"] for one in told)


async def test_a_pipeline_that_lacks_a_setting_is_not_listed(
    client: TestClient, serve: Serve
) -> None:
    equipped = await serve(object_weights="cars.pt")

    assert "objects_and_text" not in await _told(client)
    assert "objects_and_text" in await _told(equipped)


async def _told(client: TestClient) -> set[str]:
    answer = await (await client.get("/v1/pipelines")).json()
    return {one["pipeline_id"] for one in answer["pipelines"]}


class UnrecoveredJobs(MemoryJobs):
    """Jobs whose leases cannot be looked at, though everything else can."""

    async def expire_leases(self, *, max_attempts: int) -> Expired:
        raise RuntimeError("on no list")


async def test_recovery_that_stopped_shows(serve: Serve) -> None:
    """JOB-3: a job of a crashed worker would wait for ever, and nobody would be told."""
    client = await serve(jobs=UnrecoveredJobs(), lease_seconds=0.05)

    async def is_told() -> bool:
        document = await (await client.get("/readyz")).json()
        return (document["status"], document["checks"]["recovery"]) == ("degraded", "late")

    await until(is_told)


async def test_the_last_good_pass_of_recovery_is_reported(serve: Serve) -> None:
    client = await serve(lease_seconds=0.05)

    async def passed_at() -> object:
        return (await (await client.get("/readyz")).json())["recovery_passed_at"]

    assert datetime.fromisoformat(await until(passed_at)) <= datetime.now(UTC)


async def test_a_worker_on_the_same_storage_is_seen(
    client: TestClient, jobs: MemoryJobs, folder: Path
) -> None:
    async with announced(jobs, LocalStorage(folder)):
        document = await (await client.get("/readyz")).json()

    assert (document["status"], document["checks"]["workers"]) == ("ready", "ok")


async def test_a_worker_on_another_storage_makes_web_unready_and_the_log_says_what_to_set(
    client: TestClient, jobs: MemoryJobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with announced(jobs, LocalStorage(tmp_path / "elsewhere"), process="host:1:a"):
        answer = await client.get("/readyz")
        checks = (await answer.json(content_type=None))["checks"]

    (told,) = [record for record in caplog.records if "another storage" in record.message]
    assert await problem(answer) == (503, "not_ready")
    assert (checks["storage"], checks["workers"]) == ("ok", "other_storage")
    assert (told.owner, "FORGESYTE_STORAGE_URL" in told.hint) == ("host:1:a", True)
    assert "host:1:a" not in await answer.text()


async def test_readiness_outlives_a_worker_that_is_restarted(
    client: TestClient, jobs: MemoryJobs, folder: Path
) -> None:
    seen = []
    for _ in range(3):
        async with announced(jobs, LocalStorage(folder)):
            seen.append(await (await client.get("/readyz")).json())
        seen.append(await (await client.get("/readyz")).json())

    assert {each["status"] for each in seen} == {"ready"}
    assert [each["checks"]["workers"] for each in seen] == ["ok", "none"] * 3
