"""What the workflows and the Makefile say."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()


def parsed(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text())
    return document


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(parsed(path)["jobs"].values())


def commands(path: Path) -> list[str]:
    scripts = (step.get("run", "") for job in jobs(path) for step in job["steps"])
    return [line for script in scripts for line in script.splitlines()]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def commands_of_make_test() -> list[str]:
    recipe = MAKEFILE.split("\ntest:", 1)[1].split("\n\n", 1)[0]
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()[1:]]
