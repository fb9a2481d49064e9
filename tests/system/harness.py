"""The real system for tests: web and worker as processes of their own, over real servers."""

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import dict_row

from service.launcher.server_process import free_port
from tests.waiting import is_gone, wait_until

ROOT = Path(__file__).parents[2]
READY_SECONDS = 90.0
# What a worker may take to end, and more than any analysis here takes.
EXIT_SECONDS = 25.0
JOB_SECONDS = 120.0
# Of a video that takes long enough to be held in its middle.
LONG_FRAMES = 40

# No proxy stands between this machine and itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Running:
    """One process of the system, which runs a module; its log is a file."""

    module: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def family(self) -> list[int]:
        """Ids of everything the process has started and its children have, that is alive."""
        children = psutil.Process(self.pid).children(recursive=True)
        return [child.pid for child in children if not is_gone(child.pid)]

    def lives(self) -> bool:
        """True; a process that has ended fails the test with what it said last."""
        assert self.process.poll() is None, self.log.read_text()
        return True

    def says(self, message: str) -> bool:
        return message in self.log.read_text()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """SIGTERM; the exit status, which must come within the time a worker has."""
        self.process.terminate()
        return self.process.wait(EXIT_SECONDS)


# The row's own history, since a look at it from outside may come too late for a short status.
HISTORY = """
CREATE TABLE history (number bigserial, job_id uuid, status text);
CREATE FUNCTION note_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
        INSERT INTO history (job_id, status) VALUES (NEW.job_id, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_status AFTER INSERT OR UPDATE ON jobs
    FOR EACH ROW EXECUTE FUNCTION note_status();
"""


