import asyncio
import gc
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from service.errors import DatabaseUnavailable, NothingWritten, SchemaOutdated
from service.jobs.connections import ANSWER_SECONDS
from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, NewJob
from service.web.upload import acceptance
from service.web.upload.acceptance import (
    ACCEPTANCE_SECONDS,
    SECOND_ASK_SECONDS,
    UNDER_KEY_SECONDS,
)
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import DATABASE, VIDEO, AwayJobs, form, problem

SUBMIT = "/v1/video/submit"
KEY = {"Idempotency-Key": "3f0c"}
OTHER_VIDEO = VIDEO + b"!"
# It tells an answer from a wait for all who came before.
HANGS_SECONDS = 15.0


class MuteJobs(MemoryJobs):
    """Jobs behind a database that takes statements and does not answer, until it is back."""

    def __init__(self, *, does_them: bool) -> None:
        super().__init__()
        self.is_back = False
        self._does_them = does_them

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        if self.is_back:
            return await super().insert(new)
        if self._does_them:
            await super().insert(new)
        raise DatabaseUnavailable(DATABASE)


class HungJobs(MemoryJobs):
    """Jobs behind a database that never answers."""

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        await asyncio.Event().wait()
        return await super().insert(new)


class OutdatedJobs(MuteJobs):
    """Jobs whose table is taken away after the first INSERT, which is done without a response."""

    def __init__(self) -> None:
        super().__init__(does_them=True)
        self._inserts = 0

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        self._inserts += 1
        if self._inserts > 1 and not self.is_back:
            raise SchemaOutdated("the table jobs is away")
        return await super().insert(new)


class UnreachableJobs(MemoryJobs):
    """Jobs behind a database that refuses connections."""

    async def insert(self, new: NewJob) -> tuple[Job, bool]:
        raise NothingWritten(DATABASE)


@pytest.mark.parametrize("headers", [{}, KEY], ids=["no key", "key"])
async def test_a_video_whose_insert_was_never_sent_leaves_no_file(
    serve: Serve, folder: Path, headers: dict[str, str]
) -> None:
    """20 repetitions under one key left 482 MB."""
    client = await serve(jobs=UnreachableJobs())
    answers = [await client.post(SUBMIT, data=form(), headers=headers) for _ in range(3)]

    assert [await problem(answer) for answer in answers] == [(503, "database_unavailable")] * 3
    assert files_in(folder) == []


