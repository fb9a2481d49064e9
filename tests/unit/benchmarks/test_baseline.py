import ast
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.benchmarks import baseline

SOURCE = Path(baseline.__file__)


@pytest.mark.parametrize("builds", [("cpu", ""), ("cpu", "cu130"), ("", "cpu")])
def test_it_refuses_torch_and_torchvision_of_two_builds(builds: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match="install both from one index"):
        baseline.refuse_mixed_builds(*builds)


@pytest.mark.parametrize("build", ["cpu", "cu130", ""])
def test_it_takes_them_of_one_build(build: str) -> None:
    baseline.refuse_mixed_builds(build, build)


def test_it_asks_which_builds_are_installed_before_anything_else(tmp_path: Path) -> None:
    """A mixed installation ends in one line."""
    for name, version in (("torch", "2.13.0+cpu"), ("torchvision", "0.28.0+cu130")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"__version__ = '{version}'\n")
        (tmp_path / name / "version.py").write_text(f"__version__ = '{version}'\n")
    command = [sys.executable, SOURCE, "no.mp4", "--weights", "no.pt", "--stride", "5"]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == (
        "torch is of build cpu, torchvision of cu130: install both from one index\n"
    )


def test_it_imports_nothing_of_ours() -> None:
    nodes = list(ast.walk(ast.parse(SOURCE.read_text())))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}

    assert "ultralytics" in modules
    ours = {"config", "service", "worker", "governance", "tests"}
    assert {module.split(".")[0] for module in modules} & ours == set()


@pytest.mark.parametrize(("ink", "ground"), [(20, 230), (230, 20)])
def test_a_line_is_cut_out_tight_grey_dark_on_light_and_40_pixels_high(
    ink: int, ground: int
) -> None:
    picture = np.full((200, 300, 3), 128, np.uint8)
    picture[50:70, 40:140] = ground
    picture[55:65, 60:80] = ink

    crop = baseline.line_crop(cv2, np, picture, (42.2, 51.8, 137.9, 68.1))

    assert crop.shape == (40, 200)
    assert np.median(crop) > 128
    assert 128 not in crop


def test_an_empty_box_has_no_crop() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)

    assert baseline.line_crop(cv2, np, picture, (310, 10, 320, 20)) is None
