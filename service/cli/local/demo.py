"""forgesyte demo: the whole system reads a video of ten seconds, and shows what it found."""

import asyncio
import json
import os
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.settings import variable_of
from service.cli.local.spans import Span, accuracy, merge_spans
from service.cli.output import require_completed
from service.client import ClientFailure, open_client
from service.launcher.errors import CannotStart, Ended
from service.launcher.server_process import free_port
from service.launcher.servers_folder import open_temporary_folder
from service.launcher.system import System, running_system

Tell = Callable[[str], None]

# Five frames a second: a caption stays for longer, and two cores are done in a minute.
FRAME_STRIDE = 5
SURE = 0.6
COPY_NAME = "forgesyte-demo.json"
_TICK_SECONDS = 0.2
_MAX_DEATHS = 3
_LINES_SHOWN = 20
# The demo must not touch an operator's own servers.
_NOT_PASSED_ON = frozenset(
    variable_of(field)
    for field in ("database_url", "database_direct_url", "redis_url", "storage_url", "auth")
)


def read_sample() -> None:
    """Read the sample video with everything running on this machine, and print what was found.

    Raises click.ClickException when it cannot be read, click.Abort when somebody asks for the end.
    """
    console = Console()
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    lines: deque[str] = deque(maxlen=_LINES_SHOWN)
    try:
        with open_temporary_folder("forgesyte-demo-") as folder, _spinner() as progress:
            document = _analyse_sample(folder / "data", environ, lines, progress)
    except (CannotStart, ClientFailure) as error:
        for line in lines:
            click.echo(line, err=True)
        raise click.ClickException(str(error)) from error
    except Ended:
        raise click.Abort from None
    _show(json.loads(document)["results"], console)
    console.print(f"The results, as JSON: {_keep(document)}", soft_wrap=True)


def _spinner() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _analyse_sample(
    data: Path, environ: Mapping[str, str], lines: deque[str], progress: Progress
) -> bytes:
    task = progress.add_task("starting PostgreSQL, Redis, web and worker")
    with (
        as_file(files("service.cli.sample") / "sample.mp4") as video,
        running_system(
            data,
            port=free_port(),
            environ=environ,
            say=lambda name, line: lines.append(f"{name}: {line}"),
        ) as system,
    ):
        tell = partial(_describe, progress, task)
        try:
            return asyncio.run(_through_the_system(system, video, tell))
        finally:
            tell("ending worker, web, Redis and PostgreSQL")


def _describe(progress: Progress, task: TaskID, text: str) -> None:
    progress.update(task, description=text)


async def _through_the_system(system: System, video: Path, tell: Tell) -> bytes:
    tending = asyncio.create_task(_tend(system))
    job = asyncio.create_task(_one_job(system, video, tell))
    try:
        await asyncio.wait({tending, job}, return_when=asyncio.FIRST_COMPLETED)
        if tending.done():
            await tending
        return await job
    finally:
        for task in (tending, job):
            task.cancel()
        await asyncio.gather(tending, job, return_exceptions=True)


async def _tend(system: System) -> None:
    while system.processes.deaths < _MAX_DEATHS:
        system.tend()
        await asyncio.sleep(_TICK_SECONDS)
    raise CannotStart("a process of the demo ends again and again; its last lines are above")


async def _one_job(system: System, video: Path, tell: Tell) -> bytes:
    await _ready(system)
    async with open_client(system.url) as client:
        job_id = await client.submit(video, {"frame_stride": str(FRAME_STRIDE)})
        tell("reading ten seconds of video")
        require_completed(await client.wait(job_id))
        return b"".join([chunk async for chunk in client.results(job_id)])


async def _ready(system: System) -> None:
    while True:
        if await asyncio.to_thread(system.is_ready):
            return
        await asyncio.sleep(_TICK_SECONDS)


def _show(frames: list[dict[str, Any]], console: Console) -> None:
    spans = merge_spans(frames)
    if not spans:
        raise click.ClickException("the job completed, but nothing was read in the sample video")
    sure = [span for span in spans if span.confidence >= SURE]
    console.print(_table(sure))
    console.print(
        f"{len(spans) - len(sure)} readings less than {SURE:.0%} sure are in the JSON only."
    )
    truth = json.loads((files("service.cli.sample") / "sample.json").read_text())
    found = accuracy(frames, truth["texts"])
    console.print(
        f"Found: {found.read} of the {found.shown} words shown, at their time: "
        f"{found.percent:.1f} % ({len(frames)} frames analysed)"
    )
    console.print(
        f"Right: {found.read} of the {found.said} words that were read: {found.right_percent:.1f} %"
    )


def _table(spans: list[Span]) -> Table:
    table = Table(title="What was read in the sample video")
    for heading in ("time (s)", "what", "where (x, y, width, height)", "text"):
        table.add_column(heading)
    for span in spans:
        x1, y1, x2, y2 = span.bbox
        table.add_row(
            f"{span.first_ms / 1000:.1f} to {span.last_ms / 1000:.1f}",
            span.class_name,
            f"{x1:.0f}, {y1:.0f}, {x2 - x1:.0f}, {y2 - y1:.0f}",
            span.text,
        )
    return table


def _keep(document: bytes) -> Path:
    with suppress(OSError):
        copy = Path.cwd() / COPY_NAME
        copy.write_bytes(document)
        return copy
    descriptor, name = tempfile.mkstemp(prefix="forgesyte-demo-", suffix=".json")
    with os.fdopen(descriptor, "wb") as file:
        file.write(document)
    return Path(name)
