"""forgesyte dev: the whole system on this machine, until Ctrl-C."""

import os
import threading
import time
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from service.launcher.system import Ended, System, default_data, running_system

_TICK_SECONDS = 0.2
_COLOURS = {"web": "cyan", "worker": "magenta"}
_NAME_WIDTH = 7


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), envvar="PORT", default=8080, show_default=True
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the databases and the videos; taken up again at the next start.",
)
def dev(port: int, data: Path | None) -> None:
    """Run web and worker on this machine, with a PostgreSQL and a Redis of their own."""
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
            announced = True
        time.sleep(_TICK_SECONDS)
