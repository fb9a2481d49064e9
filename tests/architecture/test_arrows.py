"""Who may import whom: read from the source, and from what a fresh process has loaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("config", "service", "worker", "governance", "migrations", "tests")
MODEL_LIBRARIES = {"torch", "ultralytics", "cv2", "numpy", "av", "pytesseract", "tesserocr"}

# module prefix → what it may import of ours; the longest prefix decides. import-linter's contracts
# say what is forbidden: they would repeat this table, which README is checked against, inside out.
ALLOWED = {
    "config": {"config"},
    "governance": {"config", "governance"},
    "service.jobs.model": {"config.regions", "service.storage.base"},
    "service.errors": set(),
    "service.jobs.store": {
        "config.failures",
        "service.errors",
        "service.jobs.model",
        "service.storage.base",
    },
    "service.jobs.migrate": {"service.errors", "service.jobs.schema"},
    "service.jobs.schema": set(),
    "service.jobs": {"config", "service.errors", "service.jobs", "service.storage.base"},
    "service.queue": {"config.settings", "service.errors", "service.queue"},
    "service.dispatch": {
        "config",
        "service.dispatch",
        "service.errors",
        "service.jobs",
        "service.queue.base",
    },
    "service.maintenance": {
        "config",
        "service.errors",
        "service.jobs",
        "service.maintenance",
        "service.storage.base",
    },
    "service.metrics": {
        "config",
        "service.dispatch",
        "service.errors",
        "service.jobs",
        "service.metrics",
        "service.services",
    },
    "service.presence": {
        "config",
        "service.errors",
        "service.jobs",
        "service.storage.base",
    },
    "service.storage": {"config.failures", "service.errors", "service.storage"},
    "service.access": {
        "service.access",
        "service.errors",
        "service.jobs.connections",
        "service.jobs.model",
    },
    "service.services": {
        "config",
        "service.access.store",
        "service.jobs",
        "service.queue.base",
        "service.storage.base",
    },
    "service.web": {
        "config",
        "service.access",
        "service.dispatch",
        "service.errors",
        "service.jobs",
        "service.logs",
        "service.maintenance",
        "service.metrics",
        "service.presence",
        "service.queue.base",
        "service.services",
        "service.storage.base",
        "service.web",
    },
    "service.logs": set(),
    "service.app": {
        "config",
        "service.access",
        "service.dispatch",
        "service.errors",
        "service.maintenance",
        "service.metrics",
        "service.services",
        "service.web",
    },
    "service.wiring": {
        "config",
        "service.access",
        "service.jobs",
        "service.queue",
        "service.services",
        "service.storage",
    },
    "service.client": {"config.address", "service.jobs.model"},
    "service.launcher": {
        "config",
        "service.errors",
        "service.jobs",
        "service.launcher",
        "service.storage",
        "service.wiring",
    },
    "service.cli": {"config", "service"},
    "service": {"config", "service"},
    "worker.pipeline": {"config", "worker.pipeline"},
    "worker.training": {"config", "worker.pipeline", "worker.training"},
    "worker": {"config", "service", "worker"},
}


def modules() -> list[Path]:
    return [path for top in OURS[:-2] for path in sorted((ROOT / top).rglob("*.py"))]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def allowed_for(name: str) -> set[str]:
    return ALLOWED[max((prefix for prefix in ALLOWED if under(name, prefix)), key=len)]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_arrows_point_one_way(path: Path) -> None:
    allowed = allowed_for(name_of(path))
    ours = [name for name in imports(path) if name.split(".")[0] in OURS]

    assert [name for name in ours if not any(under(name, prefix) for prefix in allowed)] == []


def package_of(name: str) -> str:
    """The room a module is in: a folder of a package of ours, or the module that stands beside."""
    depth = 3 if under(name, "worker.pipeline") else 2
    return ".".join(name.split(".")[:depth])


def test_no_two_packages_import_each_other() -> None:
    arrows = {
        (package_of(name_of(path)), package_of(name))
        for path in modules()
        for name in imports(path)
        if name.split(".")[0] in OURS
    }

    assert [arrow for arrow in arrows if arrow[0] < arrow[1] and arrow[::-1] in arrows] == []


def test_the_arrows_were_looked_at() -> None:
    names = {name_of(path) for path in modules()}

    assert len(names) > 30
    assert {"service.web.routes", "worker.run_job", "config.settings"} <= names


def test_only_the_roots_and_the_command_line_know_the_adapters() -> None:
    adapters = (
        "service.access.postgres",
        "service.jobs.postgres",
        "service.queue.arq",
        "service.storage.local",
        "service.storage.s3",
    )
    knowers = {
        name_of(path)
        for path in modules()
        if any(under(name, adapter) for name in imports(path) for adapter in adapters)
        if not under(name_of(path), "service.storage.s3")
    }

    assert knowers <= {"service.wiring", "worker.main", "worker.arq_worker"}


def test_web_and_the_command_line_load_no_model_library() -> None:
    everything = [name_of(path) for path in modules() if name_of(path).startswith("service")]
    everything = [name for name in everything if not name.endswith("__main__")]
    program = f"import sys, {', '.join(everything)}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()

    assert "service.app" in loaded
    assert MODEL_LIBRARIES & {name.split(".")[0] for name in loaded} == set()


def test_the_environment_is_read_in_roots_only() -> None:
    readers = {
        name_of(path)
        for path in modules()
        if "os.environ" in path.read_text() or "os.getenv" in path.read_text()
    }

    assert readers <= {
        "service.__main__",
        "worker.__main__",
        "worker.analyse",
        # tells libraries what they only take from there
        "worker.pipeline.libraries",
        # passes it on to the programs it runs
        "governance.mutations",
        "governance.smoke.system",
        "worker.process.spawn",
        *(name for name in readers if under(name, "service.cli")),
        *(name for name in readers if under(name, "service.launcher")),
    }
