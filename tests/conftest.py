"""Real servers for the tests that ask for them; the others never start one."""

import os
import uuid
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import arq.worker
import psycopg
import pytest
import redis
from fakeredis import FakeServer
from psycopg import sql

from service.jobs.migrate import migrate
from service.launcher.embedded import Servers, embedded_servers
from service.launcher.servers_folder import open_temporary_folder
from tests.pgbouncer import PgBouncer, open_pgbouncer
from tests.s3 import S3Server, running_s3_server

# The tests of whole systems run all that processes run. Elsewhere they are not measured: a measured
# one takes half as long again to start, and there are hundreds.
MEASURED_PROCESSES = frozenset({"integration", "system"})
MEASURE = "COVERAGE_PROCESS_CONFIG"


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test waits for servers and children for much of its time."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Lets what a test starts be measured, or not."""
    measure = None
    if MEASURED_PROCESSES.isdisjoint(item.path.relative_to(item.config.rootpath).parts):
        measure = os.environ.pop(MEASURE, None)
    try:
        return (yield)
    finally:
        if measure is not None:
            os.environ[MEASURE] = measure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole systems comes first: begun last, it would be waited for."""
    items.sort(key=lambda item: "system" not in item.path.parts)


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that an unprivileged user may enter; pytest's own are closed to others."""
    with open_temporary_folder("forgesyte-tests-") as folder:
        yield folder


@pytest.fixture(scope="session")
def servers(reachable_folder: Path, worker_id: str) -> Iterator[Servers]:
    """PostgreSQL and Redis for the whole run: the ones the environment names, else our own.

    TEST_DATABASE_URL names a PostgreSQL whose user may create databases; TEST_REDIS_URL a Redis
    whose databases may be emptied: each process of pytest-xdist takes one.
    """
    database_url, redis_url = (os.environ.get(f"TEST_{name}_URL") for name in ("DATABASE", "REDIS"))
    folder = reachable_folder / "data"
    with embedded_servers(folder, postgres=not database_url, redis=not redis_url) as own:
        if own.database_url:
            for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
                _execute(own.database_url, statement)
        yield replace(
            own,
            database_url=database_url or own.database_url,
            redis_url=_of_process(redis_url, worker_id) if redis_url else own.redis_url,
        )


@pytest.fixture(scope="session")
def s3_server(reachable_folder: Path) -> Iterator[S3Server]:
    """An S3 server for the whole run; each test takes a prefix of its own."""
    with running_s3_server(reachable_folder / "s3.log") as server:
        yield server


@pytest.fixture
def database_url(servers: Servers) -> Iterator[str]:
    """A fresh, empty database."""
    yield from _database(servers.database_url, template="template0")


@pytest.fixture
def migrated_url(servers: Servers, migrated_template: str) -> Iterator[str]:
    """A fresh database with our schema and no rows."""
    yield from _database(servers.database_url, template=migrated_template)


@pytest.fixture(scope="module")
def shared_url(servers: Servers, migrated_template: str) -> Iterator[str]:
    """A database with our schema that the tests of one file share."""
    yield from _database(servers.database_url, template=migrated_template)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushdb()
    return servers.redis_url


@pytest.fixture(scope="session")
def pgbouncer(servers: Servers, reachable_folder: Path) -> Iterator[PgBouncer]:
    """In front of the PostgreSQL of the whole run."""
    with open_pgbouncer(reachable_folder, servers.database_url) as started:
        yield started


@pytest.fixture
def fake_redis(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """An empty Redis within this process, which may be disconnected; see tests.queues."""

    async def log_nothing(*_: object) -> None:
        pass

    # fakeredis 2.40 knows no INFO.
    monkeypatch.setattr(arq.worker, "log_redis_info", log_nothing)
    return FakeServer()


@pytest.fixture(scope="session")
def migrated_template(servers: Servers) -> Iterator[str]:
    """Name of a database with our schema, to copy from: 40 ms where migrating takes a second."""
    for url in _database(servers.database_url, template="template0"):
        migrate(url)
        yield urlsplit(url).path.removeprefix("/")


def _database(url: str, *, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    _execute(url, sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
    yield _on(url, name)
    _execute(url, sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))


def _execute(url: str, statement: str | sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _of_process(redis_url: str, worker_id: str) -> str:
    return redis_url if worker_id == "master" else _on(redis_url, worker_id.removeprefix("gw"))


def _on(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
