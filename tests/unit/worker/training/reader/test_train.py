"""The plate reader's training loop: a step, checkpoints, the weights it leaves."""

import hashlib
from argparse import Namespace

import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.crops import HEIGHT_PIXELS, WIDTH_PIXELS
from worker.pipeline.ocr.plates.network import PlateNetwork
from worker.training.loop.ctc import save_weights
from worker.training.loop.train import train_step
from worker.training.reader.crops import Crops
from worker.training.reader.train import (
    FIRST_CROPS,
    HELD_BACK_CROPS,
    Pool,
    reader_run,
    recipe,
)

OPTIONS = Namespace(seed=1, rate=2e-3, batch=4, crops=HELD_BACK_CROPS + FIRST_CROPS)


def shards(count, size=2000):
    """Crops that are all one of two bars, and say which."""
    for _ in range(count):
        greys = np.full((size, HEIGHT_PIXELS, WIDTH_PIXELS), 220, np.uint8)
        greys[::2, 8:32, 20:60] = 20
        greys[1::2, 8:32, 100:140] = 20
        yield Crops(greys, ("A", "B") * (size // 2))


@pytest.fixture
def run(one_thread):
    return reader_run()


def test_the_pool_takes_shards_only_when_it_needs_them():
    made = []
    pool = Pool(made.append(shard) or shard for shard in shards(3))

    pool.grow(1500)
    assert (len(made), len(pool.numbers), len(pool.greys)) == (1, 2000, 2000)
    pool.grow(9000)
    assert (len(made), len(pool.numbers), len(pool.greys)) == (3, 6000, 6000)


def test_steps_lower_the_loss(run):
    pool = Pool(shards(2))
    for _ in range(40):
        train_step(run, recipe(pool, OPTIONS), 0.1)

    assert run.losses[-1][0] < run.losses[0][0] / 2


def test_a_run_taken_up_again_goes_on_as_if_it_had_not_stopped(run, tmp_path):
    pool = Pool(shards(2))
    train_step(run, recipe(pool, OPTIONS), 0.1)
    run.save(tmp_path / "checkpoint.pt")
    taken_up = reader_run()
    taken_up.restore(tmp_path / "checkpoint.pt")

    for one in (run, taken_up):
        train_step(one, recipe(pool, OPTIONS), 0.1)
    assert taken_up.losses == run.losses


def test_a_run_begins_with_the_layers_that_an_earlier_network_shares(run, tmp_path):
    train_step(run, recipe(Pool(shards(2)), OPTIONS), 0.1)
    file = tmp_path / "plate-reader.pt"
    save_weights(run.model, file)
    state = torch.load(file, weights_only=True)
    last = sorted(name for name in state if name.startswith("head"))[-1]
    torch.save({name: value for name, value in state.items() if name != last}, file)

    begun = reader_run(file).model.state_dict()

    assert all(
        torch.equal(begun[name].half(), state[name].half()) for name in state if name != last
    )
    assert not torch.equal(begun[last].half(), state[last])


def test_the_weights_are_half_the_size_plain_and_have_their_checksum_beside_them(run, tmp_path):
    file = tmp_path / "plate-reader.pt"

    save_weights(run.model, file)

    state = torch.load(file, weights_only=True)
    PlateNetwork().load_state_dict(state)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size < 3_000_000
    assert (tmp_path / "plate-reader.pt.sha256").read_text() == f"{digest}  plate-reader.pt\n"
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
