"""The plate reader's training loop: a step, checkpoints, the weights it leaves."""

import hashlib
from argparse import Namespace

import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.read.plate_crops import HEIGHT_PIXELS, WIDTH_PIXELS
from worker.pipeline.read.plate_network import PlateNetwork
from worker.training.reader_crops import Crops
from worker.training.train_reader import (
    FIRST_CROPS,
    HELD_BACK_CROPS,
    PEAK_RATE,
    Pool,
    learning_rate,
    new_run,
    save_weights,
    train_step,
)

OPTIONS = Namespace(seed=1, batch=4, crops=HELD_BACK_CROPS + FIRST_CROPS)


def shards(count, size=2000):
    """Crops that are all one of two bars, and say which."""
    for _ in range(count):
        greys = np.full((size, HEIGHT_PIXELS, WIDTH_PIXELS), 220, np.uint8)
        greys[::2, 8:32, 20:60] = 20
        greys[1::2, 8:32, 100:140] = 20
        yield Crops(greys, ("A", "B") * (size // 2))


@pytest.fixture
def run():
    threads = torch.get_num_threads()
    # Two threads on batches this small wait for each other more than they compute.
    torch.set_num_threads(1)
    torch.manual_seed(1)
    yield new_run()
    torch.set_num_threads(threads)


def test_the_rate_rises_stays_and_falls():
    assert learning_rate(0, 0.0) < learning_rate(50, 0.01) < PEAK_RATE
    assert learning_rate(1000, 0.3) == PEAK_RATE
    assert learning_rate(1000, 0.6) > learning_rate(1000, 0.9) > learning_rate(1000, 1.0) > 0


def test_the_pool_takes_shards_only_when_it_needs_them():
    made = []
    pool = Pool(made.append(shard) or shard for shard in shards(3))

    pool.grow(1500)
    assert (len(made), len(pool.numbers), len(pool.greys)) == (1, 2000, 2000)
    pool.grow(9000)
    assert (len(made), len(pool.numbers), len(pool.greys)) == (3, 6000, 6000)


def test_steps_lower_the_loss(run):
    pool = Pool(shards(2))
    losses = [train_step(run, pool, OPTIONS, 0.1) for _ in range(40)]

    assert losses[-1] < losses[0] / 2


def test_a_run_taken_up_again_goes_on_as_if_it_had_not_stopped(run, tmp_path):
    pool = Pool(shards(2))
    train_step(run, pool, OPTIONS, 0.1)
    run.save(tmp_path / "checkpoint.pt")
    taken_up = new_run()
    taken_up.restore(tmp_path / "checkpoint.pt")

    assert train_step(taken_up, pool, OPTIONS, 0.1) == train_step(run, pool, OPTIONS, 0.1)


def test_the_weights_are_half_the_size_plain_and_have_their_checksum_beside_them(run, tmp_path):
    file = tmp_path / "plate-reader.pt"

    save_weights(run.model, file)

    state = torch.load(file, weights_only=True)
    PlateNetwork().load_state_dict(state)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size < 2_500_000
    assert (tmp_path / "plate-reader.pt.sha256").read_text() == f"{digest}  plate-reader.pt\n"
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
