"""The line reader's training: a step, its measures, taking it up again, the weights it leaves."""

from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.lines.alphabet import classes_of
from worker.pipeline.ocr.lines.network import HEIGHT_PIXELS
from worker.training.line_reader.crops import Crop
from worker.training.line_reader.shards import Window
from worker.training.line_reader.train import (
    line_reader_run,
    measured,
    recipe,
    shards_needed,
)
from worker.training.loop.ctc import save_weights
from worker.training.loop.run import Rate
from worker.training.loop.train import train_step

OPTIONS = Namespace(seed=1, rate=2e-3, batch=8, steps=1000)


def bars(text, *columns):
    grey = np.full((HEIGHT_PIXELS, 64), 220, np.uint8)
    for column in columns:
        grey[6:26, column : column + 6] = 20
    return Crop(grey, text, "sign" if text else "empty")


CROPS = (bars("I", 30), bars("II", 10, 44), bars(""))


@pytest.fixture
def window():
    return Window(lambda number: CROPS * 10, 40)


@pytest.fixture
def run(one_thread):
    return line_reader_run()


def test_steps_lower_the_loss(run, window):
    quick = replace(recipe(window, CROPS, OPTIONS), rate=Rate(2e-3, 5, 0.5))
    for _ in range(30):
        train_step(run, quick, 0.1)

    losses = [sum(row) for row in run.losses]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 2


def test_a_run_taken_up_again_goes_on_as_if_it_had_not_stopped(run, window, tmp_path):
    train_step(run, recipe(window, CROPS, OPTIONS), 0.1)
    run.save(tmp_path / "checkpoint.pt")
    taken_up = line_reader_run()
    taken_up.restore(tmp_path / "checkpoint.pt")

    for one in (run, taken_up):
        train_step(one, recipe(window, CROPS, OPTIONS), 0.1)
    assert taken_up.losses == run.losses


def test_later_steps_need_more_shards():
    counts = [shards_needed(step, OPTIONS) for step in (0, 1000, 10_000)]

    assert counts == sorted(set(counts))
    assert counts[0] > 0


class Reads(torch.nn.Module):
    """Says nothing but one character for every crop."""

    def forward(self, crops):
        scores = torch.zeros(len(crops), 260, crops.shape[3] // 4)
        scores[:, 0] = 1
        scores[:, classes_of("I"), 3] = 2
        return scores


def test_measures_count_lines_and_characters():
    figures = measured(Reads(), CROPS)

    assert figures == {
        "exact": 0.3333,
        "characters": 0.3333,
        "exact empty": 0.0,
        "exact sign": 0.5,
    }


def test_the_weights_are_small_enough_to_ship(run, tmp_path):
    save_weights(run.model, tmp_path / "line-reader.pt")

    assert (tmp_path / "line-reader.pt").stat().st_size < 6_000_000


def test_a_run_begins_with_the_weights_of_an_earlier_one(run, window, tmp_path):
    train_step(run, recipe(window, CROPS, OPTIONS), 0.1)
    save_weights(run.averaged, tmp_path / "line-reader.pt")

    begun = line_reader_run(tmp_path / "line-reader.pt").model.state_dict()

    for name, value in run.averaged.state_dict().items():
        torch.testing.assert_close(begun[name], value.half().to(value.dtype))
