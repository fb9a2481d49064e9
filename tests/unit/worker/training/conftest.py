"""Assets that every machine has, fonts of matplotlib and no pictures; torch on one thread."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest

from worker.pipeline.libraries import torch
from worker.training.synth.assets import Assets
from worker.training.synth.text.fonts import by_family, find_faces


@pytest.fixture(scope="session")
def font_folder() -> Path:
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@pytest.fixture(scope="session")
def assets(font_folder: Path) -> Assets:
    return Assets((), by_family(find_faces(font_folder)))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Two threads on batches as small as a test's wait for each other more than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    yield
    torch.set_num_threads(threads)
