"""What survives when processes are killed and servers forget; the row is the truth throughout."""

import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import redis

from tests.data import videos
from tests.system.harness import JOB_SECONDS, LONG_FRAMES, System, send
from tests.waiting import is_gone, wait_until

# Takes far longer to analyse than it takes to see a file and to kill a worker.
GOING_ON_FRAMES = 240


def test_a_killed_pipeline_process_costs_an_attempt_and_no_job(system: System, long_video: Path):
    """JOB-2, JOB-3, WRK-3: the worker lives on and takes the job again."""
    system.start_web()
    worker = system.start_worker()
    job_id = system.submit(long_video)
    [child, *_] = system.hold_halfway(worker, job_id)
    send([child], signal.SIGKILL)
    row = system.wait_completed(job_id)

    assert system.history(job_id) == ["pending", "running", "pending", "running", "completed"]
    assert row["attempt"] == 2
    assert worker.lives()
    assert len(system.results(job_id)) == LONG_FRAMES


def test_a_killed_worker_leaves_no_process_and_its_job_is_done_by_another(
    system: System, long_video: Path
):
    """JOB-2, JOB-3: recovery in web hands the job back once the lease is over."""
    system.start_web()
    worker = system.start_worker()
    job_id = system.submit(long_video)
    family = system.hold_halfway(worker, job_id)
    send(family, signal.SIGCONT)
    worker.kill()
    system.wait_for(job_id, "pending")
    wait_until(lambda: all(is_gone(pid) for pid in family))
    system.start_worker()
    row = system.wait_completed(job_id)

    assert family
    assert system.history(job_id) == ["pending", "running", "pending", "running", "completed"]
    assert row["attempt"] == 2
    assert len(system.results(job_id)) == LONG_FRAMES


def test_a_killed_workers_job_goes_on_where_it_was_and_gives_the_same_bytes(
    system: System, tmp_path: Path
):
    """P1, WRK-4: there is a checkpoint every lease, and a second worker takes the last one."""
    video = videos.text_video(tmp_path / "longer.mp4", frames=GOING_ON_FRAMES)
    system.start_web()
    undisturbed = system.submit(video)
    worker = system.start_worker()
    whole = system.wait_completed(undisturbed)
    job_id = system.submit(video)
    family = system.hold_halfway(worker, job_id)
    # A lease after the job began a checkpoint comes with the next frames, however fast they are.
    held = system.row(job_id)["lease_expires_at"]
    lease = timedelta(seconds=float(system.environ["FORGESYTE_LEASE_SECONDS"]))
    wait_until(lambda: system.row(job_id)["lease_expires_at"] >= held + lease)
    send(family, signal.SIGCONT)
    checkpoint = system.folder / "storage" / "video_jobs" / f"{job_id}_checkpoint.1"
    wait_until(checkpoint.exists, seconds=JOB_SECONDS)
    worker.kill()
    second = system.start_worker()
    row = system.wait_completed(job_id)

    assert second.says("job goes on at a checkpoint")
    assert (row["attempt"], row["output_sha256"]) == (2, whole["output_sha256"])
    # They are deleted once the row is written.
    left = {f"{job_id}{end}" for end in (".mp4", "_results.2.json", "_results.json")}
    wait_until(lambda: {path.name for path in checkpoint.parent.glob(f"{job_id}*")} == left)


def test_a_killed_web_process_costs_nothing(system: System, long_video: Path):
    """JOB-3: what was accepted is done meanwhile, and served by the next web process."""
    web = system.start_web()
    worker = system.start_worker()
    job_id = system.submit(long_video)
    family = system.hold_halfway(worker, job_id)
    web.kill()
    send(family, signal.SIGCONT)
    system.wait_completed(job_id)
    system.start_web()

    assert system.history(job_id) == ["pending", "running", "completed"]
    assert len(system.results(job_id)) == LONG_FRAMES


