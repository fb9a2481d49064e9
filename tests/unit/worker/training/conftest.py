"""Assets that every machine has: fonts that come with matplotlib, and no pictures."""

from pathlib import Path

import matplotlib
import pytest

from worker.training.synth.assets import Assets
from worker.training.synth.text.fonts import by_family, find_faces


@pytest.fixture(scope="session")
def font_folder() -> Path:
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@pytest.fixture(scope="session")
def assets(font_folder: Path) -> Assets:
    return Assets((), by_family(find_faces(font_folder)))
