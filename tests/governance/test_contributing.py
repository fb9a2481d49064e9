"""DOC-1: the node that CONTRIBUTING shows is one, as it stands there."""

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from config import graph
from config.graph import BOXES, Signature, load_pipelines
from config.settings import PipelineSettings
from tests.governance.documents import ROOT, blocks
from worker.pipeline import registry
from worker.pipeline.frame import Detection, Frame
from worker.pipeline.registry import Registry

TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The example as a module, its signature and its builder where they are to be."""
    [code] = blocks(TEXT, "python")
    (tmp_path / "shown_node.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "shown_node", raising=False)
    module = import_module("shown_node")
    assert '`"large": Signature(takes=frozenset({BOXES}), gives=BOXES)`' in TEXT
    signature = Signature(takes=frozenset({BOXES}), gives=BOXES)
    assert '`"large": lambda registry: Large()`' in TEXT
    builders = {**registry.BUILDERS, "large": lambda _: module.Large()}
    monkeypatch.setattr(graph, "SIGNATURES", {**graph.SIGNATURES, "large": signature})
    monkeypatch.setattr(registry, "BUILDERS", builders)
    return module


def found(height: float) -> Detection:
    return Detection(0, "text", 0.9, (0.0, 0.0, 50.0, height))


def test_the_node_shown_does_what_is_said(shown: ModuleType) -> None:
    stage = Registry(PipelineSettings()).stage("large")
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    frame = Frame(0, 0, picture, detections=(found(11), found(12)))
    [after] = stage.start(Counter()).work([frame])

    assert after.detections == (found(12),)
    assert stage.provenance() == {"least_height": shown.LEAST_HEIGHT}


@pytest.mark.usefixtures("shown")
def test_the_pipeline_shown_is_one(tmp_path: Path) -> None:
    [pipeline] = blocks(TEXT, "json")
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "large_ocr.json").write_text(pipeline)

    assert [node.id for node in load_pipelines(folder)["large_ocr"].nodes] == [
        node["id"] for node in json.loads(pipeline)["nodes"]
    ]
