"""A PostgreSQL and a Redis of one's own, which may be killed and started again at their address."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import redis

from service.launcher.embedded import embedded_servers
from service.launcher.programs import find_programs
from service.launcher.server_process import ServerProgram, free_port, running

PASSWORD = secrets.token_hex(8)


@dataclass
class Server:
    """One server; what it holds stays from start to start."""

    url: str
    program: ServerProgram
    pid: int = 0
    _started: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Have it answer."""
        if not self.pid:
            self.pid = self._started.enter_context(running(self.program))

    def stop(self, number: signal.Signals) -> None:
        """End it by a signal: SIGQUIT stops a PostgreSQL at once, SIGKILL a Redis."""
        if self.pid:
            os.kill(self.pid, number)
            self._started.close()
            self.pid = 0

    def send(self, number: signal.Signals) -> None:
        """Stop or continue it, and what it started: PostgreSQL answers by its backends."""
        if self.pid:
            server = psutil.Process(self.pid)
            for process in (server, *server.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)


@dataclass(frozen=True)
class Pair:
    """Both servers, running."""

    postgres: Server
    redis: Server

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh, empty database."""
        name = f"run_{secrets.token_hex(6)}"
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(self.postgres.url)._replace(path=f"/{name}"))
        finally:
            self.postgres.start()
            with psycopg.connect(self.postgres.url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def open_servers(folder: Path) -> Iterator[Pair]:
    """Both, in a folder that an unprivileged user may enter, until the block ends."""
    pair = Pair(_postgres(folder), _redis(folder))
    try:
        pair.postgres.start()
        pair.redis.start()
        yield pair
    finally:
        for server in (pair.postgres, pair.redis):
            # One that was stopped would not hear that it is to end.
            server.send(signal.SIGCONT)
            server.stop(server.program.stop)


def _postgres(folder: Path) -> Server:
    with embedded_servers(folder, redis=False) as servers:
        assert servers.database_url is not None
        command = psutil.Process(servers.postgres_pid).cmdline()
        url, data = servers.database_url, servers.folder
    program = ServerProgram(
        # No fault here takes the power away, and a restart would sync every file first.
        command=[*command, "-c", "fsync=off"],
        folder=data / "postgres",
        log=data / "postgres-again.log",
        account=find_programs(data).account,
        stop=signal.SIGINT,
        answers=lambda: selects(url),
    )
    return Server(url, program)


def _redis(folder: Path) -> Server:
    programs, port, data = find_programs(folder), free_port(), folder / "redis-again"
    data.mkdir(exist_ok=True)
    programs.account.give(data)
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    settings = f'bind 127.0.0.1\nport {port}\nrequirepass {PASSWORD}\ndir "{data}"\nsave ""\n'
    program = ServerProgram(
        command=[str(programs.redis_server), "-"],
        folder=data,
        log=folder / "redis-again.log",
        account=programs.account,
        stop=signal.SIGTERM,
        answers=lambda: pongs(url),
        standard_input=settings.encode(),
    )
    return Server(url, program)


def selects(url: str) -> bool:
    """Whether a PostgreSQL answers."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def pongs(url: str) -> bool:
    """Whether a Redis answers."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
