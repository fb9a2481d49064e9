"""`python -m worker.analyse FILE`: the pipeline alone, without servers."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Column, Table

from config.graph import DEFAULT_PIPELINE, GraphError, load_pipelines, unset_for
from config.regions import ANYWHERE, REGIONS
from config.settings import PipelineSettings, SettingsError
from worker.pipeline.checkpoint import Checkpoint
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import COUNTS, FrameResult, Summary
from worker.pipeline.networks.cores import cores
from worker.pipeline.results.document import closing, encode_frame, line_at
from worker.pipeline.service import VideoFilePipelineService
from worker.pipeline.timing import unobserved
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits
from worker.trace import written_to

# What of the document is held; the rest waits in a file until the last frame has not failed.
SPOOLED_BYTES = 1024**2
Analysis = Iterable[FrameResult | Checkpoint | Summary]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pipeline", metavar="ID", default=DEFAULT_PIPELINE, show_default=True)
@click.option("--frame-stride", default=1, type=click.IntRange(min=1), show_default=True)
@click.option("--max-frames", type=click.IntRange(min=1), help="Frames to analyse at most.")
@click.option(
    "--region",
    type=click.Choice((ANYWHERE, *REGIONS), case_sensitive=False),
    default=ANYWHERE,
    metavar="COUNTRY",
    help="Whose plates' formats tell O from 0, as de; by default the other plates tell.",
)
@click.option("--profile", is_flag=True, help="Add seconds and frames, in all and by stage.")
@click.option(
    "--trace",
    type=click.File("w", lazy=False),
    help="Write when each stage worked, for https://ui.perfetto.dev.",
)
@click.option(
    "--summary",
    "summary_file",
    type=click.File("w", lazy=False),
    help="Write what was found in the whole video, and by what.",
)
@click.option("--json", "only_json", is_flag=True, help="Print nothing but JSON.")
def main(
    file: Path,
    pipeline: str,
    frame_stride: int,
    max_frames: int | None,
    region: str,
    profile: bool,
    trace: IO[str] | None,
    summary_file: IO[str] | None,
    only_json: bool,
) -> None:
    """Read and detect in FILE, an MP4, and print the results document, all of it or nothing.

    Example: forgesyte analyse --frame-stride 5 --profile video.mp4
    """
    try:
        settings = PipelineSettings.from_env(os.environ)
        graphs = load_pipelines()
        if pipeline not in graphs:
            known = ", ".join(sorted(graphs))
            raise click.UsageError(f"there is no pipeline {pipeline!r}; there are {known}")
        if unset := unset_for(graphs[pipeline], settings):
            raise SettingsError(f"{unset}: is not set, and pipeline {pipeline} needs it")
        service = VideoFilePipelineService(settings)
        total = None if only_json else _frames_to_come(file, settings, frame_stride, max_frames)
        started, cpu_started = time.perf_counter(), _cpu_seconds()
        with (
            SpooledTemporaryFile(max_size=SPOOLED_BYTES) as document,
            nullcontext(unobserved) if trace is None else written_to(trace) as observer,
        ):
            analysis = service.analyse(
                file, pipeline, frame_stride, max_frames, observer, region=region
            )
            frames, summary = _write_frames(document, _shown(analysis, total))
            seconds = time.perf_counter() - started
            measured = _profile(
                summary,
                frames,
                seconds,
                cpu_seconds=_cpu_seconds() - cpu_started,
                cores=cores(settings.cores),
            )
            added = {"profile": measured} if profile else {}
            document.write(closing(frames, **added) + b"\n")
            if summary_file is not None:
                json.dump(summary.document, summary_file)
            document.seek(0)
            shutil.copyfileobj(document, sys.stdout.buffer)
        if not only_json and (missing := _missing_frames(summary)):
            click.echo(f"the video ends early: {missing}", err=True)
        if profile and not only_json:
            Console(stderr=True).print(_profile_table(measured))
    except PipelineError as error:
        raise click.ClickException(f"{error.message} ({error.code})") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(_told(error, file)) from error
    except (SettingsError, GraphError) as error:
        raise click.ClickException(str(error)) from error


def _told(error: OSError, file: Path) -> str:
    return f"{error.filename or file}: {error.strerror or error}"


def _frames_to_come(
    file: Path, settings: PipelineSettings, stride: int, max_frames: int | None
) -> int:
    with open_for_decoding(file, Limits.of(settings)) as video:
        return video.header.frames_sampled(stride, max_frames)


def _shown(analysis: Analysis, total: int | None) -> Analysis:
    console = Console(stderr=True)
    if total is None or not console.is_terminal:
        yield from analysis
        return
    columns = (BarColumn(), MofNCompleteColumn(), "frames", TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(analysis, total=total)


def _write_frames(document: IO[bytes], analysis: Analysis) -> tuple[int, Summary]:
    frames = 0
    for found in analysis:
        if isinstance(found, Summary):
            summary = found
        elif isinstance(found, FrameResult):
            document.write(line_at(frames, encode_frame(found)))
            frames += 1
    return frames, summary


def _missing_frames(summary: Summary) -> str | None:
    """What of the video was not there; None when it was all there."""
    video = summary.document["video"]
    if not video["truncated"]:
        return None
    return f"{video['frames_decoded']} of {video['frames_expected']} frames could be decoded"


def _profile(
    summary: Summary, frames: int, seconds: float, *, cpu_seconds: float, cores: int
) -> dict[str, Any]:
    stages = {name: round(spent, 3) for name, spent in summary.stage_seconds.items()}
    return {
        "seconds": round(seconds, 3),
        "frames": frames,
        "stages": stages,
        "cpu_seconds": round(cpu_seconds, 3),
        "cores": cores,
        **summary.counts,
    }


def _cpu_seconds() -> float:
    """Of this process and of the programs that it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _profile_table(profile: Mapping[str, Any]) -> Table:
    """The profile for people; stages work side by side, so their shares may exceed the whole."""
    seconds, bound = profile["seconds"], profile["cpu_seconds"] / profile["cores"]
    right = Column("", justify="right")
    table = Table("", right, title="profile; stages overlap", show_header=False)
    for stage, spent in profile["stages"].items():
        table.add_row(f"{stage}, seconds", f"{spent:.2f} ({spent / seconds:.0%})")
    for name in ("frames", *COUNTS):
        if name in profile:
            table.add_row(name.replace("_", " "), str(profile[name]))
    table.add_row("seconds", f"{seconds:.2f}")
    table.add_row("frames a second", f"{profile['frames'] / seconds:.1f}")
    table.add_row(f"CPU time used of {profile['cores']} cores", f"{bound / seconds:.0%}")
    return table


if __name__ == "__main__":
    main(prog_name="forgesyte analyse")
