"""What benchmarks give: rows of one table, and one JSON."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from tests.benchmarks.pairs import Spread

ROOT = Path(__file__).parents[2]
WIDTH = 160
LIBRARIES = ("torch", "ultralytics", "opencv-python", "av", "numpy", "pytesseract", "tesserocr")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to reach."""

    side: Literal["≥", "≤"]
    bound: float

    def is_met(self, figure: float) -> bool:
        """Whether the figure is on the right side."""
        return figure >= self.bound if self.side == "≥" else figure <= self.bound


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one benchmark; ``runs`` is all that it was made from, for the JSON."""

    benchmark: str
    case: str
    figure: str
    value: float
    spread: Spread | None = None
    goal: Goal | None = None
    note: str = ""
    runs: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return self.goal.is_met(self.value) if self.goal else None


def at_least(bound: float) -> Goal:
    """A goal from below."""
    return Goal("≥", bound)


def at_most(bound: float) -> Goal:
    """A goal from above."""
    return Goal("≤", bound)


def write_json(path: Path, rows: Sequence[Row], voids: Sequence[str], options: object) -> None:
    """Everything that was measured, on what, and of which state of the project."""
    report = {
        "machine": machine(),
        "commit": _git("describe", "--always", "--dirty", "--abbrev=12"),
        "options": asdict(options),
        "voids": list(voids),
        "rows": [asdict(row) | {"met": row.met} for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, default=str, ensure_ascii=False) + "\n")


def show(rows: Sequence[Row], voids: Sequence[str]) -> None:
    """Print one table, then what voided its run."""
    # A pipe has no width, and a figure cut in two cannot be found.
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    table = Table("benchmark", "case", "figure", "value", "quartiles", "goal", "", "")
    for row in rows:
        table.add_row(
            row.benchmark,
            row.case,
            row.figure,
            _number(row.value),
            f"{_number(row.spread.low)} to {_number(row.spread.high)}" if row.spread else "",
            f"{row.goal.side} {_number(row.goal.bound)}" if row.goal else "",
            {True: "met", False: "short", None: ""}[row.met],
            row.note,
        )
    console.print(table)
    for void in voids:
        console.print(f"void: {void}", markup=False)


def machine() -> dict[str, Any]:
    """The processor, the cores this process may use, the load, the versions of libraries."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 3 if abs(value) < 1 else 2
    return f"{value:.{digits}f}"
