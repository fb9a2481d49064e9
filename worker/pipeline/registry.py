"""Builds the nodes a graph names, each model once for the life of the process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from config.graph import Graph
from config.settings import PipelineSettings
from worker.pipeline.detect.detector import Detector
from worker.pipeline.detect.weights import find_object_weights, find_weights
from worker.pipeline.node import Node
from worker.pipeline.ocr.engines.base import Reader
from worker.pipeline.ocr.engines.choice import open_reader
from worker.pipeline.ocr.nodes import BoxReader, FrameReader
from worker.pipeline.ocr.plates.reader import PlateReader

# The second detector's classes are numbered from here, so that no id means two things in one
# document: the first one's class 0 is 0, the second one's is 1000.
OBJECT_CLASS_IDS = 1000


class Registry:
    """Nodes by type, built when first asked for and kept."""

    def __init__(self, settings: PipelineSettings) -> None:
        self.settings = settings
        self._nodes: dict[str, Node] = {}
        self._reader: Reader | None = None

    def node(self, node_type: str) -> Node:
        """The node of a type in BUILDERS; raises SettingsError when it cannot be built."""
        if node_type not in self._nodes:
            self._nodes[node_type] = BUILDERS[node_type](self)
        return self._nodes[node_type]

    def reader(self) -> Reader:
        """The OCR engine, which both reading nodes share."""
        if self._reader is None:
            self._reader = open_reader(self.settings)
        return self._reader


# A node type needs a signature in config.graph and a builder here; frames and results need none,
# because they are where the service puts frames in and takes them out.
BUILDERS: Mapping[str, Callable[[Registry], Node]] = MappingProxyType(
    {
        "detect": lambda registry: Detector(registry.settings, find_weights(registry.settings)),
        "detect_objects": lambda registry: Detector(
            registry.settings,
            find_object_weights(registry.settings),
            first_class_id=OBJECT_CLASS_IDS,
        ),
        "read": lambda registry: BoxReader(registry.reader(), PlateReader()),
        "read_frame": lambda registry: FrameReader(registry.reader()),
    }
)
ENDS = frozenset({"frames", "results"})


def nodes_of(graph: Graph, registry: Registry) -> Mapping[str, Node]:
    """The graph's built nodes by id, in the order in which they can be run."""
    return {node.id: registry.node(node.type) for node in graph.nodes if node.type not in ENDS}
