"""The client against processes that fall silent, lie or die at the worst moment."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from tests.unit.worker.clocks import HandMovedClock
from tests.unit.worker.scripted_child import SCRIPTED, frames_in
from tests.waiting import is_gone, wait_until
from worker.pipeline.errors import PipelineError, PipelineNotReady
from worker.pipeline.frame import Summary
from worker.process.client import PipelineClient, PipelineStopped, ProcessLimits
from worker.process.protocol import Request
from worker.process.spawn import Program

SETTINGS = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
LIMITS = ProcessLimits(
    stall_seconds=60, memory_bytes=2**31, term_seconds=0.3, retry_seconds=(0.01, 0.01)
)
REQUEST = Request("video.mp4", "yolo_ocr")

# Loads, then takes its request up; what it does next stands behind.
PROLOGUE = """
import os, signal, socket, sys, time
from worker.process.channel import LENGTH, BlockingChannel

connection = socket.socket(fileno=int(sys.argv[-1]))
channel = BlockingChannel(connection)
channel.receive()
channel.send(b"R{}")
"""
TAKES_REQUEST = PROLOGUE + 'channel.receive()\nchannel.send(b"B")\n'
STOPS_WITHIN_A_MESSAGE = """
channel.send(b"F" + str(os.getpid()).encode())
connection.sendall(LENGTH.pack(1000) + b"F half a frame")
os.kill(os.getpid(), signal.SIGSTOP)
"""
STAYS = "\ntime.sleep(1000)\n"


def scripted(script: str) -> Program:
    return Program((sys.executable, "-c", script))


def waits_as_for_a_disk(pipe: Path) -> str:
    """Code that waits until somebody writes: whoever starts a program sleeps like that until exec.

    Here the program's file is opened first, which is the pipe.
    """
    opened = f"(os.POSIX_SPAWN_OPEN, 3, {str(pipe)!r}, os.O_RDONLY, 0)"
    return f'\nos.posix_spawn("/bin/true", ["true"], {{}}, file_actions=[{opened}])\n'


@contextmanager
def connected(
    program: Program, limits: ProcessLimits = LIMITS, clock: Callable[[], float] | None = None
) -> Iterator[PipelineClient]:
    client = PipelineClient(program, SETTINGS, limits, **({"clock": clock} if clock else {}))
    try:
        yield client
    finally:
        client.end()


def video(folder: Path, behaviour: str) -> Request:
    path = folder / "video.mp4"
    path.write_text(behaviour)
    return Request(str(path), "yolo_ocr")


def test_stop_reaches_a_thread_within_half_a_message():
    with connected(scripted(TAKES_REQUEST + STOPS_WITHIN_A_MESSAGE)) as client:
        client.begin(REQUEST)
        pid = client.take()
        with ThreadPoolExecutor() as thread:
            taking = thread.submit(client.take)
            wait_until(taking.running)
            client.stop()

            with pytest.raises(PipelineStopped):
                taking.result(timeout=20)

    assert is_gone(int(pid))


def test_the_deadline_reaches_a_thread_within_half_a_message():
    limits = replace(LIMITS, stall_seconds=0.5)
    with connected(scripted(TAKES_REQUEST + STOPS_WITHIN_A_MESSAGE), limits) as client:
        client.begin(REQUEST)
        client.take()

        with pytest.raises(PipelineError, match="1 analysed") as caught:
            client.take()

    assert caught.value.code == "deadline_exceeded"


def test_a_process_that_cannot_be_started_is_no_videos_fault():
    """P5: no room for its folder, no descriptor, no memory to fork: the worker is unfit."""
    with (
        connected(Program(("no such program",))) as client,
        pytest.raises(PipelineNotReady, match="cannot be started"),
    ):
        client.begin(REQUEST)


def test_a_process_that_does_not_read_its_request_is_not_waited_for():
    limits = replace(LIMITS, stall_seconds=0.5)
    with (
        connected(scripted(PROLOGUE + STAYS), limits) as client,
        pytest.raises(PipelineError) as caught,
    ):
        client.begin(Request("long" * 2_000_000, "yolo_ocr"))

    assert caught.value.code == "deadline_exceeded"


@pytest.mark.parametrize(
    "says",
    [
        "connection.sendall(LENGTH.pack(2**32 - 1))",
        'channel.send(b"")',
        'channel.send(b"? what")',
        'channel.send(b"R")',
        'channel.send(b"P many")',
        'channel.send(b"S no summary")',
        'channel.send(b"E no error")',
    ],
)
def test_what_is_no_answer_is_a_crash(says):
    with connected(scripted(TAKES_REQUEST + says + STAYS)) as client:
        client.begin(REQUEST)
        with pytest.raises(PipelineError) as caught:
            client.take()

    assert caught.value.code == "pipeline_crashed"


def test_a_process_that_answers_out_of_turn_is_a_crash():
    says = 'channel.receive()\nchannel.send(b"F")'
    with (
        connected(scripted(PROLOGUE + says + STAYS)) as client,
        pytest.raises(PipelineError, match="FRAMES where BEGUN was due") as caught,
    ):
        client.begin(REQUEST)

    assert caught.value.code == "pipeline_crashed"


def test_a_code_that_nobody_knows_is_an_internal_error():
    says = """channel.send(b'E["corupt_video", "No picture."]')"""
    with connected(scripted(TAKES_REQUEST + says + STAYS)) as client:
        client.begin(REQUEST)
        with pytest.raises(PipelineError, match="No picture") as caught:
            client.take()

    assert caught.value.code == "internal_error"


def test_a_process_that_dies_before_it_took_its_request_costs_the_video_nothing(tmp_path):
    """It may have died since the last video, unseen."""
    dead = tmp_path / "dead"
    says = f"""
