import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.deploy.files import CONTAINERFILE, DEPLOY, ROOT, command_of, procfile, stages
from tests.governance.claims import exists, false_claims
from tests.unit.governance.scanner.test_scan import git_lists

TARGETS = ["web", "worker"]


def sources(value: str) -> list[str]:
    """The files of the checkout that a COPY names."""
    words = value.split()
    return [] if words[0].startswith("--from=") else words[:-1]


def copied() -> set[str]:
    return {
        name
        for stage in stages().values()
        for value in stage.all("COPY")
        for name in sources(value)
    }


def pip_installs() -> dict[str, str]:
    """The pip command of each stage that has one, as a user would type it."""
    return {
        name: value.replace("--no-cache-dir ", "")
        for name, stage in stages().items()
        for value in stage.all("RUN")
        if value.startswith("pip install")
    }


def test_a_linter_finds_nothing_in_it() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, CONTAINERFILE], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("", 0)


def test_everything_it_copies_is_in_the_checkout() -> None:
    tracked = {part for name in git_lists(ROOT) for part in (name, name.split("/")[0])}

    assert copied() - tracked == set()


def test_everything_the_wheel_is_made_of_is_copied() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, wheel = pyproject["project"], pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]
    made_of = {project["readme"], *project["license-files"], *wheel["packages"]}

    assert made_of | wheel["force-include"].keys() | {"pyproject.toml"} <= copied()


def test_each_image_is_installed_with_its_extra_and_the_exact_versions() -> None:
    installs = pip_installs()

    assert installs == {
        "build-web": "pip install -c config/constraints.txt .",
        "build-worker": "pip install -c config/constraints.txt '.[worker]'",
    }
    assert [command for command in installs.values() if not exists(command)] == []


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_what_was_installed_for_it_and_runs_what_the_procfile_says(
    target: str,
) -> None:
    image = stages()[target]

    assert f"--from=build-{target} /opt/forgesyte /opt/forgesyte" in image.all("COPY")
    assert shlex.join(command_of(target)) == procfile()[target]


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_a_user_that_owns_the_storage(target: str) -> None:
    (user,) = stages()[target].all("USER")
    (made,) = stages()["base"].all("RUN")

    assert user != "0"
    assert f"useradd --uid {user} " in made
    assert "--owner forgesyte --group forgesyte /var/lib/forgesyte/storage" in made


def test_the_worker_has_debians_packages() -> None:
    installed = " ".join(stages()["worker"].all("RUN"))

    assert "xargs --arg-file=/tmp/Aptfile apt-get install" in installed
    assert "Aptfile /tmp/Aptfile" in stages()["worker"].all("COPY")


def test_both_stand_on_one_python_that_the_project_takes() -> None:
    bases = {name: stage.base for name, stage in stages().items()}
    outside = {base for base in bases.values() if base not in bases}
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    assert len(outside) == 1
    assert re.findall(r"python:(3\.\d+)-slim", outside.pop()) == [requires.removeprefix(">=")]


def test_the_page_beside_it_names_nothing_that_is_not_there() -> None:
    page = (DEPLOY / "README.md").read_text()
    paths = re.findall(r"\bdeploy/[\w./]+\w", page.replace("*.service", ""))

    assert false_claims(page, DEPLOY) == []
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
