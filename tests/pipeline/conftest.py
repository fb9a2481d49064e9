"""The real pipeline, its models loaded once for all the tests that run videos through it."""

import os

import pytest

from config.settings import PipelineSettings
from worker.pipeline.service import VideoFilePipelineService


@pytest.fixture(scope="session")
def pipeline_settings():
    return PipelineSettings.from_env(os.environ)


@pytest.fixture(scope="session")
def pipeline(pipeline_settings):
    return VideoFilePipelineService(pipeline_settings)
