"""What a client may ask of an analysis, and what it may not."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from aiohttp import web

from config.graph import unset_for
from config.regions import ANYWHERE, REGIONS
from service.errors import BadOption, PipelineNotFound
from service.services import Services

MAX_NUMBER = 999_999_999
MAX_KEY_CHARACTERS = 255
FLAGS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})

_NUMBER = re.compile(r"[0-9]{1,9}")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_CHARACTERS}}}")


def add_option(asked: dict[str, Any], name: str, value: str, services: Services) -> None:
    """Add to asked what one option asks for; it is checked here and nowhere else.

    Raises BadOption for a name unknown or given twice and for a value that cannot be used,
    PipelineNotFound for a pipeline that is not there, or needs a setting which is not set.
    """
    if name not in OPTIONS:
        raise BadOption(f"there is no option {_shown(name)}; there are {', '.join(OPTIONS)}")
    if name in asked:
        raise BadOption(f"{name} is given twice")
    asked[name] = OPTIONS[name](name, value, services)


def idempotency_key(request: web.Request) -> str | None:
    """The key under which this submission may be repeated; raises BadOption."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadOption(
            f"Idempotency-Key takes 1 to {MAX_KEY_CHARACTERS} visible ASCII characters, no space"
        )
    return key


def _pipeline(_: str, pipeline_id: str, services: Services) -> str:
    pipelines, settings = services.pipelines, services.settings
    if pipeline_id not in pipelines:
        usable = [name for name, graph in pipelines.items() if unset_for(graph, settings) is None]
        raise PipelineNotFound(
            f"there is no pipeline {_shown(pipeline_id)}; there are {', '.join(usable)}"
        )
    unset = unset_for(pipelines[pipeline_id], settings)
    if unset is not None:
        raise PipelineNotFound(f"pipeline {pipeline_id} needs {unset}, which is not set here")
    return pipeline_id


def _number(name: str, value: str, _: Services) -> int:
    if not _NUMBER.fullmatch(value) or int(value) < 1:
        raise BadOption(f"{name} takes a whole number from 1 to {MAX_NUMBER}, not {_shown(value)}")
    return int(value)


def _region(name: str, value: str, _: Services) -> str:
    region = value.lower()
    if region not in (ANYWHERE, *REGIONS):
        raise BadOption(
            f"{name} takes {ANYWHERE} or a country of {', '.join(REGIONS)}, not {_shown(value)}"
        )
    return region


def _flag(name: str, value: str, _: Services) -> bool:
    if value not in FLAGS:
        raise BadOption(f"{name} takes {' or '.join(FLAGS)}, not {_shown(value)}")
    return FLAGS[value]


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…")


OPTIONS: Mapping[str, Callable[[str, str, Services], Any]] = MappingProxyType(
    {
        "pipeline_id": _pipeline,
        "frame_stride": _number,
        "max_frames": _number,
        "region": _region,
        "fresh": _flag,
    }
)
