"""The forgesyte command."""

from typing import Any

import click

from config.graph import GraphError
from config.settings import SettingsError, variable_of
from service.cli.client.commands import COMMANDS as CLIENT_COMMANDS
from service.cli.client.listing import LISTING_COMMANDS
from service.cli.client.verify import verify
from service.cli.client.watch import watch
from service.cli.local.commands import LOCAL_COMMANDS
from service.cli.operator.commands import OPERATOR_COMMANDS
from service.errors import DatabaseUnavailable, ServiceError
from service.jobs.migrate import MigrationFailed
from service.jobs.removal import RemovalRefused
from service.launcher.errors import CannotStart, EmbeddedServersError

_DATABASE = variable_of("database_url")
# What a user can cause: one line says what to do, a traceback would not.
_EXPECTED = (
    CannotStart,
    EmbeddedServersError,
    GraphError,
    MigrationFailed,
    RemovalRefused,
    ServiceError,
    SettingsError,
)


class _OneLineErrors(click.Group):
    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except DatabaseUnavailable as error:
            raise click.ClickException(f"the database of {_DATABASE}: {error}") from error
        except _EXPECTED as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_OneLineErrors)
@click.version_option(package_name="forgesyte")
def main() -> None:
    """Video jobs: post an MP4, get back what is in it and what can be read in it."""


COMMANDS = (
    *LOCAL_COMMANDS,
    *CLIENT_COMMANDS,
    *LISTING_COMMANDS,
    watch,
    verify,
    *OPERATOR_COMMANDS,
)
for _command in COMMANDS:
    main.add_command(_command)
