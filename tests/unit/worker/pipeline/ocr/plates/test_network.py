import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.crops import HEIGHT_PIXELS, WIDTH_PIXELS
from worker.pipeline.ocr.plates.network import ALPHABET, PlateNetwork, decoded, prepared


def scores_of(columns, probability=0.9):
    """Scores whose most probable class is, column by column, what `columns` says; - is none."""
    classes = [0 if c == "-" else ALPHABET.index(c) + 1 for c in columns]
    scores = np.full((len(ALPHABET) + 1, len(classes)), np.log((1 - probability) / len(ALPHABET)))
    scores[classes, range(len(classes))] = np.log(probability)
    return torch.tensor(scores[None], dtype=torch.float32)


@pytest.mark.parametrize(
    ("columns", "text"),
    [("AA-B", "AB"), ("A-A", "AA"), ("-7--77-", "77"), ("----", ""), ("--0O", "0O")],
)
def test_columns_are_a_text_once_repeats_and_gaps_are_taken_out(columns, text):
    [(read, _)] = decoded(scores_of(columns))

    assert read == text


def test_a_reading_is_as_sure_as_its_characters_together():
    [(_, confidence)] = decoded(scores_of("A-B", 0.9))
    [(_, none)] = decoded(scores_of("---"))

    assert confidence == pytest.approx(0.81, abs=1e-3)
    assert none == 0.0


def test_light_and_contrast_make_no_difference():
    crop = np.random.default_rng(3).integers(60, 180, (HEIGHT_PIXELS, WIDTH_PIXELS), np.uint8)
    brighter = (crop + 40).astype(np.uint8)

    assert torch.allclose(prepared([crop]), prepared([brighter]), atol=1e-4)


def test_the_network_gives_every_class_a_score_in_each_of_40_columns():
    network = PlateNetwork().eval()

    with torch.inference_mode():
        scores = network(torch.zeros(2, 1, HEIGHT_PIXELS, WIDTH_PIXELS))

    assert scores.shape == (2, len(ALPHABET) + 1, 40)
