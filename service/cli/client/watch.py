"""`forgesyte watch FOLDER`: submits what lands there, and writes the results beside it."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiofiles
import click

from service.cli.client.connected import of_service, run
from service.cli.options import Asked, video_options
from service.cli.output import note, require_completed
from service.client import Client, ClientFailure, ServiceAway, TokenNeeded

SCAN_SECONDS = 1.0
RETRY_SECONDS = 10.0
AT_ONCE = 4
RESULTS_SUFFIX, ERROR_SUFFIX = ".results.json", ".error.txt"


@dataclass(frozen=True, slots=True)
class Landed:
    """A file as it was seen: one that is still being copied looks different the next time."""

    path: Path
    size: int
    mtime_ns: int

    def beside(self, suffix: str) -> Path:
        """The path of what is written about it."""
        return self.path.with_name(self.path.name + suffix)

    @property
    def is_done(self) -> bool:
        """Whether what is written about it is there, and about the file as it is now."""
        for suffix in (RESULTS_SUFFIX, ERROR_SUFFIX):
            with suppress(FileNotFoundError):
                if self.beside(suffix).stat().st_mtime_ns >= self.mtime_ns:
                    return True
        return False

    def key(self, options: Asked) -> str:
        """An Idempotency-Key: submitted again after a restart, it is the same job."""
        parts = (self.path.resolve(), self.size, self.mtime_ns, sorted(options.items()))
        return hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@video_options
@click.option(
    "--once", is_flag=True, help="End when all that is there now is done; 1 when any failed."
)
@of_service
def watch(folder: Path, options: Asked, once: bool, url: str, token: str | None) -> None:
    """Submit each MP4 that lands in FOLDER, and fetch its results.

    They are NAME.mp4.results.json beside it. What fails has its reason in NAME.mp4.error.txt; touch
    NAME.mp4 to have it tried again. Ended and started again it goes on where it was.

    Example: forgesyte watch --frame-stride 5 recordings
    """

    async def work(client: Client) -> None:
        watching = _Watch(client, folder, options)
        refused: Sequence[BaseException] = ()
        try:
            await watching.follow(once=once)
        except* TokenNeeded as error:
            # No video's fault, and the next would fare no better.
            refused = error.exceptions
        if refused:
            raise ClientFailure(f"{refused[0]}; set FORGESYTE_TOKEN and start again: it goes on")
        if watching.failed:
            raise ClientFailure(f"{watching.failed} videos failed; see *{ERROR_SUFFIX}")

    run(work, url, token)


class _Watch:
    def __init__(self, client: Client, folder: Path, options: Asked) -> None:
        self._client = client
        self._folder = folder
        self._options = options
        self.failed = 0
        self._begun: set[Landed] = set()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def follow(self, *, once: bool) -> None:
        if not once:
            note(f"watching {self._folder}; Ctrl-C ends it")
        before: set[Landed] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                now = set(await asyncio.to_thread(lambda: list(_landed(self._folder))))
                for video in sorted(now & before - self._begun, key=lambda video: video.path):
                    self._begun.add(video)
                    group.create_task(self._process(video))
                if once and now == before:
                    return
                before = now
                await asyncio.sleep(SCAN_SECONDS)

    async def _process(self, video: Landed) -> None:
        async with self._at_once:
            try:
                await self._through(video)
            except (ServiceAway, OSError) as error:
                note(f"{video.path}: {error}; tried again in {RETRY_SECONDS:.0f} s")
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                self._begun.remove(video)

    async def _through(self, video: Landed) -> None:
        try:
            key = video.key(self._options)
            job_id = await self._client.submit(video.path, self._options, idempotency_key=key)
            note(f"{video.path}: job {job_id}")
            require_completed(await self._client.wait(job_id))
            await _write(video, RESULTS_SUFFIX, self._client.results(job_id))
            note(f"{video.path}: completed")
        except (ServiceAway, TokenNeeded):
            raise
        except ClientFailure as error:
            self.failed += 1
            await _write(video, ERROR_SUFFIX, _one_line(str(error)))
            note(f"{video.path}: {error}")


async def _write(video: Landed, suffix: str, chunks: AsyncIterable[bytes]) -> None:
    """Write about a video; nobody sees it before it is whole. It gets the video's time."""
    part, path = video.beside(suffix + ".part"), video.beside(suffix)
    async with aiofiles.open(part, "wb") as file:
        async for chunk in chunks:
            await file.write(chunk)
    os.utime(part, ns=(video.mtime_ns, video.mtime_ns))
    part.replace(path)


async def _one_line(text: str) -> AsyncIterator[bytes]:
    yield f"{text}\n".encode(errors="surrogateescape")


def _landed(folder: Path) -> Iterator[Landed]:
    for path in folder.iterdir():
        if path.suffix.lower() != ".mp4" or path.name.startswith("."):
            continue
        # It may be renamed or removed meanwhile.
        with suppress(FileNotFoundError):
            seen = path.stat()
            video = Landed(path, seen.st_size, seen.st_mtime_ns)
            if not video.is_done:
                yield video
