"""The weights that ship: whole, small, loadable without a pickle's code, and accounted for."""

import hashlib
from pathlib import Path

import pytest

from worker.pipeline.detect.weights import SHIPPED
from worker.pipeline.libraries import load_checkpoint
from worker.training.synth import assets
from worker.training.synth.patch import CLASS_NAMES

CARD = SHIPPED.with_name("MODEL_CARD.md")
PACKAGES = Path(assets.__file__).parents[1] / "packages.txt"


def test_the_weights_are_those_of_the_checksum_beside_them():
    recorded, name = SHIPPED.with_name(f"{SHIPPED.name}.sha256").read_text().split()

    assert name == SHIPPED.name
    assert recorded == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_the_weights_are_small_enough_to_ship():
    assert SHIPPED.stat().st_size <= 3.5e6


def test_the_weights_load_with_the_projects_classes():
    model, _ = load_checkpoint(SHIPPED)

    assert model.names == CLASS_NAMES


@pytest.mark.parametrize(
    "package",
    [line for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")],
)
def test_the_model_card_names_every_package_trained_on(package):
    assert package in CARD.read_text()


@pytest.mark.parametrize("picture", assets.SCIKIT_IMAGE_PICTURES)
def test_the_model_card_names_every_picture_from_scikit_image(picture):
    assert picture.partition(".")[0] in CARD.read_text()
