"""What an attempt that did not end has left for the next one to go on with.

The document so far lies in segments, files that never change once they are there; a checkpoint
names them, and holds what the pipeline remembered right after them. Each attempt writes its own
files alone, so one that was given up and goes on writing does no harm to the next, which takes from
its predecessors only what has the hash that is expected.
"""

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from service.errors import FileMissing, ServiceError, StorageUnavailable
from service.jobs.model import Job, Lease, checkpoint_key, job_id_of, segment_key
from service.storage.base import StorageService, StoredFile

log = logging.getLogger(__name__)


class PartialLost(Exception):
    """What an earlier attempt left is gone or was changed"""


@dataclass(frozen=True, slots=True)
class Partial:
    """The results of a video's first frames, and what it takes to go on with the others.

    identity: all that decides the results, video, options and provenance; only the same goes on.
    segments: the document up to there, in order. memory: a checkpoint's.
    """

    identity: Mapping[str, Any]
    frames: int = 0
    segments: tuple[StoredFile, ...] = ()
    memory: bytes | None = None


async def save_partial(
    storage: StorageService,
    lease: Lease,
    before: Partial,
    chunks: Iterable[bytes],
    *,
    frames: int,
    memory: bytes,
) -> Partial:
    """Make durable what the document has got since the partial before; what is durable now.

    frames: how many there are now. Raises StorageFull.
    """
    key = segment_key(lease, len(_own(before.segments, lease)))
    segment = await storage.save(key, _each(chunks))
    now = Partial(before.identity, frames, (*before.segments, segment), memory)
    await storage.save(checkpoint_key(lease), _each(_encoded(now)))
    return now


async def newest_partial(storage: StorageService, job: Job, identity: Mapping[str, Any]) -> Partial:
    """What the attempts before this one have left; an empty one where that is of no use.

    Raises StorageUnavailable.
    """
    for attempt in range(job.attempt - 1, 0, -1):
        facts = {"job_id": str(job.job_id), "attempt": job.attempt, "left_by": attempt}
        try:
            found = await _load(storage, replace(job.lease, attempt=attempt))
        except FileMissing:
            continue
        except StorageUnavailable:
            # It may be there: an hour's work is not given up for a store that is away.
            raise
        except (ServiceError, OSError, ValueError) as error:
            log.warning("checkpoint not usable", extra=facts | {"reason": str(error)})
            continue
        if found.identity == identity:
            log.info("job goes on at a checkpoint", extra=facts | {"frames": found.frames})
            return found
        log.info("checkpoint of another program passed over", extra=facts)
    return Partial(identity)


async def load_segments(storage: StorageService, partial: Partial) -> AsyncIterator[bytes]:
    """The document so far, in chunks; raises PartialLost where a segment is not what was stored."""
    for segment in partial.segments:
        digest = hashlib.sha256()
        try:
            async for chunk in storage.load(segment.key):
                digest.update(chunk)
                yield chunk
        except FileMissing as error:
            raise PartialLost(segment.key) from error
        if digest.hexdigest() != segment.sha256:
            raise PartialLost(segment.key)


async def partial_keys(storage: StorageService, job: Job) -> list[str]:
    """Storage keys of all that a job's attempts may have left so.

    Of an attempt under way that is the segments which its checkpoint names, and the next one.
    """
    keys = []
    for attempt in range(1, job.attempt + 1):
        lease = Lease(job.job_id, attempt, "")
        try:
            segments = (await _load(storage, lease)).segments
        except (ServiceError, OSError, ValueError):
            segments = ()
        own = _own(segments, lease)
        # The checkpoint last: without it nobody finds the others.
        keys += [*own, segment_key(lease, len(own)), checkpoint_key(lease)]
    return keys


def _own(segments: Iterable[StoredFile], lease: Lease) -> list[str]:
    """Keys of the segments that this attempt has written, of all that it goes on from."""
    prefix = segment_key(lease, 0).removesuffix("0")
    return [segment.key for segment in segments if segment.key.startswith(prefix)]


def _encoded(partial: Partial) -> tuple[bytes, ...]:
    """SHA-256 of what follows it, then a line of JSON, then the memory."""
    manifest = {
        "identity": partial.identity,
        "frames": partial.frames,
        "segments": [asdict(segment) for segment in partial.segments],
    }
    content = json.dumps(manifest).encode() + b"\n" + (partial.memory or b"")
    return hashlib.sha256(content).digest(), content


async def _load(storage: StorageService, lease: Lease) -> Partial:
    """The checkpoint of an attempt; raises FileMissing, and ValueError where it was changed."""
    stored = b"".join([chunk async for chunk in storage.load(checkpoint_key(lease))])
    digest, content = stored[:32], stored[32:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("it was changed")
    line, _, memory = content.partition(b"\n")
    manifest = json.loads(line)
    segments = tuple(StoredFile(**segment) for segment in manifest["segments"])
    if any(job_id_of(segment.key) != lease.job_id for segment in segments):
        raise ValueError("it names another job's files")
    return Partial(manifest["identity"], manifest["frames"], segments, memory)


async def _each(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
