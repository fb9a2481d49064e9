"""When a file is read for its SHA-256, and when it is known already."""

import hashlib
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from service.storage.base import OpenFile, StoredFile
from service.storage.local import LocalStorage
from service.web.verified import SETTLED_SECONDS, VerifiedFiles

CONTENT = b"what was stored"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_bytes(CONTENT)
    return path


def stored(content: bytes = CONTENT) -> StoredFile:
    return StoredFile("results.json", len(content), hashlib.sha256(content).hexdigest())


def opened(path: Path) -> AbstractAsyncContextManager[OpenFile]:
    return LocalStorage(path.parent).open_file(path.name)


def later() -> float:
    """A time at which every file has long been as it is."""
    return time.time() + 2 * SETTLED_SECONDS


async def reads(verified: VerifiedFiles, path: Path) -> bool:
    """Whether a file that is what was stored is read before that is known."""
    async with opened(path) as file:
        assert verified.holds(file, stored())
        return file.content.tell() > 0


async def test_a_file_is_read_once(path: Path) -> None:
    verified = VerifiedFiles(clock=later)

    assert [await reads(verified, path) for _ in range(3)] == [True, False, False]


async def test_a_file_changed_just_now_is_read_again(path: Path) -> None:
    """It may change once more within the same tick of the file system's clock."""
    verified = VerifiedFiles(clock=time.time)

    assert [await reads(verified, path), await reads(verified, path)] == [True, True]


async def test_a_file_that_is_asked_for_something_else_is_read_again(path: Path) -> None:
    verified = VerifiedFiles(clock=later)
    await reads(verified, path)

    async with opened(path) as file:
        assert not verified.holds(file, stored(b"what was sought"))


async def test_what_is_not_what_was_stored_is_never_remembered(path: Path) -> None:
    verified = VerifiedFiles(clock=later)
    path.write_bytes(CONTENT.upper())

    for _ in range(2):
        async with opened(path) as file:
            assert not verified.holds(file, stored())


async def test_the_number_of_files_remembered_is_bounded(path: Path) -> None:
    verified = VerifiedFiles(most_files=2, clock=later)
    copies = [path.with_name(f"{number}.json") for number in range(3)]
    for copy in copies:
        copy.write_bytes(CONTENT)
        await reads(verified, copy)

    assert [await reads(verified, copy) for copy in reversed(copies)] == [False, False, True]
