"""What is printed on a terminal: commands run in one of their own."""

import asyncio
import os
import pty
import sys
from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.jobs.model import attempt_results_key
from service.storage.local import LocalStorage
from tests.unit.service.web.samples import DOCUMENT, completed, form, once, running, submitted

OnTerminal = Callable[..., Awaitable[str]]

TEXT = {
    "text": "[bold]NORTH[/bold] 100",
    "class_name": "plate",
    "first_ms": 61_500,
    "last_ms": 125_040,
    "confidence": 0.97,
    "detections": 7,
    "frames": 7,
}
PLATES = {
    "first_ms": 61_500,
    "last_ms": 130_000,
    "confidence": 0.88,
    "detections": 9,
    "frames": 8,
}
SUMMARY = {
    "video": {"frames_decoded": 7, "frames_expected": 9, "truncated": True},
    "classes": {"plate": PLATES},
    "texts": [TEXT],
    "texts_truncated": False,
    "provenance": {},
}


@pytest.fixture
def on_terminal(client: TestClient) -> OnTerminal:
    """Runs a command whose output goes to a terminal, and reads what stands there."""

    async def run(*arguments: str) -> str:
        ours, theirs = pty.openpty()
        # A plain terminal of 80 columns: what is read here is text.
        told = {"FORGESYTE_URL": str(client.make_url("")), "COLUMNS": "80", "TERM": "dumb"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.cli", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | told,
        )
        os.close(theirs)
        shown = await asyncio.to_thread(_read_all, ours)
        await process.wait()
        os.close(ours)
        return shown

    return run


def _read_all(terminal: int) -> str:
    shown = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's word for the other end being closed
            return shown.decode()
        if not chunk:
            return shown.decode()
        shown += chunk


async def test_results_are_a_table_of_what_was_read_and_when(
    on_terminal: OnTerminal, client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    lease = (await running(client, jobs)).lease
    stored = await storage.save(attempt_results_key(lease), once(DOCUMENT))
    await jobs.complete(lease, stored, summary=SUMMARY)

    shown = await on_terminal("results", str(lease.job_id))

    (row,) = (line for line in shown.splitlines() if "NORTH" in line)
    assert row.split() == ["1:01.5", "2:05.0", "plate", "0.97", "[bold]NORTH[/bold]", "100"]
    (row,) = (line for line in shown.splitlines() if "found" in line)
    found = "9 found in 8 frames, highest confidence 0.88"
    assert " ".join(row.split()) == f"1:01.5 2:10.0 plate {found}"
    assert "the video is damaged or ends early: 7 of 9 frames" in shown


async def test_a_format_that_is_named_is_printed_on_a_terminal_too(
    on_terminal: OnTerminal, client: TestClient, jobs: MemoryJobs, storage: LocalStorage
) -> None:
    job = await completed(client, jobs, storage)

    assert '"results": [' in await on_terminal("results", str(job.job_id), "--json")


async def test_jobs_are_a_table_and_no_name_is_cut(
    on_terminal: OnTerminal, client: TestClient
) -> None:
    name = "the-northern-car-park-camera-3-2026-11-23.mp4"
    answer = await client.post("/v1/video/submit", data=form(filename=name))
    job_id = (await answer.json())["job_id"]

    shown = await on_terminal("list")

    head, row, *others = shown.splitlines()
    video = head.index("video")
    assert row.split()[:2] == [job_id, "pending"]
    assert "".join(line[video:].strip() for line in (row, *others)) == name


async def test_a_status_is_lines_for_people(on_terminal: OnTerminal, client: TestClient) -> None:
    job_id = str(await submitted(client))

    shown = await on_terminal("status", job_id)

    rows = dict(line.split("  ", 1) for line in shown.splitlines())
    assert rows["job id"].strip() == job_id
    assert rows["status"].strip() == "pending"
    assert rows["frame stride"].strip() == "1"
