"""forgesyte tokens: who may use the service, as its operator says."""

import asyncio
from collections.abc import AsyncIterator

import click

from service.access.token import Token, is_name, new_secret, sha256_of
from service.cli.opened import run_on_services
from service.cli.output import Document, note, print_items, print_json, when
from service.errors import TokenRefused
from service.services import Services
from service.web.responses import timestamp

_JSON = click.option("--json", "only_json", is_flag=True, help="Print JSON on a terminal too.")


@click.group()
def tokens() -> None:
    """Make and revoke API tokens; web knows within 2 seconds.

    Jobs belong to the name of the token that submitted them, and stay when it is revoked: the next
    token of that name has them.

    Example: forgesyte tokens create ann
    """


@tokens.command()
@click.argument("name")
@_JSON
def create(name: str, only_json: bool) -> None:
    """Make a token and print it, this once: its SHA-256 alone is kept.

    Example: export FORGESYTE_TOKEN=$(forgesyte tokens create ann)
    """
    if not is_name(name):
        raise click.UsageError("NAME takes 1 to 64 letters, digits, dots, dashes and underscores")
    secret = new_secret()
    token = run_on_services(lambda services: services.tokens.create(name, sha256_of(secret)))
    if only_json:
        print_json({**_document(token), "token": secret})
    else:
        click.echo(secret)
        note("Keep it: it is not shown again. FORGESYTE_TOKEN and the page's dialog take it.")


@tokens.command("list")
@_JSON
def list_tokens(only_json: bool) -> None:
    """List the tokens there are, as a table or one JSON object a line.

    Example: forgesyte tokens list
    """
    found = run_on_services(lambda services: services.tokens.list_tokens())
    columns = {
        "name": lambda token: token["name"],
        "created": lambda token: when(token["created_at"]),
        "last used": lambda token: (
            when(token["last_used_at"]) if token["last_used_at"] else "never"
        ),
    }
    items = _each([_document(token) for token in found])
    asyncio.run(print_items(items, columns, limit=len(found), only_json=only_json))


@tokens.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Let a token in no more; its jobs stay.

    Example: forgesyte tokens revoke ann
    """
    run_on_services(lambda services: services.tokens.revoke(name))
    note(f"token {name} revoked")


@tokens.command()
@click.argument("name")
def adopt(name: str) -> None:
    """Give a token the jobs that were submitted without one, as before tokens were asked for.

    Example: forgesyte tokens adopt ann
    """

    async def give(services: Services) -> int:
        if name not in [token.name for token in await services.tokens.list_tokens()]:
            raise TokenRefused(f"there is no token {name}: `forgesyte tokens list` shows them")
        return await services.jobs.adopt(name)

    note(f"{run_on_services(give)} jobs belong to {name} now")


def _document(token: Token) -> Document:
    used_at = token.last_used_at
    return {
        "name": token.name,
        "created_at": timestamp(token.created_at),
        "last_used_at": used_at and timestamp(used_at),
    }


async def _each(items: list[Document]) -> AsyncIterator[Document]:
    for item in items:
        yield item
