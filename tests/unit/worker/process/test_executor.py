"""The pipeline process under its executor: small real processes that do what a video asks."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings, SettingsError
from tests.unit.worker.scripted_child import BROKEN, SCRIPTED, frames_in, pids_in
from tests.waiting import is_gone, wait_until
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Summary
from worker.process.client import NEEDED_SETTINGS, PipelineStopped, ProcessLimits
from worker.process.executor import PipelineExecutor, open_executor, pipeline_program
from worker.process.protocol import Request

SETTINGS = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
PATIENT = ProcessLimits(stall_seconds=60, memory_bytes=2**31, term_seconds=0.3)
IMPATIENT = ProcessLimits(stall_seconds=1, memory_bytes=2**31, term_seconds=0.3)


@pytest.fixture
async def executor() -> AsyncIterator[PipelineExecutor]:
    async with open_executor(SETTINGS, program=SCRIPTED, limits=PATIENT) as opened:
        yield opened


@pytest.fixture
async def impatient() -> AsyncIterator[PipelineExecutor]:
    async with open_executor(SETTINGS, program=SCRIPTED, limits=IMPATIENT) as opened:
        yield opened


def video(folder: Path, behaviour: str, **options: Any) -> Request:
    path = folder / "video.mp4"
    path.write_text(behaviour)
    return Request(str(path), "yolo_ocr", **options)


async def frames_of(executor: PipelineExecutor, request: Request) -> list[dict[str, Any]]:
    *batches, _ = [message async for message in executor.analyse(request)]
    return [frame for batch in batches for frame in frames_in(batch)]


async def test_frames_come_in_order_and_then_the_summary(executor, tmp_path):
    request = video(tmp_path, "good", frame_stride=5, max_frames=700)
    *batches, summary = [message async for message in executor.analyse(request)]

    frames = [frame for batch in batches for frame in frames_in(batch)]
    assert [frame["frame_index"] for frame in frames] == [5 * n for n in range(700)]
    assert executor.progress.frames_analysed == 700
    assert isinstance(summary, Summary)
    assert [summary.document["pid"]] == pids_in(frames[0])


async def test_frames_wake_the_worker_many_at_a_time(executor, tmp_path):
    """A message for each of 700 frames would cost the worker's loop as many hops to a thread."""
    request = video(tmp_path, "good", max_frames=700)
    messages = [message async for message in executor.analyse(request)]

    assert len(messages) < 100


async def test_a_summary_that_is_all_that_is_taken_leaves_the_process_to_the_next(
    executor, tmp_path
):
    messages = executor.analyse(video(tmp_path, "good"))
    while not isinstance(message := await anext(messages), Summary):
        pass
    await messages.aclose()
    (pid, *_), *_ = map(pids_in, await frames_of(executor, video(tmp_path, "good")))

    assert message.document["pid"] == pid


async def test_one_process_takes_video_after_video(executor, tmp_path):
    """WRK-3: a corrupt video does not even cost the process its models."""
    before = await frames_of(executor, video(tmp_path, "good"))
    with pytest.raises(PipelineError, match="cannot be decoded") as caught:
        await frames_of(executor, video(tmp_path, "corrupt"))
    after = await frames_of(executor, video(tmp_path, "good"))

    assert caught.value.code == "corrupt_video"
    assert before == after


@pytest.mark.parametrize(
    ("behaviour", "code", "reason"),
    [
        ("crash", "pipeline_crashed", "SIGSEGV"),
        ("crash oddly", "pipeline_crashed", f"signal {signal.SIGRTMIN + 3}"),
        ("leave", "pipeline_crashed", "exit status 3"),
        ("raise", "internal_error", "ZeroDivisionError"),
    ],
)
async def test_a_process_that_breaks_is_named_and_replaced(
    executor, tmp_path, behaviour, code, reason
):
    """WRK-3."""
    before = await frames_of(executor, video(tmp_path, "good"))
    with pytest.raises(PipelineError, match=reason) as caught:
        await frames_of(executor, video(tmp_path, behaviour))
    after = await frames_of(executor, video(tmp_path, "good"))

    assert caught.value.code == code
    assert pids_in(before[0]) != pids_in(after[0])


@pytest.mark.parametrize("behaviour", ["hang", "ignore term"])
async def test_a_video_that_stalls_is_ended_with_everything_it_started(
    impatient, tmp_path, behaviour
):
    frames = impatient.analyse(video(tmp_path, behaviour))
    pid, helper = pids_in(json.loads(await anext(frames)))
    with pytest.raises(PipelineError, match=r"_STALL_SECONDS is 1, .* too slow: ") as caught:
        await anext(frames)

    assert caught.value.code == "deadline_exceeded"
    assert is_gone(pid)
    wait_until(lambda: is_gone(helper))


