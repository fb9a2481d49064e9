"""What the documents state and the code knows: each function is one generated block."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from config.graph import load_pipelines
from governance.requirements import load_requirements
from governance.scanner.vocabulary import load_vocabulary

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "governance", "service", "worker")


def served() -> dict[str, Any]:
    """What `python -m service.web.describe` prints."""
    described: dict[str, Any] = _printed_by("service.web.describe")
    return described


def routes() -> str:
    """The URL map; what is served under `/v1` too stands there."""
    summaries = {(route["method"], route["path"]): route["summary"] for route in served()["routes"]}
    rows = [
        (f"`{method} {path}`", summary)
        for (method, path), summary in summaries.items()
        if (method, f"/v1{path}") not in summaries
    ]
    return _table(("route", "does"), rows)


def problems() -> str:
    """Every problem a response may carry."""
    rows = [
        (str(problem["status"]), f"`{problem['code']}`", problem["title"])
        for problem in served()["problems"]
    ]
    return _table(("status", "code", "title"), rows)


def error_codes() -> str:
    """Why a job may have failed."""
    codes = served()["error_codes"]
    rows = [
        (title, ", ".join(f"`{code}`" for code in codes if codes[code] is again))
        for title, again in (("final", False), ("tried again", True))
    ]
    return _table(("another attempt", "error_code"), rows)


def transitions() -> str:
    """The moves between statuses."""
    rows = [
        (f"`{status}`", ", ".join(f"`{target}`" for target in targets) or "never left")
        for status, targets in served()["transitions"].items()
    ]
    return _table(("status", "may become"), rows)


def imports() -> str:
    """Which package imports which."""
    found: dict[str, set[str]] = {}
    for path in (path for name in PACKAGES for path in (ROOT / name).rglob("*.py")):
        package = _package(path.relative_to(ROOT).parent.parts)
        found.setdefault(package, set()).update(_imported(path))
    rows = [
        (f"`{package}`", ", ".join(f"`{name}`" for name in sorted(names - {package})) or "nothing")
        for package, names in sorted(found.items())
    ]
    return _table(("package", "imports of ours"), rows)


def pipelines() -> str:
    """The shipped pipelines."""
    rows = [(f"`{name}`", graph.description) for name, graph in load_pipelines().items()]
    return _table(("pipeline", "does"), rows)


def vocabulary() -> str:
    """The scanner's vocabulary file."""
    words = load_vocabulary()
    rows = [(f"`{term}`", f"`{stem}`") for term, stem in words.forbidden.items()]
    lists = (
        ("Scope", words.scope.folders),
        ("Binary", words.scope.binary),
        ("Allowed", words.allowed.terms),
        ("Innocent", words.allowed.innocent),
        ("Phase words", words.phase.words),
        ("Phase folders", words.phase.folders),
    )
    lines = [f"- {name}: {', '.join(f'`{entry}`' for entry in each)}" for name, each in lists]
    return "\n".join([_table(("forbidden term", "stem"), rows), "", *lines])


def migrations() -> str:
    """The migrations, in the order in which they are applied."""
    folder = ROOT / "migrations"
    forward = sorted(path.name for kind in ("*.sql", "*.py") for path in folder.glob(kind))
    rows = [
        (f"`{name}`", "itself" if name.endswith(".py") else f"`{name[:-4]}.rollback.sql`")
        for name in forward
        if not name.endswith(".rollback.sql")
    ]
    return _table(("migration", "undone by"), rows)


def metrics() -> str:
    """What `python -m worker.describe` prints: what web and worker count."""
    rows = [
        (f"`{each['name']}`", each["of"], each["type"], each["meaning"])
        for each in _printed_by("worker.describe")
    ]
    return _table(("metric", "of", "type", "is"), rows)


def requirements() -> str:
    """Every requirement."""
    return _table(("id", "requirement"), load_requirements().items())


def poster_routes() -> str:
    """The URL map as lines of the poster; only the first of each pair of prefixes."""
    lines = [f"{route['method']} {route['path']}" for route in served()["routes"]]
    shown = [line for line in lines if " /video/" not in line]
    return "\n".join(
        f'<text x="60" y="{168 + 24 * row}" class="code">{line}</text>'
        for row, line in enumerate(shown)
    )


@cache
def _printed_by(module: str) -> Any:
    command = [sys.executable, "-m", module]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return json.loads(printed)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    ruled = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        yield from (_package(name.split(".")) for name in modules if name.split(".")[0] in PACKAGES)


def _package(parts: Iterable[str]) -> str:
    """The package that holds a module, two levels deep: worker.pipeline for worker.pipeline.x.y."""
    names: list[str] = []
    for part in list(parts)[:2]:
        if not (ROOT / Path(*names, part)).is_dir():
            break
        names.append(part)
    return ".".join(names)
