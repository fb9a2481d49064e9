"""Maintenance in the background: one process at a time, whatever goes wrong in a pass."""

import asyncio
import logging

from config.settings import Settings
from service.errors import ServiceError
from service.jobs.store import MaintenanceStore
from service.maintenance.janitor import GRACE_SECONDS, sweep_files
from service.maintenance.retention import remove_old
from service.storage.base import Storage

PERIOD_SECONDS = 600.0

log = logging.getLogger(__name__)


async def maintain(
    jobs: MaintenanceStore,
    storage: Storage,
    *,
    settings: Settings,
    grace_seconds: float = GRACE_SECONDS,
) -> None:
    """One pass, unless another process is at it.

    Raises DatabaseUnavailable, SchemaOutdated, StorageError.
    """
    async with jobs.maintaining() as is_ours:
        if not is_ours:
            return
        if settings.retention_days:
            await remove_old(jobs, storage, days=settings.retention_days)
        await sweep_files(jobs, storage, grace_seconds=grace_seconds)


async def maintain_forever(
    jobs: MaintenanceStore,
    storage: Storage,
    *,
    settings: Settings,
    period_seconds: float = PERIOD_SECONDS,
) -> None:
    """A pass at the start, and one every period."""
    while True:
        try:
            await maintain(jobs, storage, settings=settings)
        except ServiceError as error:
            log.warning("maintenance waits", extra={"reason": str(error)})
        except Exception:
            log.exception("maintenance pass failed")
        await asyncio.sleep(period_seconds)
