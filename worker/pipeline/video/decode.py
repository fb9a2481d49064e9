"""Decodes a video into sampled frames, in order, with the times at which they are shown."""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Frame, Provenance
from worker.pipeline.video.clock import Clock
from worker.pipeline.video.display import display_matrix, orientation, picture_of, turned
from worker.pipeline.video.header import (
    DECODER_THREADS,
    Header,
    Limits,
    open_video,
    refuse_frames,
    refuse_pixels,
    refuse_seconds,
    require_readable,
    second_opinion,
)
from worker.pipeline.video.lookahead import Lookahead, Restart
from worker.pipeline.video.mp4_boxes import has_unclaimed_media, plays_parts
from worker.pipeline.video.outstanding import Outstanding
from worker.pipeline.video.random_access import reader_of

# What a fragmented video says of its length is not exact to the frame.
LENGTH_SLACK_MS = 1000


@dataclass(slots=True)
class Tally:
    """What decoding has met so far; width and height are those of the first frame as shown."""

    width: int = 0
    height: int = 0
    last_ms: int = 0
    packets: int = 0
    packets_decoded: int = 0
    hidden_packets: int = 0
    end_pts: int = 0
    frames_decoded: int = 0
    frames_corrupt: int = 0
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a video was decoded: the last sampled frame's index, and its first frame's size.

    is_sound: that nothing was missing or damaged by then.
    """

    index: int
    width: int
    height: int
    is_sound: bool


class Video:
    """An open video; iterate `frames` once."""

    def __init__(
        self,
        path: Path,
        container: InputContainer,
        stream: VideoStream,
        header: Header,
        limits: Limits,
    ) -> None:
        self.header = header
        self.tally = Tally()
        self._path = path
        self._container = container
        self._stream = stream
        self._limits = limits
        self._clock = Clock()
        self._outstanding = Outstanding(stream.codec_context.name)
        self._second = second_opinion(stream, limits)
        # A part played after another that it overlaps brings pictures that packets do not tell of.
        reader = None if plays_parts(path, stream.id) else reader_of(stream.codec_context)
        self._ahead = Lookahead(stream.codec_context.name, reader)
        # Pictures shown before are counted already where decoding went on at a later key frame.
        self._from = -math.inf
        self._sent = False

    def frames(
        self, *, stride: int = 1, max_frames: int | None = None, after: Reached | None = None
    ) -> Iterator[Frame]:
        """Every stride-th frame, at most max_frames of them; the rest stays unconverted.

        Groups of pictures without one of these are counted by their packets and not decoded.
        after: gives those that came after it in an earlier run, and ends as that would have ended.

        Raises PipelineError: corrupt_video, no_frames, encrypted_video, bad_timing, too_large,
        too_long. A video that breaks after its first frame ends there, and `truncated` is true.
        """
        samples = range(0, sys.maxsize if max_frames is None else stride * max_frames, stride)
        given = -1
        if after is not None:
            given, self.tally.width, self.tally.height = after.index, after.width, after.height
        if after is not None and after.is_sound:
            # From the last one that was given: what comes out of the decoder with it is counted,
            # whether it is sampled or not.
            samples = samples[after.index // stride :]
        for decoded in self._decoded(samples):
            index, timestamp_ms, corrupt = self._count(decoded)
            if index in samples and index > given:
                yield self._frame(index, timestamp_ms, decoded, corrupt=corrupt)
            if index >= samples[-1]:
                return
        self._check_end()

    def reached(self, index: int) -> Reached:
        """How far it is decoded, right after `frames` gave the frame of that index."""
        is_sound = not self.truncated and not self._outstanding.is_overdue()
        return Reached(index, self.tally.width, self.tally.height, is_sound)

    @property
    def truncated(self) -> bool:
        """Whether pictures the video promises are missing or damaged, as far as it was decoded.

        Damage that leaves every picture decodable and no sum wrong is not seen.
        """
        return self.tally.broken or self.tally.frames_corrupt > 0

    def _decoded(self, samples: range) -> Iterator[VideoFrame]:
        if samples.step == 1 and not samples.start:
            self._ahead.leave_nothing_out()
        try:
            for packet in self._container.demux(self._stream):
                self._inspect(packet)
                if packet.size or packet.dts is not None:
                    self._ahead.add(packet)
                    yield from self._due(samples)
        except av.error.FFmpegError:
            require_readable(self._path)
            self._break()
        self._ahead.close()
        yield from self._due(samples)
        yield from self._pictures_of(None)

    def _due(self, samples: range) -> Iterator[VideoFrame]:
        while step := self._ahead.step(self.tally.frames_decoded, samples):
            if isinstance(step, Restart):
                yield from self._restarted(step)
            else:
                yield from self._pictures_of(step)

    def _restarted(self, restart: Restart) -> Iterator[VideoFrame]:
        if self._sent:
            yield from self._pictures_of(None)
            if self._outstanding.missing():
                self._break()
            self._outstanding = Outstanding(self._stream.codec_context.name)
            self._stream.codec_context.flush_buffers()
            self._sent = False
        for pts in self._ahead.passed_over(restart.pts):
            self._tick(pts)
        self._from = restart.pts

    def _inspect(self, packet: "Packet[VideoStream]") -> None:
        if packet.has_sidedata("encryption_info"):
            raise PipelineError(
                FailureCode.ENCRYPTED_VIDEO, "the video is encrypted and its key is not in it"
            )
        self.tally.packets += bool(packet.size)
        self.tally.hidden_packets += bool(packet.size) and packet.is_discard
        self.tally.broken |= packet.is_corrupt
        self.tally.end_pts = max(self.tally.end_pts, (packet.pts or 0) + (packet.duration or 0))

    def _pictures_of(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        if packet:
            self._sent = True
            self.tally.packets_decoded += 1
            self._outstanding.sent(packet)
        if packet and not packet.size:
            # An empty sample shows on what was shown; a decoder would take it for the end.
            return []
        if packet and self._second:
            self._decode(self._second, packet)
        pictures = self._decode(self._stream, packet)
        return [picture for picture in pictures if picture.pts is None or picture.pts >= self._from]

    def _decode(
        self, decoder: VideoStream | VideoCodecContext, packet: "Packet[VideoStream] | None"
    ) -> list[VideoFrame]:
        try:
            return decoder.decode(packet)
        except av.error.FFmpegError:
            self._break()
            if packet:
                self._outstanding.failed(packet)
            return []

    def _break(self) -> None:
        self.tally.broken = True
        self._ahead.leave_nothing_out()

    def _count(self, decoded: VideoFrame) -> tuple[int, int, bool]:
        refuse_pixels(decoded.width, decoded.height, self._limits)
        for pts in self._ahead.came(decoded.pts):
            self._tick(pts)
        index = self.tally.frames_decoded
        timestamp_ms = self._tick(decoded.pts)
        corrupt = self._outstanding.came(decoded) or decoded.is_corrupt
        self.tally.frames_corrupt += corrupt
        if corrupt:
            self._ahead.leave_nothing_out()
        return index, timestamp_ms, corrupt

    def _tick(self, pts: int | None) -> int:
        # A frame that was the decoder's last has a time, but PyAV gives it no unit.
        self.tally.last_ms = self._clock.read(pts, self._stream.time_base)
        refuse_seconds(self.tally.last_ms, self._limits)
        self.tally.frames_decoded += 1
        refuse_frames(self.tally.frames_decoded, self._limits)
        return self.tally.last_ms

    def _frame(self, index: int, timestamp_ms: int, decoded: VideoFrame, *, corrupt: bool) -> Frame:
        picture = turned(picture_of(decoded), orientation(display_matrix(decoded)))
        frame = Frame(index, timestamp_ms, picture, corrupt=corrupt)
        if index == 0:
            self.tally.width, self.tally.height = frame.size
        return frame

    def _check_end(self) -> None:
        self.tally.broken |= self._falls_short()
        if self.truncated:
            require_readable(self._path)
        if self.tally.frames_decoded:
            return
        if self.tally.broken or self.tally.packets:
            raise PipelineError(
                FailureCode.CORRUPT_VIDEO, "no picture of the video could be decoded"
            )
        raise PipelineError(FailureCode.NO_FRAMES, "the video has no pictures")

    def _falls_short(self) -> bool:
        """Whether less came out than the container promises, now that all was decoded."""
        pictures = self.header.pictures
        shown = self.tally.packets - self.tally.hidden_packets
        return (
            self._outstanding.missing()
            or (pictures is not None and shown < pictures)
            or (pictures is None and self._ends_early())
            or has_unclaimed_media(self._path, self._samples())
        )

    def _samples(self) -> Iterator[tuple[int, int]]:
        for stream in self._container.streams:
            yield from ((entry.pos, entry.size) for entry in stream.index_entries)

    def _ends_early(self) -> bool:
        promised, unit = self._stream.duration, self._stream.time_base
        if promised is None or unit is None:
            return False
        return (promised - self.tally.end_pts) * unit * 1000 > LENGTH_SLACK_MS


@contextmanager
def open_for_decoding(path: Path, limits: Limits) -> Iterator[Video]:
    """Open a video, header checked, and close it again; raises what `open_video` raises."""
    with open_video(path, limits) as (container, stream, header):
        yield Video(path, container, stream, header, limits)


def decoder_provenance() -> Provenance:
    """Versions of what decodes, and its fixed number of threads."""
    libavcodec = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return {"pyav": av.__version__, "libavcodec": libavcodec, "threads": DECODER_THREADS}
