"""Breaks each requirement on purpose, in a copy of the tree, and checks that its test notices."""

import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.validation import first_error
from governance.pytest_process import run_pytest
from governance.requirements import load_requirements

TEST_SECONDS = 300.0
_TESTS_FAILED = 1


class MutationsError(Exception):
    """The mutations cannot be applied, so they prove nothing"""


class Mutation(BaseModel):
    """A small patch, old → new in one file, and the test that must turn red under it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: str
    name: str
    file: str
    old: Annotated[str, Field(min_length=1)]
    new: str
    test: str


class Outcome(StrEnum):
    """What the test said about the broken code."""

    RED = "red"
    GREEN = "GREEN"
    HUNG = "red, hung"


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutation and what became of it."""

    mutation: Mutation
    outcome: Outcome


def load_mutations(folder: Path) -> list[Mutation]:
    """Every mutation of a folder's TOML files, in the order of the requirements.

    Raises MutationsError when one names no requirement, or its old text does not stand in its
    file exactly once, and when a requirement has none.
    """
    root = folder.parents[1]
    mutations = [mutation for path in sorted(folder.glob("*.toml")) for mutation in _read(path)]
    order = list(load_requirements())
    for mutation in mutations:
        _check(mutation, root, known=order)
    missing = sorted(set(order) - {mutation.requirement for mutation in mutations})
    if missing:
        raise MutationsError(f"no mutation breaks {', '.join(missing)}")
    return sorted(mutations, key=lambda mutation: order.index(mutation.requirement))


def try_mutations(
    root: Path, mutations: Sequence[Mutation], *, hung_after_seconds: float = TEST_SECONDS
) -> Iterator[Tried]:
    """Apply one mutation after the other to a copy of the checkout and run its test.

    Raises MutationsError when a test is red before anything is broken, or cannot be run at all.
    """
    with _copy(root) as copy:
        _expect_green(copy, sorted({mutation.test for mutation in mutations}))
        for mutation in mutations:
            yield Tried(mutation, _try(copy, mutation, hung_after_seconds))


def _read(path: Path) -> list[Mutation]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
        return [Mutation.model_validate(entry) for entry in entries]
    except ValidationError as error:
        raise MutationsError(f"{path.name}: {first_error(error)}") from error
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise MutationsError(f"{path.name}: {error}") from error


def _check(mutation: Mutation, root: Path, *, known: Sequence[str]) -> None:
    if mutation.requirement not in known:
        raise MutationsError(f"{mutation.name}: there is no requirement {mutation.requirement}")
    path = root / mutation.file
    found = path.read_text(encoding="utf-8").count(mutation.old) if path.is_file() else 0
    if found != 1:
        raise MutationsError(
            f"{mutation.requirement}, {mutation.name}: its old text stands {found} times in "
            f"{mutation.file}, expected once; bring the mutation up to date"
        )


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="forgesyte-mutations-") as folder:
        # PostgreSQL, which the tests start, refuses to run as root.
        Path(folder).chmod(0o755)
        copy = Path(folder, "tree")
        for name in _listed(root):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
        for arguments in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *arguments], cwd=copy, env=_environ(), check=True)
        yield copy


def _listed(root: Path) -> list[str]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def _expect_green(copy: Path, tests: Sequence[str]) -> None:
    status, said = run_pytest(tests, folder=copy, environ=_environ())
    if status != 0:
        raise MutationsError(f"the tests are not green before anything is broken:\n{said}")


def _try(copy: Path, mutation: Mutation, seconds: float) -> Outcome:
    path = copy / mutation.file
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        status, said = run_pytest([mutation.test], folder=copy, environ=_environ(), seconds=seconds)
    finally:
        path.write_text(before, encoding="utf-8")
    match status:
        case 0:
            return Outcome.GREEN
        case None:
            return Outcome.HUNG
        case code if code == _TESTS_FAILED:
            return Outcome.RED
    # A mutation that stops the tests from being collected says nothing about them.
    raise MutationsError(f"{mutation.name}: {mutation.test} could not be run:\n{said}")


def _environ() -> dict[str, str]:
    """Ours without what leads back to the project: a hook's GIT_, a measurement's COVERAGE_."""
    apart = ("GIT_", "COVERAGE_")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    # Two changes within a second leave a source's size and time alike, and so its byte code.
    return ours | {"PYTHONDONTWRITEBYTECODE": "1"}
