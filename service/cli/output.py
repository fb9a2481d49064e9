"""What commands print: tables and progress for people, JSON and plain lines for programs."""

import json
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table
from rich.text import Text

from service.client import ClientFailure
from service.jobs.model import Status

Document = Mapping[str, Any]

SECOND_MS, MINUTE_S = 1000, 60
# They take more lines where they are long; an id in two pieces could not be copied.
FOLDED = ("text", "video")


def for_people(*, only_json: bool = False) -> bool:
    """Whether somebody reads what is printed."""
    return sys.stdout.isatty() and not only_json


def print_json(document: object) -> None:
    """Print a document for people and programs."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


async def print_items(
    items: AsyncIterable[Document],
    columns: Mapping[str, Callable[[Document], str]],
    *,
    limit: int,
    only_json: bool,
) -> None:
    """Print the first of the items: as a table on a terminal, one JSON a line in a pipe."""
    table = Table(*map(_column, columns), box=None, pad_edge=False)
    shown = 0
    async for item in items:
        if shown == limit:
            note(f"there are more; --limit {2 * limit} shows more of them")
            break
        shown += 1
        if for_people(only_json=only_json):
            table.add_row(*(Text(column(item)) for column in columns.values()))
        else:
            click.echo(json.dumps(item, ensure_ascii=False))
    if for_people(only_json=only_json):
        Console().print(table if shown else "none")


def _column(name: str) -> Column:
    return Column(name, overflow="fold") if name in FOLDED else Column(name, no_wrap=True)


def print_summary(summary: Document) -> None:
    """Print what was found in a video, and when."""
    table = Table(*map(_column, ("from", "to", "what", "read", "text")), box=None, pad_edge=False)
    for name, seen in summary["classes"].items():
        found = f"{seen['detections']} found in {seen['frames']} frames, highest confidence "
        found += f"{seen['confidence']:.2f}"
        table.add_row(*_times(seen), name, "", Text(found, style="dim"))
    for text in summary["texts"]:
        confidence = f"{text['confidence']:.2f}"
        table.add_row(*_times(text), text["class_name"], confidence, Text(text["text"]))
    Console().print(table)
    if summary["texts_truncated"]:
        note("there are more texts than are listed; --format jsonl has all of them")
    note_truncated(summary)


def note_truncated(summary: Document, name: str = "the video") -> None:
    """Say so where pictures of the video were missing or damaged."""
    video = summary["video"]
    if video["truncated"]:
        frames = f"{video['frames_decoded']} of {video['frames_expected']} frames"
        note(f"{name} is damaged or ends early: {frames}")


def clock(milliseconds: int) -> str:
    """A time of a video as minutes, seconds and tenths."""
    seconds = milliseconds / SECOND_MS
    return f"{int(seconds // MINUTE_S)}:{seconds % MINUTE_S:04.1f}"


def when(timestamp: str, timespec: str = "seconds") -> str:
    """A moment in this machine's time of day."""
    local = datetime.fromisoformat(timestamp).astimezone().replace(tzinfo=None)
    return local.isoformat(" ", timespec)


def note(text: str) -> None:
    """Say something that is no output."""
    click.echo(text, err=True)


def require_completed(job: Document) -> None:
    """Raise ClientFailure with the reason unless a job that has ended is completed."""
    if job["status"] != Status.COMPLETED:
        reason = f"{job['error_code']}: {job['error_message']}"
        raise ClientFailure(f"job {job['job_id']} failed, {reason}")


@contextmanager
def upload_progress(name: str, size: int) -> Iterator[Callable[[int], object]]:
    """Takes the bytes that were sent; a bar on a terminal, nothing elsewhere."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with _bar(*columns) as bar:
        task = bar.add_task(f"sending {name}", total=size)
        yield lambda sent: bar.advance(task, sent)


@contextmanager
def job_progress() -> Iterator[Callable[[Document], object]]:
    """Takes a job's documents; a bar on a terminal, a line for each new status elsewhere."""
    with _bar(BarColumn(), MofNCompleteColumn(), "frames", TimeRemainingColumn()) as bar:
        task = bar.add_task("pending", total=None)
        last: list[str] = []

        def told(job: Document) -> None:
            bar.update(
                task,
                description=_standing(job),
                completed=job.get("frames_done") or 0,
                total=job.get("frames_expected"),
            )
            if bar.disable and [job["status"]] != last:
                last[:] = [job["status"]]
                note(f"job {job['job_id']} {_standing(job)}")

        yield told


def _standing(job: Document) -> str:
    ahead = job.get("queue_position")
    return f"{job['status']}, {ahead} before it" if ahead else str(job["status"])


def _bar(*columns: Any) -> Progress:
    console = Console(stderr=True)
    described = TextColumn("{task.description}", markup=False)
    return Progress(
        described, *columns, console=console, transient=True, disable=not console.is_terminal
    )


def _times(seen: Document) -> Iterable[str]:
    return clock(seen["first_ms"]), clock(seen["last_ms"])
