"""demo and dev, whose work wants the extras `local` and `worker` and whose help does not."""

from pathlib import Path

import click

from service.launcher.extras import require_extras


@click.command()
def demo() -> None:
    """Read a sample video with a whole system of its own.

    Prints what was found.

    Example: forgesyte demo
    """
    require_extras("local", "worker")
    from service.cli.local.demo import read_sample  # its packages are of the extras

    read_sample()


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
    """Run web and worker, with PostgreSQL and Redis of their own.

    Example: forgesyte dev --port 9000 --data jobs
    """
    require_extras("local", "worker")
    from service.cli.local.dev import run_until_ended  # its packages are of the extras

    run_until_ended(port, data)


LOCAL_COMMANDS: tuple[click.Command, ...] = (dev, demo)
