"""The whole system over a bucket: no folder is shared, and the store may go away."""

import hashlib
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.launcher.embedded import Servers
from tests.s3 import BUCKET, S3Server, new_prefix
from tests.system.conftest import Way, system_in
from tests.system.harness import LONG_FRAMES, OPENER, System
from tests.waiting import wait_until

READY_AGAIN_SECONDS = 60.0


@pytest.fixture(scope="module")
def prefix() -> str:
    return new_prefix()


@pytest.fixture(scope="module")
def over_s3(
    tmp_path_factory: pytest.TempPathFactory,
    shared_url: str,
    servers: Servers,
    s3_server: S3Server,
    prefix: str,
    way: Way,
) -> Iterator[System]:
    """The system that the tests of this file share."""
    folder = tmp_path_factory.mktemp("s3")
    system = system_in(folder, shared_url, servers.redis_url, way)
    url = f"s3://{BUCKET}/{prefix}"
    environ = {**system.environ, **s3_server.environ, "FORGESYTE_STORAGE_URL": url}
    system = replace(system, environ=environ)
    yield system
    system.end()


def test_a_video_goes_its_way_through_a_bucket(
    over_s3: System, s3_server: S3Server, prefix: str, video: Path
) -> None:
    """STO-1: submitted, analysed, read in ranges and deleted; no folder is used."""
    over_s3.start_web()
    over_s3.start_worker()
    job_id = over_s3.submit(video)
    row = over_s3.wait_completed(job_id)
    results = s3_server.read(f"{prefix}/{row['output_path']}")
    source = fetched(over_s3, f"/v1/video/source/{job_id}", {"Range": "bytes=100-299"})
    frames = over_s3.results(job_id)
    _, some = over_s3.get(f"/v1/video/results/{job_id}?from_frame=3&to_frame=5")

    assert hashlib.sha256(results).hexdigest() == row["output_sha256"]
    assert source == video.read_bytes()[100:300]
    assert [frame["frame_index"] for frame in some["results"]] == [3, 4, 5]
    assert frames[3:6] == some["results"]
    fetched(over_s3, f"/v1/jobs/{job_id}", {}, method="DELETE")
    assert [name for name in s3_server.names(prefix) if job_id in name] == []
    assert not (over_s3.folder / "storage").exists()


def test_a_bucket_and_a_folder_give_the_same_bytes(
    over_s3: System, fresh_system: System, video: Path
) -> None:
    """WRK-4."""
    hashes = set()
    for each in (over_s3, fresh_system):
        each.start_web()
        each.start_worker()
        hashes.add(each.wait_completed(each.submit(video))["output_sha256"])

    assert len(hashes) == 1


def test_a_killed_workers_job_is_done_by_another_that_fetches_the_video_anew(
    over_s3: System, long_video: Path
) -> None:
    """JOB-3."""
    over_s3.start_web()
    worker = over_s3.start_worker()
    job_id = over_s3.submit(long_video)
    over_s3.hold_halfway(worker, job_id)
    worker.kill()
    over_s3.wait_for(job_id, "pending")
    over_s3.start_worker()
    row = over_s3.wait_completed(job_id)

    assert row["attempt"] == 2
    assert len(over_s3.results(job_id)) == LONG_FRAMES


def test_a_store_that_goes_away_fails_no_job_and_is_seen(
    over_s3: System, s3_server: S3Server, video: Path, long_video: Path
) -> None:
    """P8, P9: uploads are refused meanwhile, and the job goes on when the store is back."""
    over_s3.start_web()
    worker = over_s3.start_worker()
    job_id = over_s3.submit(long_video)
    over_s3.wait_for(job_id, "running")
    with s3_server.refusing():
        refused, problem = over_s3.post(video)
        unready, checks = over_s3.get("/readyz")
        wait_until(lambda: worker.says("storage unavailable, the job waits for it"), seconds=90)
        meanwhile = over_s3.row(job_id)["status"]
    row = over_s3.wait_completed(job_id)

    assert (refused, problem["code"]) == (503, "storage_unavailable")
    assert (unready, checks["checks"]["storage"]) == (503, "unavailable")
    assert (meanwhile, row["error_code"]) == ("running", None)
    assert len(over_s3.results(job_id)) == LONG_FRAMES
    wait_until(lambda: over_s3.get("/readyz")[0] == 200, seconds=READY_AGAIN_SECONDS)


def test_a_worker_with_another_prefix_makes_web_unready(
    over_s3: System, s3_server: S3Server
) -> None:
    over_s3.start_web()
    over_s3.end_worker()
    elsewhere = f"s3://{BUCKET}/{new_prefix()}"
    other = replace(
        over_s3, environ={**over_s3.environ, "FORGESYTE_STORAGE_URL": elsewhere}, started=[]
    )
    try:
        other.start_another_worker()
        wait_until(lambda: over_s3.get("/readyz")[0] == 503)
        _, checks = over_s3.get("/readyz")
    finally:
        other.end()

    assert checks["checks"]["workers"] == "other_storage"


def fetched(system: System, path: str, headers: dict[str, str], *, method: str = "GET") -> bytes:
    url = f"http://127.0.0.1:{system.port}{path}"
    request = urllib.request.Request(url, headers=headers, method=method)
    with OPENER.open(request, timeout=30) as answer:
        return bytes(answer.read())
