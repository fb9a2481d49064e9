"""The line reader's network: its shapes, what a crop's neighbours change, and its export."""

import math

import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.networks.cpu import F32, CpuNetwork
from worker.pipeline.networks.export import exported
from worker.pipeline.ocr.lines.alphabet import ALPHABET
from worker.pipeline.ocr.lines.network import (
    COLUMN_PIXELS,
    HEIGHT_PIXELS,
    LineNetwork,
    decoded,
    prepared,
)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    made = LineNetwork()
    for module in made.modules():
        # As after training, when no part of it adds nothing.
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
    return made.eval()


def greys(*widths):
    draws = np.random.default_rng(1)
    return [draws.integers(0, 255, (HEIGHT_PIXELS, width), np.uint8) for width in widths]


def test_every_class_has_a_score_in_every_column(network):
    with torch.inference_mode():
        scores = network(prepared(greys(50, 90, 64), 96))

    assert scores.shape == (3, len(ALPHABET) + 1, 96 // COLUMN_PIXELS)
    assert len(decoded(scores)) == 3


def test_a_crop_is_read_the_same_whatever_it_is_batched_with(network):
    first, second = greys(96, 80)
    with torch.inference_mode():
        alone = network(prepared([first], 96))
        beside = network(prepared([first, second], 96))

    torch.testing.assert_close(beside[:1], alone, atol=1e-5, rtol=1e-5)


def test_a_prepared_crop_is_filled_up_with_its_mean():
    [filled] = prepared(greys(40), 64)

    assert abs(float(filled[..., :40].mean())) < 1e-5
    assert not filled[..., 40:].any()


def test_light_and_contrast_of_a_crop_do_not_matter():
    [grey] = greys(40)
    dimmed = (grey * 0.5 + 60).astype(np.float32)

    torch.testing.assert_close(prepared([grey], 40), prepared([dimmed], 40), atol=0.2, rtol=0)


def test_it_is_small_enough_to_ship(network):
    assert 1.0e6 < sum(value.numel() for value in network.parameters()) < 3.0e6


def test_the_exported_network_takes_any_batch_and_width_and_says_the_same(network, tmp_path):
    example = prepared(greys(64, 64), 64)
    model = exported(lambda: network, name="lines", example=example, cache=tmp_path)
    inference = CpuNetwork(model, cores=1, precision=F32)

    for count, width in ((1, 16), (3, 324), (2, 1024)):
        crops = prepared(greys(*[width] * count), width)
        with torch.inference_mode():
            expected = network(crops)
        [scores] = inference.infer([crops.numpy()])
        torch.testing.assert_close(torch.from_numpy(scores), expected, atol=1e-3, rtol=1e-3)


def test_a_readings_confidence_is_the_columns_mean():
    scores = torch.full((2, len(ALPHABET) + 1, 4), -30.0)
    for column, found in enumerate((ALPHABET.index("G") + 1, 0, ALPHABET.index("o") + 1, 0)):
        scores[0, found, column] = 0.0
        scores[1, found, column] = scores[1, 0, column] = 0.0
    scores[1, 0] = 1.0

    sure, nothing = decoded(scores)

    assert (sure.text, nothing.text) == ("Go", "")
    assert sure.confidence == pytest.approx(1.0)
    # Two columns show one class alone, and two a character that is e times less likely than none.
    assert nothing.confidence == pytest.approx((math.e / (1 + math.e)) ** 0.5)
