"""A real child: its temporary folder, and how much memory it and what it started take."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until
from worker.process.spawn import ChildProcess, Program

PROLOGUE = """
import ctypes, mmap, os, signal, socket, subprocess, sys, threading
from worker.process.channel import BlockingChannel

channel = BlockingChannel(socket.socket(fileno=int(sys.argv[-1])))
"""
TELLS_ITS_FOLDER = """
open(os.environ["TMPDIR"] + "/crop.png", "w").write("a stranger's plate")
channel.send(os.environ["TMPDIR"].encode())
channel.receive()
"""
EATS = """
eaten = bytearray(os.urandom(1024) * 150 * 1024)
"""
SAYS_SO = """
channel.send(b"here")
channel.receive()
"""
# What subprocess does before exec, only that it takes long: on the parent's own pages.
VFORKS = """
stack = mmap.mmap(-1, 65536)
top = ctypes.addressof(ctypes.c_char.from_buffer(stack)) + len(stack)
libc = ctypes.CDLL(None)
CLONE_VM, CLONE_VFORK = 0x100, 0x4000
flags = CLONE_VM | CLONE_VFORK | signal.SIGCHLD
pause = ctypes.cast(libc.pause, ctypes.c_void_p)
threading.Thread(
    target=libc.clone, args=(pause, ctypes.c_void_p(top), flags, None), daemon=True
).start()
"""
FORKS = """
if os.fork() == 0:
    signal.pause()
"""
STARTS_AN_EATER = """
eater = [sys.executable, "-c", "eaten = bytearray(200 * 2**20); input()"]
subprocess.Popen(eater, stdin=subprocess.PIPE)
"""


@contextmanager
def child(script: str, environ: dict[str, str] | None = None) -> Iterator[ChildProcess]:
    started = ChildProcess(Program((sys.executable, "-c", PROLOGUE + script), environ))
    try:
        yield started
    finally:
        started.end(term_seconds=5)


def message_of(started: ChildProcess) -> bytes:
    message = started.channel.receive(wait_seconds=30)
    assert message is not None
    return message


@pytest.mark.parametrize("environ", [None, dict(os.environ)])
def test_what_a_child_left_in_its_temporary_folder_goes_with_it(environ) -> None:
    with child(TELLS_ITS_FOLDER, environ) as started:
        folder = Path(message_of(started).decode())
        assert (folder / "crop.png").is_file()

    assert not folder.exists()


@pytest.mark.parametrize("starts", [VFORKS, FORKS], ids=["vfork", "fork"])
def test_memory_that_a_started_program_still_shares_is_counted_once(starts) -> None:
    """A reader that is about to start is no second video."""
    with child(EATS + starts + SAYS_SO) as started:
        message_of(started)
        leader = psutil.Process(started.pid)
        wait_until(leader.children)
        alone = leader.memory_info().rss

        assert alone > 150 * 2**20
        assert started.memory_bytes() < 1.3 * alone


def test_memory_of_a_program_that_was_started_is_counted() -> None:
    with child(STARTS_AN_EATER + SAYS_SO) as started:
        message_of(started)

        wait_until(lambda: started.memory_bytes() > 200 * 2**20)


def test_a_child_that_is_gone_takes_no_memory() -> None:
    with child("") as started:
        wait_until(lambda: not started.alive)

        assert started.memory_bytes() == 0


def test_a_child_that_cannot_be_started_leaves_no_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        ChildProcess(Program(("no such program",)))

    (root,) = tmp_path.iterdir()
    assert list(root.iterdir()) == []
