"""Which processes are alive, and whether they keep their files where this one keeps its own.

Each web process and each worker keeps a small file of a random name in its storage, and says which
in a row that it renews. Who finds the files of all that live has the storage that they have. One
that was stopped takes its row and its file away; one that was killed is no longer alive when its
row has expired, and its file is swept.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

from config.settings import HEARTBEATS_PER_LEASE, variable_of
from service.errors import FileMissing, ServiceError, StorageNotShared, StorageNotWritable
from service.jobs.model import readiness_key
from service.jobs.operations.base import ProcessPresence, Role
from service.storage.base import StorageService

RETIRE_SECONDS = 2.0
WRITABLE_HINT = f"let this user write there, or set {variable_of('storage_url')} to another folder"
HINT = f"give web and workers one {variable_of('storage_url')}, a folder they all mount or a bucket"

log = logging.getLogger(__name__)


class Workers(StrEnum):
    """What is to be said of the live workers."""

    OK = "ok"
    NONE = "none"
    OTHER_STORAGE = "other_storage"


@dataclass(frozen=True, slots=True)
class Seen:
    """Names of live processes: those whose files are in this storage, and those of another one."""

    here: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


def process_name() -> str:
    """A name for this process that no other has, nor had."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def announce_forever(
    presence: ProcessPresence,
    storage: StorageService,
    *,
    process: str,
    role: Role,
    lease_seconds: float,
) -> None:
    """Have this process known as alive until cancelled, whatever goes wrong meanwhile."""
    proof = uuid4()
    try:
        while True:
            try:
                # The file first: who knows of it may look for it at once. Each time anew, or it
                # would be swept like one of a killed worker.
                await storage.save(readiness_key(proof), _one_chunk(proof.bytes))
                await presence.announce(process, proof, role=role, seconds=lease_seconds)
            except (ServiceError, OSError) as error:
                facts = {"reason": str(error) or repr(error)}
                if isinstance(error, StorageNotWritable):
                    facts["hint"] = WRITABLE_HINT
                log.warning("process not announced", extra=facts)
            except Exception:
                log.exception("announcing the process failed")
            await asyncio.sleep(lease_seconds / HEARTBEATS_PER_LEASE)
    finally:
        with suppress(ServiceError, OSError):
            async with asyncio.timeout(RETIRE_SECONDS):
                await presence.retire(process)
                await storage.delete(readiness_key(proof))


async def look_for(presence: ProcessPresence, storage: StorageService, role: Role) -> Seen:
    """Where the live processes of a role keep their files.

    Raises DatabaseUnavailable, SchemaOutdated, StorageError.
    """
    live = await presence.live(role)
    elsewhere = {process for process, proof in live.items() if not await _is_there(storage, proof)}
    if elsewhere:
        # One that has just been stopped took its file away.
        live = await presence.live(role)
        elsewhere &= live.keys()
    return Seen(frozenset(live.keys() - elsewhere), frozenset(elsewhere))


async def check_workers(presence: ProcessPresence, storage: StorageService) -> Workers:
    """Whether there are live workers, and all of them keep their files in this storage.

    Raises as look_for does.
    """
    seen = await look_for(presence, storage, Role.WORKER)
    for worker in seen.elsewhere:
        log.warning(
            "not ready: a worker has another storage", extra={"owner": worker, "hint": HINT}
        )
    if seen.elsewhere:
        return Workers.OTHER_STORAGE
    return Workers.OK if seen.here else Workers.NONE


async def require_shared(
    presence: ProcessPresence, storage: StorageService, *, certainly: bool = False
) -> None:
    """Raise StorageNotShared where web keeps its files in another storage than this one.

    Where no web process lives nobody can tell, and of several some may have another storage: that
    is enough as long as every video is found; certainly: it is not.
    Raises otherwise as look_for does.
    """
    seen = await look_for(presence, storage, Role.WEB)
    if seen.elsewhere and (certainly or not seen.here):
        raise StorageNotShared(f"web has another storage ({', '.join(seen.elsewhere)}): {HINT}")
    if certainly and not seen.here:
        raise StorageNotShared(f"no web process is there whose storage this could be: {HINT}")


async def prove_storage(storage: StorageService) -> None:
    """Write a file and read it back; raises StorageError."""
    key, nonce = readiness_key(uuid4()), uuid4().bytes
    await storage.save(key, _one_chunk(nonce))
    try:
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
