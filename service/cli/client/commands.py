"""The client's commands about one job: what a user of a running service types."""

import sys
from collections.abc import AsyncIterable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import click

from service.cli.client.connected import of_service, run
from service.cli.options import Asked, video_options
from service.cli.output import (
    for_people,
    job_progress,
    note,
    note_truncated,
    print_json,
    print_summary,
    require_completed,
    upload_progress,
    when,
)
from service.client import Client, ClientFailure
from service.jobs.model import Status

FORMATS = ("json", "jsonl", "csv", "vtt", "coco")
VIDEO_SUFFIX = ".mp4"


@click.command()
@click.argument(
    "paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@video_options
@click.option("--wait", is_flag=True, help="Wait for the end, then print the results.")
@of_service
def submit(
    paths: tuple[Path, ...], options: Asked, wait: bool, url: str, token: str | None
) -> None:
    """Submit MP4s, or a folder of them, and print each job_id.

    With --wait exits 0 only when every job completed; of one file the results are printed, of
    several a line each.

    Example: forgesyte submit --frame-stride 5 --wait video.mp4
    """
    videos = [(video, video.stat().st_size) for video in _videos(paths)]

    async def work(client: Client) -> None:
        jobs = [(await _send(client, video, size, options), video) for video, size in videos]
        if not wait:
            for job_id, video in jobs:
                click.echo(job_id if len(jobs) == 1 else f"{job_id}  {video}")
        elif len(jobs) == 1:
            await _wait_and_print(client, jobs[0][0])
        else:
            await _wait_for_all(client, jobs)

    run(work, url, token)


@click.command()
@click.argument("job_id", type=click.UUID)
@click.option("--json", "only_json", is_flag=True, help="Print JSON on a terminal too.")
@of_service
def status(job_id: UUID, only_json: bool, url: str, token: str | None) -> None:
    """Print where a job stands; exits 0 only when it is completed.

    Example: forgesyte status 9f0c4e6a-8a53-4d4e-9a35-0f6b7f0c8e21
    """

    async def work(client: Client) -> None:
        job = await client.job(str(job_id))
        if for_people(only_json=only_json):
            _print_job(job)
        else:
            print_json(job)
        if job["status"] != Status.COMPLETED:
            sys.exit(1)

    run(work, url, token)


@click.command()
@click.argument("job_id", type=click.UUID)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="A table on a terminal, json in a pipe."
)
@click.option("--json", "only_json", is_flag=True, help="The same as --format json.")
@click.option("--from-frame", type=click.IntRange(min=0), help="From this frame on.")
@click.option("--to-frame", type=click.IntRange(min=0), help="Up to this frame.")
@click.option("--output", type=click.File("wb", atomic=True, lazy=True), help="Into this file.")
@of_service
def results(
    job_id: UUID,
    form: str | None,
    only_json: bool,
    from_frame: int | None,
    to_frame: int | None,
    output: BinaryIO | None,
    url: str,
    token: str | None,
) -> None:
    """Print the results of a completed job.

    Example: forgesyte results 9f0c4e6a-8a53-4d4e-9a35-0f6b7f0c8e21 --format csv --output found.csv
    """
    asked = {"from_frame": from_frame, "to_frame": to_frame}
    query = {name: str(value) for name, value in asked.items() if value is not None}

    async def work(client: Client) -> None:
        if output is None and form is None and not query and for_people(only_json=only_json):
            print_summary(await client.summary(str(job_id)))
            return
        found = client.results(str(job_id), format=form or "json", **query)
        await _write(found, output or sys.stdout.buffer)

    run(work, url, token)


@click.command()
@click.argument("job_ids", metavar="JOB_ID…", nargs=-1, required=True, type=click.UUID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@of_service
def delete(job_ids: tuple[UUID, ...], yes: bool, url: str, token: str | None) -> None:
    """Delete jobs with their videos and results. What is running is cancelled.

    Example: forgesyte delete --yes 9f0c4e6a-8a53-4d4e-9a35-0f6b7f0c8e21
    """

    async def require_all(client: Client) -> None:
        for job_id in job_ids:
            await client.job(str(job_id))

    if not yes:
        # Nobody is asked about what is not there.
        run(require_all, url, token)
        one, many = f"job {job_ids[0]} with its", f"{len(job_ids)} jobs with their"
        what = f"{one} video" if len(job_ids) == 1 else f"{many} videos"
        click.confirm(f"Delete {what} and results?", abort=True, err=True)

    async def work(client: Client) -> None:
        for job_id in job_ids:
            await client.delete(str(job_id))
            note(f"job {job_id} deleted")

    run(work, url, token)


COMMANDS = (submit, status, results, delete)


def _videos(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() == VIDEO_SUFFIX)
        if not inside:
            raise click.UsageError(f"there is no {VIDEO_SUFFIX} in {path}")
        yield from inside


async def _send(client: Client, video: Path, size: int, options: Asked) -> str:
    with upload_progress(video.name, size) as sent:
        return await client.submit(video, options, sent=sent)


async def _wait_and_print(client: Client, job_id: str) -> None:
    with job_progress() as told:
        require_completed(await client.wait(job_id, told=told))
    if for_people():
        print_summary(await client.summary(job_id))
        note(f"job {job_id}: forgesyte results {job_id} --json prints every frame")
    else:
        await _write(client.results(job_id), sys.stdout.buffer)
        note_truncated(await client.summary(job_id))


async def _wait_for_all(client: Client, jobs: Iterable[tuple[str, Path]]) -> None:
    failed = 0
    for job_id, video in jobs:
        with job_progress() as told:
            job = await client.wait(job_id, told=told)
        click.echo(f"{job_id}  {job['status']}  {video}")
        if job["status"] == Status.COMPLETED:
            note_truncated(await client.summary(job_id), str(video))
        else:
            failed += 1
    if failed:
        raise ClientFailure(f"{failed} jobs failed; forgesyte status JOB_ID says why")


async def _write(found: AsyncIterable[bytes], file: BinaryIO) -> None:
    last = b""
    async for last in found:
        file.write(last)
    if not last.endswith(b"\n"):
        file.write(b"\n")


def _print_job(job: dict[str, Any]) -> None:
    shown = {**job, **job["options"], "progress": f"{job['progress']:.0%}", "options": None}
    shown |= {name: when(job[name]) for name in ("created_at", "updated_at")}
    width = max(map(len, shown))
    for name, value in shown.items():
        if value is not None:
            click.echo(f"{name.replace('_', ' '):{width}}  {value}")