@dataclass
class System:
    """Starts web and workers over one database, one Redis and one storage, and talks to them."""

    folder: Path
    database_url: str
    environ: Mapping[str, str]
    started: list[Running] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"
    web: str = "service"
    worker: str = "worker"

    @property
    def url(self) -> str:
        """Where web listens."""
        return f"http://{self.host}:{self.port}"

    def start_web(self) -> Running:
        """Web, once it is ready; the one an earlier test left, where it lives."""
        web = self._living(self.web) or self._start(self.web)
        wait_until(lambda: web.lives() and self.get("/readyz")[0] == 200, seconds=READY_SECONDS)
        return web

    def start_worker(self) -> Running:
        """A worker, once its models are loaded; the one an earlier test left, where it lives."""
        return self._living(self.worker) or self.start_another_worker()

    def start_another_worker(self) -> Running:
        """A worker beside those there are."""
        return self.start_module(self.worker, ready="worker ready")

    def end_worker(self) -> None:
        """End the worker that an earlier test left, if it lives."""
        if (worker := self._living(self.worker)) is not None:
            worker.end()

    def start_module(self, module: str, *arguments: str, ready: str) -> Running:
        """A process, once its log says that it is ready."""
        started = self._start(module, *arguments)
        wait_until(lambda: started.lives() and started.says(ready), seconds=READY_SECONDS)
        return started

    def submit(self, video: Path, **options: Any) -> str:
        """The id of an accepted job."""
        status, answer = self.post(video, **options)
        assert status == 202, answer
        return str(answer["job_id"])

    def post(self, video: Path, **options: Any) -> tuple[int, Any]:
        """The status and the JSON a submission is answered with."""
        return self.post_bytes(video.read_bytes(), **options)

    def post_bytes(
        self, video: bytes, *, key: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        """The same, with an Idempotency-Key where one is given."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        headers = {"Content-Type": "video/mp4"} | ({"Idempotency-Key": key} if key else {})
        return self._ask(f"/v1/video/submit?{query}", data=video, headers=headers)

    def get(self, path: str) -> tuple[int, Any]:
        """The status and the JSON a path is answered with; (0, None) when nobody answers."""
        return self._ask(path)

    def results(self, job_id: str) -> list[dict[str, Any]]:
        """The frames of a completed job."""
        status, answer = self.get(f"/v1/video/results/{job_id}")
        assert status == 200, answer
        return list(answer["results"])

    def row(self, job_id: str) -> dict[str, Any]:
        """The job's row as PostgreSQL has it."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            found = connection.execute("SELECT * FROM jobs WHERE job_id = %s", (job_id,))
            row = found.fetchone()
        assert row is not None, f"no row of job {job_id}"
        return row

    def history(self, job_id: str) -> list[str]:
        """Every status the row has had, in order."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(
                "SELECT status FROM history WHERE job_id = %s ORDER BY number", (job_id,)
            )
            return [status for (status,) in found]

    def wait_for(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """The row once it has one of the statuses."""
        wait_until(lambda: self.row(job_id)["status"] in statuses, seconds=JOB_SECONDS)
        return self.row(job_id)

    def wait_completed(self, job_id: str) -> dict[str, Any]:
        """The row once the job is completed; a job that ends otherwise fails the test."""
        row = self.wait_for(job_id, "completed", "failed")
        assert row["status"] == "completed", row
        return row

    def wait_begun(self, worker: Running, job_id: str) -> None:
        """Until the worker is at the job: told to stop while it claims one, it hands it back."""
        wait_until(lambda: worker.says("job claimed") and worker.says(job_id))

    def hold_halfway(self, worker: Running, job_id: str) -> list[int]:
        """Stop the worker's pipeline process in the middle of the job; the ids of its family.

        The worker itself goes on, as its next heartbeat proves, but the video cannot end.
        """
        self.wait_for(job_id, "running")
        family = worker.family()
        send(family, signal.SIGSTOP)
        held = self.row(job_id)
        wait_until(lambda: self.row(job_id)["lease_expires_at"] != held["lease_expires_at"])
        assert self.row(job_id)["status"] == "running", "the video ended before it was held"
        return family

    def forget_jobs(self) -> bool:
        """Delete every job; whether one of them had not come to its end."""
        with psycopg.connect(self.database_url) as connection:
            deleted = connection.execute("DELETE FROM jobs RETURNING status").fetchall()
        return any(status in {"pending", "running"} for (status,) in deleted)

    def show(self) -> None:
        """Print what every process said; pytest keeps that for a test that fails."""
        for running in self.started:
            sys.stdout.write(f"--- {running.log.name}\n{running.log.read_text()}\n")

    def end(self) -> None:
        """Kill what still runs, and show what it said."""
        for running in self.started:
            running.kill()
        self.show()

    def _living(self, module: str) -> Running | None:
        of_module = (running for running in self.started if running.module == module)
        return next((running for running in of_module if running.process.poll() is None), None)

    def _start(self, module: str, *arguments: str) -> Running:
        log = self.folder / f"{module}-{len(self.started)}.log"
        environ = dict(self.environ) | {"PORT": str(self.port)}
        running = start_process(module, *arguments, environ=environ, log=log)
        self.started.append(running)
        return running

    def _ask(
        self, path: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        url = f"http://{self.host}:{self.port}{path}"
        request = urllib.request.Request(url, data=data, headers=dict(headers or {}))
        try:
            with OPENER.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
            return 0, None


def start_process(
    module: str,
    *arguments: str,
    environ: Mapping[str, str],
    log: Path,
    prefix: Sequence[str] = (),
) -> Running:
    """Run a module; what it says goes to the end of the log. prefix: a program that becomes it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Running(module, process, log)


def environ_for(
    folder: Path, *, database_url: str, redis_url: str, **changes: str
) -> dict[str, str]:
    """What web and worker need in their environment; changes are settings without prefix."""
    settings = {f"FORGESYTE_{name.upper()}": value for name, value in changes.items()}
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FORGESYTE_STORAGE_URL": f"file://{folder / 'storage'}",
        **settings,
    }


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal processes by their ids."""
    for pid in pids:
        os.kill(pid, number)
