"""Finds a detector's weights and makes sure that they are the ones meant."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from config.settings import PipelineSettings, SettingsError, variable_of

SHIPPED = Path(__file__).parents[2] / "weights" / "text-detector.pt"
SUFFIX = ".pt"
# Neither a path nor the name of a file.
ADDED_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file and the SHA-256 of its bytes in hex; `named` is where an error puts it."""

    path: Path
    sha256: str
    named: str

    @classmethod
    def of(cls, path: Path, *, named: str) -> "Weights":
        """The file's; raises SettingsError when a checksum stands beside it and differs."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        checksum = checksum_beside(path)
        if checksum.exists() and sha256 != checksum.read_text(encoding="ascii").split()[0]:
            raise SettingsError(
                f"{named}: is not the file that {checksum.name} was written for "
                "(SHA-256 differs); install or add it again"
            )
        return cls(path, sha256, named)


def find_weights(settings: PipelineSettings) -> Weights:
    """The detector's weights that the settings name; raises SettingsError in one line."""
    if settings.weights_path is None:
        if not checksum_beside(SHIPPED).exists():
            raise SettingsError(f"{SHIPPED}: its checksum is missing; install again")
        return Weights.of(SHIPPED, named=str(SHIPPED))
    return _found(settings.detector_weights, variable_of("detector_weights"))


def find_object_weights(settings: PipelineSettings) -> Weights:
    """The weights of the second detector; raises SettingsError in one line."""
    return _found(settings.object_weights, variable_of("object_weights"))


def added_folder() -> Path:
    """Where `forgesyte weights add` keeps files, in the user's own data."""
    return platformdirs.user_data_path("forgesyte") / "weights"


def added_weights() -> Iterator[Path]:
    """The files that were added, by name."""
    yield from sorted(added_folder().glob(f"*{SUFFIX}"))


def checksum_beside(path: Path) -> Path:
    """The file that says which SHA-256 the weights had when they were put there."""
    return path.with_name(f"{path.name}.sha256")


def _found(value: str, variable: str) -> Weights:
    named = f"{variable}={value}"
    if ADDED_NAME.fullmatch(value) and not Path(value).exists():
        path = added_folder() / f"{value}{SUFFIX}"
        advice = f"`forgesyte weights add {value}` puts them into {path.parent}"
    else:
        path = Path(value)
        advice = (
            "weights are never downloaded unasked, put them there or give the path where they are"
        )
    if not path.is_file():
        raise SettingsError(f"{named}: no such file; {advice}")
    return Weights.of(path, named=named)