def test_an_emptied_redis_loses_no_pending_job(system: System, video: Path, redis_url: str):
    """QUE-1: PostgreSQL remembers who waits, and a worker looks there by itself."""
    system.start_web()
    system.end_worker()
    job_ids = [system.submit(video, frame_stride=5) for _ in range(4)]
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    system.start_worker()
    rows = [system.wait_completed(job_id) for job_id in job_ids]

    assert [row["attempt"] for row in rows] == [1, 1, 1, 1]


def test_without_redis_every_job_is_accepted_and_completed_in_order(
    fresh_system: System, video: Path, tmp_path: Path
):
    """P4, QUE-1: a Redis that was never there costs a delay and nothing else."""
    environ = dict(fresh_system.environ) | {"REDIS_URL": f"unix://{tmp_path}/nobody.sock"}
    system = replace(fresh_system, environ=environ)
    system.start_web()
    system.start_worker()
    job_ids = [system.submit(video, frame_stride=5) for _ in range(3)]
    rows = [system.wait_completed(job_id) for job_id in job_ids]

    assert [row["attempt"] for row in rows] == [1, 1, 1]
    ended = [row["updated_at"] for row in rows]
    assert ended == sorted(ended)


def test_sigterm_ends_the_worker_and_requeues_its_job(system: System, long_video: Path):
    """WRK-2, JOB-2: gone in time with all it started, be it deaf to TERM; no crash is counted."""
    system.start_web()
    worker = system.start_worker()
    job_id = system.submit(long_video)
    family = system.hold_halfway(worker, job_id)
    exit_status = worker.end()
    row = system.row(job_id)

    assert exit_status == 0
    assert system.history(job_id) == ["pending", "running", "pending"]
    assert (row["attempt"], row["interruptions"]) == (1, 1)
    assert family
    assert [pid for pid in family if not is_gone(pid)] == []


def test_sigterm_lets_a_video_finish(system: System, video: Path):
    """WRK-2."""
    system.start_web()
    worker = system.start_worker()
    job_id = system.submit(video, max_frames=2)
    system.wait_begun(worker, job_id)
    exit_status = worker.end()

    assert exit_status == 0
    assert system.row(job_id)["status"] == "completed"


# What web can tell by itself it refuses; the rest is an attempt that fails with its reason.
REFUSED = {
    "plain_text": (400, "invalid_mp4"),
    "png": (400, "invalid_mp4"),
    "renamed_mkv": (400, "invalid_mp4"),
    "concat_text": (400, "invalid_mp4"),
    "zero_bytes": (422, "empty_upload"),
}
FAILED = {
    "without_index": "corrupt_video",
    "audio_only": "no_video_stream",
    "encrypted": "encrypted_video",
    "unknown_codec": "unsupported_codec",
    "no_pictures": "no_frames",
}


def test_bad_videos_are_refused_or_failed_and_the_next_good_one_completes(
    system: System, video: Path, tmp_path: Path
):
    """WRK-2, WRK-3, API-1: in the same worker and pipeline process, which then end at once."""
    system.start_web()
    worker = system.start_worker()
    family = worker.family()
    bad = {name: make(tmp_path / f"{name}.mp4") for name, make in videos.CORRUPT.items()}
    refused = {name: system.post(bad[name]) for name in REFUSED}
    failed = {name: system.submit(bad[name]) for name in FAILED}
    cut_off = system.submit(bad["truncated"])
    good = system.submit(video)
    system.wait_completed(good)

    answers = {name: (status, body["code"]) for name, (status, body) in refused.items()}
    assert answers == REFUSED
    rows = {name: system.row(job_id) for name, job_id in failed.items()}
    assert {name: row["error_code"] for name, row in rows.items()} == FAILED
    assert {(row["status"], row["attempt"]) for row in rows.values()} == {("failed", 1)}
    assert all(row["error_message"] for row in rows.values())
    assert system.wait_completed(cut_off)["summary"]["video"]["truncated"] is True
    assert worker.family() == family
    assert worker.end() == 0
    assert [pid for pid in family if not is_gone(pid)] == []
