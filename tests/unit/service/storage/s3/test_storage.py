"""What a bucket has of its own: a network between, credentials, parts, copies fetched to a disk."""

import asyncio
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from service.errors import FileMissing, StorageFull, StorageUnavailable
from service.launcher.server_process import free_port
from service.storage.s3 import bucket as bucket_module
from service.storage.s3.bucket import Access, open_bucket
from service.storage.s3.storage import S3Storage
from tests.s3 import ACCESS_KEY, BUCKET, SECRET, S3Server, new_prefix
from tests.waiting import until

KEY = "video_jobs/a.mp4"
MEGABYTE = 1024 * 1024


async def of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def save(storage: S3Storage) -> None:
    await storage.save(KEY, of(b"x"))


async def save_much(storage: S3Storage) -> None:
    await storage.save(KEY, of(*[bytes(MEGABYTE)] * 16))


async def load(storage: S3Storage) -> None:
    async for _ in storage.load(KEY):
        pass


async def open_file(storage: S3Storage) -> None:
    async with storage.open_file(KEY):
        pass


async def fetch(storage: S3Storage) -> None:
    async with storage.local_file(KEY):
        pass


async def delete(storage: S3Storage) -> None:
    await storage.delete(KEY)


async def publish(storage: S3Storage) -> None:
    await storage.publish(KEY, "video_jobs/b.mp4")


async def list_keys(storage: S3Storage) -> None:
    async for _ in storage.keys("video_jobs"):
        pass


async def tidy(storage: S3Storage) -> None:
    await storage.tidy("video_jobs")


EVERYTHING = [save, save_much, load, open_file, fetch, delete, publish, list_keys, tidy]
every_request = pytest.mark.parametrize("request_to", EVERYTHING, ids=lambda each: each.__name__)
Request = Callable[[S3Storage], Awaitable[None]]


@pytest.fixture
def prefix() -> str:
    return new_prefix()


@pytest.fixture
def storage(s3_server: S3Server, prefix: str) -> S3Storage:
    return s3_server.storage(prefix)


@every_request
async def test_a_bucket_that_is_not_there_is_said(s3_server: S3Server, request_to: Request) -> None:
    access = Access(s3_server.url, "us-east-1", ACCESS_KEY, SECRET)
    away = S3Storage(open_bucket("another", "", access), scratch_bytes=MEGABYTE)

    with pytest.raises(
        StorageUnavailable, match=r"s3://another at http.*: there is no such bucket"
    ):
        await request_to(away)


@every_request
async def test_what_is_refused_is_said_and_no_secret_with_it(
    s3_server: S3Server, storage: S3Storage, request_to: Request
) -> None:
    with s3_server.refusing(), pytest.raises(StorageUnavailable) as refused:
        await request_to(storage)

    assert "knows no such access key" in str(refused.value) or "denied" in str(refused.value)
    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SILENT_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(bucket_module, name, 0.3)


@pytest.fixture(params=["nobody listens", "nobody answers"])
def away(request: pytest.FixtureRequest, s3_server: S3Server, hasty: None) -> Iterator[S3Storage]:
    """A store that is stopped, or one that hangs."""
    stopped = request.param == "nobody listens"
    url = f"http://127.0.0.1:{free_port()}" if stopped else s3_server.url
    opened = open_bucket(BUCKET, "", Access(url, "us-east-1", ACCESS_KEY, SECRET))
    silence: AbstractContextManager[None] = nullcontext() if stopped else s3_server.silent()
    with silence:
        yield S3Storage(opened, scratch_bytes=MEGABYTE)


async def test_a_store_that_is_away_keeps_nobody_waiting(away: S3Storage) -> None:
    async with asyncio.timeout(20):
        found = await asyncio.gather(
            *(request_to(away) for request_to in EVERYTHING), return_exceptions=True
        )

    assert [str(each).rpartition(": ")[2] for each in found] == ["it does not answer"] * len(found)


async def test_a_file_is_sent_while_it_comes_and_seen_when_it_is_whole(
    s3_server: S3Server, storage: S3Storage, prefix: str
) -> None:
    rest = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(11 * MEGABYTE)
        # What is gathered goes on its way with the next.
        yield bytes(MEGABYTE)
        await rest.wait()

    saving = asyncio.create_task(storage.save(KEY, chunks()))
    await until(lambda: s3_server.uploads(prefix))
    with pytest.raises(FileMissing):
        await load(storage)
    rest.set()

    assert (await saving).size == 12 * MEGABYTE
    assert s3_server.uploads(prefix) == []


async def test_a_fetched_file_has_no_name_that_could_be_left_behind(
    storage: S3Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await storage.save(KEY, of(b"video"))

    async with storage.local_file(KEY) as path:
        assert path.read_bytes() == b"video"
        assert list(tmp_path.iterdir()) == []
    assert not path.exists()


async def test_what_does_not_fit_the_budget_is_not_fetched(
    s3_server: S3Server, prefix: str
) -> None:
    storage = s3_server.storage(prefix, scratch_bytes=4)
    await storage.save(KEY, of(b"video"))

    with pytest.raises(
        StorageFull, match="FORGESYTE_MAX_SCRATCH_BYTES is 4, and the video has 5 bytes"
    ):
        await fetch(storage)


async def test_a_file_that_was_replaced_is_not_read_on(storage: S3Storage) -> None:
    """No reader gets the beginning of one version and the end of another."""
    await storage.save(KEY, of(bytes(4 * MEGABYTE)))

    async with storage.open_file(KEY) as file:
        await asyncio.to_thread(file.content.read, 10)
        await storage.save(KEY, of(b"\1" * 4 * MEGABYTE))
        file.content.seek(3 * MEGABYTE)
        with pytest.raises(FileMissing):
            await asyncio.to_thread(file.content.read, 10)
