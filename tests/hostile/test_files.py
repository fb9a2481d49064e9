"""Each hostile file has one fixed answer, and costs little."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from config.settings import Settings
from tests.data import videos
from tests.hostile import files
from tests.unit.service.web.samples import RAW, problem
from tests.unit.worker.scripted_child import frames_in
from worker.process.client import ProcessLimits
from worker.process.executor import open_executor, pipeline_program
from worker.process.protocol import Request

Make = Callable[[Path], Path]

# One decoder and what it loads take 200 MB; far less than one picture of the largest would.
PEAK_BYTES = 512 * 2**20
# Of a processor; the longest of them takes a few.
SECONDS = 30.0
# What the models take, and one large picture more; a machine that does other work is slow.
DENSE_LIMITS = ProcessLimits(stall_seconds=600, memory_bytes=3 * 2**29)

# What web can tell by itself.
REFUSED: dict[str, tuple[Make, tuple[int, str]]] = {
    "one byte": (files.one_byte, (400, "invalid_mp4")),
    "nothing": (videos.zero_bytes, (422, "empty_upload")),
    "HLS": (files.playlist, (400, "invalid_mp4")),
    "DASH": (files.dash, (400, "invalid_mp4")),
    "a list of files": (videos.concat_text, (400, "invalid_mp4")),
    "Matroska": (videos.renamed_mkv, (400, "invalid_mp4")),
    "a picture": (videos.png, (400, "invalid_mp4")),
}
FAILED: dict[str, tuple[Make, str]] = {
    "HLS behind a type": (files.playlist_after_type, "corrupt_video"),
    "half a file": (files.half, "corrupt_video"),
    "an endless table": (files.endless_table, "corrupt_video"),
    "boxes within boxes": (files.nested_boxes, "corrupt_video"),
    "a cover picture alone": (files.picture_only, "no_video_stream"),
    "sound alone": (videos.audio_only, "no_video_stream"),
    "huge frames": (files.huge_frames, "too_large"),
    "a picture for a day": (files.hours_of_nothing, "too_long"),
    "millions of frames": (files.millions_of_frames, "too_long"),
    "a codec of nobody": (videos.unknown_codec, "unsupported_codec"),
    "an encrypted video": (videos.encrypted, "encrypted_video"),
}
# Frames, and whether something of what the video promises is missing.
DECODED: dict[str, tuple[Make, int, bool]] = {
    "twenty thousand boxes": (files.many_boxes, 10, False),
    "one frame": (files.one_frame, 1, False),
    "an archive as well": (files.zip_appended, 4, False),
    "turned bytes": (files.flipped_bytes, 20, True),
    "a false size": (videos.false_size, 4, False),
    "MPEG-4 Part 2": (files.unusual_codec("mpeg4"), 4, False),
    "Motion JPEG": (files.unusual_codec("mjpeg", "yuvj420p"), 4, False),
    "VP9": (files.unusual_codec("libvpx-vp9"), 4, False),
    "many small frames": (files.long_video, files.LONG_FRAMES, False),
    "an hour of damage": (files.hour_of_damage, files.HOUR_FRAMES * 4 // 5, True),
}


def decoded(path: Path) -> dict[str, Any]:
    """What became of a video in a process of its own, which has to end by itself."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.hostile.decoding", str(path)],
        check=True,
        capture_output=True,
        timeout=4 * SECONDS,
    )
    answer: dict[str, Any] = json.loads(told.stdout)
    assert answer.pop("peak_bytes") < PEAK_BYTES
    assert answer.pop("seconds") < SECONDS
    return answer


async def test_a_picture_full_of_small_print_is_read_within_bounds(tmp_path: Path) -> None:
    """P9: by the real pipeline, whose process would be ended for taking more than the limits."""
    video = files.dense_page(tmp_path / "video.mp4")
    settings = Settings(database_url="postgresql://nowhere/none", redis_url="redis://nowhere")
    lines = {}
    async with open_executor(
        settings, program=pipeline_program(settings), limits=DENSE_LIMITS
    ) as executor:
        for pipeline_id in ("ocr_only", "yolo_ocr"):
            request = Request(str(video), pipeline_id)
            *frames, _ = [message async for message in executor.analyse(request)]
            (frame,) = frames_in(b"".join(each for each in frames if isinstance(each, bytes)))
            lines[pipeline_id] = len(frame["result"]["text"].splitlines())
            assert "error" not in frame["result"]

    assert lines["ocr_only"] > 0.9 * files.DENSE_LINES


@pytest.mark.parametrize("name", REFUSED)
async def test_a_file_that_is_no_video_is_refused(
    client: TestClient, folder: Path, tmp_path: Path, name: str
) -> None:
    """P9."""
    make, expected = REFUSED[name]
    video = make(tmp_path / "video.mp4").read_bytes()
    answer = await client.post("/v1/video/submit", data=video, headers=RAW)

    assert await problem(answer) == expected
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", FAILED)
def test_a_file_that_cannot_be_decoded_fails_with_its_code(tmp_path: Path, name: str) -> None:
    """P9, WRK-3."""
    make, code = FAILED[name]

    assert decoded(make(tmp_path / "video.mp4")) == {"error_code": code}


@pytest.mark.parametrize("name", DECODED)
def test_a_file_that_can_be_decoded_is_whole_or_said_not_to_be(tmp_path: Path, name: str) -> None:
    """P9, WRK-3: damage is never silent."""
    make, frames, truncated = DECODED[name]
    answer = decoded(make(tmp_path / "video.mp4"))

    assert answer == {"frames": frames, "truncated": truncated}
