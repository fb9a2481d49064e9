import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from config.settings import Settings
from service.errors import TooManyRequests
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from service.web.access.limits import LOOK_BYTES, UploadsUnderWay
from service.web.upload.body import Pace
from tests.unit.service.conftest import Serve
from tests.unit.service.web.access.conftest import Guarded
from tests.unit.service.web.samples import RAW, VIDEO, form, problem
from tests.waiting import until

SUBMIT = "/v1/video/submit"
GIB = 1024**3


class SmallStorage(LocalStorage):
    """A storage on a disk with so much room, or less with every look."""

    def __init__(self, root: Path, *free: int) -> None:
        super().__init__(root)
        self._free = list(free)

    async def free_bytes(self) -> int:
        return self._free.pop(0) if len(self._free) > 1 else self._free[0]


@asynccontextmanager
async def uploads(
    client: TestClient, folder: Path, number: int, headers: dict[str, str]
) -> AsyncIterator[None]:
    """So many uploads that go on until the block ends."""
    ended = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield VIDEO
        await ended.wait()

    def under_way() -> bool:
        return len(list(folder.rglob("*.part"))) >= number

    posts = [
        asyncio.create_task(client.post(SUBMIT, data=slowly(), headers=RAW | headers))
        for _ in range(number)
    ]
    await until(under_way)
    yield
    ended.set()
    assert {(await post).status for post in posts} == {202}


async def told(answer: ClientResponse) -> str:
    assert await problem(answer) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    detail: str = (await answer.json(content_type=None))["detail"]
    return detail


async def test_a_token_has_only_so_many_uploads_at_once(guarded: Guarded, folder: Path) -> None:
    door = await guarded(max_uploads_per_token=2)
    ann, bob = await door.admit("ann"), await door.admit("bob")
    async with uploads(door.client, folder, 2, ann):
        refused = await door.client.post(SUBMIT, data=form(), headers=ann)
        others = await door.client.post(SUBMIT, data=form(), headers=bob)

    detail = await told(refused)
    assert "FORGESYTE_MAX_UPLOADS_PER_TOKEN is 2, and 2 of this token are under way" in detail
    assert others.status == 202
    assert (await door.client.post(SUBMIT, data=form(), headers=ann)).status == 202


async def test_there_are_only_so_many_uploads_at_once_in_all(serve: Serve, folder: Path) -> None:
    client = await serve(max_uploads=3, max_uploads_per_token=1)
    async with uploads(client, folder, 3, {}):
        refused = await client.post(SUBMIT, data=form())
        status = await client.get("/v1/jobs")

    assert "FORGESYTE_MAX_UPLOADS is 3, and 3 are under way" in await told(refused)
    assert status.status == 200
    assert (await client.post(SUBMIT, data=form())).status == 202


async def test_a_token_has_only_so_many_pending_jobs(guarded: Guarded, jobs: MemoryJobs) -> None:
    door = await guarded(max_pending_per_token=2)
    ann, bob = await door.admit("ann"), await door.admit("bob")
    for _ in range(2):
        assert (await door.client.post(SUBMIT, data=form(), headers=ann)).status == 202

    refused = await door.client.post(SUBMIT, data=form(), headers=ann)

    detail = await told(refused)
    assert "FORGESYTE_MAX_PENDING_PER_TOKEN is 2, and 2 are pending or on their way" in detail
    assert (await door.client.post(SUBMIT, data=form(), headers=bob)).status == 202
    assert await jobs.claim(owner="worker", lease_seconds=60)
    assert (await door.client.post(SUBMIT, data=form(), headers=ann)).status == 202


async def test_uploads_on_their_way_count_as_pending(guarded: Guarded, folder: Path) -> None:
    door = await guarded(max_pending_per_token=2)
    ann = await door.admit("ann")
    async with uploads(door.client, folder, 2, ann):
        refused = await door.client.post(SUBMIT, data=form(), headers=ann)

    assert "and 2 are pending" in await told(refused)


async def test_where_no_token_is_asked_for_pending_jobs_have_no_limit(serve: Serve) -> None:
    client = await serve(max_pending_per_token=1)

    assert [(await client.post(SUBMIT, data=form())).status for _ in range(3)] == [202] * 3


async def test_an_upload_that_fails_gives_its_place_back(serve: Serve) -> None:
    client = await serve(max_uploads=1)

    statuses = [
        (await client.post(SUBMIT, data=data)).status for data in (form(b"text"), form(b""), form())
    ]

    assert statuses == [400, 422, 202]


