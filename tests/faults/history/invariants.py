"""What must hold of a run when it is over, whatever happened during it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from config.failures import RETRYABLE, FailureCode
from service.jobs.model import TERMINAL, TRANSITIONS, Status
from tests.faults.history.clients import Record, Task
from tests.faults.history.growth import LONG_VIDEOS, Lived

# Every change of a row that a client or a worker could see, from within the database.
NOTED = """
CREATE TABLE history (
    number bigserial, job_id uuid, status text, attempt integer, interruptions integer,
    output_path text
);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (NEW.status, NEW.attempt, NEW.interruptions, NEW.output_path)
        IS DISTINCT FROM (OLD.status, OLD.attempt, OLD.interruptions, OLD.output_path)
    THEN
        INSERT INTO history (job_id, status, attempt, interruptions, output_path)
        VALUES (NEW.job_id, NEW.status, NEW.attempt, NEW.interruptions, NEW.output_path);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON jobs
    FOR EACH ROW EXECUTE FUNCTION note_change();
"""
LOCKS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""
HELD = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
    AND xact_start < now() - interval '2 seconds'
"""

# What may be on its way at the end, and what an allocator keeps.
GROWS_BYTES, GROWS_DESCRIPTORS = 32 * 2**20, 50

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """All that is left of a run."""

    tasks: Mapping[str, Task]
    record: Record
    rows: Mapping[str, Row]
    # By job id, in order.
    changes: Mapping[str, Sequence[Row]]
    folder: Path
    files: frozenset[str]
    strays: Sequence[str]
    scratch: Sequence[str]
    transactions: int
    # Processes of web and workers that lived throughout.
    lived: Sequence[Lived]
    # The pipeline processes of the worker that nothing ended.
    pipelines: Sequence[Lived]
    # Seconds from SIGTERM, and the exit status.
    ends: Sequence[tuple[float, int]]
    max_attempts: int
    exit_seconds: float
    # How many processes nothing ended, so that at least as many have lived.
    lasting: int = 0

    def of_accepted(self) -> Iterator[tuple[Task, str]]:
        """Every task with every id it was answered with, but for what was deleted."""
        for key, job_ids in self.record.accepted.items():
            for job_id in job_ids - self.record.deletions_asked:
                yield self.tasks[key], job_id

    def completed(self) -> Iterator[tuple[str, Row]]:
        """Every completed job, whoever knows of it."""
        for job_id, row in self.rows.items():
            if row["status"] == Status.COMPLETED:
                yield job_id, row


@dataclass(frozen=True)
class Finding:
    """How often an invariant was looked at, and each time it did not hold."""

    name: str
    checked: int
    broken: Sequence[str]


def held_transactions(url: str) -> int:
    """How many transactions are open for longer than any of ours takes, while processes live."""
    with psycopg.connect(url) as connection:
        held = connection.execute(HELD).fetchone()
    assert held is not None
    return int(held[0])


