"""forgesyte dev: the whole system on this machine, until Ctrl-C."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from service.access.token import new_secret, sha256_of
from service.cli.opened import run_on_services
from service.errors import TokenRefused
from service.launcher.errors import Ended
from service.launcher.system import System, default_data, running_system
from service.services import Services

_TICK_SECONDS = 0.2
_COLOURS = {"web": "cyan", "worker": "magenta"}
_NAME_WIDTH = 7
_OWNER = "dev"


def run_until_ended(port: int, data: Path | None) -> None:
    """Run everything at a port of the loopback address, with `data` or the folder that is usual."""
    data = data or default_data()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Data in {data}. Ctrl-C ends everything.")
    say = _Prefixed(console)
    try:
        with running_system(data, port=port, environ=os.environ, say=say) as system:
            _run(system, console)
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


def _run(system: System, console: Console) -> None:
    announced = False
    while True:
        system.tend()
        if not announced and system.is_ready():
            console.print(f"Ready: {system.url}", style="bold")
            # What asks for a token and has a database that only we know would let nobody in.
            if system.settings.auth_required and system.servers.database_url is not None:
                secret = run_on_services(_renew_token, system.settings)
                console.print(f"It asks for a token: FORGESYTE_TOKEN={secret}")
            announced = True
        time.sleep(_TICK_SECONDS)


async def _renew_token(services: Services) -> str:
    """A token in place of that of the last start, which nobody may have kept; its jobs stay."""
    secret = new_secret()
    with suppress(TokenRefused):
        await services.tokens.revoke(_OWNER)
    await services.tokens.create(_OWNER, sha256_of(secret))
    return secret
