"""Training and benchmarks take turns."""

import fcntl
import threading
from contextlib import contextmanager

import pytest

from worker.training.loop.pause import running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bench.lock"


@contextmanager
def timing(path):
    """What a benchmark holds."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def held(lock, path):
    """A thread that takes the lock; what it sets once it has it."""
    taken = threading.Event()

    def take():
        with lock(path):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread, taken


def test_a_step_waits_until_a_benchmark_is_over(path):
    with timing(path):
        step, taken = held(running, path)
        assert not taken.wait(0.1)

    step.join()
    assert taken.is_set()


def test_a_benchmark_waits_for_the_step_under_way(path):
    with running(path):
        benchmark, taken = held(timing, path)
        assert not taken.wait(0.1)

    benchmark.join()
    assert taken.is_set()


def test_a_benchmark_gets_its_turn_though_two_trainings_go_on(path):
    with running(path):
        benchmark, taken = held(timing, path)

    def step():
        while not taken.is_set():
            with running(path):
                pass

    trainings = [threading.Thread(target=step) for _ in range(2)]
    for thread in trainings:
        thread.start()
    for thread in (*trainings, benchmark):
        thread.join()
    assert taken.is_set()


def test_steps_do_not_wait_for_each_other_nor_for_a_file_left_behind(path):
    path.touch()
    with running(path), running(path):
        assert path.exists()
