"""`forgesyte verify JOB_ID`: proves a stored result by making it again."""

import asyncio
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import aiofiles
import click

from service.cli.client.connected import of_service, run
from service.cli.output import note, require_completed
from service.client import Client, ClientFailure
from service.launcher.extras import require_extras

# What `analyse` prints ends with a line break, which the stored document has not.
LINE_BREAK = b"\n"


@click.command()
@click.argument("job_id", type=click.UUID)
@of_service
def verify(job_id: UUID, url: str, token: str | None) -> None:
    """Analyse a job's video again and compare the bytes.

    The job is a completed one, and this machine analyses it, with nothing that was stored. Exits 0
    only when they are the same.

    Example: forgesyte verify 9f0c4e6a-8a53-4d4e-9a35-0f6b7f0c8e21
    """
    require_extras("worker")
    run(lambda client: _verify(client, str(job_id)), url, token)


async def _verify(client: Client, job_id: str) -> None:
    job = await client.job(job_id)
    _require_ended(job)
    require_completed(job)
    stored = await client.summary(job_id)
    with tempfile.TemporaryDirectory(prefix="forgesyte-verify-") as folder:
        video = Path(folder, "video.mp4")
        await _download(client, job, video)
        sha256, summary = await _analysed(job, video)
    different = list(_differences(stored["provenance"], summary["provenance"]))
    if sha256 == stored["results_sha256"]:
        note(f"job {job_id} is verified: made again, its results have the same SHA-256")
        click.echo(sha256)
        return
    why = f"here other means made it: {'; '.join(different)}" if different else "by the same means"
    raise ClientFailure(
        f"job {job_id}: its results are {stored['results_sha256']}, made again {sha256}, {why}"
    )


def _require_ended(job: Mapping[str, Any]) -> None:
    """Raise ClientFailure for a job that is still on its way."""
    if job["status"] in ("pending", "running"):
        raise ClientFailure(f"job {job['job_id']} is {job['status']}; wait until it is completed")


async def _download(client: Client, job: Mapping[str, Any], video: Path) -> None:
    digest = hashlib.sha256()
    async with aiofiles.open(video, "wb") as file:
        async for chunk in client.source(job["job_id"]):
            digest.update(chunk)
            await file.write(chunk)
    if digest.hexdigest() != job["input_sha256"]:
        raise ClientFailure(f"job {job['job_id']}: its stored video is not the one submitted")


async def _analysed(job: Mapping[str, Any], video: Path) -> tuple[str, dict[str, Any]]:
    """The SHA-256 of the results made here, and their summary."""
    summary = video.with_suffix(".summary.json")
    options = {"--pipeline": job["pipeline_id"], "--summary": str(summary)}
    options |= {
        f"--{name.replace('_', '-')}": str(value)
        for name, value in job["options"].items()
        if value is not None
    }
    arguments = [part for option in options.items() for part in option]
    program = [sys.executable, "-m", "worker.analyse", *arguments, str(video)]
    document = video.with_suffix(".json")
    with document.open("wb") as file:
        process = await asyncio.create_subprocess_exec(*program, stdout=file)
        status = await process.wait()
    if status:
        raise ClientFailure(f"job {job['job_id']}: its video cannot be analysed here")
    sha256 = await asyncio.to_thread(_sha256, document)
    return sha256, json.loads(await asyncio.to_thread(summary.read_bytes))


def _sha256(printed: Path) -> str:
    """Of the results document without the line break that ends what is printed."""
    os.truncate(printed, printed.stat().st_size - len(LINE_BREAK))
    with printed.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _differences(stored: Any, here: Any, path: str = "") -> Iterator[str]:
    if isinstance(stored, Mapping) and isinstance(here, Mapping):
        for name in sorted({*stored, *here}):
            yield from _differences(stored.get(name), here.get(name), f"{path}.{name}".strip("."))
    elif stored != here:
        yield f"{path} {here}, was {stored}"
