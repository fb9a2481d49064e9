"""Each storage, with what can be asked of it and done to it past its port."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from service.storage.base import Storage
from service.storage.local import LocalStorage
from tests.s3 import NAMES_A_PAGE, S3Server, new_prefix


@dataclass(frozen=True)
class Store:
    """A storage.

    names: of all files it holds, seen or unseen. put: have an empty file of that name there, be it
    no key. cut_off: leave what a save that was killed leaves. many: more names than are asked for
    at once. moments: at how many a save is cut off, and how many seconds apart. away: nobody can
    read it while the context is open.
    """

    storage: Storage
    names: Callable[[], list[str]]
    put: Callable[[str], None]
    cut_off: Callable[[str], None]
    many: int
    moments: tuple[int, float]
    away: Callable[[], AbstractContextManager[None]]


def local_store(root: Path) -> Store:
    """A folder."""

    def names() -> list[str]:
        files = (path for path in root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(root)) for path in files)

    def put(name: str) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def cut_off(key: str) -> None:
        folder, _, name = key.rpartition("/")
        put(f"{folder}/.{name}.{uuid4().hex}.part")

    @contextmanager
    def away() -> Iterator[None]:
        hidden = root.with_name("hidden")
        root.rename(hidden)
        root.symlink_to(root)
        yield
        root.unlink()
        hidden.rename(root)

    root.mkdir()
    return Store(LocalStorage(root), names, put, cut_off, 2500, (100, 0.0003), away)


def s3_store(server: S3Server) -> Store:
    """A prefix of a bucket."""
    prefix = new_prefix()

    return Store(
        server.storage(prefix),
        lambda: server.names(prefix),
        lambda name: server.put(f"{prefix}/{name}"),
        lambda key: server.begin_upload(f"{prefix}/{key}"),
        3 * NAMES_A_PAGE,
        (30, 0.003),
        server.refusing,
    )
