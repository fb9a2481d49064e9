"""Several web and worker processes over one database, Redis and storage; what ends is restarted."""

import asyncio
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from service.launcher.server_process import free_port
from tests.faults.processes.pipeline import WATCHED_VARIABLE
from tests.faults.processes.steps import ALTERED_VARIABLE, PLACES_VARIABLE
from tests.faults.servers import Pair
from tests.system.harness import Running, environ_for, start_process
from tests.waiting import is_gone

WEB, WORKER = "tests.faults.processes.web", "tests.faults.processes.worker"
# Told from the processes of others by this, which they hand on to all they start.
MARK = "FAULTS_RUN"
RESTART_SECONDS = 0.3


@dataclass(frozen=True)
class Taken:
    """What a process takes: resident bytes, and open descriptors; how old it is."""

    resident_bytes: int
    descriptors: int
    lived_seconds: float


@dataclass
class Member:
    """One place of the cluster: a process, and after it the next."""

    module: str
    environ: Mapping[str, str]
    log: Path
    # Its machine's address, and the program that runs it there.
    host: str = "127.0.0.1"
    prefix: Sequence[str] = ()
    # Nothing ends it before all are ended: whether a process grows shows in one that lives.
    is_lasting: bool = False
    # A fault is at it; no other may be meanwhile.
    is_taken: bool = False
    # Nothing starts in its place for the time being.
    is_away: bool = False
    running: Running | None = None
    starts: int = 0

    def start(self) -> None:
        """A process, in the place of the one that has ended."""
        self.running = start_process(
            self.module, environ=self.environ, log=self.log, prefix=self.prefix
        )
        self.starts += 1

    @property
    def pid(self) -> int | None:
        """Of the process that lives."""
        if self.running is None or self.running.process.poll() is not None:
            return None
        return self.running.pid

    def send(self, number: signal.Signals) -> None:
        """Signal the process, if there is one."""
        if self.pid is not None:
            assert self.running is not None
            self.running.process.send_signal(number)

    def takes(self) -> Taken | None:
        """What the process takes now, if there is one."""
        try:
            process = psutil.Process(self.pid) if self.pid else None
            return process and taken_by(process)
        except psutil.NoSuchProcess:
            return None

    def family(self) -> list[int]:
        """Ids of what the process has started."""
        try:
            return self.running.family() if self.running and self.pid else []
        except psutil.NoSuchProcess:
            return []


def taken_by(process: psutil.Process) -> Taken:
    """What it takes now; raises NoSuchProcess."""
    age = time.time() - process.create_time()
    return Taken(process.memory_info().rss, process.num_fds(), age)


# Puts the member of a number, counted among its kind, onto its machine.
Place = Callable[[Member, int], Member]


@dataclass
class Cluster:
    """All that a run starts, and how it ended."""

    folder: Path
    servers: Pair
    database_url: str
    webs: list[Member]
    workers: list[Member]
    mark: str
    # Of each that was told to end: seconds it took, and its exit status.
    ends: list[tuple[float, int]] = field(default_factory=list)
    is_ending: bool = False

    @property
    def urls(self) -> list[str]:
        """Where the web processes listen."""
        return [f"http://{member.host}:{member.environ['PORT']}" for member in self.webs]

    def taken(self, *, lived_seconds: float = 0) -> dict[str, Taken]:
        """By name and id, what each process takes now that lasts, or has lived for so long."""
        return {
            f"{member.log.stem}, {member.pid}": takes
            for member in (*self.webs, *self.workers)
            if (takes := member.takes())
            and (member.is_lasting or takes.lived_seconds >= lived_seconds)
        }

    @property
    def lasting_workers(self) -> int:
        """How many workers no fault ends."""
        return sum(member.is_lasting for member in self.workers)

    @property
    def watched(self) -> Path:
        """Here tell the pipeline processes of the worker that lasts what they take."""
        return self.folder / "watched"

    @property
    def places(self) -> Path:
        """A file made here kills the process that comes to the place of its name."""
        return self.folder / "places"

    @property
    def storage(self) -> Path:
        """Where the files lie."""
        return self.folder / "storage"

    async def keep(self) -> None:
        """Start again what has ended, as a platform would."""
        while not self.is_ending:
            for member in (*self.webs, *self.workers):
                if member.pid is None and not (member.is_away or self.is_ending):
                    member.start()
            await asyncio.sleep(RESTART_SECONDS)

    async def end_all(self, *, limit_seconds: float) -> None:
        """End every process, and start none."""
        self.is_ending = True
        members = (*self.workers, *self.webs)
        await asyncio.gather(*(self.end(member, limit_seconds=limit_seconds) for member in members))

    async def end(self, member: Member, *, limit_seconds: float) -> None:
        """SIGTERM, and note how long it took; killed where it takes longer than the limit."""
        if member.running is None or member.pid is None:
            return
        process, began = member.running.process, time.monotonic()
        member.send(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, limit_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        self.ends.append((time.monotonic() - began, process.wait()))

    def mend(self) -> None:
        """Everything runs again that a fault may have left stopped."""
        for place in self.places.iterdir():
            place.unlink(missing_ok=True)
        for server in (self.servers.postgres, self.servers.redis):
            server.send(signal.SIGCONT)
            server.start()
        for member in (*self.webs, *self.workers):
            member.send(signal.SIGCONT)

    def strays(self) -> list[str]:
        """Every process that a member has started, or is, and that lives."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and not is_gone(process.pid):
                    found.append(" ".join(process.cmdline())[:200])
            except psutil.Error:
                continue
        return found


@asynccontextmanager
async def open_cluster(
    folder: Path,
    servers: Pair,
    database_url: str,
    *,
    webs: int,
    workers: int,
    lease_seconds: float,
    max_attempts: int,
    altered: str | None = None,
    lasting: int = 0,
    place: Place = lambda member, _: member,
) -> AsyncIterator[Cluster]:
    """A running cluster on a migrated database; killed at the end, where it still lives.

    lasting: so many of the web processes, and of the workers, are ended by no fault.
    """
    mark, places, scratch = secrets.token_hex(8), folder / "places", folder / "scratch"
    for made in (places, scratch, folder / "watched"):
        made.mkdir(parents=True)
    environ = environ_for(
        folder,
        database_url=database_url,
        redis_url=servers.redis.url,
        lease_seconds=f"{lease_seconds:g}",
        max_attempts=str(max_attempts),
        # A video that is submitted again is analysed again.
        repeats="off",
        max_uploads="64",
        min_free_bytes="0",
    ) | {MARK: mark, "TMPDIR": str(scratch)}
    if altered is not None:
        environ[ALTERED_VARIABLE] = altered

    def member(module: str, name: str, number: int) -> Member:
        own = {"PORT": str(free_port())} if module == WEB else {}
        is_lasting = number < lasting
        fate = {WATCHED_VARIABLE: str(folder)} if is_lasting else {PLACES_VARIABLE: str(places)}
        log = folder / f"{name}-{number}.log"
        return place(Member(module, environ | own | fate, log, is_lasting=is_lasting), number)

    cluster = Cluster(
        folder,
        servers,
        database_url,
        [member(WEB, "web", number) for number in range(webs)],
        [member(WORKER, "worker", number) for number in range(workers)],
        mark,
    )
    keeping = asyncio.create_task(cluster.keep())
    try:
        yield cluster
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        for member in (*cluster.webs, *cluster.workers):
            member.send(signal.SIGCONT)
            member.send(signal.SIGKILL)
