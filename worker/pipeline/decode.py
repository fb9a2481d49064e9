"""Decodes a film into sampled frames, in order, with the times at which they are shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from config.failures import FailureCode
from worker.pipeline.clock import Clock
from worker.pipeline.display import display_matrix, orientation, turned
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame, Picture, Provenance
from worker.pipeline.header import (
    DECODER_THREADS,
    Header,
    Limits,
    open_film,
    refuse_pixels,
    refuse_seconds,
)


@dataclass(slots=True)
class Tally:
    """What decoding has met so far; width and height are those of the first frame as shown."""

    width: int = 0
    height: int = 0
    last_ms: int = 0
    packets: int = 0
    frames_decoded: int = 0
    frames_corrupt: int = 0
    broken: bool = False


class Film:
    """An open film; iterate `frames` once."""

    def __init__(
        self, container: InputContainer, stream: VideoStream, header: Header, limits: Limits
    ) -> None:
        self.header = header
        self.tally = Tally()
        self._container = container
        self._stream = stream
        self._limits = limits
        self._clock = Clock()

    def frames(self, *, stride: int = 1, max_frames: int | None = None) -> Iterator[Frame]:
        """Every stride-th decoded frame, at most max_frames of them; the rest stays unconverted.

        Raises PipelineError: corrupt_video, no_frames, encrypted_video, bad_timing, too_large,
        too_long. A film that breaks after its first frame ends there, and `truncated` is true.
        """
        sampled = 0
        for decoded in self._decoded():
            index = self.tally.frames_decoded
            timestamp_ms = self._count(decoded)
            if index % stride == 0:
                yield self._frame(index, timestamp_ms, decoded)
                sampled += 1
            if sampled == max_frames:
                return
        self._check_end()

    @property
    def truncated(self) -> bool:
        """Whether pictures the film promises are missing or damaged, as far as it was decoded."""
        return self.tally.broken or self.tally.frames_corrupt > 0

    def _decoded(self) -> Iterator[VideoFrame]:
        try:
            for packet in self._container.demux(self._stream):
                self._inspect(packet)
                yield from self._pictures_of(packet)
        except av.error.FFmpegError:
            self.tally.broken = True
            yield from self._pictures_of(None)

    def _inspect(self, packet: "Packet[VideoStream]") -> None:
        if packet.has_sidedata("encryption_info"):
            raise PipelineError(
                FailureCode.ENCRYPTED_VIDEO, "the film is encrypted and its key is not in it"
            )
        self.tally.packets += bool(packet.size)
        self.tally.broken |= packet.is_corrupt

    def _pictures_of(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            return self._stream.decode(packet)
        except av.error.FFmpegError:
            self.tally.broken = True
            return []

    def _count(self, decoded: VideoFrame) -> int:
        refuse_pixels(decoded.width, decoded.height, self._limits)
        timestamp_ms = self._clock.read(decoded.pts, decoded.time_base)
        refuse_seconds(timestamp_ms, self._limits)
        self.tally.last_ms = timestamp_ms
        self.tally.frames_decoded += 1
        self.tally.frames_corrupt += decoded.is_corrupt
        return timestamp_ms

    def _frame(self, index: int, timestamp_ms: int, decoded: VideoFrame) -> Frame:
        unturned = cast(Picture, decoded.to_ndarray(format="bgr24"))
        picture = turned(unturned, orientation(display_matrix(decoded)))
        frame = Frame(index, timestamp_ms, picture, corrupt=decoded.is_corrupt)
        if index == 0:
            self.tally.width, self.tally.height = frame.size
        return frame

    def _check_end(self) -> None:
        if self.header.pictures is not None and self.tally.packets < self.header.pictures:
            self.tally.broken = True
        if self.tally.frames_decoded:
            return
        if self.tally.broken or self.tally.packets:
            raise PipelineError(
                FailureCode.CORRUPT_VIDEO, "no picture of the film could be decoded"
            )
        raise PipelineError(FailureCode.NO_FRAMES, "the film has no pictures")


@contextmanager
def open_for_decoding(path: Path, limits: Limits) -> Iterator[Film]:
    """Open a film, header checked, and close it again; raises PipelineError as `open_film` does."""
    with open_film(path, limits) as (container, stream, header):
        yield Film(container, stream, header, limits)


def decoder_provenance() -> Provenance:
    """Versions of what decodes, and its fixed number of threads."""
    libavcodec = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return {"pyav": av.__version__, "libavcodec": libavcodec, "threads": DECODER_THREADS}
