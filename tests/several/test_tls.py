"""PostgreSQL and Redis over TLS, with certificates that these tests make.

PostgreSQL's own are PgBouncer's here, in session mode: the embedded one was built without TLS.
"""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import trustme

from config.settings import Settings, SettingsError
from service.errors import DatabaseUnavailable, QueueUnavailable
from service.jobs.changes import open_postgres_changes, set_within
from service.jobs.migrate import MigrationFailed, migrate
from service.jobs.postgres import open_postgres_jobs
from service.launcher.embedded import Servers
from service.launcher.server_process import free_port
from service.queue.arq import arq_redis, open_arq_queue
from tests.forwarding import forwarded
from tests.pgbouncer import PgBouncer, open_pgbouncer
from tests.system.harness import ROOT, System, environ_for
from tests.unit.service.jobs.samples import a_new_job
from tests.unit.worker.scripted_child import MAGIC
from tests.waiting import until

SOON = 10.0


@dataclass(frozen=True)
class Certificates:
    """Files and contexts of one authority, and another authority's file."""

    folder: Path
    authority: trustme.CA

    def server(self, host: str = "127.0.0.1", *, asks_client: bool = False) -> ssl.SSLContext:
        """What a server shows as this host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(context)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        return context

    def path(self, name: str) -> Path:
        """One of authority.pem, other.pem, server.pem, server.key, client.pem, client.key."""
        return self.folder / name


@pytest.fixture(scope="module")
def certificates(reachable_folder: Path) -> Certificates:
    folder = reachable_folder / "certificates"
    folder.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other.pem")
    for name, host in (("server", "127.0.0.1"), ("client", "worker.example")):
        issued = authority.issue_cert(host)
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
        [chain] = issued.cert_chain_pems
        chain.write_to_path(folder / f"{name}.pem")
        # libpq takes no key that others may read, and PgBouncer is another user.
        (folder / f"{name}.key").chmod(0o644 if name == "server" else 0o600)
    return Certificates(folder, authority)


@pytest.fixture(scope="module", params=["server", "client too"])
def postgres(
    request: pytest.FixtureRequest,
    servers: Servers,
    reachable_folder: Path,
    certificates: Certificates,
) -> Iterator[PgBouncer]:
    """PostgreSQL that takes TLS alone; "client too": and a certificate of each client."""
    settings = {
        "pool_mode": "session",
        # Web and a worker keep more connections than the 20 it has by itself.
        "default_pool_size": 40,
        "client_tls_sslmode": "require" if request.param == "server" else "verify-ca",
        "client_tls_key_file": certificates.path("server.key"),
        "client_tls_cert_file": certificates.path("server.pem"),
        "client_tls_ca_file": certificates.path("authority.pem"),
    }
    with open_pgbouncer(reachable_folder, servers.database_url, settings=settings) as started:
        yield started


VERIFIED = (
    "sslmode=verify-full&sslrootcert={authority.pem}&sslcert={client.pem}&sslkey={client.key}"
)
TAKEN = {
    "verified": VERIFIED,
    "of its authority": VERIFIED.replace("verify-full", "verify-ca"),
    "as it comes": "sslmode=require&sslcert={client.pem}&sslkey={client.key}",
    "as a platform writes it": VERIFIED + "&channel_binding=prefer&connect_timeout=10",
}


@pytest.mark.parametrize("query", TAKEN.values(), ids=TAKEN)
async def test_everything_that_asks_postgresql_does_so_over_tls(
    postgres: PgBouncer, certificates: Certificates, database_url: str, query: str
) -> None:
    """The release phase, jobs, and who waits for news; with the scheme that platforms write."""
    url = with_query(postgres.in_front_of(database_url), query, certificates)
    settings = Settings(database_url=url, redis_url="redis://h")
    assert await asyncio.to_thread(migrate, settings.migrations_url)
    async with (
        open_postgres_jobs(settings.database_url) as jobs,
        open_postgres_changes(settings.migrations_url) as changes,
    ):
        job, _ = await jobs.insert(a_new_job())
        with changes.watch(job.job_id) as changed:
            await until(lambda: changes.is_live)
            changed.clear()
            await jobs.claim(owner="w", lease_seconds=60)
            assert await set_within(changed, SOON)


@pytest.mark.parametrize(
    ("query", "asyncpg_says", "libpq_says"),
    [
        (
            VERIFIED.replace("authority", "other"),
            "name its authority's file as sslrootcert in DATABASE_URL",
            "certificate verify failed",
        ),
        ("sslmode=disable", "08P01|SSL required", "SSL required"),
    ],
    ids=["another authority", "no TLS"],
)
async def test_a_postgresql_that_is_not_trusted_is_unavailable_and_says_why(
    postgres: PgBouncer,
    certificates: Certificates,
    database_url: str,
    query: str,
    asyncpg_says: str,
    libpq_says: str,
) -> None:
    url = with_query(postgres.in_front_of(database_url), query, certificates)
    async with open_postgres_jobs(url) as jobs:
        with pytest.raises(DatabaseUnavailable, match=asyncpg_says):
            await jobs.check()
    with pytest.raises((DatabaseUnavailable, MigrationFailed), match=libpq_says):
        migrate(url)


@asynccontextmanager
async def tls_redis(redis_url: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """The rediss:// URL of a Redis that shows the context's certificate."""
    port, parts = free_port(), urlsplit(redis_url)
    login, _, _ = parts.netloc.rpartition("@")
    async with forwarded(port, redis_url, tls=context):
        yield urlunsplit(parts._replace(scheme="rediss", netloc=f"{login}@127.0.0.1:{port}"))


