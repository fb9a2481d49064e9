"""What a limit refuses is told which one it met: the variable, its value, and what was found."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from config.settings import Settings, variable_of
from service.errors import TooManyRequests
from service.web.access.limits import UploadsUnderWay, require_few_pending
from service.web.upload.body import Pace
from tests.data.videos import text_video
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import RAW, VIDEO, form
from tests.unit.worker.conftest import LIMITS, Bench, bench, executor, settings
from tests.unit.worker.scripted_child import SCRIPTED
from worker.pipeline.errors import PipelineError
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits
from worker.process.executor import open_executor
from worker.process.protocol import Request

__all__ = ["bench", "executor", "settings"]

SUBMIT = "/v1/video/submit"
GENEROUS = Limits(max_frame_pixels=10**9, max_video_seconds=1e6, max_video_frames=10**6)


@dataclass(frozen=True)
class Stage:
    """What it takes to meet a limit."""

    serve: Serve
    bench: Bench
    settings: Settings
    folder: Path

    async def refused(self, data: Any, **changes: Any) -> str:
        """What a client is told whose upload was refused."""
        client: TestClient = await self.serve(**changes)
        answer = await client.post(SUBMIT, data=data, headers=RAW)
        return str((await answer.json(content_type=None))["detail"])


async def declared_bytes(stage: Stage) -> str:
    return await stage.refused(bytes(10**6), max_upload_bytes=1000)


async def sent_bytes(stage: Stage) -> str:
    return await stage.refused(_sent(1, VIDEO, bytes(10**5)), max_upload_bytes=1000)


async def bytes_of_a_form(stage: Stage) -> str:
    client = await stage.serve(max_upload_bytes=1000)
    answer = await client.post(SUBMIT, data=form(VIDEO + bytes(1000)))
    return str((await answer.json(content_type=None))["detail"])


async def seconds_of_an_upload(stage: Stage) -> str:
    pace = Pace(total_seconds=0.1, window_seconds=60)
    return await stage.refused(_sent(10_000, VIDEO, b"\0"), pace=pace)


async def bytes_a_second(stage: Stage) -> str:
    pace = Pace(window_seconds=0.1, bytes_per_second=8192)
    return await stage.refused(_sent(10_000, VIDEO, b"\0"), pace=pace)


async def uploads_at_once(stage: Stage) -> str:
    return _one_too_many(stage, "", max_uploads=1)


async def uploads_of_a_token(stage: Stage) -> str:
    return _one_too_many(stage, "ann", max_uploads_per_token=1)


async def pending_jobs_of_a_token(stage: Stage) -> str:
    client = await stage.serve(max_pending_per_token=1)
    (services,) = (value for value in client.app.values() if hasattr(value, "jobs"))
    with pytest.raises(TooManyRequests) as caught:
        await require_few_pending(services, "ann", uploads=2)
    return str(caught.value)


async def room_that_is_kept_free(stage: Stage) -> str:
    return await stage.refused(VIDEO, min_free_bytes=10**14)


async def pixels(stage: Stage) -> str:
    return _undecodable(stage, replace(GENEROUS, max_frame_pixels=100))


async def seconds_of_video(stage: Stage) -> str:
    return _undecodable(stage, replace(GENEROUS, max_video_seconds=0.5))


async def frames_of_video(stage: Stage) -> str:
    return _undecodable(stage, replace(GENEROUS, max_video_frames=9))


async def seconds_without_a_frame(stage: Stage) -> str:
    return await _too_much(stage, "hang", stall_seconds=0.5)


async def memory(stage: Stage) -> str:
    return await _too_much(stage, "eat", memory_bytes=200 * 2**20)


async def attempts(stage: Stage) -> str:
    bench = stage.bench.with_settings(max_attempts=1)
    job = await bench.submit("crash")
    await bench.run_next()
    return (await bench.again(job)).error_message or ""


async def lost_workers(stage: Stage) -> str:
    job = await stage.bench.submit("good")
    await stage.bench.claim()
    stage.bench.clock.move_on(1e6)
    await stage.bench.jobs.expire_leases(max_attempts=1)
    return (await stage.bench.again(job)).error_message or ""


# What is set, to what, and each way to meet it.
REFUSALS: dict[str, tuple[str, tuple[Callable[[Stage], Awaitable[str]], ...]]] = {
    "max_upload_bytes": ("1000", (declared_bytes, sent_bytes, bytes_of_a_form)),
    "max_upload_seconds": ("0.1", (seconds_of_an_upload,)),
    "min_upload_bytes_per_second": ("8192", (bytes_a_second,)),
    "max_uploads": ("1", (uploads_at_once,)),
    "max_uploads_per_token": ("1", (uploads_of_a_token,)),
    "max_pending_per_token": ("1", (pending_jobs_of_a_token,)),
    "min_free_bytes": (str(10**14), (room_that_is_kept_free,)),
    "max_frame_pixels": ("100", (pixels,)),
    "max_video_seconds": ("0.5", (seconds_of_video,)),
    "max_video_frames": ("9", (frames_of_video,)),
    "stall_seconds": ("0.5", (seconds_without_a_frame,)),
    "max_memory_bytes": (str(200 * 2**20), (memory,)),
    "max_attempts": ("1", (attempts, lost_workers)),
}
WAYS = [(field, way) for field, (_, ways) in REFUSALS.items() for way in ways]


@pytest.mark.parametrize(("field", "way"), WAYS, ids=[way.__name__ for _, way in WAYS])
async def test_a_refusal_names_its_limit_and_what_was_found(
    serve: Serve,
    bench: Bench,
    settings: Settings,
    tmp_path: Path,
    field: str,
    way: Callable[[Stage], Awaitable[str]],
) -> None:
    """P9."""
    told = await way(Stage(serve, bench, settings, tmp_path))

    value = re.escape(REFUSALS[field][0])
    assert re.match(rf"{variable_of(field)} is {value}, and .*[a-z]", told), told
    assert field == "max_attempts" or re.search(r", and .*\d", told), told


def test_every_limit_there_is_to_set_is_among_them() -> None:
    limits = {name for name in Settings.model_fields if name.startswith(("max_", "min_"))}

    # That one is met with a bucket: tests/unit/service/storage/s3.
    assert limits - {"max_scratch_bytes"} | {"stall_seconds"} == set(REFUSALS)


async def _sent(times: int, first: bytes, then: bytes) -> AsyncIterator[bytes]:
    """The first bytes, then others so often, each of them by itself."""
    yield first
    for _ in range(times):
        await asyncio.sleep(0.001)
        yield then


def _one_too_many(stage: Stage, owner: str, **limit: int) -> str:
    settings, uploads = stage.settings.model_copy(update=limit), UploadsUnderWay()
    with (
        uploads.one_more(settings, owner),
        pytest.raises(TooManyRequests) as caught,
        uploads.one_more(settings, owner),
    ):
        pass
    return str(caught.value)


def _undecodable(stage: Stage, limits: Limits) -> str:
    video = text_video(stage.folder / "video.mp4")
    with pytest.raises(PipelineError) as caught, open_for_decoding(video, limits) as opened:
        list(opened.frames())
    return caught.value.message


async def _too_much(stage: Stage, behaviour: str, **limits: Any) -> str:
    video = stage.folder / "video.mp4"
    video.write_text(behaviour)
    async with open_executor(
        stage.settings, program=SCRIPTED, limits=replace(LIMITS, **limits)
    ) as executor:
        with pytest.raises(PipelineError) as caught:
            async for _ in executor.analyse(Request(str(video), "yolo_ocr")):
                pass
    return caught.value.message
