import json
import os
from pathlib import Path
from typing import Any

import pytest

from config import graph
from config.graph import DEFAULT_PIPELINE, GraphError, load_graph, load_pipelines, unset_for
from config.settings import PipelineSettings

GOOD: dict[str, Any] = {
    "pipeline_id": "mine",
    "description": "Reads what it finds",
    "nodes": [
        {"id": "in", "type": "frames"},
        {"id": "find", "type": "detect"},
        {"id": "read", "type": "read"},
        {"id": "out", "type": "results"},
    ],
    "edges": [["in", "find"], ["find", "read"], ["read", "out"]],
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "mine.json"
    path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    return path


def node(node_id: str, node_type: str) -> dict[str, str]:
    return {"id": node_id, "type": node_type}


def test_the_shipped_pipelines_are_the_four_of_the_design():
    """PIP-2"""
    pipelines = load_pipelines()

    assert sorted(pipelines) == ["detect_only", "objects_and_text", "ocr_only", "yolo_ocr"]
    assert DEFAULT_PIPELINE == "yolo_ocr"
    assert [step.type for step in pipelines["yolo_ocr"].nodes] == [
        "frames",
        "detect",
        "read",
        "results",
    ]


def test_nodes_stand_in_an_order_in_which_they_can_be_run(tmp_path):
    path = written(tmp_path, nodes=GOOD["nodes"][::-1])

    loaded = load_graph(path)

    assert [step.id for step in loaded.nodes] == ["in", "find", "read", "out"]


def test_results_may_join_what_several_nodes_found(tmp_path):
    path = written(
        tmp_path,
        nodes=[*GOOD["nodes"], node("page", "read_frame")],
        edges=[*GOOD["edges"], ["in", "page"], ["page", "out"]],
    )

    loaded = load_graph(path)

    assert loaded.inputs_of(loaded.nodes[-1]) == ("read", "page")


def test_a_pipeline_names_the_setting_it_cannot_be_run_without():
    graph = load_pipelines()["objects_and_text"]

    assert unset_for(graph, PipelineSettings()) == "FORGESYTE_OBJECT_WEIGHTS"
    assert unset_for(graph, PipelineSettings(object_weights="cars.pt")) is None
    assert unset_for(load_pipelines()["yolo_ocr"], PipelineSettings()) is None


def test_a_folder_without_pipelines_is_an_error(tmp_path):
    """PIP-3"""
    with pytest.raises(GraphError, match="no pipeline found"):
        load_pipelines(tmp_path)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "id used twice": (
        {"nodes": [*GOOD["nodes"], node("find", "detect")]},
        "node find: this id is used twice",
    ),
    "unknown type": (
        {"nodes": [*GOOD["nodes"][:3], node("out", "printer")]},
        "node out: no such type 'printer'",
    ),
    "edge to nowhere": (
        {"edges": [*GOOD["edges"], ["find", "elsewhere"]]},
        "edge ['find', 'elsewhere']: no node 'elsewhere'",
    ),
    "edge given twice": (
        {"edges": [*GOOD["edges"], ["in", "find"]]},
        "edge in → find: given twice",
    ),
    "types disagree": (
        {"edges": [["in", "read"], ["in", "find"], ["find", "out"], ["read", "out"]]},
        "edge in → read: frames gives frames, read takes boxes",
    ),
    "output used as input": (
        {"edges": [*GOOD["edges"], ["out", "find"]]},
        "edge out → find: results gives nothing",
    ),
    "cycle": (
        {
            "nodes": [*GOOD["nodes"], node("a", "loop"), node("b", "loop")],
            "edges": [*GOOD["edges"], ["a", "b"], ["b", "a"]],
        },
        "stands in a cycle",
    ),
    "unreachable": (
        {
            "nodes": [*GOOD["nodes"], node("lost", "detect")],
            "edges": [*GOOD["edges"], ["lost", "out"]],
        },
        "node lost: has no input, so no frame reaches it",
    ),
    "two inputs where one is taken": (
        {
            "nodes": [*GOOD["nodes"], node("again", "detect")],
            "edges": [*GOOD["edges"], ["in", "again"], ["again", "read"]],
        },
        "node read: has 2 inputs",
    ),
    "a sink that is no output": (
        {
            "nodes": [*GOOD["nodes"], node("spare", "detect")],
            "edges": [*GOOD["edges"], ["in", "spare"]],
        },
        "node spare: its output goes nowhere",
    ),
    "no output": (
        {"nodes": [node("in", "frames")], "edges": []},
        "its output goes nowhere",
    ),
    "two sources": (
        {
            "nodes": [*GOOD["nodes"], node("more", "frames"), node("see", "detect")],
            "edges": [*GOOD["edges"], ["more", "see"], ["see", "out"]],
        },
        "exactly one source",
    ),
    "another name than its file's": ({"pipeline_id": "yours"}, "expected 'mine'"),
    "a key too many": ({"nods": []}, "nods: Extra inputs are not permitted"),
    "an edge of three": (
        {"edges": [["in", "find", "read"]]},
        "edges.0: Tuple should have at most",
    ),
    "an edge over two lines": ({"edges": [["in\n", "find"]]}, "no node 'in\\n'"),
    "a number for an id": (
        {"nodes": [{"id": 1, "type": "frames"}]},
        "nodes.0.id: Input should be",
    ),
    "an id of two lines": ({"nodes": [node("a\nb", "frames")]}, "nodes.0.id: it must be one line"),
    "a key of two lines": ({"no\nds": []}, "no\\nds: Extra inputs are not permitted"),
    "a list for the pipeline's node": ({"nodes": [[]]}, "nodes.0: Input should be"),
    "a number for the pipeline's id": (
        {"pipeline_id": 1},
        "pipeline_id: Input should be",
    ),
    "a number for the nodes": ({"nodes": 1}, "nodes: Input should be"),
    "a node without a type": ({"nodes": [{"id": "in"}]}, "nodes.0.type: Field required"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pipeline_is_refused_in_one_line_that_names_file_and_node(tmp_path, case, loops):
    """PIP-3"""
    changes, message = WRONG[case]

    with pytest.raises(GraphError) as refused:
        load_graph(written(tmp_path, **changes))

    assert message in str(refused.value)
    assert str(refused.value).startswith("mine.json: ")
    assert "\n" not in str(refused.value)


@pytest.fixture
def loops(monkeypatch):
    """A node type that takes what it gives; no shipped type can stand in a cycle."""
    signature = graph.Signature(takes=frozenset({"boxes"}), gives="boxes")
    monkeypatch.setattr(graph, "SIGNATURES", {**graph.SIGNATURES, "loop": signature})


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("where", ["pipeline_id", "nodes", "edges"])
def test_a_deep_value_is_shown_in_part(tmp_path, where):
    deep = nested(400)

    with pytest.raises(GraphError) as refused:
        load_graph(written(tmp_path, **{where: deep if where == "pipeline_id" else [deep]}))

    assert len(str(refused.value)) < 200


GOOD_TEXT = json.dumps(GOOD)
UNREADABLE = {
    "not JSON": ("{", "Expecting property name"),
    "empty": ("", "Expecting value"),
    "two documents": (GOOD_TEXT * 2, "Extra data"),
    "deep": ("[" * 30_000, "nested too deeply"),
    "deep objects": ('{"a":' * 10_000, "nested too deeply"),
    "huge": (GOOD_TEXT + " " * 65_536, "more than 65536 bytes"),
    "a huge number": ("1" * 5000, "integer string conversion"),
    "not UTF-8": (GOOD_TEXT.encode("utf-16"), "can't decode byte"),
    "a byte order mark": ("\ufeff" + GOOD_TEXT, "BOM"),
    "a key twice": ('{"nodes": [], "nodes": []}', "'nodes' is given twice"),
    "no number": ('{"nodes": [NaN]}', "NaN is no JSON"),
    "endless": ('{"nodes": -Infinity}', "-Infinity is no JSON"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_not_json_is_refused_in_one_line_by_name(tmp_path, case):
    """PIP-3"""
    content, message = UNREADABLE[case]
    path = tmp_path / "mine.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(GraphError, match=r"mine\.json: not readable as JSON: ") as refused:
        load_graph(path)

    assert message in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "it is no file"),
        (os.mkfifo, "it is no file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
    ],
    ids=["a folder", "a pipe", "a device", "a loop", "a dead link"],
)
def test_what_is_no_file_is_refused_by_name(tmp_path, make, message):
    """PIP-3"""
    make(tmp_path / "mine.json")

    with pytest.raises(GraphError, match=r"^mine\.json: ") as refused:
        load_pipelines(tmp_path)

    assert message in str(refused.value)