async def test_a_redis_is_verified_by_a_private_authority_and_verifies_its_client(
    redis_url: str, certificates: Certificates
) -> None:
    query = "ssl_ca_certs={authority.pem}&ssl_certfile={client.pem}&ssl_keyfile={client.key}"
    async with tls_redis(redis_url, certificates.server(asks_client=True)) as url:
        async with open_arq_queue(queue_url(url, query, certificates)) as queue:
            assert await queue.size() == 0
        async with open_arq_queue(queue_url(url, query.split("&")[0], certificates)) as queue:
            with pytest.raises(QueueUnavailable):
                await queue.size()


@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("127.0.0.1", ""),
        ("127.0.0.1", "ssl_ca_certs={other.pem}"),
        ("redis.example", "ssl_ca_certs={authority.pem}"),
    ],
    ids=["no authority", "another authority", "another host"],
)
async def test_a_redis_that_is_not_trusted_is_unavailable_and_says_what_to_set(
    redis_url: str, certificates: Certificates, host: str, query: str
) -> None:
    async with (
        tls_redis(redis_url, certificates.server(host)) as url,
        open_arq_queue(queue_url(url, query, certificates)) as queue,
    ):
        with pytest.raises(QueueUnavailable, match="ssl_ca_certs in REDIS_URL"):
            await queue.size()


@pytest.mark.parametrize("told_by", ["FORGESYTE_REDIS_SSL_CERT_REQS", "REDIS_URL"])
async def test_a_redis_that_vouches_for_itself_is_taken_where_the_operator_says_so(
    redis_url: str, certificates: Certificates, told_by: str
) -> None:
    """Heroku's: its REDIS_URL comes from the platform and cannot be added to."""
    async with tls_redis(redis_url, certificates.server("heroku.example")) as url:
        in_url = "ssl_cert_reqs=none" if told_by == "REDIS_URL" else ""
        reqs = "required" if in_url else "none"
        async with open_arq_queue(queue_url(url, in_url, certificates, reqs=reqs)) as queue:
            assert await queue.size() == 0


@pytest.mark.parametrize("query", ["no_such=1", "db=x", "ssl_ca_certs={server.key}"])
def test_a_redis_url_that_no_connection_can_be_made_of_is_refused_at_the_start(
    certificates: Certificates, query: str
) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        arq_redis(queue_url("rediss://127.0.0.1:1/0", query, certificates))


@pytest.mark.parametrize("module", ["service", "worker"])
@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("REDIS_URL", "rediss://127.0.0.1:1/0?no_such=1"),
        ("REDIS_URL", "rediss://127.0.0.1:1/0?ssl_ca_certs=/nowhere"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/nowhere"),
    ],
)
def test_a_url_that_cannot_be_right_stops_the_start_with_one_line(
    tmp_path: Path, module: str, variable: str, url: str
) -> None:
    right = environ_for(
        tmp_path, database_url="postgres://127.0.0.1:1/d", redis_url="redis://127.0.0.1:1/0"
    )
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=right | {variable: url},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("{")]

    assert done.returncode == 2
    assert variable in line


@pytest.mark.parametrize("postgres", ["client too"], indirect=True)
async def test_web_and_worker_do_a_job_with_both_servers_over_tls(
    postgres: PgBouncer,
    certificates: Certificates,
    migrated_url: str,
    redis_url: str,
    tmp_path: Path,
) -> None:
    """P4: with a Redis that is not trusted, a job is done all the same, and the log says why."""
    database = with_query(postgres.in_front_of(migrated_url), VERIFIED, certificates)
    async with tls_redis(redis_url, certificates.server()) as url:
        for authority, queue in (("authority.pem", "ok"), ("other.pem", "unavailable")):
            redis = with_query(url, f"ssl_ca_certs={{{authority}}}", certificates)
            system = System(
                tmp_path,
                migrated_url,
                environ_for(
                    tmp_path / queue, database_url=database, redis_url=redis, lease_seconds="4"
                ),
            )
            try:
                _, document = await asyncio.to_thread(do_a_job, system)
            finally:
                await asyncio.to_thread(system.end)

            assert document["checks"]["queue"] == queue
            for running in system.started:
                text = running.log.read_text()
                assert "Traceback" not in text
                assert ("ssl_ca_certs in REDIS_URL" in text) is (queue == "unavailable")


def do_a_job(system: System) -> tuple[int, dict[str, dict[str, str]]]:
    """What /readyz says once a job is done, and the worker has been told of it or could not be."""
    system.start_web()
    worker = system.start_module("tests.benchmarks.processes.idle_worker", ready="worker ready")
    status, answer = system.post_bytes(MAGIC)
    assert status == 202
    system.wait_completed(answer["job_id"])
    ready = system.get("/readyz")
    worker.end()
    return ready


def with_query(url: str, query: str, certificates: Certificates) -> str:
    """The URL as a platform begins it, with the files that the query names."""
    for name in ("authority.pem", "other.pem", "client.pem", "client.key", "server.key"):
        query = query.replace(f"{{{name}}}", str(certificates.path(name)))
    parts = urlsplit(url)
    scheme = parts.scheme.replace("postgresql", "postgres")
    return urlunsplit(parts._replace(scheme=scheme, query=query))


def queue_url(url: str, query: str, certificates: Certificates, *, reqs: str = "required") -> str:
    """The URL as web and worker open it."""
    redis = with_query(url, query, certificates)
    return Settings(
        database_url="postgresql://h", redis_url=redis, redis_ssl_cert_reqs=reqs
    ).queue_url
