"""Processes killed, paused and ended at the worst moment; the row is the truth throughout."""

import signal
from pathlib import Path
from typing import Any

from service.jobs.postgres import open_postgres_jobs
from service.maintenance.janitor import sweep_files
from service.storage.local import LocalStorage
from tests.faults.processes.pipeline import Script
from tests.faults.scripted import LONG, submit, texts
from tests.system.harness import JOB_SECONDS, System
from tests.waiting import wait_until


def files(system: System) -> set[str]:
    """Those of jobs: web and workers prove all the time that they share a storage."""
    names = {path.name for path in (system.folder / "storage" / "video_jobs").iterdir()}
    return {name for name in names if "readiness-" not in name}


def files_of(job_id: str, *, attempt: int) -> set[str]:
    return {f"{job_id}.mp4", f"{job_id}_results.json", f"{job_id}_results.{attempt}.json"}


def left_by(system: System, job_id: str) -> set[str]:
    return {name for name in files(system) if job_id in name}


def crashed_once(row: dict[str, Any]) -> bool:
    return bool((row["attempt"], row["interruptions"]) == (2, 0))


def test_a_worker_killed_after_its_completion_was_written_changes_nothing(
    system: System, places: Path
):
    """P2, P6, fault 3: readers go by the row, which names what is durable."""
    worker = system.start_worker()
    (places / "after-completed").touch()
    script = Script("killed after")
    job_id = submit(system, script)
    assert worker.process.wait(JOB_SECONDS) == -signal.SIGKILL
    served = texts(system, job_id)
    system.start_worker()
    next_job = submit(system, Script("next"))
    system.wait_completed(next_job)

    assert served == texts(system, job_id) == script.texts()
    assert system.history(job_id) == ["pending", "running", "completed"]
    assert system.row(job_id)["attempt"] == 1


def test_a_worker_killed_before_its_completion_was_written_costs_an_attempt(
    system: System, places: Path
):
    """P1, P2, P6: what the first attempt wrote is no result."""
    worker = system.start_worker()
    (places / "before-completed").touch()
    job_id = submit(system, LONG)
    assert worker.process.wait(JOB_SECONDS) == -signal.SIGKILL
    system.start_worker()
    row = system.wait_completed(job_id)

    assert crashed_once(row)
    assert row["output_path"].endswith("_results.2.json")
    assert texts(system, job_id) == LONG.texts()


def test_two_workers_never_have_one_job_when_the_first_is_told_to_end(system: System):
    """P2, P7, fault 5: the second leaves alone what the first is to finish."""
    workers = {
        worker.pid: worker for worker in (system.start_worker(), system.start_another_worker())
    }
    job_id = submit(system, LONG)
    owner = system.wait_for(job_id, "running")["lease_owner"]
    first = workers.pop(int(owner.split(":")[1]))
    system.wait_begun(first, job_id)
    ended = first.end()
    row = system.row(job_id)
    [second] = workers.values()

    assert ended == 0
    assert (row["status"], row["attempt"], row["interruptions"]) == ("completed", 1, 0)
    assert system.history(job_id) == ["pending", "running", "completed"]
    assert not second.says(job_id)
    assert second.end() == 0


def test_a_worker_that_is_killed_while_it_ends_loses_no_job(system: System):
    """P1, P3, fault 7."""
    first = system.start_worker()
    job_id = submit(system, LONG)
    system.wait_begun(first, job_id)
    first.process.terminate()
    wait_until(lambda: first.says("worker stops"))
    first.kill()
    system.start_another_worker()
    row = system.wait_completed(job_id)

    assert crashed_once(row)
    assert texts(system, job_id) == LONG.texts()


def test_a_worker_that_stood_still_writes_nothing_when_it_goes_on(system: System):
    """P2, fault 13: its lease is over, and another has done the job."""
    first = system.start_worker()
    job_id = submit(system, LONG)
    system.wait_for(job_id, "running")
    first.process.send_signal(signal.SIGSTOP)
    second = system.start_another_worker()
    system.wait_completed(job_id)
    # What readers go by is there with the row, the published name a moment later.
    wait_until(lambda: left_by(system, job_id) >= files_of(job_id, attempt=2))
    first.process.send_signal(signal.SIGCONT)
    wait_until(lambda: first.says("lease lost, results dropped"))

    assert system.history(job_id) == ["pending", "running", "pending", "running", "completed"]
    assert texts(system, job_id) == LONG.texts()
    # A checkpoint that comes this late is the janitor's.
    wait_until(lambda: not any("_results.1.json" in name for name in left_by(system, job_id)))
    assert left_by(system, job_id) >= files_of(job_id, attempt=2)
    assert second.end() == 0


def test_a_video_that_crashes_its_process_fails_and_the_worker_lives(system: System):
    """P5, P9, fault 9."""
    worker = system.start_worker()
    crashing = submit(system, Script("crashing", signal=signal.SIGSEGV))
    good = submit(system, Script("good"))
    system.wait_completed(good)
    row = system.row(crashing)

    assert (row["status"], row["error_code"], row["attempt"]) == ("failed", "pipeline_crashed", 3)
    assert worker.lives()
    assert left_by(system, crashing) == {f"{crashing}.mp4"}


async def test_web_killed_before_the_insert_leaves_a_file_that_is_swept(
    system: System, places: Path
):
    """P1, P10, fault 15: no id was answered, so no job is lost."""
    web = system.start_web()
    there = files(system)
    (places / "before-inserted").touch()
    answer = system.post_bytes(Script("never inserted").encode())
    web.process.wait(JOB_SECONDS)
    left = files(system) - there
    async with open_postgres_jobs(system.database_url) as jobs:
        await sweep_files(jobs, LocalStorage(system.folder / "storage"), grace_seconds=0)

    assert answer == (0, None)
    assert len(left) == 1
    assert left & files(system) == set()


def test_web_killed_before_it_answered_has_accepted_the_job_once(system: System, places: Path):
    """P1, fault 17: the same key finds the same job."""
    web, script = system.start_web(), Script("answered late")
    (places / "after-enqueued").touch()
    answer = system.post_bytes(script.encode(), key="answered-late")
    web.process.wait(JOB_SECONDS)
    system.start_web()
    status, again = system.post_bytes(script.encode(), key="answered-late")
    system.wait_completed(again["job_id"])
    _, listed = system.get("/v1/jobs")

    assert answer == (0, None)
    assert status == 202
    assert [job["job_id"] for job in listed["items"]] == [again["job_id"]]
    assert system.history(again["job_id"]) == ["pending", "running", "completed"]
