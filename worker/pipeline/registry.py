"""Builds the stages a graph names, each model once for the life of the process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from config.graph import Graph
from config.settings import PipelineSettings
from worker.pipeline.detect.detector import Detector
from worker.pipeline.detect.weights import find_object_weights, find_weights
from worker.pipeline.networks.cores import cores
from worker.pipeline.ocr.box_reader import BoxReader
from worker.pipeline.ocr.engines.base import Reader
from worker.pipeline.ocr.engines.choice import open_line_reader, open_reader
from worker.pipeline.ocr.frame_reader import FrameReader
from worker.pipeline.ocr.plates.reader import PlateReader
from worker.pipeline.stage import Stage

# The second detector's classes are numbered from here, so that no id means two things in one
# document: the first one's class 0 is 0, the second one's is 1000.
OBJECT_CLASS_IDS = 1000


class Registry:
    """Stages by node type, built when first asked for and kept."""

    def __init__(self, settings: PipelineSettings) -> None:
        self.settings = settings
        self._stages: dict[str, Stage] = {}
        self._reader: Reader | None = None

    def stage(self, node_type: str) -> Stage:
        """The stage of a type in BUILDERS; raises SettingsError when it cannot be built."""
        if node_type not in self._stages:
            self._stages[node_type] = BUILDERS[node_type](self)
        return self._stages[node_type]

    def reader(self) -> Reader:
        """The OCR engine, which both reading stages share."""
        if self._reader is None:
            self._reader = open_reader(self.settings)
        return self._reader


# A node type needs a signature in config.graph and a builder here; frames and results need none,
# because they are where the service puts frames in and takes them out.
BUILDERS: Mapping[str, Callable[[Registry], Stage]] = MappingProxyType(
    {
        "detect": lambda registry: Detector(registry.settings, find_weights(registry.settings)),
        "detect_objects": lambda registry: Detector(
            registry.settings,
            find_object_weights(registry.settings),
            first_class_id=OBJECT_CLASS_IDS,
        ),
        "read": lambda registry: BoxReader(
            registry.reader(),
            PlateReader(cores=cores(registry.settings.cores)),
            open_line_reader(registry.settings),
            reuse=registry.settings.reuse == "on",
        ),
        "read_frame": lambda registry: FrameReader(registry.reader()),
    }
)
ENDS = frozenset({"frames", "results"})


def stages_of(graph: Graph, registry: Registry) -> Mapping[str, Stage]:
    """The graph's built stages by node id, in the order in which they can be run."""
    return {node.id: registry.stage(node.type) for node in graph.nodes if node.type not in ENDS}
