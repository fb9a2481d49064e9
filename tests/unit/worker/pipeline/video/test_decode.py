import errno
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.data import videos
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame
from worker.pipeline.video.decode import Video, open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=3840 * 2160, max_video_seconds=60, max_video_frames=10**6)


def decoded(
    path: Path, *, limits: Limits = LIMITS, stride: int = 1, max_frames: int | None = None
) -> tuple[list[Frame], Video]:
    with open_for_decoding(path, limits) as video:
        return list(video.frames(stride=stride, max_frames=max_frames)), video


def refusal(path: Path, *, limits: Limits = LIMITS, stride: int = 1) -> PipelineError:
    with pytest.raises(PipelineError) as refused:
        decoded(path, limits=limits, stride=stride)
    return refused.value


@pytest.fixture
def video(tmp_path):
    return videos.text_video(tmp_path / "video.mp4", frames=10)


def test_every_stride_th_decoded_frame_comes_with_its_presentation_time(video):
    """PIP-1"""
    frames, _ = decoded(video, stride=3)

    assert [(frame.index, frame.timestamp_ms) for frame in frames] == [
        (0, 0),
        (3, 300),
        (6, 600),
        (9, 900),
    ]


def test_decoding_stops_after_the_most_frames_asked_for(video):
    frames, opened = decoded(video, stride=2, max_frames=2)

    assert [frame.index for frame in frames] == [0, 2]
    assert not opened.truncated


def test_times_are_the_videos_own_not_the_index_over_the_rate(tmp_path):
    times = [0, 40, 500, 520, 2000]
    path = videos.write_video(tmp_path / "uneven.mp4", videos.text_pictures(5), times=times)

    frames, _ = decoded(path)

    assert [frame.timestamp_ms for frame in frames] == times


def test_a_frame_looks_the_same_whether_its_neighbours_are_sampled_or_not(video):
    every, _ = decoded(video)
    some, _ = decoded(video, stride=4)

    assert all(np.array_equal(every[frame.index].picture, frame.picture) for frame in some)


def test_what_was_not_decoded_is_not_judged(tmp_path):
    path = videos.truncated(tmp_path / "video.mp4")

    frames, opened = decoded(path, max_frames=2)

    assert len(frames) == 2
    assert not opened.truncated


