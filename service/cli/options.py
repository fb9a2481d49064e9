"""The options of an analysis, as every command that submits videos takes them."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click

# What is sent: pipeline_id, frame_stride, max_frames, region, fresh, as text.
Asked = Mapping[str, str]


def video_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --pipeline and the other options of a submission, as one `options`."""

    @click.option("--pipeline", metavar="ID", help="The pipeline; the service lists its own.")
    @click.option("--frame-stride", type=click.IntRange(min=1), help="Analyse each Nth frame.")
    @click.option("--max-frames", type=click.IntRange(min=1), help="Analyse at most N frames.")
    @click.option(
        "--region",
        metavar="COUNTRY",
        help="Whose plates' formats tell O from 0, as de; by default the other plates tell.",
    )
    @click.option("--fresh", is_flag=True, help="Analyse it even if the same was analysed before.")
    @wraps(command)
    def with_options(
        pipeline: str | None,
        frame_stride: int | None,
        max_frames: int | None,
        region: str | None,
        fresh: bool,
        **others: Any,
    ) -> None:
        asked = {
            "pipeline_id": pipeline,
            "frame_stride": frame_stride,
            "max_frames": max_frames,
            "region": region,
            "fresh": "true" if fresh else None,
        }
        given = {name: str(value) for name, value in asked.items() if value is not None}
        command(options=given, **others)

    return with_options
