"""Which workers are alive, and whether they keep their files where this process keeps its own.

Each worker keeps a small file of a random name in its storage, and says which in a row that it
renews. Who finds the files of all live workers has the storage that they have. A worker that was
stopped takes its row and its file away; one that was killed is no longer alive when its row has
expired, and its file is swept.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum
from uuid import UUID, uuid4

from config.settings import HEARTBEATS_PER_LEASE, variable_of
from service.errors import FileMissing, ServiceError
from service.jobs.model import readiness_key
from service.jobs.operations.base import WorkerPresence
from service.storage.base import StorageService

RETIRE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Workers(StrEnum):
    """What is to be said of the live workers."""

    OK = "ok"
    NONE = "none"
    OTHER_STORAGE = "other_storage"


async def announce_forever(
    workers: WorkerPresence, storage: StorageService, *, worker: str, lease_seconds: float
) -> None:
    """Have this worker known as alive until cancelled, whatever goes wrong meanwhile."""
    proof = uuid4()
    try:
        while True:
            try:
                # The file first: who knows of it may look for it at once. Each time anew, or it
                # would be swept like one of a killed worker.
                await storage.save(readiness_key(proof), _one_chunk(proof.bytes))
                await workers.announce(worker, proof, seconds=lease_seconds)
            except (ServiceError, OSError) as error:
                log.warning("worker not announced", extra={"reason": str(error) or repr(error)})
            except Exception:
                log.exception("announcing the worker failed")
            await asyncio.sleep(lease_seconds / HEARTBEATS_PER_LEASE)
    finally:
        with suppress(ServiceError, OSError):
            async with asyncio.timeout(RETIRE_SECONDS):
                await workers.retire(worker)
                await storage.delete(readiness_key(proof))


async def check_workers(workers: WorkerPresence, storage: StorageService) -> Workers:
    """Whether there are live workers, and all of them keep their files in this storage.

    Raises DatabaseUnavailable, SchemaOutdated, StorageError.
    """
    live = await workers.live_workers()
    unseen = {worker for worker, proof in live.items() if not await _is_there(storage, proof)}
    if unseen:
        # One that has just been stopped took its file away.
        live = await workers.live_workers()
        unseen &= live.keys()
    for worker in unseen:
        variable = variable_of("storage_url")
        hint = f"give web and workers one {variable}, a folder they all mount or a bucket"
        log.warning(
            "not ready: a worker has another storage", extra={"owner": worker, "hint": hint}
        )
    if unseen:
        return Workers.OTHER_STORAGE
    return Workers.OK if live else Workers.NONE


async def prove_storage(storage: StorageService) -> None:
    """Write a file and read it back; raises StorageError."""
    key, nonce = readiness_key(uuid4()), uuid4().bytes
    try:
        await storage.save(key, _one_chunk(nonce))
        found = b"".join([chunk async for chunk in storage.load(key)])
    finally:
        await storage.delete(key)
    if found != nonce:
        raise FileMissing("what was written was not what was read")


async def _is_there(storage: StorageService, proof: UUID) -> bool:
    try:
        found = b"".join([chunk async for chunk in storage.load(readiness_key(proof))])
    except FileMissing:
        return False
    return found == proof.bytes


async def _one_chunk(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk
