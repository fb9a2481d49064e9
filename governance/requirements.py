"""The requirements, and the tests whose docstrings say that they hold them."""

import ast
import re
import tomllib
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.toml")

_ID = re.compile(r"\b(?:API|DOC|GOV|JOB|PIP|QUE|STO|TST|WRK)-[0-9]+\b")
_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)


class NoTests(Exception):
    """There is no test that could hold a requirement"""


def load_requirements() -> dict[str, str]:
    """What the product has to do, by id."""
    requirements: dict[str, str] = tomllib.loads(REQUIREMENTS.read_text(encoding="utf-8"))
    return requirements


def held_by(tests: Path) -> dict[str, list[str]]:
    """The test files below a folder that name a requirement, by its id; raises NoTests."""
    held: dict[str, list[str]] = {}
    paths = sorted(tests.rglob("test_*.py"))
    if not paths:
        raise NoTests(f"no test under {tests}")
    for path in paths:
        for name in _named_in(path):
            held.setdefault(name, []).append(path.relative_to(tests.parent).as_posix())
    return held


def _named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, _DOCUMENTED)]
    return {name for node in nodes for name in _ID.findall(ast.get_docstring(node) or "")}
