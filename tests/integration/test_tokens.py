"""The operator's commands on tokens, against a real database and the client's commands."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from aiohttp.test_utils import TestClient
from click.testing import CliRunner, Result

from config.settings import Settings
from service.access import known
from service.access.token import sha256_of
from service.app import create_app
from service.cli.main import main
from service.wiring import open_services
from tests.integration.database_faults import backends_stopped
from tests.unit.service.web.access.conftest import bearer
from tests.unit.service.web.samples import VIDEO
from tests.waiting import until

Forgesyte = Callable[..., Result]
NOT_NOTED = "a token's use was not noted"
OTHER_BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "FORGESYTE_STORAGE_URL": settings.storage_url,
    }


@pytest.fixture
def forgesyte(environ: dict[str, str]) -> Forgesyte:
    def run(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env=environ | more)

    return run


@pytest.fixture
async def guarded(
    settings: Settings, aiohttp_client: Callable[..., Awaitable[TestClient]]
) -> TestClient:
    asking = settings.model_copy(update={"auth": "required"})
    return await aiohttp_client(create_app(lambda: open_services(asking)))


def test_a_token_is_shown_once_and_kept_as_its_sha256(
    forgesyte: Forgesyte, environ: dict[str, str]
) -> None:
    made = forgesyte("tokens", "create", "ann")

    secret = made.stdout.strip()
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT name, sha256, last_used_at FROM tokens").fetchall()
    listed = forgesyte("tokens", "list")
    assert row == [("ann", sha256_of(secret), None)]
    assert "not shown again" in made.stderr
    assert secret not in made.stderr + listed.output


def test_tokens_are_listed_as_json_lines_too(forgesyte: Forgesyte) -> None:
    made = json.loads(forgesyte("tokens", "create", "bob", "--json").stdout)
    forgesyte("tokens", "create", "ann")

    listed = [
        json.loads(line) for line in forgesyte("tokens", "list", "--json").stdout.splitlines()
    ]

    assert made.keys() == {"name", "created_at", "last_used_at", "token"}
    assert [token["name"] for token in listed] == ["ann", "bob"]
    assert listed[1] == {name: made[name] for name in ("name", "created_at", "last_used_at")}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["create", "two words"], "NAME takes"),
        (["create", "ann"], "there is a token ann: revoke it first"),
        (["revoke", "bob"], "there is no token bob"),
        (["adopt", "bob"], "there is no token bob"),
    ],
)
def test_what_cannot_be_done_is_said(forgesyte: Forgesyte, arguments: list[str], told: str) -> None:
    forgesyte("tokens", "create", "ann")

    refused = forgesyte("tokens", *arguments)

    assert refused.exit_code != 0
    assert told in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.output


async def test_the_clients_commands_work_with_a_token_until_it_is_revoked(
    guarded: TestClient, forgesyte: Forgesyte, tmp_path: Path
) -> None:
    """Without a restart of web, from the first second on."""
    video = tmp_path / "clip.mp4"
    video.write_bytes(VIDEO)
    url = str(guarded.make_url(""))

    async def run(*arguments: str, **environ: str) -> Result:
        return await asyncio.to_thread(forgesyte, *arguments, FORGESYTE_URL=url, **environ)

    without = await run("list")
    secret = (await run("tokens", "create", "ann")).stdout.strip()
    sent = await run("submit", str(video), "--token", secret)
    job_id = sent.stdout.strip()
    listed = await run("list", FORGESYTE_TOKEN=secret)
    others = (await run("tokens", "create", "bob")).stdout.strip()
    hidden = await run("status", job_id, FORGESYTE_TOKEN=others)

    async def is_used() -> bool:
        ann = json.loads((await run("tokens", "list", "--json")).stdout.splitlines()[0])
        return ann["last_used_at"] is not None

    assert "unauthorized" in without.stderr
    assert (sent.exit_code, json.loads(listed.stdout)["job_id"]) == (0, job_id)
    assert "job_not_found" in hidden.stderr
    await until(is_used)
    await run("tokens", "revoke", "ann")

    async def is_refused() -> bool:
        return "unauthorized" in (await run("list", FORGESYTE_TOKEN=secret)).stderr

    await until(is_refused, seconds=5)


async def test_a_database_that_hangs_while_a_use_is_noted_delays_no_answer(
    guarded: TestClient,
    forgesyte: Forgesyte,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """P8: the statement of the request has most of the five seconds for itself."""
    monkeypatch.setattr(known, "REVOKED_SECONDS", 600.0)
    made = [await asyncio.to_thread(forgesyte, "tokens", "create", name) for name in ("ann", "bob")]
    ann, bob = (result.stdout.strip() for result in made)
    await guarded.get("/v1/pipelines", headers=bearer(ann))
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        used = "SELECT count(last_used_at) FROM tokens"
        await until(lambda: connection.execute(used).fetchone() == (1,))
        pids = [pid for (pid,) in connection.execute(OTHER_BACKENDS)]
    with backends_stopped(pids):
        answer = await guarded.get("/v1/pipelines", headers=bearer(bob))
        said_so_far = caplog.messages[:]
        await until(lambda: NOT_NOTED in caplog.messages)

    assert answer.status == 200
    assert NOT_NOTED not in said_so_far


async def test_jobs_of_before_are_adopted(
    guarded: TestClient, client: TestClient, forgesyte: Forgesyte
) -> None:
    raw = {"Content-Type": "video/mp4"}
    accepted = await client.post("/v1/video/submit", data=VIDEO, headers=raw)
    job_id = (await accepted.json())["job_id"]
    secret = (await asyncio.to_thread(forgesyte, "tokens", "create", "ann")).stdout.strip()
    url, headers = f"/v1/jobs/{job_id}", {"Authorization": f"Bearer {secret}"}
    before = await guarded.get(url, headers=headers)

    adopted = await asyncio.to_thread(forgesyte, "tokens", "adopt", "ann")

    assert before.status == 404
    assert adopted.stderr == "1 jobs belong to ann now\n"
    assert (await guarded.get(url, headers=headers)).status == 200
    assert (await client.get(url)).status == 404
