"""What an operator types: run a process of the system, migrate, recover, analyse, add weights."""

import os
import sys

import click

from config.settings import Settings
from service.cli.opened import run_on_services
from service.cli.operator.rollback import roll_back
from service.cli.operator.tokens import tokens
from service.dispatch.recovery import recover as recover_once
from service.jobs.migrate import migrate as apply_migrations
from service.launcher.extras import require_extras


@click.command()
def web() -> None:
    """Run the web process: the same as python -m service.

    Example: PORT=8080 forgesyte web
    """
    _become("service")


@click.command()
def worker() -> None:
    """Run a worker process: the same as python -m worker.

    Example: FORGESYTE_CORES=4 forgesyte worker
    """
    require_extras("worker")
    _become("worker")


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    options_metavar="",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="FILE [OPTIONS]")
def analyse(arguments: tuple[str, ...]) -> None:
    """Run the pipeline on a video, without any server."""
    require_extras("worker")
    _become("worker.analyse", *arguments)


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    options_metavar="",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="add|list [OPTIONS]")
def weights(arguments: tuple[str, ...]) -> None:
    """Add a detector's weights, or list those that were added."""
    require_extras("worker")
    _become("worker.added_weights", *arguments)


@click.command()
@click.option("--rollback", is_flag=True, help="Undo every migration: the jobs are gone.")
@click.option(
    "--delete-jobs", is_flag=True, help="Roll back although there are jobs: their files go first."
)
@click.option("--files-gone", is_flag=True, help="Delete the jobs, leave the storage as it is.")
def migrate(rollback: bool, delete_jobs: bool, files_gone: bool) -> None:
    """Bring the database's schema up to date. Safe to run twice at once.

    Example: DATABASE_URL=postgresql://localhost/forgesyte forgesyte migrate
    """
    if delete_jobs > rollback or files_gone > delete_jobs:
        raise click.UsageError("it is --rollback [--delete-jobs [--files-gone]]")
    settings = Settings.from_env(os.environ)
    if rollback:
        names = roll_back(settings, delete_jobs=delete_jobs, files_gone=files_gone)
    else:
        names = apply_migrations(settings.migrations_url)
    for name in names:
        click.echo(f"{'undone' if rollback else 'applied'} {name}")
    if not names:
        click.echo("nothing to do")


@click.command()
def recover() -> None:
    """Run one recovery pass, as web and worker do, and report it.

    Example: forgesyte recover
    """
    done = run_on_services(
        lambda services: recover_once(
            services.jobs, services.queue, max_attempts=services.settings.max_attempts
        )
    )
    click.echo(f"{len(done.requeued)} jobs pending again, {len(done.failed)} jobs failed")


OPERATOR_COMMANDS: tuple[click.Command, ...] = (
    web,
    worker,
    analyse,
    weights,
    migrate,
    recover,
    tokens,
)


def _become(module: str, *arguments: str) -> None:
    """Replace this process, so that signals reach the module and its exit status is ours."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
