"""The client's commands: what a user of a running service types."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from rich.console import Console

from service.client import Client, ClientFailure, open_client
from service.jobs.model import Status

DEFAULT_URL = "http://127.0.0.1:8080"

F = TypeVar("F", bound=Callable[..., Any])


def _of_service(command: F) -> F:
    url = click.option(
        "--url", envvar="FORGESYTE_URL", default=DEFAULT_URL, show_default=True, help="The service."
    )
    token = click.option("--token", envvar="FORGESYTE_TOKEN", help="An API token.")
    return url(token(command))


@click.command()
@click.argument(
    "video", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--pipeline", metavar="ID", help="The pipeline; the service lists its own.")
@click.option("--frame-stride", type=click.IntRange(min=1), help="Analyse each Nth frame.")
@click.option("--max-frames", type=click.IntRange(min=1), help="Analyse at most N frames.")
@click.option("--wait", is_flag=True, help="Wait for the end, then print the results.")
@_of_service
def submit(
    video: Path,
    pipeline: str | None,
    frame_stride: int | None,
    max_frames: int | None,
    wait: bool,
    url: str,
    token: str | None,
) -> None:
    """Submit FILE, an MP4, and print its job_id; with --wait its results.

    With --wait exits 0 only when the job completed.
    """
    asked = {"pipeline_id": pipeline, "frame_stride": frame_stride, "max_frames": max_frames}
    options = {name: str(value) for name, value in asked.items() if value is not None}

    async def run(client: Client) -> None:
        with _spinner(f"sending {video.name}"):
            job_id = await client.submit(video, options)
        if not wait:
            click.echo(job_id)
            return
        click.echo(f"job {job_id}", err=True)
        await _print_when_completed(client, job_id)

    _run(run, url, token)


@click.command()
@click.argument("job_id", type=click.UUID)
@_of_service
def status(job_id: UUID, url: str, token: str | None) -> None:
    """Print where a job stands; exits 0 only when it is completed."""

    async def run(client: Client) -> None:
        document = await client.status(str(job_id))
        click.echo(json.dumps(document, indent=2))
        if document["status"] != Status.COMPLETED:
            sys.exit(1)

    _run(run, url, token)


@click.command()
@click.argument("job_id", type=click.UUID)
@click.option(
    "--format", type=click.Choice(["json"]), default="json", show_default=True, expose_value=False
)
@_of_service
def results(job_id: UUID, url: str, token: str | None) -> None:
    """Print the results of a completed job."""
    _run(lambda client: _print_results(client, str(job_id)), url, token)


COMMANDS = [submit, status, results]


async def _print_when_completed(client: Client, job_id: str) -> None:
    with _spinner("waiting for the results"):
        document = await client.wait(job_id)
    if document["status"] != Status.COMPLETED:
        reason = f"{document['error_code']}: {document['error_message']}"
        raise ClientFailure(f"job {job_id} failed, {reason}")
    click.echo(f"job {job_id} completed", err=True)
    await _print_results(client, job_id)


async def _print_results(client: Client, job_id: str) -> None:
    out = sys.stdout.buffer
    async for chunk in client.results(job_id):
        out.write(chunk)
    out.write(b"\n")


def _spinner(text: str) -> Any:
    return Console(stderr=True).status(text)


def _run(work: Callable[[Client], Coroutine[Any, Any, None]], url: str, token: str | None) -> None:
    async def with_client() -> None:
        async with open_client(url, token) as client:
            await work(client)

    try:
        asyncio.run(with_client())
    except ClientFailure as error:
        raise click.ClickException(str(error)) from error
