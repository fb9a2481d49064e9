"""Who waits for a job's next status, and how they are told: PostgreSQL notifies one connection."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import asyncpg

from service.jobs.connections import ACQUIRE_SECONDS, driver_url
from service.jobs.database_errors import DRIVER_ERRORS

CHANNEL = "forgesyte_jobs"
RETRY_SECONDS = 1.0
# A server that hangs, or a network that forgets a connection, ends no session by itself.
PROBE_SECONDS = 15.0
PROBE_ANSWER_SECONDS = 3.0

log = logging.getLogger(__name__)


class JobChanges:
    """Tells those who wait; by itself it hears of nothing, so they have to look by themselves."""

    # Whether whoever waits is told of a change.
    is_live = False
    is_closed = False

    def __init__(self) -> None:
        self._watches: dict[UUID, set[asyncio.Event]] = {}

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._watches.values()))

    @contextmanager
    def watch(self, job_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set when the job may have changed, until the context is left."""
        changed = asyncio.Event()
        watches = self._watches.setdefault(job_id, set())
        watches.add(changed)
        try:
            yield changed
        finally:
            watches.discard(changed)
            if not watches:
                self._watches.pop(job_id, None)

    def notify(self, job_id: UUID) -> None:
        """Tell whoever waits for this job."""
        for changed in self._watches.get(job_id, ()):
            changed.set()

    def notify_all(self) -> None:
        """Tell everybody: what came before may have been missed."""
        for job_id in list(self._watches):
            self.notify(job_id)

    def close(self) -> None:
        """Let nobody wait any longer."""
        self.is_closed = True
        self.notify_all()


class PostgresChanges(JobChanges):
    """Told by PostgreSQL, over a connection that is opened when somebody first waits."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._listening: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, job_id: UUID) -> Iterator[asyncio.Event]:
        """See JobChanges."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen_forever())
        with super().watch(job_id) as changed:
            yield changed

    async def end(self) -> None:
        """Listen no longer."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ACQUIRE_SECONDS):
                    connection = await asyncpg.connect(driver_url(self._url))
                try:
                    await self._listen(connection)
                finally:
                    self.is_live = False
                    connection.terminate()
            except (asyncpg.PostgresError, *DRIVER_ERRORS) as error:
                log.warning("no news of jobs, polling", extra={"reason": repr(error)})
            except Exception:
                log.exception("listening for jobs failed, trying again")
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Until the connection is lost: then the probe, or PostgreSQL's own word, ends it."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._heard)
        self.is_live = True
        self.notify_all()
        while not await set_within(lost, PROBE_SECONDS):
            await connection.execute("SELECT", timeout=PROBE_ANSWER_SECONDS)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            job_id = UUID(str(payload))
        except ValueError:
            log.warning("foreign notification, ignored")
            return
        self.notify(job_id)


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set within the seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


@asynccontextmanager
async def open_postgres_changes(url: str) -> AsyncIterator[PostgresChanges]:
    """Changes of the jobs in this database, which no PgBouncer may stand in front of."""
    changes = PostgresChanges(url)
    try:
        yield changes
    finally:
        await changes.end()
