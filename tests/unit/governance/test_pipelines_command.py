"""PIP-3 on the command line."""

import json
from pathlib import Path

from click.testing import CliRunner

from config.graph import SHIPPED_PIPELINES
from governance.cli import main


def test_the_shipped_pipelines_are_valid_and_named() -> None:
    """PIP-3"""
    done = CliRunner().invoke(main, ["pipelines"])

    assert done.exit_code == 0
    assert done.stdout == "valid: 4 pipelines, detect_only, objects_and_text, ocr_only, yolo_ocr\n"


def test_a_broken_pipeline_is_reported_in_one_line(tmp_path: Path) -> None:
    """PIP-3"""
    graph = json.loads((SHIPPED_PIPELINES / "yolo_ocr.json").read_text())
    graph["nodes"][0]["type"] = "dream"
    (tmp_path / "yolo_ocr.json").write_text(json.dumps(graph))

    done = CliRunner().invoke(main, ["pipelines", str(tmp_path)])

    assert done.exit_code == 1
    assert "yolo_ocr.json" in done.stderr
    assert "dream" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_without_pipelines_is_not_valid(tmp_path: Path) -> None:
    """PIP-3"""
    done = CliRunner().invoke(main, ["pipelines", str(tmp_path)])

    assert done.exit_code == 2
    assert "no pipeline found" in done.stderr
