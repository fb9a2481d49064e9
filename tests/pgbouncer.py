"""A PgBouncer in transaction mode between the system and its PostgreSQL."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from service.launcher.programs import find_programs
from service.launcher.server_process import ServerProgram, free_port
from tests.faults.servers import Server

# Fewer than web and a worker may have open, so that what one leaves in a session another meets.
POOL_SIZE = 4


@dataclass(frozen=True)
class PgBouncer:
    """A running one; it takes every database and every role of the server behind it."""

    server: Server

    def in_front_of(self, url: str) -> str:
        """The URL of the same database through PgBouncer."""
        parts = urlsplit(url)
        login, _, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{login}@{urlsplit(self.server.url).netloc}"))

    def environ(self, url: str) -> dict[str, str]:
        """The settings of a process that reaches this database through PgBouncer."""
        return {"DATABASE_URL": self.in_front_of(url), "FORGESYTE_DATABASE_DIRECT_URL": url}


@contextmanager
def open_pgbouncer(
    folder: Path, url: str, *, settings: Mapping[str, object] | None = None
) -> Iterator[PgBouncer]:
    """In front of the server whose superuser's URL is given, until the block ends.

    folder: an unprivileged user may enter it. settings: what differs, as pgbouncer.ini names it.
    """
    path = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    assert path, "no pgbouncer: run `.ci/install tests`, or install it by hand"
    account, port = find_programs(folder).account, free_port()
    folder = folder / f"pgbouncer-{port}"
    folder.mkdir()
    to = urlsplit(url)
    logins = folder / "logins.txt"
    logins.write_text(f'"{to.username}" "{unquote(to.password or "")}"\n')
    chosen = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        "auth_type": "scram-sha-256",
        # Other roles' passwords are asked for at the server, by the one that is listed.
        "auth_file": logins,
        # After a restart of the server, clients of a test do not wait for the default of 15 s.
        "server_login_retry": 1,
        **(settings or {}),
    }
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        "\n".join(
            [
                "[databases]",
                f"* = host={to.hostname} port={to.port} auth_user={to.username}",
                "[pgbouncer]",
                *(f"{name} = {value}" for name, value in chosen.items()),
                "",
            ]
        )
    )
    for given in (folder, logins, ini):
        account.give(given)
    program = ServerProgram(
        command=[path, "-q", str(ini)],
        folder=folder,
        log=folder / "log",
        account=account,
        stop=signal.SIGTERM,
        answers=lambda: _listens(port),
    )
    server = Server(f"postgresql://127.0.0.1:{port}", program)
    server.start()
    try:
        yield PgBouncer(server)
    finally:
        server.send(signal.SIGCONT)
        server.stop(signal.SIGTERM)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
