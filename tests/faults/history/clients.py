"""Clients of a run: they submit, follow, read and delete, and remember every answer."""

import asyncio
import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from service.jobs.model import TERMINAL, Status
from tests.faults.processes.pipeline import Script

# Far above what is promised: what takes longer counts as no answer.
ANSWER_SECONDS = 30.0
POLL_SECONDS = (0.1, 0.5)
UNANSWERED = 0


@dataclass(frozen=True)
class Task:
    """One video to have analysed; script is None for a real one."""

    key: str
    content: bytes
    script: Script | None
    is_deleted: bool = False
    is_sent_twice: bool = False


@dataclass
class Record:
    """What clients were answered."""

    # By what was asked for: how often each status was the answer; 0: none came.
    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    # By idempotency key: each id it was ever answered with.
    accepted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # By id: each status that was seen, in order.
    seen: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    # By id: the SHA-256 of every whole results document that was read.
    read: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # Ids whose deletion was asked for, and those of which it was answered.
    deletions_asked: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    # What no client may ever be answered.
    wrong: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    ended: int = 0


class Client:
    """Takes one task after the other to its end."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        urls: Sequence[str],
        record: Record,
        rng: random.Random,
    ) -> None:
        self._session = session
        self._urls = urls
        self._record = record
        self._rng = rng

    async def work(self, next_task: Callable[[], Task | None]) -> None:
        """Until there is no task left."""
        while (task := next_task()) is not None:
            job_id = await self._submit(task)
            if task.is_sent_twice:
                await self._submit(task)
            if task.is_deleted:
                await self._delete(job_id)
            else:
                await self._follow(job_id)
            self._record.ended += 1

    async def _submit(self, task: Task) -> str:
        headers = {"Content-Type": "video/mp4", "Idempotency-Key": task.key}
        while True:
            status, body = await self._ask(
                "POST", "/v1/video/submit", data=task.content, headers=headers
            )
            if status == 202:
                job_id = str(body["job_id"])
                self._record.accepted[task.key].add(job_id)
                return job_id
            if 400 <= status < 500:
                self._record.wrong.append(f"a good video was refused with {status}")
            await self._pause()

    async def _follow(self, job_id: str) -> None:
        """Look at the job in every way there is until it has ended, then read it."""
        while True:
            look = self._rng.choice((self._look_at_status, self._look_at_detail, self._look_around))
            if await look(job_id) in TERMINAL:
                break
            await self._pause()
        if self._record.seen[job_id][-1] == Status.COMPLETED:
            while await self._read(job_id) != 200:
                await self._pause()

    async def _look_at_status(self, job_id: str) -> str | None:
        return self._saw(job_id, *await self._ask("GET", f"/v1/video/status/{job_id}"))

    async def _look_at_detail(self, job_id: str) -> str | None:
        return self._saw(job_id, *await self._ask("GET", f"/v1/jobs/{job_id}"))

    async def _look_around(self, job_id: str) -> str | None:
        """A list, and results that are there or not yet, and nothing between."""
        await self._ask("GET", "/v1/jobs?limit=5")
        status, _ = await self._ask("GET", f"/v1/video/summary/{job_id}")
        if status not in {UNANSWERED, 200, 404, 503}:
            self._record.wrong.append(f"summary of {job_id}: {status}")
        await self._read(job_id)
        return None

    async def _read(self, job_id: str) -> int:
        status, document = await self._ask("GET", f"/v1/video/results/{job_id}")
        is_over = Status.COMPLETED in self._record.seen[job_id]
        if status == 200:
            self._record.read[job_id].add(document["sha256"])
        elif status not in {UNANSWERED, 503} and (is_over or status != 404):
            self._record.wrong.append(f"results of {job_id}, completed {is_over}: {status}")
            return 200
        return status

    async def _delete(self, job_id: str) -> None:
        await self._pause()
        self._record.deletions_asked.add(job_id)
        # One that was answered by nobody may have been done.
        while (await self._ask("DELETE", f"/v1/jobs/{job_id}"))[0] not in {204, 404}:
            await self._pause()
        self._record.deleted.add(job_id)

    def _saw(self, job_id: str, status: int, body: Any) -> str | None:
        if status == 200:
            self._record.seen[job_id].append(body["status"])
            return str(body["status"])
        if status not in {UNANSWERED, 503}:
            self._record.wrong.append(f"status of {job_id}: {status}")
        return None

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(*POLL_SECONDS))

    async def _ask(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        url, loop = self._rng.choice(self._urls), asyncio.get_running_loop()
        kind, began = f"{method} {path.split('/')[2].split('?')[0]}", loop.time()
        if path.startswith("/v1/video"):
            kind = f"{method} {path.split('/')[3]}"
        try:
            async with self._session.request(method, url + path, **request) as response:
                body = await response.read()
                status, document = response.status, await _understood(response, body)
        except (aiohttp.ClientError, TimeoutError):
            self._record.answers[kind][UNANSWERED] += 1
            return UNANSWERED, None
        self._record.answers[kind][status] += 1
        self._record.slowest_seconds = max(self._record.slowest_seconds, loop.time() - began)
        if status >= 500 and status != 503:
            self._record.wrong.append(f"{kind}: {status}")
        return status, document


async def _understood(response: aiohttp.ClientResponse, body: bytes) -> Any:
    if response.status == 204:
        return None
    document = await response.json(content_type=None)
    # The stored object stands within its job's: its own members begin with the results.
    _, results, rest = body.partition(b'"results"')
    return document | {"sha256": hashlib.sha256(b"{" + results + rest).hexdigest()}