channel.receive()
if not os.path.exists({str(dead)!r}):
    open({str(dead)!r}, "x")
    os._exit(0)
channel.send(b"B")
channel.send(b"F")
"""
    with connected(scripted(PROLOGUE + says + STAYS)) as client:
        client.begin(REQUEST)

        assert client.take() == b""


def test_time_that_the_frames_are_not_asked_for_is_not_the_videos(tmp_path):
    """A storage that hangs is no slow video."""
    clock = HandMovedClock()
    with connected(SCRIPTED, clock=clock) as client:
        clock.move_on(10_000)
        client.begin(video(tmp_path, "slow"))
        messages = []
        clock.move_on(10_000)
        while not messages or not isinstance(messages[-1], Summary):
            messages.append(client.take())
            clock.move_on(10_000)

    *lines, _ = messages
    assert sum(map(len, map(frames_in, lines))) == 20


def test_the_progress_of_a_video_begins_anew_with_the_next(tmp_path):
    with connected(SCRIPTED) as client:
        client.begin(video(tmp_path, "good"))
        while not isinstance(client.take(), Summary):
            pass
        assert client.progress.frames_analysed == 3

        client.begin(video(tmp_path, "hang"))
        assert client.progress.frames_analysed == 0


def test_a_process_that_dies_while_it_loads_is_started_again(tmp_path, caplog):
    starts = tmp_path / "starts"
    dies_twice = f"""
with open({str(starts)!r}, "a+") as starts:
    starts.write("x")
    starts.seek(0)
    if len(starts.read()) <= 2:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    script = PROLOGUE.replace("channel.receive()", dies_twice + "channel.receive()")
    with connected(scripted(script + STAYS)) as client:
        client.warm_up()

    assert starts.read_text() == "xxx"
    assert [record.error_code for record in caplog.records] == ["pipeline_crashed"] * 2


def test_a_process_that_dies_while_it_loads_costs_the_video_nothing(tmp_path):
    first = tmp_path / "first"
    dies_once = f"""
if not os.path.exists({str(first)!r}):
    open({str(first)!r}, "x")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    script = TAKES_REQUEST.replace("channel.receive()", dies_once + "channel.receive()", 1)
    with connected(scripted(script + 'channel.send(b"F")' + STAYS)) as client:
        client.begin(REQUEST)

        assert client.take() == b""


def test_a_process_that_dies_whenever_it_loads_is_given_up():
    with (
        connected(scripted("raise SystemExit(7)")) as client,
        pytest.raises(PipelineError, match="exit status 7") as caught,
    ):
        client.warm_up()

    assert caught.value.code == "pipeline_crashed"


def test_a_process_that_never_loads_is_not_taken_for_one_that_has():
    limits = replace(LIMITS, start_seconds=0.3, retry_seconds=())
    with connected(scripted(STAYS.join(["import time", ""])), limits) as client:
        for _ in range(2):
            with pytest.raises(PipelineError) as caught:
                client.start()
            assert caught.value.code == "deadline_exceeded"


def test_stop_does_not_wait_for_the_next_try():
    limits = replace(LIMITS, retry_seconds=(1000.0,))
    with (
        connected(scripted("raise SystemExit(7)"), limits) as client,
        ThreadPoolExecutor() as thread,
    ):
        warming = thread.submit(client.warm_up)
        wait_until(warming.running)
        client.stop()

        with pytest.raises(PipelineStopped):
            warming.result(timeout=20)


def test_a_process_that_waits_for_a_disk_has_as_much_time_more(tmp_path, caplog):
    """A slow share is not a slow video."""
    limits = replace(LIMITS, stall_seconds=1.5)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = scripted(TAKES_REQUEST + waits_as_for_a_disk(pipe) + 'channel.send(b"F{}")' + STAYS)
    with connected(program, limits) as client, ThreadPoolExecutor() as thread:
        client.begin(REQUEST)
        taking = thread.submit(client.take)
        # That is told of a wait that is longer than a frame may take.
        wait_until(lambda: taking.done() or "the pipeline waits for a disk" in caplog.messages)
        pipe.open("wb").close()

        assert taking.result(timeout=20) == b"{}"
