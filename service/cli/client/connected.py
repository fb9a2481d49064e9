"""What every command of a client has: where the service is, and errors in one line."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from service.client import Client, ClientFailure, ServiceUnreachable, TokenNeeded, open_client

DEFAULT_URL = "http://127.0.0.1:8080"

F = TypeVar("F", bound=Callable[..., Any])


def of_service(command: F) -> F:
    """Give a command the options url and token."""
    url = click.option(
        "--url", envvar="FORGESYTE_URL", default=DEFAULT_URL, show_default=True, help="The service."
    )
    token = click.option("--token", envvar="FORGESYTE_TOKEN", help="An API token.")
    return url(token(command))


def run(work: Callable[[Client], Coroutine[Any, Any, None]], url: str, token: str | None) -> None:
    """Do the work with a client of the service; raises ClickException for what fails."""

    async def with_client() -> None:
        async with open_client(url, token) as client:
            await work(client)

    try:
        asyncio.run(with_client())
    except TokenNeeded as error:
        raise click.ClickException(f"{error}; set FORGESYTE_TOKEN, or give --token") from error
    except ServiceUnreachable as error:
        elsewhere = "; where it is elsewhere, set FORGESYTE_URL, or give --url"
        hint = elsewhere if url == DEFAULT_URL else ""
        raise click.ClickException(f"{error}{hint}") from error
    except ClientFailure as error:
        raise click.ClickException(str(error)) from error
