"""Which program this is: its version, and what it is made of."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What the pipeline is made of; models, engines and libraries name themselves.
PACKAGES = ("config", "worker/pipeline")


def program_version() -> str:
    """The version of the installed program."""
    try:
        return version("forgesyte")
    except PackageNotFoundError:
        return "not installed"


def program_sha256(root: Path = ROOT) -> str:
    """SHA-256 over the names and the bytes of the pipeline's modules below root.

    A checkout keeps its version while it is changed.
    """
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        code = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(code)}\n".encode() + code)
    return digest.hexdigest()
