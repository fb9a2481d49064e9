"""PostgreSQL and Redis on machines of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from service.launcher.programs import Account
from tests.faults.servers import Pair, Server, open_servers, pongs, selects
from tests.several.network import Machine

DATABASE_PORT, REDIS_PORT = 5432, 6379


@contextmanager
def open_servers_on(folder: Path, database: Machine, queue: Machine) -> Iterator[Pair]:
    """Both, in a folder that an unprivileged user may enter, until the block ends."""
    # What they hold is made where they run with what a run takes for granted.
    with open_servers(folder) as here:
        made = here
    with (made.postgres.program.folder / "pg_hba.conf").open("a") as access:
        access.write("host all all 0.0.0.0/0 scram-sha-256\n")
    pair = Pair(
        _moved(
            made.postgres,
            database,
            DATABASE_PORT,
            ["-c", "listen_addresses=*", "-c", f"port={DATABASE_PORT}"],
            selects,
        ),
        _moved(
            made.redis, queue, REDIS_PORT, ["--bind", "0.0.0.0", "--port", f"{REDIS_PORT}"], pongs
        ),
    )
    try:
        pair.postgres.start()
        pair.redis.start()
        yield pair
    finally:
        for server in (pair.postgres, pair.redis):
            server.stop(server.program.stop)


def _moved(
    server: Server,
    machine: Machine,
    port: int,
    options: list[str],
    answers: Callable[[str], bool],
) -> Server:
    parts, program = urlsplit(server.url), server.program
    login, _, _ = parts.netloc.rpartition("@")
    url = urlunsplit(parts._replace(netloc=f"{login}@{machine.address}:{port}"))
    return Server(
        url,
        replace(
            program,
            # Who enters a machine has to be who made it, and becomes the account there.
            command=[*machine.prefix, *_becoming(program.account), *program.command, *options],
            account=Account(),
            answers=lambda: answers(url),
        ),
    )


def _becoming(account: Account) -> list[str]:
    if account.user is None:
        return []
    return [f"--setuid={account.user}", f"--setgid={account.group}"]
