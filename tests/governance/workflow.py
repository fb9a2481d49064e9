"""What the workflows and the Makefile say."""

import ast
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()


# Everything else could let a failure pass, or leave a pull request out: `if`, `continue-on-error`,
# `shell`, `defaults`, a filter by path or branch.
_KEYS = {"name", "on", "permissions", "concurrency", "jobs"}
_JOB_KEYS = {"name", "runs-on", "timeout-minutes", "strategy", "services", "env", "steps"}
_STEP_KEYS = {"name", "run", "uses", "with"}
_STRATEGY_KEYS = {"fail-fast", "matrix"}


def parsed(path: Path) -> dict[str, Any]:
    return _loaded(path.read_text())


def escapes(text: str) -> list[str]:
    """Where a workflow could pass over a failed step, or over a pull request."""
    document = _loaded(text)
    found = [f"{key}: unexpected" for key in document.keys() - _KEYS]
    if document["on"].get("pull_request", "missing") is not None:
        found.append("pull_request: missing, or not every one")
    for name, job in document["jobs"].items():
        strategy = job.get("strategy", {})
        found += [f"{name}.{key}: unexpected" for key in job.keys() - _JOB_KEYS]
        found += [f"{name}.strategy.{key}: unexpected" for key in strategy.keys() - _STRATEGY_KEYS]
        if strategy.get("fail-fast", True) is not True:
            found.append(f"{name}: one red leg does not stop the others")
        for step in job["steps"]:
            found += [f"{name}, {step}: {key} unexpected" for key in step.keys() - _STEP_KEYS]
    return found


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(parsed(path)["jobs"].values())


def commands(path: Path) -> list[str]:
    return commands_in(path.read_text())


def commands_in(text: str) -> list[str]:
    steps = (step for job in _loaded(text)["jobs"].values() for step in job["steps"])
    return [line for step in steps for line in step.get("run", "").splitlines()]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def commands_of_make(target: str) -> list[str]:
    recipe = MAKEFILE.split(f"\n{target}:", 1)[1].split("\n\n", 1)[0]
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()[1:]]


def fast_tier() -> tuple[list[str], list[str]]:
    """The folders of `make fast`, and those below them that it leaves out."""
    words = re.findall(r"^FAST := (.+)$", MAKEFILE, re.MULTILINE)[0].split()
    ignored = [word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")]
    return [word for word in words if not word.startswith("--")], ignored


def parameters_in(path: Path) -> set[str]:
    """What the functions of a file ask for."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.arg for node in nodes if isinstance(node, ast.arg)}


def _loaded(text: str) -> dict[str, Any]:
    document: dict[Any, Any] = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in document.items()}
