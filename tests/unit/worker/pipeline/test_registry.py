from config.graph import SIGNATURES, load_pipelines
from config.settings import PipelineSettings
from worker.pipeline.registry import BUILDERS, ENDS, Registry, stages_of


def test_every_node_type_has_a_builder_or_is_an_end():
    """PIP-3"""
    assert set(SIGNATURES) == set(BUILDERS) | ENDS


def test_models_are_built_once_and_shared():
    registry = Registry(PipelineSettings(reader_engine="tesserocr"))
    graph = load_pipelines()["ocr_only"]

    assert stages_of(graph, registry)["read"] is stages_of(graph, registry)["read"]
    assert registry.reader() is registry.reader()
