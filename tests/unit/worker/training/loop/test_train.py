"""The loop that every network is trained in: what it leaves, and that it can be taken up again."""

import json

import pytest

from worker.pipeline.libraries import torch
from worker.training.loop.run import Rate, new_run
from worker.training.loop.train import Recipe, options_parser, prepare, resume, train

SAMPLES = torch.linspace(-1, 1, 64).reshape(16, 4)


def recipe(measured=None):
    """Learns to sum four numbers; the batch follows from the step."""

    def loss(model, step):
        batch = SAMPLES[[step % 16]]
        off = (model(batch) - batch.sum()).square().sum()
        return off, [float(off.detach())]

    return Recipe(
        weights_name="weights.pt",
        loss_names=("off",),
        rate=Rate(0.05, warm_up=5, constant_share=0.5),
        longest_gradient=5.0,
        loss=loss,
        save=lambda model, file: torch.save(model.state_dict(), file),
        measure=measured,
    )


def trained(folder, steps, *, until=None):
    """A run of ``steps``, or its first part as if it had been stopped there."""
    parser = options_parser("training", None)
    options = parser.parse_args(["--folder", str(folder), "--steps", str(steps)])
    options.batch, options.measured = 1, 10
    threads = torch.get_num_threads()
    prepare(options)
    run = new_run(torch.nn.Linear(4, 1))
    resume(run, folder)

    def measure(model):
        if run.step == until:
            run.save(folder / "checkpoint.pt")
            raise KeyboardInterrupt
        return {"weight": float(model.weight.mean())}

    train(run, recipe(measure), options)
    torch.set_num_threads(threads)
    return run


def test_a_run_leaves_weights_a_checkpoint_a_curve_and_its_figures(tmp_path):
    run = trained(tmp_path, 40)

    assert {file.name for file in tmp_path.iterdir()} == {
        "weights.pt",
        "checkpoint.pt",
        "curve.png",
        "figures.jsonl",
    }
    rows = [json.loads(line) for line in (tmp_path / "figures.jsonl").read_text().splitlines()]
    assert rows == run.figures
    assert [row["step"] for row in rows] == [10, 20, 30, 40]
    assert {"seconds", "off", "weight"} <= set(rows[0])


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    whole = trained(tmp_path / "whole", 40)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parts", 40, until=20)

    resumed = trained(tmp_path / "parts", 40)

    assert resumed.losses == whole.losses
    assert torch.equal(resumed.averaged.weight, whole.averaged.weight)


def test_training_lowers_the_loss(tmp_path):
    losses = [sum(row) for row in trained(tmp_path, 200).losses]

    assert sum(losses[-16:]) < sum(losses[:16]) / 10
