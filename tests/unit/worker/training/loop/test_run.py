"""A training run: its rate, its end, its checkpoints."""

import math
from itertools import count, pairwise

import pytest

from worker.pipeline.libraries import torch
from worker.training.loop.run import (
    AVERAGED_STEPS,
    CHECKPOINT_SECONDS,
    EMA_DECAY,
    Rate,
    new_run,
    paced,
)

RATE = Rate(peak=0.5, warm_up=100, constant_share=0.4)


@pytest.fixture
def run():
    return new_run(torch.nn.Linear(2, 1))


def paces(run, *, steps=10**6, minutes=math.inf, seconds_a_step=1.0, keep=lambda: None):
    ticks = count(0.0, seconds_a_step)
    for progress in paced(run, steps=steps, minutes=minutes, keep=keep, clock=ticks.__next__):
        run.step += 1
        yield progress


def test_the_rate_rises_stays_and_falls():
    assert RATE.at(0, 0.0) < RATE.at(50, 0.01) < RATE.peak
    assert RATE.at(1000, 0.3) == RATE.peak
    assert RATE.at(1000, 0.6) > RATE.at(1000, 0.9) > RATE.at(1000, 1.0) > 0


def test_a_run_ends_after_its_steps_and_tells_how_far_it_is(run):
    assert list(paces(run, steps=4)) == [0, 0.25, 0.5, 0.75]


def test_a_run_taken_up_again_spends_what_is_left_of_its_minutes(run):
    run.seconds = 90.0

    assert len(list(paces(run, minutes=2))) == 29


def test_a_run_keeps_itself_now_and_then(run):
    kept = []

    steps = len(list(paces(run, minutes=10, keep=lambda: kept.append(run.seconds))))

    assert steps == 599
    assert len(kept) == 4
    assert all(later - earlier > CHECKPOINT_SECONDS for earlier, later in pairwise(kept))


def test_the_losses_told_are_means_of_the_last_steps(run):
    for step in range(AVERAGED_STEPS + 10):
        run.follow([float(step), 1.0])

    assert run.recent(("box", "cls")) == {"box": 10 + (AVERAGED_STEPS - 1) / 2, "cls": 1.0}


def test_a_checkpoint_brings_back_steps_seconds_and_losses(run, tmp_path):
    run.seconds = 12.5
    run.follow([3.0, 4.0])
    run.figures.append({"step": 1, "exact": 0.5})
    run.save(tmp_path / "checkpoint.pt")
    taken_up = new_run(torch.nn.Linear(2, 1))

    taken_up.restore(tmp_path / "checkpoint.pt")

    assert (taken_up.step, taken_up.seconds, taken_up.losses) == (1, 12.5, [(3.0, 4.0)])
    assert taken_up.figures == run.figures
    assert torch.equal(taken_up.model.weight, run.model.weight)


def test_the_average_follows_the_model_by_the_share_that_the_decay_leaves(run):
    run.follow([])
    before = run.averaged.weight.clone()
    with torch.no_grad():
        run.model.weight += 1

    run.follow([])

    torch.testing.assert_close(run.averaged.weight, before + 1 - EMA_DECAY)
