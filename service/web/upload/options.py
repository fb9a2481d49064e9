"""What a client may ask of an analysis, and what it may not."""

import re
from collections.abc import Mapping

from aiohttp import web

from config.graph import DEFAULT_PIPELINE, Graph, unset_for
from config.settings import PipelineSettings
from service.errors import BadOption, PipelineNotFound
from service.jobs.model import Options

OPTIONS = ("pipeline_id", "frame_stride", "max_frames")
MAX_NUMBER = 999_999_999
MAX_KEY_CHARACTERS = 255

_NUMBER = re.compile(r"[0-9]{1,9}")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_CHARACTERS}}}")


def add_option(fields: dict[str, str], name: str, value: str) -> None:
    """Take up one option as it came; raises BadOption for a name unknown or given twice."""
    if name not in OPTIONS:
        raise BadOption(f"there is no option {_shown(name)}; there are {', '.join(OPTIONS)}")
    if name in fields:
        raise BadOption(f"{name} is given twice")
    fields[name] = value


def choose_pipeline(
    fields: Mapping[str, str], pipelines: Mapping[str, Graph], settings: PipelineSettings
) -> str:
    """The pipeline asked for, or the default one; raises PipelineNotFound.

    That is also one that needs a setting which is not set.
    """
    pipeline_id = fields.get("pipeline_id", DEFAULT_PIPELINE)
    if pipeline_id not in pipelines:
        usable = [name for name, graph in pipelines.items() if unset_for(graph, settings) is None]
        raise PipelineNotFound(
            f"there is no pipeline {_shown(pipeline_id)}; there are {', '.join(usable)}"
        )
    unset = unset_for(pipelines[pipeline_id], settings)
    if unset is not None:
        raise PipelineNotFound(f"pipeline {pipeline_id} needs {unset}, which is not set here")
    return pipeline_id


def choose_options(fields: Mapping[str, str]) -> Options:
    """The options asked for, or their defaults; raises BadOption."""
    return Options(
        frame_stride=_number("frame_stride", fields.get("frame_stride", "1")),
        max_frames=_number("max_frames", fields["max_frames"]) if "max_frames" in fields else None,
    )


def idempotency_key(request: web.Request) -> str | None:
    """The key under which this submission may be repeated; raises BadOption."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadOption(
            f"Idempotency-Key takes 1 to {MAX_KEY_CHARACTERS} visible ASCII characters, no space"
        )
    return key


def _number(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value) or int(value) < 1:
        raise BadOption(f"{name} takes a whole number from 1 to {MAX_NUMBER}, not {_shown(value)}")
    return int(value)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…")
