"""Web and worker that were started before PostgreSQL and Redis, or with URLs that are wrong."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pytest

from service.jobs.migrate import migrate
from service.launcher.server_process import free_port
from tests.forwarding import forwarded
from tests.system.harness import System, environ_for
from tests.unit.worker.scripted_child import MAGIC
from tests.waiting import until

IDLE_WORKER = "tests.benchmarks.processes.idle_worker"
# Every character that a URL has a meaning of its own for.
SECRET = "s3c/r:e@t%?#&"


def at_port(url: str, port: int) -> str:
    """The same server behind another port, its password written otherwise."""
    parts = urlsplit(url)
    password = "".join(f"%{ord(character):02X}" for character in unquote(parts.password or ""))
    login = f"{parts.username or ''}:{password}@" if password else ""
    return urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{port}"))


async def ready(system: System) -> tuple[int, dict[str, str]]:
    status, document = await asyncio.to_thread(system.get, "/readyz")
    return status, document["checks"] if document else {}


def secrets_in(log: Path, *urls: str) -> set[str]:
    """Passwords of the URLs that a log has, as they are and as they are written there."""
    text = log.read_text()
    passwords = [urlsplit(url).password or "" for url in urls]
    shapes = {each for password in passwords for each in (password, unquote(password)) if each}
    return {each for each in shapes if each in text or json.dumps(each)[1:-1] in text}


@pytest.fixture
def system(tmp_path: Path, database_url: str) -> Iterator[System]:
    system = System(tmp_path, database_url, {})
    yield system
    system.end()


async def test_web_and_worker_wait_for_their_servers_and_for_the_schema(
    system: System, database_url: str, redis_url: str
) -> None:
    """JOB-4, P8: whatever comes up late, and in whatever state, nobody has to restart anything."""
    database_port, redis_port = free_port(), free_port()
    urls = at_port(database_url, database_port), at_port(redis_url, redis_port)
    system.environ = environ_for(
        system.folder, database_url=urls[0], redis_url=urls[1], lease_seconds="2"
    )
    web = await asyncio.to_thread(system.start_module, "service", ready="web listens")
    worker = await asyncio.to_thread(system.start_module, IDLE_WORKER, ready="worker ready")
    assert (await asyncio.to_thread(system.get, "/livez"))[0] == 200

    async def is_told(word: str) -> bool:
        return (await ready(system))[1].get("database") == word

    await until(lambda: is_told("unavailable"))
    assert (await ready(system))[0] == 503
    async with forwarded(database_port, database_url):
        await until(lambda: is_told("outdated"))
        await until(lambda: worker.says("forgesyte migrate"))
        assert (await ready(system))[0] == 503
        await asyncio.to_thread(migrate, database_url)

        async def is_ready() -> bool:
            status, checks = await ready(system)
            return status == 200 and checks["workers"] == "ok"

        await until(is_ready)
        video = system.folder / "empty.mp4"
        video.write_bytes(MAGIC)
        first = await asyncio.to_thread(system.submit, video)
        await asyncio.to_thread(system.wait_completed, first)
        assert (await ready(system))[1]["queue"] == "unavailable"
        async with forwarded(redis_port, redis_url):

            async def has_queue() -> bool:
                return (await ready(system))[1]["queue"] == "ok"

            await until(has_queue)
            second = await asyncio.to_thread(system.submit, video)
            await asyncio.to_thread(system.wait_completed, second)
            assert await asyncio.to_thread(worker.end) == 0
            assert await asyncio.to_thread(web.end) == 0
    assert [secrets_in(running.log, *urls) for running in (web, worker)] == [set(), set()]


@pytest.mark.parametrize("where", ["nobody listens", "the password is wrong"])
async def test_no_password_of_a_url_is_logged(
    system: System, migrated_url: str, redis_url: str, where: str
) -> None:
    secret = quote(SECRET, safe="")
    urls = []
    for url, user in ((migrated_url, urlsplit(migrated_url).username), (redis_url, "")):
        at = urlsplit(url)
        port = at.port if where == "the password is wrong" else free_port()
        urls.append(urlunsplit(at._replace(netloc=f"{user}:{secret}@{at.hostname}:{port}")))
    system.environ = environ_for(
        system.folder, database_url=urls[0], redis_url=urls[1], lease_seconds="1"
    )
    web = await asyncio.to_thread(system.start_module, "service", ready="web listens")
    worker = await asyncio.to_thread(system.start_module, IDLE_WORKER, ready="worker ready")
    status, _ = await ready(system)
    # Each of those who ask a server has been refused by now.
    for log in (web, worker):
        await until(lambda log=log: log.says("recovery waits for the database"))  # type: ignore[misc]
    await until(lambda: worker.says("queue unavailable") and worker.says("claim failed"))
    await until(lambda: web.says('"check": "queue"') and web.says("queue unavailable at the start"))

    assert status == 503
    assert [secrets_in(running.log, *urls) for running in (web, worker)] == [set(), set()]
