"""Opens a video and refuses, before the first frame is decoded, what must not be decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from config.failures import FailureCode, exceeded
from config.settings import PipelineSettings
from worker.pipeline.errors import PipelineError
from worker.pipeline.video.mp4_boxes import lacks_time_scale

# Left to guess, ffmpeg follows a playlist named .mp4 to its neighbours' files.
FORMAT = "mp4"
CONTAINER_OPTIONS = {"protocol_whitelist": "file"}
READ_BYTES = 1024 * 1024
# More threads hide a damaged video's errors in another order on every run.
DECODER_THREADS = 1
# HEVC's decoder is silent about damage unless it is told to be strict; it loses no picture by that,
# and then also checks the sums that may come with the pictures.
STRICT = {"hevc": {"err_detect": "crccheck+explode"}}
# That of MJPEG would lose pictures, so a second one is strict in its place.
SECOND_OPINIONS = {"mjpeg": {"err_detect": "explode"}}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a video may ask for: pixels of one frame, seconds of play, and frames in all."""

    max_frame_pixels: int
    max_video_seconds: float
    max_video_frames: int

    @classmethod
    def of(cls, settings: PipelineSettings) -> Self:
        """What is set."""
        return cls(
            max_frame_pixels=settings.max_frame_pixels,
            max_video_seconds=settings.max_video_seconds,
            max_video_frames=settings.max_video_frames,
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What a video says of itself; `pictures` counts its samples, None where it does not say."""

    width: int
    height: int
    duration_ms: int
    frames_expected: int
    pictures: int | None

    def frames_sampled(self, stride: int, max_frames: int | None) -> int:
        """How many of the expected frames are to be analysed."""
        sampled = -(-self.frames_expected // stride)
        return sampled if max_frames is None else min(sampled, max_frames)


@contextmanager
def open_video(path: Path, limits: Limits) -> Iterator[tuple[InputContainer, VideoStream, Header]]:
    """Open an MP4 for decoding and close it again.

    Raises PipelineError: input_missing, corrupt_video, no_video_stream, unsupported_codec,
    too_large, too_long.
    """
    with _container(path) as container:
        stream = _video_stream(container)
        _refuse_times_without_unit(path, stream)
        # All that is listed, empty samples too: reading them takes time as well.
        refuse_frames(max(stream.frames, len(stream.index_entries)), limits)
        header = _header(container, stream)
        refuse_pixels(header.width, header.height, limits)
        refuse_seconds(header.duration_ms, limits)
        context = stream.codec_context
        context.thread_count = DECODER_THREADS
        context.options = _bounded(limits) | STRICT.get(context.name, {})
        yield container, stream, header


def second_opinion(stream: VideoStream, limits: Limits) -> VideoCodecContext | None:
    """A stricter decoder for the stream's packets, whose pictures are not wanted; often none."""
    name = stream.codec_context.name
    if name not in SECOND_OPINIONS:
        return None
    context = cast(VideoCodecContext, av.CodecContext.create(name, "r"))
    context.thread_count = DECODER_THREADS
    context.options = _bounded(limits) | SECOND_OPINIONS[name]
    return context


def refuse_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise PipelineError too_large for a picture of more pixels than are taken."""
    if width * height > limits.max_frame_pixels:
        found = f"a frame of this video has {width * height} pixels, {width}x{height}"
        raise PipelineError(
            FailureCode.TOO_LARGE, exceeded("max_frame_pixels", limits.max_frame_pixels, found)
        )


def refuse_seconds(duration_ms: int, limits: Limits) -> None:
    """Raise PipelineError too_long for more video than is taken."""
    if duration_ms > limits.max_video_seconds * 1000:
        found = f"this video takes {duration_ms / 1000:.1f} seconds"
        raise PipelineError(
            FailureCode.TOO_LONG, exceeded("max_video_seconds", limits.max_video_seconds, found)
        )


def refuse_frames(count: int, limits: Limits) -> None:
    """Raise PipelineError too_long for more frames than are taken."""
    if count > limits.max_video_frames:
        found = f"this video has {count} frames or more"
        raise PipelineError(
            FailureCode.TOO_LONG, exceeded("max_video_frames", limits.max_video_frames, found)
        )


def _bounded(limits: Limits) -> dict[str, str]:
    # The decoder itself refuses pictures larger than the header promised.
    return {"max_pixels": str(limits.max_frame_pixels)}


def _container(path: Path) -> InputContainer:
    try:
        return av.open(
            str(path),
            mode="r",
            format=FORMAT,
            container_options=CONTAINER_OPTIONS,
            metadata_errors="replace",
        )
    except FileNotFoundError as error:
        raise PipelineError(FailureCode.INPUT_MISSING, "the video is not in storage") from error
    except av.error.FFmpegError as error:
        require_readable(path)
        raise PipelineError(
            FailureCode.CORRUPT_VIDEO, "the file is not a readable MP4 video"
        ) from error


def require_readable(path: Path) -> None:
    """Raise OSError where a file cannot be read to its end.

    ffmpeg takes a disk's error for the end of the file: what it finds missing or damaged is the
    video's own fault only when all of the file can be read.
    """
    with path.open("rb", buffering=0) as file:
        while file.read(READ_BYTES):
            pass


def _video_stream(container: InputContainer) -> VideoStream:
    moving = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not moving:
        raise PipelineError(FailureCode.NO_VIDEO_STREAM, "the file has no moving pictures")
    # A player shows no track that is switched off; ffmpeg calls those that are on "default".
    enabled = (stream for stream in moving if stream.disposition & av.stream.Disposition.default)
    return _decodable(next(enabled, moving[0]))


def _decodable(stream: VideoStream) -> VideoStream:
    # PyAV leaves the context out where no decoder is known, whatever its types say.
    if not stream.codec_context:
        raise PipelineError(FailureCode.UNSUPPORTED_CODEC, "no decoder for the video's codec")
    return stream


def _header(container: InputContainer, stream: VideoStream) -> Header:
    duration_ms = _duration_ms(container, stream)
    pictures = None
    if stream.frames:
        pictures = sum(1 for entry in stream.index_entries if entry.size and not entry.is_discard)
    rate = stream.average_rate or 0
    return Header(
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        duration_ms=duration_ms,
        frames_expected=pictures if pictures is not None else round(duration_ms * rate / 1000),
        pictures=pictures,
    )


def _refuse_times_without_unit(path: Path, stream: VideoStream) -> None:
    if stream.time_base == 1 and lacks_time_scale(path, stream.id):
        raise PipelineError(FailureCode.BAD_TIMING, "the video's header gives its times no unit")


def _duration_ms(container: InputContainer, stream: VideoStream) -> int:
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * 1000)
    return round((container.duration or 0) * 1000 / av.time_base)
