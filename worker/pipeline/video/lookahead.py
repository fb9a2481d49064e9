"""Reads packets ahead of their decoding, and tells which of them no sampled frame needs."""

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass
from itertools import takewhile

from av.packet import Packet
from av.video.stream import VideoStream

from worker.pipeline.video.outstanding import promises_picture
from worker.pipeline.video.random_access import Content, Reader

# What waits for a sampled frame is bounded, and decoded where it would grow beyond.
MOST_WAITING_BYTES = 32 * 1024**2
PACKET_OVERHEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """A packet of which it is not known yet whether it is to be decoded."""

    packet: "Packet[VideoStream]"
    pts: int
    content: Content


@dataclass(frozen=True, slots=True)
class Restart:
    """Decoding goes on at a key frame shown at this time; inf for not at all."""

    pts: float


class Lookahead:
    """Numbers frames by their packets' times, and leaves out packets that no sampled frame needs.

    Decoding goes on at the last random access point that is shown no later than the next sampled
    frame. Where times, content or what comes out of the decoder are not as they should be, nothing
    more is left out.
    """

    def __init__(self, codec_name: str, reader: Reader | None) -> None:
        self._codec_name = codec_name
        self._reader = reader
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        # Those among the waiting at which decoding may go on.
        self._points: deque[Waiting] = deque()
        # Times of frames that have neither come nor been passed over, in order, and of packets that
        # are in the decoder.
        self._upcoming: list[int] = []
        self._decoding: set[int] = set()
        self._first: int | None = None
        # Of all packets the latest; of all frames the last that came or was passed over.
        self._latest = self._last = -math.inf
        # No packet still to be added is shown so early.
        self._settled = -math.inf

    def leave_nothing_out(self) -> None:
        """Have every packet decoded from here on."""
        self._reader = None

    def add(self, packet: "Packet[VideoStream]") -> None:
        """Take the next packet that the container gives."""
        content = self._reader(memoryview(packet)) if self._reader else Content(begins=False)
        waiting = Waiting(packet, packet.pts or 0, content)
        self._waiting.append(waiting)
        self._waiting_bytes += packet.size + PACKET_OVERHEAD_BYTES
        if content.may_be_field or not self._is_regular(packet):
            self.leave_nothing_out()
        if self._reader:
            self._number(waiting)

    def close(self) -> None:
        """Know that no more packets come."""
        self._settled = math.inf

    def step(self, index: int, samples: range) -> "Packet[VideoStream] | Restart | None":
        """What the decoder is to do now; None: more packets must be added before that is known.

        The next frame to come or to be passed over has the index; samples are those wanted.
        """
        goal = self._goal(index, samples)
        if self._reader is None or goal is None:
            return self._next() if self._waiting else None
        point = self._point(goal)
        at_end = self._settled == math.inf and goal >= len(self._upcoming)
        if point or (self._waiting and at_end):
            return self._leave_out_up_to(point)
        located = goal < bisect_right(self._upcoming, self._settled)
        if not located and self._waiting_bytes <= MOST_WAITING_BYTES:
            return None
        while self._waiting and self._is_spare(self._waiting[0], index, samples):
            self._drop()
        return self._next() if self._waiting else None

    def came(self, pts: int | None) -> list[int]:
        """Expect a decoded frame no more; the times of the frames passed over before it."""
        if pts is None:
            return []
        before = self.passed_over(pts)
        if self._upcoming[:1] == [pts]:
            del self._upcoming[0]
            self._decoding.discard(pts)
        else:
            self.leave_nothing_out()
        self._last = max(self._last, pts)
        return before

    def passed_over(self, until: float) -> list[int]:
        """Expect no frame any more before a time; the times of those that were left out."""
        end = bisect_left(self._upcoming, until)
        gone = self._upcoming[:end]
        del self._upcoming[:end]
        self._last = max((self._last, *gone[-1:]))
        left_out = [pts for pts in gone if pts not in self._decoding]
        if len(left_out) < len(gone):
            self.leave_nothing_out()
        self._decoding = {pts for pts in self._decoding if pts >= until}
        return left_out

    def _is_regular(self, packet: "Packet[VideoStream]") -> bool:
        if packet.pts is None or packet.dts is None:
            return False
        hidden_start = packet.is_discard and self._last == -math.inf
        return (
            self._settled < packet.dts <= packet.pts
            and self._last < packet.pts
            and self._rank(packet.pts) is None
            and (hidden_start or promises_picture(packet, self._codec_name))
            and not packet.is_corrupt
            and not packet.has_sidedata("new_extradata")
        )

    def _number(self, waiting: Waiting) -> None:
        packet, pts = waiting.packet, waiting.pts
        self._settled = packet.dts or 0
        self._first = pts if self._first is None else self._first
        if waiting.content.begins and pts > self._latest:
            self._points.append(waiting)
        self._latest = max(self._latest, pts)
        # What is shown before the first key frame refers to what is not there.
        if pts >= self._first and not packet.is_discard:
            insort(self._upcoming, pts)

    def _rank(self, pts: int) -> int | None:
        rank = bisect_left(self._upcoming, pts)
        return rank if self._upcoming[rank : rank + 1] == [pts] else None

    def _goal(self, index: int, samples: range) -> int | None:
        """Which of the upcoming frames is the first sample whose packet is not in the decoder."""
        rank = max(samples.start - index, -index % samples.step)
        while rank < len(self._upcoming) and self._upcoming[rank] in self._decoding:
            rank += samples.step
        return rank if index + rank < samples.stop else None

    def _point(self, goal: int) -> Waiting | None:
        """Where decoding may go on, no later than the goal, if that leaves anything out."""
        while self._points:
            point = self._points[0]
            if point.pts > self._settled or bisect_left(self._upcoming, point.pts) > goal:
                return None
            self._points.popleft()
            if point is not self._waiting[0] and self._repeats_parameters(point):
                return point
        return None

    def _repeats_parameters(self, point: Waiting) -> bool:
        before = takewhile(lambda waiting: waiting is not point, self._waiting)
        return all(waiting.content.parameters <= point.content.parameters for waiting in before)

    def _leave_out_up_to(self, point: Waiting | None) -> Restart:
        while self._waiting and self._waiting[0] is not point:
            self._drop()
        return Restart(point.pts if point else math.inf)

    def _is_spare(self, waiting: Waiting, index: int, samples: range) -> bool:
        rank = self._rank(waiting.pts)
        return (
            waiting.content.is_disposable
            and not waiting.content.parameters
            and waiting.pts <= self._settled
            and (rank is None or index + rank not in samples)
        )

    def _next(self) -> "Packet[VideoStream]":
        waiting = self._drop()
        self._decoding.add(waiting.pts)
        return waiting.packet

    def _drop(self) -> Waiting:
        waiting = self._waiting.popleft()
        self._waiting_bytes -= waiting.packet.size + PACKET_OVERHEAD_BYTES
        if self._points and self._points[0] is waiting:
            self._points.popleft()
        return waiting
