"""forgesyte dev: the whole system on this machine, until Ctrl-C."""

import os
import shlex
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from config.settings import Settings
from service.access.token import new_secret, sha256_of
from service.cli.opened import run_on_services
from service.errors import TokenRefused
from service.launcher.embedded import Servers
from service.launcher.errors import Ended
from service.launcher.system import System, default_data, running_system
from service.services import Services

_TICK_SECONDS = 0.2
_COLOURS = {"web": "cyan", "worker": "magenta"}
_NAME_WIDTH = 7
_OWNER = "dev"
_VARIABLES = "servers.env"


def run_until_ended(port: int, data: Path | None) -> None:
    """Run everything at a port of the loopback address, with `data` or the folder that is usual."""
    data = data or default_data()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Data in {data}. Ctrl-C ends everything.")
    say, tokens = _Prefixed(console), list[str]()

    def make_token(settings: Settings, servers: Servers) -> None:
        # What asks for a token and has a database that only we know would let nobody in.
        if settings.auth_required and servers.database_url is not None:
            tokens.append(run_on_services(_renew_token, settings))
            _write_variables(data / _VARIABLES, servers)

    try:
        with running_system(
            data, port=port, environ=os.environ, say=say, prepare=make_token
        ) as system:
            _run(system, console, data, tokens)
    except Ended:
        console.print("Everything has ended.")


class _Prefixed:
    """Prints a process's line behind its name, one line at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._one_at_a_time = threading.Lock()

    def __call__(self, name: str, line: str) -> None:
        prefix = Text(f"{name:<{_NAME_WIDTH}}| ", style=_COLOURS.get(name, ""))
        with self._one_at_a_time:
            self._console.print(prefix + Text(line))


def _run(system: System, console: Console, data: Path, tokens: Sequence[str]) -> None:
    """Until Ended."""
    announced = False
    console.print("The worker loads its models; videos are taken meanwhile.")
    try:
        while True:
            system.tend()
            if not announced and system.is_ready():
                console.print(f"Ready: {system.url}", style="bold")
                for secret in tokens:
                    console.print(f"It asks for a token: FORGESYTE_TOKEN={secret}")
                    variables = shlex.quote(str(data / _VARIABLES))
                    console.print(f"For others: . {variables}; forgesyte tokens create ann")
                announced = True
            time.sleep(_TICK_SECONDS)
    except Ended:
        console.print("Ending: a video under way has up to 15 s, or is gone on with next time.")
        raise


def _write_variables(path: Path, servers: Servers) -> None:
    """What other commands need in their environment; a password is in it, so it is ours alone."""
    lines = [f"export {name}={shlex.quote(url)}\n" for name, url in servers.environ.items()]
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(lines))


async def _renew_token(services: Services) -> str:
    """A token in place of that of the last start, which nobody may have kept; its jobs stay."""
    secret = new_secret()
    with suppress(TokenRefused):
        await services.tokens.revoke(_OWNER)
    await services.tokens.create(_OWNER, sha256_of(secret))
    return secret
