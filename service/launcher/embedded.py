"""A PostgreSQL and a Redis of our own, for development, the demo and the tests."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis as redis_client

from service.launcher.errors import EmbeddedServersError
from service.launcher.programs import Programs, find_programs
from service.launcher.server_process import (
    ServerProgram,
    end_left_behind,
    free_port,
    running,
    server_environ,
)
from service.launcher.servers_folder import ELSEWHERE, make_folder, servers_folder

_OWNER = "forgesyte"
_ANSWER_SECONDS = 2


@dataclass(frozen=True)
class Servers:
    """Where the servers that were started listen, None for one that was not; and their folder."""

    database_url: str | None
    redis_url: str | None
    postgres_pid: int | None
    redis_pid: int | None
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The settings that point a process at these servers."""
        urls = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        return {name: url for name, url in urls.items() if url is not None}

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the servers that were started, by their names."""
        pids = {"postgres": self.postgres_pid, "redis": self.redis_pid}
        return {name: pid for name, pid in pids.items() if pid is not None}


@contextmanager
def embedded_servers(
    data: Path, *, postgres: bool = True, redis: bool = True, elsewhere: Path = ELSEWHERE
) -> Iterator[Servers]:
    """Run the servers on free loopback ports until the block ends; what they hold stays in `data`.

    Servers that a killed launcher left behind on `data` are ended first. As root they run as an
    unprivileged user; what they hold stays below `elsewhere` when that user may not enter `data`.
    Raises EmbeddedServersError with what to do when they cannot run.
    """
    data = data.resolve()
    with _refusal_named(data):
        make_folder(data)
    nothing = (None, None)
    with ExitStack() as stack:
        stack.enter_context(_locked(data))
        folder = servers_folder(data, elsewhere) if postgres or redis else data
        make_folder(folder)
        programs = find_programs(folder)
        database = stack.enter_context(_postgres(folder, programs)) if postgres else nothing
        broker = stack.enter_context(_redis(folder, programs)) if redis else nothing
        yield Servers(
            database_url=database[0],
            redis_url=broker[0],
            postgres_pid=database[1],
            redis_pid=broker[1],
            folder=folder,
        )


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    with _refusal_named(data):
        descriptor = os.open(data / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, data)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _refusal_named(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedServersError(
            f"{data} cannot be used ({error.strerror}): choose another --data"
        ) from error


def _lock(descriptor: int, data: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise EmbeddedServersError(
            f"{data} is in use by another forgesyte: end that one, or choose another --data"
        ) from error


@contextmanager
def _postgres(data: Path, programs: Programs) -> Iterator[tuple[str, int]]:
    cluster, password = data / "postgres", _password(data / "postgres.password")
    if not cluster.exists():
        _create_cluster(cluster, password, programs)
    end_left_behind(cluster / "postmaster.pid", cluster, signal.SIGINT)
    port = free_port()
    url = f"postgresql://{_OWNER}:{password}@127.0.0.1:{port}/postgres"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    program = ServerProgram(
        command=[str(programs.postgres), "-D", str(cluster), *options],
        folder=cluster,
        log=data / "postgres.log",
        account=programs.account,
        stop=signal.SIGINT,
        answers=lambda: _selects(url),
    )
    with running(program) as pid:
        yield url, pid


@contextmanager
def _redis(data: Path, programs: Programs) -> Iterator[tuple[str, int]]:
    folder, password = data / "redis", _password(data / "redis.password")
    folder.mkdir(mode=0o700, exist_ok=True)
    programs.account.give(folder)
    end_left_behind(folder / "redis.pid", folder, signal.SIGTERM)
    port = free_port()
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    settings = (
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        f'dir "{folder}"\npidfile "{folder}/redis.pid"\nappendonly yes\nsave 60 1\n'
    )
    program = ServerProgram(
        # The settings come by standard input: a command line shows the password to everybody.
        command=[str(programs.redis_server), "-"],
        folder=folder,
        log=data / "redis.log",
        account=programs.account,
        stop=signal.SIGTERM,
        answers=lambda: _pongs(url),
        standard_input=settings.encode(),
    )
    with running(program) as pid:
        yield url, pid


def _password(path: Path) -> str:
    if not path.exists():
        part = path.with_name(path.name + ".part")
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(24))
        part.rename(path)
    return path.read_text()


def _create_cluster(cluster: Path, password: str, programs: Programs) -> None:
    # A cluster that was cut short must not be taken for a whole one, hence the rename.
    part, password_file = cluster.with_name("postgres.part"), cluster.with_name("initdb.password")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    programs.account.give(part)
    programs.account.give(password_file)
    try:
        _initdb(part, password_file, programs)
    finally:
        password_file.unlink()
    part.rename(cluster)


def _initdb(cluster: Path, password_file: Path, programs: Programs) -> None:
    options = {
        "pgdata": cluster,
        "username": _OWNER,
        "pwfile": password_file,
        "auth": "scram-sha-256",
        "encoding": "UTF8",
        "locale": "C",
        "locale-provider": "builtin",
        "builtin-locale": "C.UTF-8",
    }
    done = subprocess.run(
        [str(programs.initdb), *(f"--{name}={value}" for name, value in options.items())],
        check=False,
        cwd=cluster,
        env=server_environ(),
        capture_output=True,
        text=True,
        user=programs.account.user,
        group=programs.account.group,
        extra_groups=programs.account.extra_groups,
    )
    if done.returncode != 0:
        raise EmbeddedServersError(f"PostgreSQL could not be set up: {done.stderr.strip()}")


def _selects(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=_ANSWER_SECONDS) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise EmbeddedServersError(
                "the data folder's postgres.password does not open its database: "
                "put the right one back, or start with another --data"
            ) from error
        return False
    return True


def _pongs(url: str) -> bool:
    try:
        with redis_client.Redis.from_url(url, socket_timeout=_ANSWER_SECONDS) as client:
            return bool(client.ping())
    except redis_client.RedisError:
        return False
