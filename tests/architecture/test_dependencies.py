"""What each part imports is named by the extra that it is installed with."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import (
    PackageNotFoundError,
    files,
    packages_distributions,
    requires,
    version,
)
from pathlib import Path

import pytest

from tests.architecture.test_arrows import OURS, ROOT, imports, modules, name_of, under

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONSTRAINTS = (ROOT / "config" / "constraints.txt").read_text()

# Heroku's; the checkout, Python and what pip leaves have the other half.
SLUG_BYTES = 500 * 2**20

# module prefix → the extras it is installed with; the longest prefix decides
INSTALLED_WITH = {
    "config": set(),
    "service": set(),
    "service.cli.local.demo": {"local"},
    "service.cli.local.dev": {"local"},
    "service.launcher": {"local"},
    "service.storage.s3": {"s3"},
    "worker": {"worker"},
    "worker.pipeline.ocr.engines.rapidocr_models": {"worker", "rapidocr"},
    "worker.training": {"worker", "training"},
    "governance": {"dev", "local", "training", "worker"},
}


def normal(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements: list[str]) -> set[str]:
    return {normal(re.findall(r"^[\w.-]+", each)[0]) for each in requirements} - {"forgesyte"}


def installed_with(module: str) -> set[str]:
    prefix = max((prefix for prefix in INSTALLED_WITH if under(module, prefix)), key=len)
    lists = [PROJECT["dependencies"], *(EXTRAS[extra] for extra in INSTALLED_WITH[prefix])]
    return set.union(*map(named, lists))


@cache
def distributions() -> dict[str, set[str]]:
    # .ci/install takes opencv-python-headless where a window's libraries are missing.
    return {
        name: {normal(each).removesuffix("-headless") for each in found}
        for name, found in packages_distributions().items()
    }


def foreign(path: Path) -> Iterator[str]:
    for name in imports(path):
        top = name.split(".")[0]
        if top not in OURS and top not in sys.stdlib_module_names:
            yield top


def brought_by(top: str) -> set[str]:
    return distributions().get(top, {normal(top)})


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_what_is_installed_with_it(path: Path) -> None:
    there = installed_with(name_of(path))

    assert [name for name in foreign(path) if not brought_by(name) & there] == []


def test_what_the_extras_bring_is_not_in_the_web_part() -> None:
    base = named(PROJECT["dependencies"])

    assert base & set.union(*map(named, EXTRAS.values())) == set()


def test_everything_is_installed_for_development() -> None:
    (all_extras,) = (each for each in EXTRAS["dev"] if each.startswith("forgesyte"))

    assert {"dev", *re.findall(r"\w+", all_extras)[1:]} == set(EXTRAS)


def test_every_requirement_has_an_exact_version() -> None:
    pinned = {normal(line.split("==")[0]) for line in CONSTRAINTS.splitlines()}

    assert named([*PROJECT["dependencies"], *(each for of in EXTRAS.values() for each in of)]) <= (
        pinned
    )


def test_what_a_buildpack_installs_is_the_web_part_which_fits_into_a_slug() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    installed = with_what_they_need(named([*PROJECT["dependencies"], *EXTRAS["s3"]]))
    sizes = [file.locate().stat().st_size for each in installed for file in files(each) or ()]

    assert [line for line in lines if line[0] != "#"] == ["-c config/constraints.txt", ".[s3]"]
    assert "torch" not in installed
    assert sum(sizes) < SLUG_BYTES / 2


def with_what_they_need(names: set[str]) -> set[str]:
    """The packages and all that they require, as it is installed here."""
    found: set[str] = set()
    while names - found:
        name = (names - found).pop()
        found.add(name)
        needed = [each for each in requires(name) or () if "extra ==" not in each]
        names |= {each for each in named(needed) if is_installed(each)}
    return found


def is_installed(name: str) -> bool:
    """False for what another Python or system would need."""
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def run_without_extras(program: str) -> subprocess.CompletedProcess[str]:
    names = set().union(*(named(EXTRAS[extra]) for extra in ("local", "s3", "worker", "training")))
    away = sorted(top for top, found in distributions().items() if found & names)
    program = f"import sys; sys.modules.update(dict.fromkeys({away}))\n{program}"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_web_and_the_command_line_start_without_any_extra() -> None:
    done = run_without_extras(
        "import service.app, service.wiring\nfrom service.cli.main import main\nmain(['demo'])"
    )

    assert done.returncode == 1
    assert done.stderr == (
        "Error: packages that it takes are missing: in the project's folder,"
        " pip install -c config/constraints.txt '.[local,worker]'\n"
    )


def test_a_worker_without_its_extra_says_what_to_install() -> None:
    """It was a traceback, and a supervisor would have started it again and again."""
    done = run_without_extras("import runpy; runpy.run_module('worker', run_name='__main__')")

    assert done.returncode == 2
    assert done.stderr == (
        "worker cannot run: packages that it takes are missing: in the project's folder,"
        " pip install -c config/constraints.txt '.[worker]'\n"
    )