def test_an_intact_video_is_not_called_truncated(video):
    _, opened = decoded(video)

    assert not opened.truncated
    assert (opened.tally.frames_decoded, opened.header.frames_expected) == (10, 10)
    assert (opened.tally.width, opened.tally.height) == (640, 360)


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_frames_are_turned_the_way_a_viewer_sees_them(tmp_path, degrees):
    picture = videos.page(["NORTH"])
    path = videos.write_video(tmp_path / "turned.mp4", [picture] * 2, rotation=degrees)

    frames, opened = decoded(path)

    expected = np.rot90(picture, degrees // 90)[:, :, ::-1]
    assert frames[0].picture.shape == expected.shape
    assert frames[0].size == (opened.tally.width, opened.tally.height)
    assert np.abs(frames[0].picture.astype(int) - expected).mean() < 4


def test_exif_turns_a_picture_like_a_matrix(tmp_path):
    """PyAV knows no EXIF, gave no side data at all then, and the job ended as internal_error."""
    upright = videos.exif_video(tmp_path / "upright.mp4", videos.page(["NORTH"]), orientation=1)
    mirrored = videos.exif_video(tmp_path / "mirrored.mp4", videos.page(["NORTH"]), orientation=2)
    turned = videos.exif_video(tmp_path / "turned.mp4", videos.page(["NORTH"]), orientation=6)

    (picture,) = (frame.picture for frame in decoded(upright)[0])

    assert np.array_equal(decoded(mirrored)[0][0].picture, picture[:, ::-1])
    assert np.array_equal(decoded(turned)[0][0].picture, np.rot90(picture, -1))


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv444p"])
def test_deep_and_full_colour_is_decoded_like_any_other(tmp_path, pixels):
    picture = videos.page(["NORTH"])
    path = videos.write_video(tmp_path / "deep.mp4", [picture] * 2, pixels=pixels)

    frames, _ = decoded(path)

    assert frames[0].picture.dtype == np.uint8
    assert np.abs(frames[0].picture.astype(int) - picture[:, :, ::-1]).mean() < 4


@pytest.mark.parametrize("matrix", ["YCgCo", "bt2020c", "chroma-derived-c", "ICtCp"])
def test_colours_that_nobody_can_convert_are_taken_for_usual_ones(tmp_path, matrix):
    """The conversion's error ended the job as internal_error."""
    picture = videos.page(["NORTH"])
    path = videos.write_video(
        tmp_path / "colours.mp4",
        [picture] * 2,
        options={"preset": "ultrafast", "crf": "18", "x264-params": f"colormatrix={matrix}"},
    )

    frames, _ = decoded(path)

    assert np.abs(frames[0].picture.astype(int) - picture[:, :, ::-1]).mean() < 8


def test_a_fragmented_video_is_decoded_whole(tmp_path):
    options = {"movflags": "frag_keyframe+empty_moov"}
    path = videos.write_video(
        tmp_path / "chunks.mp4", videos.text_pictures(30), container_options=options
    )

    frames, opened = decoded(path)

    assert len(frames) == 30
    assert not opened.truncated


REFUSED = {
    "zero_bytes": "corrupt_video",
    "plain_text": "corrupt_video",
    "png": "corrupt_video",
    "renamed_mkv": "corrupt_video",
    "without_index": "corrupt_video",
    "concat_text": "corrupt_video",
    "audio_only": "no_video_stream",
    "no_pictures": "no_frames",
    "encrypted": "encrypted_video",
    "unknown_codec": "unsupported_codec",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_readable_video_is_refused_with_its_code(tmp_path, kind):
    """WRK-3"""
    path = videos.CORRUPT[kind](tmp_path / "video.mp4")

    assert refusal(path).code == REFUSED[kind]


def test_a_playlist_named_mp4_never_leads_to_its_neighbour(tmp_path):
    path = videos.concat_text(tmp_path / "video.mp4")

    assert decoded(tmp_path / "neighbour.mp4")[0]
    assert refusal(path).code == "corrupt_video"


def test_a_file_that_the_disk_does_not_give_is_not_called_corrupt(tmp_path):
    """P5: another attempt may read it."""
    path = tmp_path / "video.mp4"
    path.symlink_to("/proc/self/mem")

    with pytest.raises(OSError, match="Input/output error"):
        decoded(path)


class FileServerIsAway(type(Path())):
    """What ffmpeg has open it reads no further, and nobody else can read it again."""

    def open(self, *arguments, buffering=-1, **options):
        if not buffering:
            raise OSError(errno.ESTALE, "Stale file handle")
        return super().open(*arguments, buffering=buffering, **options)


def test_a_video_that_ends_early_is_damaged_only_where_all_of_it_can_be_read(tmp_path):
    """P1: results of half a video would have been final."""
    path = videos.CORRUPT["truncated"](tmp_path / "video.mp4")

    assert decoded(path)[1].truncated
    with pytest.raises(OSError, match="Stale file handle"):
        decoded(FileServerIsAway(path))


def test_a_missing_file_is_not_called_corrupt(tmp_path):
    assert refusal(tmp_path / "gone.mp4").code == "input_missing"


@pytest.mark.parametrize("kind", ["truncated", "flipped_bits"])
def test_a_damaged_video_gives_what_is_left_of_it_and_says_so(tmp_path, kind):
    path = videos.CORRUPT[kind](tmp_path / "video.mp4")

    frames, opened = decoded(path)

    assert 0 < len(frames) < opened.header.frames_expected
    assert opened.truncated


def test_a_damaged_video_decodes_to_the_same_pictures_every_time(tmp_path):
    """WRK-4"""
    path = videos.flipped_bits(tmp_path / "video.mp4")

    first, second = decoded(path)[0], decoded(path)[0]

    assert any(frame.corrupt for frame in first)
    assert [frame.index for frame in first] == [frame.index for frame in second]
    assert all(
        np.array_equal(one.picture, other.picture) for one, other in zip(first, second, strict=True)
    )


def test_a_video_of_nothing_but_damage_is_corrupt(tmp_path):
    path = videos.text_video(tmp_path / "video.mp4")
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.rindex(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])

    assert refusal(path).code == "corrupt_video"


def test_frames_larger_than_the_limit_are_refused_before_one_is_decoded(video):
    error = refusal(video, limits=replace(LIMITS, max_frame_pixels=640 * 360 - 1))

    assert error.code == "too_large"
    assert error.message.startswith("FORGESYTE_MAX_FRAME_PIXELS is 230399, and ")
    assert "230400 pixels, 640x360" in error.message


def test_an_index_that_promises_small_frames_does_not_let_large_ones_through(tmp_path):
    path = videos.false_size(tmp_path / "video.mp4")

    error = refusal(path, limits=replace(LIMITS, max_frame_pixels=64 * 48))

    assert error.code == "too_large"


def test_a_video_longer_than_the_limit_is_refused(video):
    error = refusal(video, limits=replace(LIMITS, max_video_seconds=0.5))

    assert error.code == "too_long"


def test_more_frames_than_the_limit_are_refused_before_one_is_decoded(video):
    limits = replace(LIMITS, max_video_frames=9)
    with pytest.raises(PipelineError) as refused, open_for_decoding(video, limits):
        pass

    assert refused.value.code == "too_long"
    assert refused.value.message == (
        "FORGESYTE_MAX_VIDEO_FRAMES is 9, and this video has 10 frames or more"
    )


def test_a_video_of_as_many_frames_as_the_limit_is_taken(video):
    frames, _ = decoded(video, limits=replace(LIMITS, max_video_frames=10))

    assert len(frames) == 10


@pytest.mark.parametrize("stride", [1, 7])
def test_frames_that_no_header_counts_are_counted_where_they_come_or_are_left_out(tmp_path, stride):
    # An index of its fragments in front: what is in them is known when they are read.
    path = videos.write_video(
        tmp_path / "video.mp4",
        videos.text_pictures(48),
        options={"preset": "ultrafast", "g": "10", "threads": "1"},
        container_options={"movflags": "+frag_keyframe+empty_moov+dash+global_sidx"},
    )

    error = refusal(path, limits=replace(LIMITS, max_video_frames=40), stride=stride)

    assert error.code == "too_long"
    assert error.message.endswith("and this video has 41 frames or more")


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [(1, 0, (64, 48)), (0, 1, (96, 64)), (1, 1, (64, 48)), (0, 0, (64, 48))],
    ids=["the first", "the second", "both", "none"],
)
def test_the_first_track_that_is_switched_on_is_decoded(tmp_path, first, second, size):
    path = two_tracks(tmp_path / "video.mp4")
    data = bytearray(path.read_bytes())
    data[data.index(b"tkhd") + 7] = first
    data[data.rindex(b"tkhd") + 7] = second
    path.write_bytes(data)

    frames, _ = decoded(path)

    assert frames[0].size == size


def test_times_without_a_unit_are_refused(tmp_path):
    """ffmpeg takes them as seconds, and an edit list of four seconds left one picture of twenty."""
    path = videos.text_video(tmp_path / "video.mp4")
    data = bytearray(path.read_bytes())
    data[data.index(b"mdhd") + 16 : data.index(b"mdhd") + 20] = bytes(4)
    path.write_bytes(data)

    error = refusal(path)

    assert error.code == "bad_timing"
    assert error.message == "the video's header gives its times no unit"


def two_tracks(path):
    """A video of two tracks of pictures, 64x48 and 96x64."""
    with av.open(str(path), "w", format="mp4") as out:
        streams = [out.add_stream("mpeg4", rate=10) for _ in range(2)]
        for stream, (width, height) in zip(streams, [(64, 48), (96, 64)], strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for stream in streams:
            picture = np.zeros((stream.height, stream.width, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture)
            out.mux([*stream.encode(frame), *stream.encode(None)])
    return path