@pytest.mark.parametrize("does_them", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
async def test_repetitions_under_one_key_keep_one_video_and_make_one_job(
    serve: Serve, folder: Path, does_them: bool, at_once: bool
) -> None:
    jobs = MuteJobs(does_them=does_them)
    client = await serve(jobs=jobs)
    refused = await _repeat(client, 4, at_once=at_once)
    kept = files_in(folder)
    jobs.is_back = True
    (accepted,) = await _repeat(client, 1, at_once=False)

    assert [answer.status for answer in refused] == [503] * 4
    assert len(kept) == 1
    assert accepted.status == 202
    job = await jobs.get(UUID((await accepted.json())["job_id"]))
    assert [folder / job.input_path] == files_in(folder) == kept
    assert kept[0].read_bytes() == VIDEO


async def test_a_video_kept_too_long_is_never_inserted(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1: the janitor may have swept it, and a job without its video would be lost."""
    jobs = MuteJobs(does_them=False)
    client = await serve(jobs=jobs)
    await _repeat(client, 1, at_once=False)
    (swept,) = files_in(folder)
    swept.unlink()
    jobs.is_back = True
    later = monotonic() + ACCEPTANCE_SECONDS
    monkeypatch.setattr(acceptance, "monotonic", lambda: later)
    (accepted,) = await _repeat(client, 1, at_once=False)

    assert accepted.status == 202
    job = await jobs.get(UUID((await accepted.json())["job_id"]))
    assert files_in(folder) == [folder / job.input_path] != [swept]


async def test_however_many_come_under_one_key_each_is_refused_when_the_first_is(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P8: one after the other they would wait many times as long."""
    monkeypatch.setattr(acceptance, "UNDER_KEY_SECONDS", 0.5)
    client = await serve(jobs=HungJobs())
    # In turn it would take twice as long as is waited here.
    async with asyncio.timeout(HANGS_SECONDS):
        refused = await _repeat(client, int(4 * HANGS_SECONDS), at_once=True)

    assert {await problem(answer) for answer in refused} == {(503, "database_unavailable")}
    assert len(files_in(folder)) <= 1


async def test_what_an_upload_may_take_under_a_key_is_what_a_client_waits_for() -> None:
    """P8."""
    assert ANSWER_SECONDS + SECOND_ASK_SECONDS <= UNDER_KEY_SECONDS < 5


async def test_what_nobody_asks_for_again_is_forgotten(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a client with a key for each upload would fill the memory, outage by outage."""
    client = await serve(jobs=MuteJobs(does_them=False))
    await client.post(SUBMIT, data=form(), headers={"Idempotency-Key": "early"})
    before = _remembered_keys()
    later = monotonic() + ACCEPTANCE_SECONDS
    monkeypatch.setattr(acceptance, "monotonic", lambda: later)
    await client.post(SUBMIT, data=form(), headers={"Idempotency-Key": "late"})
    after = _remembered_keys()

    assert "early" in before - after
    assert "late" in after


async def test_a_refusal_that_says_nothing_of_the_first_insert_leaves_its_video(
    serve: Serve, folder: Path
) -> None:
    """P1: its row may be there, and a repetition is told of that job."""
    jobs = OutdatedJobs()
    client = await serve(jobs=jobs)
    refused = await _repeat(client, 2, at_once=False)
    jobs.is_back = True
    (accepted,) = await _repeat(client, 1, at_once=False)

    assert {answer.status for answer in refused} == {503}
    assert accepted.status == 202
    job = await jobs.get(UUID((await accepted.json())["job_id"]))
    assert files_in(folder) == [folder / job.input_path]


@pytest.mark.parametrize("does_them", [True, False])
async def test_another_video_under_the_key_never_takes_the_place_of_the_first(
    serve: Serve, folder: Path, does_them: bool
) -> None:
    jobs = MuteJobs(does_them=does_them)
    client = await serve(jobs=jobs)
    await client.post(SUBMIT, data=form(), headers=KEY)
    meanwhile = await client.post(SUBMIT, data=form(OTHER_VIDEO), headers=KEY)
    kept_meanwhile = [path.read_bytes() for path in files_in(folder)]
    jobs.is_back = True
    afterwards = await client.post(SUBMIT, data=form(OTHER_VIDEO), headers=KEY)

    assert await problem(meanwhile) == (503, "database_unavailable")
    assert await problem(afterwards) == (409, "idempotency_key_reused")
    assert kept_meanwhile == [VIDEO]
    assert [path.read_bytes() for path in files_in(folder)] == [VIDEO]


async def test_a_kept_video_goes_when_the_row_is_another_ones(serve: Serve, folder: Path) -> None:
    """Another web process may have accepted the key meanwhile."""
    jobs = MuteJobs(does_them=False)
    client, other = await serve(jobs=jobs), await serve(jobs=jobs)
    await client.post(SUBMIT, data=form(), headers=KEY)
    jobs.is_back = True
    accepted = await other.post(SUBMIT, data=form(OTHER_VIDEO), headers=KEY)
    repeated = await client.post(SUBMIT, data=form(), headers=KEY)

    assert (accepted.status, repeated.status) == (202, 409)
    assert [path.read_bytes() for path in files_in(folder)] == [OTHER_VIDEO]


async def test_a_video_whose_row_was_not_written_leaves_no_file(serve: Serve, folder: Path) -> None:
    client = await serve(jobs=AwayJobs())
    answer = await client.post(SUBMIT, data=form())

    assert await problem(answer) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert files_in(folder) == []


async def test_an_insert_that_was_not_done_leaves_no_file(serve: Serve, folder: Path) -> None:
    client = await serve(jobs=AwayJobs(answers=True))
    answer = await client.post(SUBMIT, data=form())

    assert await problem(answer) == (503, "database_unavailable")
    assert files_in(folder) == []


async def test_an_insert_that_was_done_without_a_response_is_accepted(
    serve: Serve, folder: Path
) -> None:
    client = await serve(jobs=AwayJobs(committed=True, answers=True))
    answer = await client.post(SUBMIT, data=form())

    assert answer.status == 202
    assert [path.read_bytes() for path in files_in(folder)] == [VIDEO]


async def test_a_video_that_a_repetition_may_ask_for_stays(serve: Serve, folder: Path) -> None:
    client = await serve(jobs=AwayJobs(committed=True))
    answer = await client.post(SUBMIT, data=form(), headers=KEY)

    assert await problem(answer) == (503, "database_unavailable")
    assert [path.read_bytes() for path in files_in(folder)] == [VIDEO]


async def _repeat(client: TestClient, times: int, *, at_once: bool) -> list[ClientResponse]:
    posts = [client.post(SUBMIT, data=form(), headers=KEY) for _ in range(times)]
    if at_once:
        return await asyncio.gather(*posts)
    return [await post for post in posts]


def _remembered_keys() -> set[str | None]:
    gc.collect()
    # By its type alone: to ask some of all those objects for their class wakes what they stand for.
    return {found.idempotency_key for found in gc.get_objects() if type(found) is NewJob}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