def test_those_who_have_left_are_not_remembered() -> None:
    settings = Settings(database_url="postgresql://h", redis_url="redis://h", max_uploads=2)
    under_way = UploadsUnderWay()
    for number in range(100):
        owner = f"ann {number}"
        with (
            under_way.one_more(settings, owner) as first,
            under_way.one_more(settings, owner) as second,
        ):
            assert (first, second) == (1, 2)
            with pytest.raises(TooManyRequests), under_way.one_more(settings, "bob"):
                pass

    assert vars(under_way) == vars(UploadsUnderWay())


async def test_an_upload_ends_within_its_time(serve: Serve, folder: Path) -> None:
    """However fast it is: part files and connections are not held for ever."""
    client = await serve(pace=Pace(idle_seconds=5, total_seconds=0.2, bytes_per_second=1))

    async def for_ever() -> AsyncIterator[bytes]:
        yield VIDEO
        while True:
            yield bytes(1000)
            await asyncio.sleep(0.01)

    answer = await client.post(SUBMIT, data=for_ever(), headers=RAW)

    assert await problem(answer) == (408, "upload_too_slow")
    assert "FORGESYTE_MAX_UPLOAD_SECONDS is 0.2, and " in await answer.text()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_ten_bytes_a_second_are_too_few_and_it_is_said(serve: Serve) -> None:
    client = await serve(pace=Pace(window_seconds=0.2, bytes_per_second=8192))

    async def dripping() -> AsyncIterator[bytes]:
        yield VIDEO
        while True:
            await asyncio.sleep(0.01)
            yield b"0"

    answer = await client.post(SUBMIT, data=dripping(), headers=RAW)

    assert await problem(answer) == (408, "upload_too_slow")
    assert "FORGESYTE_MIN_UPLOAD_BYTES_PER_SECOND is 8192, and " in await answer.text()


async def test_the_time_and_the_rate_are_what_is_set(serve: Serve) -> None:
    client = await serve(max_upload_seconds=7200, min_upload_bytes_per_second=100)

    (pace,) = (value for value in client.app.values() if isinstance(value, Pace))

    assert pace == Pace(total_seconds=7200, bytes_per_second=100)


@pytest.mark.parametrize(("free", "status"), [(GIB - 1, 507), (GIB + 10 * len(VIDEO), 202)])
async def test_no_upload_uses_what_is_to_be_kept_free(
    serve: Serve, folder: Path, caplog: pytest.LogCaptureFixture, free: int, status: int
) -> None:
    client = await serve(storage=SmallStorage(folder, free))

    answer = await client.post(SUBMIT, data=form())

    assert answer.status == status
    if status == 507:
        assert await problem(answer) == (507, "storage_full")
        (line,) = [each for each in caplog.records if each.message == "request refused"]
        told = f"FORGESYTE_MIN_FREE_BYTES is {GIB}, and {free} bytes of the storage are free, "
        assert line.reason.startswith(told)
        assert (await answer.json(content_type=None))["detail"] == line.reason
        assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_video_that_would_leave_too_little_is_refused_before_it_comes(
    serve: Serve, folder: Path
) -> None:
    client = await serve(storage=SmallStorage(folder, GIB + len(VIDEO) - 1))

    answer = await client.post(SUBMIT, data=VIDEO, headers=RAW)

    assert await problem(answer) == (507, "storage_full")


async def test_a_long_upload_ends_when_the_room_does(serve: Serve, folder: Path) -> None:
    client = await serve(storage=SmallStorage(folder, 2 * GIB, GIB - 1))

    async def without_a_length() -> AsyncIterator[bytes]:
        yield VIDEO
        for _ in range(LOOK_BYTES // 2**20 + 1):
            yield bytes(2**20)

    answer = await client.post(SUBMIT, data=without_a_length(), headers=RAW)

    assert await problem(answer) == (507, "storage_full")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_process_without_room_for_videos_is_not_ready(serve: Serve, folder: Path) -> None:
    client = await serve(storage=SmallStorage(folder, GIB - 1))

    answer = await client.get("/readyz")

    assert answer.status == 503
    assert (await answer.json(content_type=None))["checks"]["storage"] == "full"


async def test_what_is_free_is_known_before_the_first_file(folder: Path) -> None:
    assert await LocalStorage(folder / "to" / "come").free_bytes() > 0
