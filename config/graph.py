"""Pipeline graphs: loaded from JSON and validated before anything is built from them.

A pipeline is a file `<pipeline_id>.json`:

    {"pipeline_id": "…", "description": "…",
     "nodes": [{"id": "detect", "type": "detect"}, …],
     "edges": [["frames", "detect"], …]}

To add a pipeline, add a file. To add a node type, add its signature to SIGNATURES here and its
builder to the registry of worker.pipeline.
"""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from config.pipeline_file import read_json
from config.settings import PipelineSettings, variable_of
from config.validation import first_error

SHIPPED_PIPELINES = Path(__file__).parent / "pipelines"
DEFAULT_PIPELINE = "yolo_ocr"


class GraphError(Exception):
    """A pipeline file cannot be used"""


class NoPipelines(GraphError):
    """A folder holds no pipeline"""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a node type takes and gives; `None` in gives marks an output of the graph.

    `needs` is the settings field without which such a node cannot be built.
    """

    takes: frozenset[str]
    gives: str | None
    joins: bool = False
    needs: str | None = None


FRAMES, BOXES, TEXTS = "frames", "boxes", "texts"

SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        "frames": Signature(takes=frozenset(), gives=FRAMES),
        "detect": Signature(takes=frozenset({FRAMES}), gives=BOXES),
        "detect_objects": Signature(takes=frozenset({FRAMES}), gives=BOXES, needs="object_weights"),
        "read": Signature(takes=frozenset({BOXES}), gives=TEXTS),
        "read_frame": Signature(takes=frozenset({FRAMES}), gives=TEXTS),
        "results": Signature(takes=frozenset({BOXES, TEXTS}), gives=None, joins=True),
    }
)


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it must be one line")
    return text


class _FromFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeSpec(_FromFile):
    """One step of a pipeline: its id in the graph and its type in SIGNATURES."""

    id: Annotated[str, AfterValidator(_one_line)]
    type: Annotated[str, AfterValidator(_one_line)]


class Graph(_FromFile):
    """A validated pipeline; its nodes stand in an order in which they can be run."""

    pipeline_id: str
    description: str
    nodes: tuple[NodeSpec, ...]
    edges: tuple[tuple[str, str], ...]

    def inputs_of(self, node: NodeSpec) -> tuple[str, ...]:
        """Ids of the nodes whose output this node takes, in the order of the file's edges."""
        return tuple(source for source, target in self.edges if target == node.id)


def load_pipelines(folder: Path | None = None) -> Mapping[str, Graph]:
    """Load and validate every pipeline of a folder, the shipped ones by default, by pipeline_id.

    Raises GraphError, whose one line names the file and the node; no pipeline at all is an error.
    """
    folder = SHIPPED_PIPELINES if folder is None else folder
    graphs = [load_graph(path) for path in sorted(folder.glob("*.json"))]
    if not graphs:
        raise NoPipelines(f"{folder}: no pipeline found; expected at least one .json file")
    return MappingProxyType({graph.pipeline_id: graph for graph in graphs})


def unset_for(graph: Graph, settings: PipelineSettings) -> str | None:
    """The environment variable without which the graph cannot be run; None where it can."""
    needs = (SIGNATURES[node.type].needs for node in graph.nodes)
    unset = (field for field in needs if field is not None and not getattr(settings, field))
    return next(map(variable_of, unset), None)


def load_graph(path: Path) -> Graph:
    """Load and validate one pipeline file; raises GraphError in one line."""
    try:
        return _validated(Graph.model_validate(read_json(path)), expected_id=path.stem)
    except ValidationError as error:
        raise GraphError(f"{path.name}: {first_error(error)}") from error
    except ValueError as error:
        raise GraphError(f"{path.name}: not readable as JSON: {error}") from error
    except OSError as error:
        raise GraphError(f"{path.name}: cannot be read: {error.strerror}") from error
    except GraphError as error:
        raise GraphError(f"{path.name}: {error}") from error


def _shown(value: object) -> str:
    """A value of the file as an error may show it: cut short, and in one line."""
    return reprlib.repr(value)


def _validated(graph: Graph, *, expected_id: str) -> Graph:
    if graph.pipeline_id != expected_id:
        raise GraphError(f"pipeline_id is {_shown(graph.pipeline_id)}, expected {expected_id!r}")
    _check_nodes(graph)
    _check_edges(graph)
    ordered = _in_order(graph)
    _check_shape(ordered)
    return ordered


def _check_nodes(graph: Graph) -> None:
    seen: set[str] = set()
    for node in graph.nodes:
        if node.id in seen:
            raise GraphError(f"node {node.id}: this id is used twice")
        if node.type not in SIGNATURES:
            raise GraphError(
                f"node {node.id}: no such type {node.type!r}; known: {', '.join(SIGNATURES)}"
            )
        seen.add(node.id)


def _check_edges(graph: Graph) -> None:
    nodes = {node.id: node for node in graph.nodes}
    seen: set[tuple[str, str]] = set()
    for source, target in graph.edges:
        for end in (source, target):
            if end not in nodes:
                raise GraphError(f"edge {_shown([source, target])}: no node {_shown(end)}")
        if (source, target) in seen:
            raise GraphError(f"edge {source} → {target}: given twice")
        seen.add((source, target))
        _check_types(nodes[source], nodes[target])


def _check_types(source: NodeSpec, target: NodeSpec) -> None:
    gives, takes = SIGNATURES[source.type].gives, SIGNATURES[target.type].takes
    if gives not in takes:
        raise GraphError(
            f"edge {source.id} → {target.id}: {source.type} gives {gives or 'nothing'}, "
            f"{target.type} takes {' or '.join(sorted(takes)) or 'nothing'}"
        )


def _in_order(graph: Graph) -> Graph:
    sorter = TopologicalSorter({node.id: graph.inputs_of(node) for node in graph.nodes})
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        raise GraphError(f"node {error.args[1][0]}: stands in a cycle") from error
    nodes = tuple(sorted(graph.nodes, key=lambda node: order.index(node.id)))
    return graph.model_copy(update={"nodes": nodes})


# Without a cycle, an input for every node is a path from the frames to every node.
def _check_shape(graph: Graph) -> None:
    sources = {source for source, _ in graph.edges}
    for node in graph.nodes:
        signature = SIGNATURES[node.type]
        inputs = len(graph.inputs_of(node))
        if signature.takes and not inputs:
            raise GraphError(f"node {node.id}: has no input, so no frame reaches it")
        if inputs > 1 and not signature.joins:
            raise GraphError(f"node {node.id}: has {inputs} inputs; {node.type} takes one")
        if signature.gives is not None and node.id not in sources:
            raise GraphError(f"node {node.id}: its output goes nowhere; only results may end")
    _check_ends(graph)


def _check_ends(graph: Graph) -> None:
    for kind, role in (("frames", "source"), ("results", "output")):
        found = [node.id for node in graph.nodes if node.type == kind]
        if len(found) != 1:
            named = f"nodes {', '.join(found)}" if found else "no node"
            raise GraphError(f"{named} of type {kind}; a pipeline has exactly one {role}")