@pytest.mark.parametrize("frame_stride", [1, 10**9])
async def test_no_stride_makes_a_stall_longer(impatient, tmp_path, frame_stride):
    """A small file may claim millions of samples of which none is a frame."""
    frames = impatient.analyse(video(tmp_path, "hang", frame_stride=frame_stride))
    await anext(frames)
    with pytest.raises(PipelineError) as caught:
        await asyncio.wait_for(anext(frames), 20)

    assert caught.value.code == "deadline_exceeded"


async def test_a_video_that_is_decoded_slowly_is_not_ended(impatient, tmp_path):
    """Between two sampled frames as many are decoded as the stride says."""
    frames = await frames_of(impatient, video(tmp_path, "decode slowly", frame_stride=100))

    assert [frame["frame_index"] for frame in frames] == [0, 100]
    assert impatient.progress.frames_analysed == 2
    assert 2 < impatient.progress.frames_decoded <= 25


async def test_a_video_that_is_slow_but_moves_is_not_ended(impatient, tmp_path):
    frames = await frames_of(impatient, video(tmp_path, "slow"))

    assert len(frames) == 20


async def test_a_video_that_eats_memory_is_ended(tmp_path):
    limits = ProcessLimits(stall_seconds=60, memory_bytes=250 * 2**20, term_seconds=0.3)
    async with open_executor(SETTINGS, program=SCRIPTED, limits=limits) as executor:
        with pytest.raises(
            PipelineError, match=r"FORGESYTE_MAX_MEMORY_BYTES is \d+, .* takes \d+ bytes"
        ) as caught:
            await frames_of(executor, video(tmp_path, "eat"))

    assert caught.value.code == "out_of_memory"


async def test_stop_ends_the_video_under_way_and_takes_no_other(executor, tmp_path):
    """WRK-2."""
    frames = executor.analyse(video(tmp_path, "ignore term"))
    pid, helper = pids_in(json.loads(await anext(frames)))
    executor.stop()
    with pytest.raises(PipelineStopped):
        await anext(frames)
    with pytest.raises(PipelineStopped):
        await frames_of(executor, video(tmp_path, "good"))

    assert is_gone(pid)
    wait_until(lambda: is_gone(helper))


async def test_closing_the_frames_gives_the_video_up(executor, tmp_path):
    frames = executor.analyse(video(tmp_path, "hang"))
    pid, _ = pids_in(json.loads(await anext(frames)))
    await frames.aclose()

    assert is_gone(pid)
    assert len(await frames_of(executor, video(tmp_path, "good"))) == 3


async def test_cancelling_whoever_waits_for_frames_gives_the_video_up(executor, tmp_path):
    seen = asyncio.Queue()

    async def take() -> None:
        async for line in executor.analyse(video(tmp_path, "hang")):
            seen.put_nowait(pids_in(json.loads(line))[0])

    taking = asyncio.create_task(take())
    pid = await seen.get()
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)

    assert is_gone(pid)


async def test_the_loop_goes_on_while_a_video_hangs(executor, tmp_path):
    """The thread waits, not the loop."""
    frames = executor.analyse(video(tmp_path, "hang"))
    await anext(frames)
    waiting = asyncio.create_task(anext(frames))
    turns = 0
    while turns < 1000:
        await asyncio.sleep(0)
        turns += 1

    assert not waiting.done()
    executor.stop()
    with pytest.raises(PipelineStopped):
        await waiting


async def test_a_pipeline_that_cannot_be_opened_says_why():
    async with open_executor(SETTINGS, program=BROKEN, limits=PATIENT) as executor:
        with pytest.raises(SettingsError, match="The weights are not there"):
            await executor.warm_up()


async def test_what_a_summary_will_name_is_known_before_the_video(executor, tmp_path):
    known = await executor.provenance("yolo_ocr")
    request = video(tmp_path, "good", region="br")
    *_, summary = [message async for message in executor.analyse(request)]

    options = {"frame_stride": 1, "max_frames": None, "region": "br"}
    assert summary.document["provenance"] == {**known, "options": options}
    assert await executor.provenance("objects_and_text") is None


async def test_a_process_that_died_between_videos_is_replaced(executor, tmp_path):
    before = pids_in((await frames_of(executor, video(tmp_path, "good")))[0])[0]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: is_gone(before))
    after = pids_in((await frames_of(executor, video(tmp_path, "good")))[0])[0]

    assert after != before


def test_the_pipeline_process_is_told_nothing_about_the_servers():
    """Its videos are strangers' files."""
    environ = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://user:secret@host/name",
        "REDIS_URL": "redis://:secret@host",
        "FORGESYTE_DATABASE_DIRECT_URL": "postgresql://user:secret@host/name",
        "FORGESYTE_DETECTOR_WEIGHTS": "weights.pt",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    program = pipeline_program(SETTINGS, environ)

    assert program.environ == {"PATH": "/bin", "FORGESYTE_DETECTOR_WEIGHTS": "weights.pt"}
    assert {"detector_weights", "max_frame_pixels"} <= NEEDED_SETTINGS
    assert not {"database_url", "redis_url", "storage_url"} & NEEDED_SETTINGS
