"""The client's commands about all jobs: list them, search in them."""

import click

from service.cli.client.connected import of_service, run
from service.cli.output import clock, print_items, when
from service.client import Client
from service.jobs.model import Status

LIMIT = 20


@click.command("list")
@click.option(
    "--status", "wanted", type=click.Choice([one.value for one in Status]), help="Only such jobs."
)
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True)
@click.option("--json", "only_json", is_flag=True, help="One JSON object a line, as in a pipe.")
@of_service
def list_jobs(wanted: str | None, limit: int, only_json: bool, url: str, token: str | None) -> None:
    """List jobs, the newest first.

    Example: forgesyte list --status failed
    """

    async def work(client: Client) -> None:
        columns = {
            "job": lambda job: job["job_id"],
            "status": lambda job: job["status"],
            "submitted": lambda job: when(job["created_at"], "minutes"),
            "video": lambda job: job["name"] or "",
        }
        jobs = client.jobs(status=wanted)
        await print_items(jobs, columns, limit=limit, only_json=only_json)

    run(work, url, token)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--class", "class_name", help="Only in things of this class, as plate.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True)
@click.option("--json", "only_json", is_flag=True, help="One JSON object a line, as in a pipe.")
@of_service
def search(
    words: tuple[str, ...],
    class_name: str | None,
    limit: int,
    only_json: bool,
    url: str,
    token: str | None,
) -> None:
    """Find every place in every video where all WORDS were read.

    The last may be a beginning.

    Example: forgesyte search '"BREAKING NEWS"' --limit 5
    """

    async def work(client: Client) -> None:
        columns = {
            "job": lambda hit: hit["job_id"],
            "from": lambda hit: clock(hit["first_ms"]),
            "to": lambda hit: clock(hit["last_ms"]),
            "what": lambda hit: hit["class_name"],
            "text": lambda hit: hit["text"],
            "video": lambda hit: hit["name"] or "",
        }
        hits = client.search(" ".join(words), class_name=class_name)
        await print_items(hits, columns, limit=limit, only_json=only_json)

    run(work, url, token)


LISTING_COMMANDS = (list_jobs, search)
