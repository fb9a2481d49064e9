"""URL scheme → adapter: the only place that knows which implementation stands behind a port."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

from config.graph import load_pipelines
from config.settings import Settings, SettingsError, variable_of
from service.access.postgres import open_postgres_tokens
from service.jobs.changes import open_postgres_changes
from service.jobs.postgres import open_postgres_jobs
from service.queue.arq import open_arq_queue
from service.services import Services
from service.storage.base import Storage
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
            queue=await stack.enter_async_context(open_arq_queue(settings.queue_url)),
            storage=open_storage(settings.storage_url),
            pipelines=load_pipelines(),
            tokens=await stack.enter_async_context(
                open_postgres_tokens(
                    settings.database_url, pooler=bool(settings.database_direct_url)
                )
            ),
            changes=await stack.enter_async_context(open_postgres_changes(settings.migrations_url)),
        )


def open_storage(url: str) -> Storage:
    """The storage a URL names; raises SettingsError."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() not in STORAGES:
        known = ", ".join(f"{name}://" for name in STORAGES)
        raise SettingsError(f"{_VARIABLE}={url}: this release stores in {known}")
    return STORAGES[scheme.lower()](rest)


def _open_local(rest: str) -> Storage:
    """file:///folder and file:/folder (RFC 8089), percent-encoded or as it is."""
    folder = rest.removeprefix("//") if rest.startswith("///") else rest
    if not folder.strip("/") or not folder.startswith("/") or folder.startswith("//"):
        raise SettingsError(f"{_VARIABLE}=file:{rest}: write it file:///absolute/folder")
    if "?" in folder or "#" in folder:
        raise SettingsError(f"{_VARIABLE}=file:{rest}: write ? as %3F and # as %23")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(folder)))
    if any(character < " " for character in path):
        raise SettingsError(f"{_VARIABLE}={f'file:{rest}'!r}: control characters name no folder")
    return LocalStorage(Path(path))


_VARIABLE = variable_of("storage_url")
STORAGES: dict[str, Callable[[str], Storage]] = {"file": _open_local}
