"""forgesyte migrate --rollback: the jobs' files, and only then the table that names them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import click
from rich.console import Console
from rich.progress import Progress

from config.settings import Settings, variable_of
from service.jobs.migrate import rollback as undo_migrations
from service.jobs.model import JOBS_FOLDER, job_id_of
from service.jobs.removal import JobsTable, RemovalRefused, open_jobs_table
from service.storage.base import StorageSweep
from service.wiring import open_storage

KEYS_AT_ONCE = 1000


def roll_back(settings: Settings, *, delete_jobs: bool, files_gone: bool) -> list[str]:
    """Undo every migration and return their names; jobs are deleted only when that is asked for.

    delete_jobs: their files first, so a removal that was cut short can be run again.
    files_gone: the storage is left alone. Raises RemovalRefused, StorageError, SettingsError,
    MigrationFailed, DatabaseUnavailable; the table is still there then.
    """
    if not delete_jobs:
        asyncio.run(_refuse_to_lose_jobs(settings))
    elif files_gone:
        asyncio.run(_delete_rows(settings))
    else:
        asyncio.run(_delete_files_and_rows(settings))
    names = undo_migrations(settings.migrations_url)
    if delete_jobs and not files_gone:
        # What a worker or an upload that nobody had ended has written meanwhile.
        asyncio.run(_sweep(open_storage(settings)))
    return names


async def _refuse_to_lose_jobs(settings: Settings) -> None:
    async with open_jobs_table(settings.migrations_url) as jobs:
        lost = await jobs.by_status()
        if lost:
            files = await _files_of_jobs(jobs, open_storage(settings), settings)
            counted = ", ".join(f"{number} {status}" for status, number in lost.items())
            raise RemovalRefused(
                f"a rollback deletes {sum(lost.values())} jobs for good ({counted}), and their "
                f"{files} files in {settings.storage_url}; add --delete-jobs to do it"
            )


async def _delete_rows(settings: Settings) -> None:
    async with open_jobs_table(settings.migrations_url) as jobs, jobs.locked():
        await jobs.delete_all()


async def _delete_files_and_rows(settings: Settings) -> None:
    place = settings.storage_url
    storage = open_storage(settings)
    async with open_jobs_table(settings.migrations_url) as jobs:
        await jobs.refuse_running()
        files = await _files_of_jobs(jobs, storage, settings)
        await jobs.note_removal(place)
        async with jobs.locked():
            with _progress() as progress:
                task = progress.add_task("deleting", total=files)
                deleted = await _sweep(storage, lambda: progress.advance(task))
            await jobs.delete_all()
    if deleted:
        click.echo(f"deleted {deleted} files in {place}")


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


async def _files_of_jobs(jobs: JobsTable, storage: StorageSweep, settings: Settings) -> int:
    """How many files of jobs the storage holds.

    Raises RemovalRefused when none is of a job of this table: storage and database are no pair.
    """
    files, is_pair = 0, await jobs.removal_noted(settings.storage_url)
    async for keys in _pages(storage):
        files += len(keys)
        is_pair = is_pair or await jobs.knows_any(list(filter(None, map(job_id_of, keys))))
    number = sum((await jobs.by_status()).values())
    if (files or number) and not is_pair:
        raise RemovalRefused(
            f"of the {files} files of jobs in {settings.storage_url} none belongs to one of the "
            f"{number} jobs in the database, so nothing was changed: set "
            f"{variable_of('storage_url')} and {variable_of('database_url')} as web and worker "
            "have them, or add --delete-jobs --files-gone to leave the storage as it is"
        )
    return files


async def _sweep(storage: StorageSweep, advance: Callable[[], None] = lambda: None) -> int:
    """Delete every file of a job and what cut-off uploads left; how many files they were."""
    deleted = 0
    # A folder that changes while it is listed may hide a file from one pass.
    while found := await _delete_listed(storage, advance):
        deleted += found
    return deleted + await storage.tidy(JOBS_FOLDER)


async def _delete_listed(storage: StorageSweep, advance: Callable[[], None]) -> int:
    found = 0
    async for keys in _pages(storage):
        for key in keys:
            await storage.delete(key)
            advance()
        found += len(keys)
    return found


async def _pages(storage: StorageSweep) -> AsyncIterator[list[str]]:
    page: list[str] = []
    async for key in storage.keys(JOBS_FOLDER):
        if job_id_of(key) is not None:
            page.append(key)
        if len(page) == KEYS_AT_ONCE:
            yield page
            page = []
    if page:
        yield page
