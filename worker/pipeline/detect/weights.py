"""Finds the detector's weights and makes sure that they are the ones meant."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from config.settings import PipelineSettings, SettingsError, variable_of

SHIPPED = Path(__file__).parents[2] / "weights" / "text-detector.pt"


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file, the SHA-256 of its bytes in hex, and the variable that may name it."""

    path: Path
    sha256: str
    variable: str


def find_weights(settings: PipelineSettings, *, shipped: Path = SHIPPED) -> Weights:
    """The weights the settings name; the shipped ones must match the checksum beside them.

    Raises SettingsError in one line.
    """
    weights = _weights(settings.weights_path or shipped, variable_of("detector_weights"))
    if settings.weights_path is None and weights.sha256 != _expected(shipped):
        raise SettingsError(
            f"{weights.path}: is not the file that ships (SHA-256 differs); install again"
        )
    return weights


def find_object_weights(settings: PipelineSettings) -> Weights:
    """The weights of the second detector; raises SettingsError in one line."""
    return _weights(Path(settings.object_weights), variable_of("object_weights"))


def _weights(path: Path, variable: str) -> Weights:
    if not path.is_file():
        raise SettingsError(
            f"{variable}={path}: no such file; weights are never downloaded, "
            "put them there or give the path where they are"
        )
    return Weights(path, _sha256(path), variable)


def _expected(shipped: Path) -> str:
    return shipped.with_name(f"{shipped.name}.sha256").read_text(encoding="ascii").split()[0]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