def read_database(url: str) -> tuple[dict[str, Row], dict[str, list[Row]], int]:
    """The rows and their history by job id, and how many transactions are open."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        rows = {str(row["job_id"]): row for row in connection.execute("SELECT * FROM jobs")}
        changes: dict[str, list[Row]] = defaultdict(list)
        for change in connection.execute("SELECT * FROM history ORDER BY number"):
            changes[str(change["job_id"])].append(change)
        transactions = connection.execute(LOCKS).fetchone()
    assert transactions is not None
    return rows, changes, transactions["count"]


def check(ended: Ended) -> list[Finding]:
    """One finding for each invariant."""
    findings = []
    for name, look in INVARIANTS.items():
        outcomes = list(look(ended))
        findings.append(Finding(name, len(outcomes), [told for told in outcomes if told]))
    return findings


# Each gives an empty text for what holds, and what is wrong for what does not.
Outcomes = Iterator[str]


def _accepted_have_ended(ended: Ended) -> Outcomes:
    for _, job_id in ended.of_accepted():
        status = ended.rows.get(job_id, {"status": "no row"})["status"]
        yield "" if status in TERMINAL else f"{job_id}: {status}"


def _moves_are_allowed(ended: Ended) -> Outcomes:
    for job_id, changes in ended.changes.items():
        statuses = [Status(change["status"]) for change in changes]
        moves = list(pairwise(statuses))
        is_allowed = statuses[0] is Status.PENDING and all(
            after in TRANSITIONS[before] for before, after in moves
        )
        yield "" if is_allowed else f"{job_id}: {' '.join(statuses)}"


def _terminal_is_what_was_seen_last(ended: Ended) -> Outcomes:
    for job_id, statuses in ended.record.seen.items():
        over = [status for status in statuses if status in TERMINAL]
        is_last = not over or set(statuses[statuses.index(over[0]) :]) == {over[0]}
        stays = not over or job_id not in ended.rows or ended.rows[job_id]["status"] == over[0]
        yield "" if is_last and stays else f"{job_id}: {' '.join(statuses)}"


def _attempts_only_grow(ended: Ended) -> Outcomes:
    for job_id, changes in ended.changes.items():
        attempts = [change["attempt"] for change in changes]
        claims = sum(change["status"] == Status.RUNNING for change in changes)
        is_counted = attempts == sorted(attempts) and attempts[-1] == claims
        yield "" if is_counted else f"{job_id}: attempts {attempts}, {claims} claims"


def _crashes_are_within_the_limit(ended: Ended) -> Outcomes:
    for job_id, changes in ended.changes.items():
        crashes = max(change["attempt"] - change["interruptions"] for change in changes)
        yield "" if crashes <= ended.max_attempts else f"{job_id}: {crashes} crashed attempts"


def _only_crashes_fail_a_good_video(ended: Ended) -> Outcomes:
    for job_id, row in ended.rows.items():
        if row["status"] != Status.FAILED:
            continue
        crashes = row["attempt"] - row["interruptions"]
        is_due = RETRYABLE[FailureCode(row["error_code"])] and crashes == ended.max_attempts
        yield "" if is_due else f"{job_id}: {row['error_code']} after {crashes} crashes"


def _results_are_whole(ended: Ended) -> Outcomes:
    for job_id, row in ended.completed():
        path = ended.folder / row["output_path"]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no file"
        yield "" if sha256 == row["output_sha256"] else f"{job_id}: {row['output_path']} {sha256}"


def _results_are_of_their_video(ended: Ended) -> Outcomes:
    """Of a script its own texts; of the real video the same bytes each time."""
    real = {ended.rows[job_id]["output_sha256"] for task, job_id in ended.of_accepted()
            if task.script is None and ended.rows.get(job_id, {}).get("output_sha256")}  # fmt: skip
    for task, job_id in ended.of_accepted():
        row = ended.rows.get(job_id)
        if row is None or row["status"] != Status.COMPLETED:
            continue
        path = ended.folder / row["output_path"]
        frames = json.loads(path.read_bytes())["results"] if path.exists() else []
        texts = [frame["result"]["text"] for frame in frames]
        is_right = (
            len(real) == 1 and all(texts) if task.script is None else texts == task.script.texts()
        )
        yield "" if is_right else f"{job_id}: {texts}"


def _one_result_each(ended: Ended) -> Outcomes:
    for job_id, changes in ended.changes.items():
        results = [change["output_path"] for change in changes if change["output_path"]]
        yield "" if len(results) <= 1 else f"{job_id}: {results}"


def _readers_got_the_result(ended: Ended) -> Outcomes:
    for job_id, sha256s in ended.record.read.items():
        row = ended.rows.get(job_id)
        is_it = row is None or sha256s == {row["output_sha256"]}
        yield "" if is_it else f"{job_id}: read {sha256s}"


def _a_key_has_one_id(ended: Ended) -> Outcomes:
    rows_by_key: dict[str, set[str]] = defaultdict(set)
    for job_id, row in ended.rows.items():
        rows_by_key[row["idempotency_key"]].add(job_id)
    for key, job_ids in ended.record.accepted.items():
        known = job_ids | rows_by_key[key]
        yield "" if len(known) == 1 else f"{key}: {known}"


def _deleted_is_gone(ended: Ended) -> Outcomes:
    for job_id in ended.record.deleted:
        files = [name for name in ended.files if job_id in name]
        yield f"{job_id}: {files}" if job_id in ended.rows or files else ""


def _files_are_of_rows(ended: Ended) -> Outcomes:
    needed = {name for job_id, row in ended.rows.items() for name in (
        row["input_path"], row["output_path"], f"video_jobs/{job_id}_results.json")}  # fmt: skip
    for name in ended.files:
        yield "" if name in needed else name


def _inputs_are_there(ended: Ended) -> Outcomes:
    for job_id, row in ended.rows.items():
        yield "" if row["input_path"] in ended.files else f"{job_id}: no video"


def _ends_in_time(ended: Ended) -> Outcomes:
    for seconds, status in ended.ends:
        yield "" if seconds <= ended.exit_seconds else f"{seconds:.1f} s after SIGTERM: {status}"


def _nothing_grew(ended: Ended) -> Outcomes:
    if len(ended.lived) < ended.lasting:
        yield f"{len(ended.lived)} of {ended.lasting} lived throughout"
    long = [one for one in ended.pipelines if (one.videos or 0) >= LONG_VIDEOS]
    for one in (*ended.lived, *long):
        more_bytes = one.after.resident_bytes - one.before.resident_bytes
        more_descriptors = one.after.descriptors - one.before.descriptors
        has_grown = more_bytes > GROWS_BYTES or more_descriptors > GROWS_DESCRIPTORS
        grown = f"{one.name}: {more_bytes} bytes, {more_descriptors} descriptors more"
        yield grown if has_grown else ""


INVARIANTS: dict[str, Callable[[Ended], Outcomes]] = {
    "each 202 ended completed or failed": _accepted_have_ended,
    "statuses moved only as allowed": _moves_are_allowed,
    "a terminal status never changed": _terminal_is_what_was_seen_last,
    "attempts only grew, one a claim": _attempts_only_grow,
    "crashed attempts within the limit": _crashes_are_within_the_limit,
    "failed only after as many crashes": _only_crashes_fail_a_good_video,
    "one committed result each": _one_result_each,
    "completed: the bytes are there, their SHA-256 right": _results_are_whole,
    "the results are the video's own": _results_are_of_their_video,
    "every reader got that result": _readers_got_the_result,
    "an Idempotency-Key has one id": _a_key_has_one_id,
    "a deleted job is gone, row and files": _deleted_is_gone,
    "the video of every row is there": _inputs_are_there,
    "no file without a row": _files_are_of_rows,
    "no answer that must not be": lambda ended: iter(
        ["" for counts in ended.record.answers.values() for _ in range(counts.total())]
        + list(ended.record.wrong)
    ),
    "gone in time after SIGTERM": _ends_in_time,
    "no process that lived throughout has grown": _nothing_grew,
    "no process left": lambda ended: iter([*ended.strays] or [""]),
    "no scratch folder left": lambda ended: iter([*ended.scratch] or [""]),
    "no transaction left open": lambda ended: iter(
        [f"{ended.transactions} open" if ended.transactions else ""]
    ),
}
