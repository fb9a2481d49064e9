"""Each hostile file has one fixed answer, and costs little."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from tests.data import videos
from tests.hostile import files
from tests.hostile.pipeline import Outcome, Pipeline, open_pipeline
from tests.unit.service.web.samples import RAW, problem

Make = Callable[[Path], Path]

# By so much the process may grow, models loaded. Thirty frames that are under way at once take
# 20 MB, what is found in the first of all as much, and so do the places of an hour's samples; one
# picture of the largest would take 425 MB, and all those of the hour 2.6 GB.
TAKEN_BYTES = 128 * 2**20
# A picture of 3840x2160 takes 25 MB, and 140 lines of it are read at once.
DENSE_BYTES = 384 * 2**20
# Of a processor; the longest of them takes five, and ten while lines are counted.
SECONDS = 60.0

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
    "no pictures": (videos.no_pictures, "no_frames"),
    "a codec of nobody": (videos.unknown_codec, "unsupported_codec"),
    "times without a unit": (files.times_without_unit, "bad_timing"),
    "an encrypted video": (videos.encrypted, "encrypted_video"),
}
# Frames, and whether something of what the video promises is missing.
DECODED: dict[str, tuple[Make, int, bool]] = {
    "twenty thousand boxes": (files.many_boxes, 10, False),
    "one frame": (files.one_frame, 1, False),
    "an archive as well": (files.zip_appended, 4, False),
    "turned bytes": (files.flipped_bytes, 20, True),
    "a false size": (videos.false_size, 4, False),
    "MPEG-4 Part 2": (files.unusual("mpeg4"), 4, False),
    "Motion JPEG": (files.unusual("mjpeg", "yuvj420p"), 4, False),
    "VP9": (files.unusual("libvpx-vp9"), 4, False),
    "ten bits": (files.unusual("libx264", "yuv420p10le"), 4, False),
    "full colour": (files.unusual("libx264", "yuv444p"), 4, False),
    "an edit list": (files.cut_by_edits, 10, False),
    "fragments": (files.fragmented, 30, False),
    "names that are no text": (files.names_of_bytes, 10, False),
    "markup": (files.markup, 1, False),
    "an hour": (files.hour_of_pictures, files.HOUR_FRAMES, False),
    "an hour of damage": (files.hour_of_damage, files.DAMAGED_FRAMES * 4 // 5, True),
}
# Of an hour every frame is decoded, and one a minute is looked at.
STRIDES = {"an hour": 3600, "an hour of damage": 120}


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    """It takes one file after the other."""
    with open_pipeline() as opened:
        yield opened


def require_bounded(outcome: Outcome, *, most_bytes: int = TAKEN_BYTES) -> None:
    assert outcome.took_bytes < most_bytes
    assert outcome.seconds < SECONDS


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


@pytest.mark.parametrize("name", REFUSED)
def test_nor_does_the_pipeline_take_it_for_one(
    pipeline: Pipeline, tmp_path: Path, name: str
) -> None:
    """P9: a playlist leads it nowhere, whoever let it through."""
    make, _ = REFUSED[name]
    outcome = pipeline.take(make(tmp_path / "video.mp4"))

    assert outcome.error_code == "corrupt_video"
    require_bounded(outcome)


@pytest.mark.parametrize("name", FAILED)
def test_a_file_that_cannot_be_decoded_fails_with_its_code(
    pipeline: Pipeline, tmp_path: Path, name: str
) -> None:
    """P9, WRK-3."""
    make, code = FAILED[name]
    outcome = pipeline.take(make(tmp_path / "video.mp4"))

    assert outcome.error_code == code
    require_bounded(outcome)


@pytest.mark.parametrize("name", DECODED)
def test_a_file_that_can_be_decoded_is_whole_or_said_not_to_be(
    pipeline: Pipeline, tmp_path: Path, name: str
) -> None:
    """P9, WRK-3: damage is never silent."""
    make, frames, truncated = DECODED[name]
    video, stride = make(tmp_path / "video.mp4"), STRIDES.get(name, 1)
    outcome = pipeline.take(video, frame_stride=stride)

    assert outcome.error_code is None
    assert outcome.coverage["frames_decoded"] == frames
    assert outcome.coverage["truncated"] is truncated
    assert len(outcome.frames) == -(-frames // stride)
    require_bounded(outcome)


@pytest.mark.parametrize("pipeline_id", ["ocr_only", "yolo_ocr"])
def test_a_picture_full_of_small_print_is_read_within_bounds(
    pipeline: Pipeline, tmp_path: Path, pipeline_id: str
) -> None:
    """P9: last, for what it has taken the others would find free."""
    outcome = pipeline.take(files.dense_page(tmp_path / "video.mp4"), pipeline_id)
    [frame] = outcome.frames

    assert "error" not in frame["result"]
    require_bounded(outcome, most_bytes=DENSE_BYTES)
    if pipeline_id == "ocr_only":
        assert len(frame["result"]["text"].splitlines()) > 0.9 * files.DENSE_LINES
