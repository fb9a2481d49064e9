"""The detector's training: a step, checkpoints, the weights it leaves."""

from itertools import repeat

import numpy as np
import pytest

from worker.pipeline.libraries import load_checkpoint, torch
from worker.training.detector.model import INFERENCE_PIXELS, save_weights
from worker.training.detector.samples import Batch
from worker.training.detector.train import LOSS_NAMES, detector_run, recipe
from worker.training.loop.curve import draw_curve
from worker.training.loop.train import train_step

CPU = torch.device("cpu")


@pytest.fixture
def batch():
    images = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    images[:, :, 24:40, 12:52] = 255
    box = torch.tensor([[0.5, 0.5, 40 / 64, 16 / 64]])
    return Batch(images, torch.zeros(2, 1), box.repeat(2, 1), torch.tensor([0.0, 1.0]))


@pytest.fixture
def run(one_thread):
    return detector_run(CPU)


def test_steps_on_one_batch_lower_its_loss(run, batch):
    for _ in range(30):
        train_step(run, recipe(repeat(batch), CPU), 0.1)

    losses = [sum(row) for row in run.losses]
    # An untrained head claims no box at all, so the loss climbs before it falls.
    assert losses[-1] < max(losses) * 0.8
    assert run.step == 30


def test_a_run_taken_up_again_goes_on_as_if_it_had_not_stopped(run, batch, tmp_path):
    for _ in range(2):
        train_step(run, recipe(repeat(batch), CPU), 0.1)
    run.save(tmp_path / "checkpoint.pt")
    taken_up = detector_run(CPU)
    taken_up.restore(tmp_path / "checkpoint.pt")

    for one in (run, taken_up):
        train_step(one, recipe(repeat(batch), CPU), 0.1)
    assert taken_up.losses == run.losses


def test_the_weights_load_without_running_a_pickle_and_are_small(run, tmp_path):
    file = tmp_path / "weights.pt"
    save_weights(run.averaged, file)

    model, checkpoint = load_checkpoint(file)

    assert model.names == {0: "text", 1: "plate"}
    assert model.task == "detect"
    assert checkpoint["train_args"]["imgsz"] == INFERENCE_PIXELS
    assert file.stat().st_size < 3.5e6


def test_the_curve_is_drawn_from_the_first_steps_on(tmp_path):
    for steps in (1, 250):
        file = tmp_path / f"{steps}.png"
        draw_curve(np.linspace(5, 1, steps * 3).reshape(steps, 3), LOSS_NAMES, file)
        assert file.read_bytes().startswith(b"\x89PNG")


def test_a_run_begins_with_the_weights_of_an_earlier_one(run, batch, tmp_path):
    train_step(run, recipe(repeat(batch), CPU), 0.1)
    file = tmp_path / "weights.pt"
    save_weights(run.averaged, file)

    begun = detector_run(CPU, file)

    kept = run.averaged.state_dict()
    for name, value in begun.model.state_dict().items():
        torch.testing.assert_close(value, kept[name].half().to(value.dtype))
