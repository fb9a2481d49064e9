"""URL scheme → adapter: the only place that knows which implementation stands behind a port."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from config.graph import load_pipelines
from config.settings import Settings, SettingsError
from service.jobs.postgres import open_postgres_jobs
from service.queue.arq import open_arq_queue
from service.services import Services
from service.storage.base import StorageService
from service.storage.local import LocalStorage


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Everything a process works with; closed when the context is left.

    The servers need not be up: what needs one raises its Unavailable error until it is.
    Raises SettingsError, GraphError.
    """
    async with AsyncExitStack() as stack:
        yield Services(
            settings=settings,
            jobs=await stack.enter_async_context(
                open_postgres_jobs(settings.database_url, pooler=bool(settings.database_direct_url))
            ),
            queue=await stack.enter_async_context(open_arq_queue(settings.redis_url)),
            storage=open_storage(settings.storage_url),
            pipelines=load_pipelines(),
        )


def open_storage(url: str) -> StorageService:
    """The storage a URL names; raises SettingsError."""
    parts = urlsplit(url)
    if parts.scheme not in STORAGES:
        known = ", ".join(f"{scheme}://" for scheme in STORAGES)
        raise SettingsError(f"FORGESYTE_STORAGE_URL={url}: this release stores in {known}")
    return STORAGES[parts.scheme](parts)


def _open_local(parts: SplitResult) -> StorageService:
    if parts.netloc or not parts.path:
        raise SettingsError(
            f"FORGESYTE_STORAGE_URL={parts.geturl()}: write it file:///absolute/folder"
        )
    return LocalStorage(Path(unquote(parts.path)))


STORAGES: dict[str, Callable[[SplitResult], StorageService]] = {"file": _open_local}
