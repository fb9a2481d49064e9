"""What a worker that was killed leaves behind, and what the next one finds of it."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from config.settings import SettingsError
from tests.unit.worker.scripted_child import pids_in
from tests.waiting import is_gone, until, wait_until
from worker.process.scratch import (
    KILL_SECONDS,
    PERIOD_SECONDS,
    ScratchFolder,
    sweep,
    sweep_forever,
)

ENDED_BY_ITSELF = (
    'raise SystemExit("the pipeline process ended, though its worker was to be killed")'
)
WORKER = f"""
import sys
import threading
from config.settings import Settings
from tests.unit.worker.scripted_child import SCRIPTED
from worker.process.client import PipelineClient, ProcessLimits
from worker.process.protocol import Request

settings = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
client = PipelineClient(SCRIPTED, settings, ProcessLimits.of(settings))
client.begin(Request(sys.argv[1], "yolo_ocr"))
print(client.take().decode(), flush=True)
client.take()
{ENDED_BY_ITSELF}
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything temporary goes, of this process and of what it starts."""
    folder = tmp_path / "temporary files"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def root(temporary: Path) -> Path:
    return temporary / f"forgesyte-{os.geteuid()}"


@contextmanager
def working(folder: Path, behaviour: str) -> Iterator[tuple[subprocess.Popen, dict[str, int]]]:
    """A worker in the middle of a video, its pipeline process ("pid") and what that started."""
    video = folder / "video.mp4"
    video.write_text(behaviour)
    command = [sys.executable, "-c", WORKER, str(video)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        try:
            pid, helper = pids_in(json.loads(worker.stdout.readline()))
            yield worker, {"pid": pid, "helper": helper}
        finally:
            worker.kill()


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


@pytest.mark.parametrize("stopped", [(), ("helper", "pid")])
def test_a_killed_worker_leaves_no_process_behind(temporary, tmp_path, stopped):
    """P7: the channel is the lifeline; what ignores TERM or is stopped ends with it too."""
    with working(tmp_path, "ignore term") as (worker, result):
        for name in stopped:
            stop(result[name])
        worker.kill()

        wait_until(lambda: is_gone(result["pid"]))
        wait_until(lambda: is_gone(result["helper"]))


def test_the_next_worker_removes_what_a_killed_one_left(temporary, root, tmp_path):
    with working(tmp_path, "ignore term") as (worker, result):
        (folder,) = root.iterdir()
        (folder / "crop.png").write_bytes(b"a stranger's plate")
        worker.kill()
        worker.wait()
    wait_until(lambda: is_gone(result["pid"]))
    sweep()

    assert list(root.iterdir()) == []


def test_the_next_worker_kills_what_a_killed_one_left(temporary, root, tmp_path, caplog):
    """A reader outlives a pipeline process that was killed with its worker."""
    with working(tmp_path, "ignore term") as (worker, result):
        stop(worker.pid)
        stop(result["helper"])
        os.kill(result["pid"], signal.SIGKILL)
        wait_until(lambda: is_gone(result["pid"]))
        worker.kill()
        worker.wait()
        assert not is_gone(result["helper"])
        sweep()

        wait_until(lambda: is_gone(result["helper"]))
    assert list(root.iterdir()) == []
    assert [record.killed for record in caplog.records] == [1]


def test_what_belongs_to_a_living_worker_is_left_alone(temporary, root, tmp_path):
    with working(tmp_path, "hang") as (_, result):
        before = list(root.iterdir())
        sweep()

        assert list(root.iterdir()) == before != []
        assert not is_gone(result["helper"])


def test_what_this_worker_holds_itself_is_left_alone(temporary, root):
    folder = ScratchFolder()
    sweep()
    assert folder.path.parent == root
    assert folder.path.is_dir()

    folder.close()
    assert list(root.iterdir()) == []


def test_nobody_else_may_look_into_a_scratch_folder(temporary, root):
    root.mkdir(mode=0o777)
    root.chmod(0o777)
    folder = ScratchFolder()

    assert [path.stat().st_mode & 0o777 for path in (root, folder.path)] == [0o700, 0o700]
    folder.close()


def test_a_sweep_and_the_making_of_folders_do_not_disturb_each_other(temporary, root):
    done = threading.Event()

    def sweep_on() -> None:
        while not done.is_set():
            sweep()

    def make(_: int) -> bool:
        folder = ScratchFolder()
        kept = folder.path.is_dir()
        folder.close()
        return kept

    with ThreadPoolExecutor(6) as threads:
        sweeping = [threads.submit(sweep_on) for _ in range(2)]
        made = list(threads.map(make, range(300)))
        done.set()

    assert made == [True] * 300
    assert [each.exception() for each in sweeping] == [None, None]
    assert list(root.iterdir()) == []


def test_a_sweep_just_before_the_lock_costs_the_new_folder_nothing(temporary, root, monkeypatch):
    flock, swept = fcntl.flock, []

    def flock_after_a_sweep(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(list(root.iterdir()))
            sweep()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock_after_a_sweep)
    folder = ScratchFolder()

    assert folder.path.is_dir()
    assert [folder.path] != swept[0]
    folder.close()


@pytest.mark.parametrize("plant", [Path.touch, lambda root: root.symlink_to("nowhere")])
def test_what_is_no_folder_in_place_of_ours_is_refused(temporary, root, plant):
    plant(root)
    with pytest.raises(SettingsError, match="TMPDIR"):
        sweep()


def test_a_link_in_place_of_our_folder_is_not_followed(temporary, root, tmp_path):
    """Anybody may plant one in /tmp."""
    precious = tmp_path / "precious" / "pipeline-1"
    precious.mkdir(parents=True)
    root.symlink_to(precious.parent)
    for use in (sweep, ScratchFolder):
        with pytest.raises(SettingsError, match="TMPDIR"):
            use()

    assert precious.is_dir()


def test_a_folder_that_may_not_be_looked_into_stops_no_sweep(temporary, root):
    for name in ("pipeline-1", "pipeline-2"):
        (root / name).mkdir(parents=True)
    (root / "pipeline-1").chmod(0)
    sweep()

    assert not (root / "pipeline-2").exists()


def test_a_link_within_our_folder_is_not_followed(temporary, root, tmp_path):
    precious = tmp_path / "precious"
    (precious / "deep").mkdir(parents=True)
    abandoned = root / "pipeline-1"
    abandoned.mkdir(parents=True)
    (abandoned / "link").symlink_to(precious)
    (root / "pipeline-2").symlink_to(precious)
    sweep()

    assert not abandoned.exists()
    assert (precious / "deep").is_dir()


def test_somebody_elses_folder_in_place_of_ours_is_refused(temporary, root, monkeypatch):
    theirs = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: theirs + 1)
    planted = temporary / f"forgesyte-{theirs + 1}" / "pipeline-1"
    planted.mkdir(parents=True)
    with pytest.raises(SettingsError, match="somebody else's"):
        sweep()

    assert planted.is_dir()


async def test_what_is_left_while_a_worker_lives_goes_whatever_went_wrong_before(
    temporary, root, caplog
):
    """P10."""
    root.mkdir()
    root.chmod(0o755)
    aside = temporary / "aside"
    root.rename(aside)
    root.write_text("no folder")
    sweeping = asyncio.create_task(sweep_forever(period_seconds=0.02))
    await until(lambda: [each for each in caplog.records if "sweeping" in each.message])
    root.unlink()
    aside.rename(root)
    (root / "pipeline-left").mkdir()
    await until(lambda: not (root / "pipeline-left").exists())
    sweeping.cancel()

    assert PERIOD_SECONDS + KILL_SECONDS < 3600
