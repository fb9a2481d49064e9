"""Which of the pictures that a video's packets promise have not come out of the decoder."""

import math
from collections import Counter

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# No codec holds back so many pictures: what waits longer will not come.
LONGEST_DELAY = 64
# Of MPEG-4 a packet as small as this may say only that nothing changed, and then brings no
# picture; libavcodec's own mpeg4_unpack_bframes goes by the same size.
MPEG4_NOTHING_CODED_BYTES = 19
# A second field comes half-way to the next picture; what comes later is a picture of its own.
FIELD_DISTANCE = 0.75


def promises_picture(packet: "Packet[VideoStream]", codec_name: str) -> bool:
    """Whether a packet is to bring a picture: no edit list hides it and it surely codes one."""
    least = MPEG4_NOTHING_CODED_BYTES if codec_name == "mpeg4" else 0
    return packet.size > least and not packet.is_discard


class Outstanding:
    """Pairs packets with pictures by their presentation times, whatever their order.

    A packet promises a picture unless an edit list hides it, it is shown before the key frame that
    the video begins with (an open GOP's leading pictures, which refer to what is not there), or it
    is an MPEG-4 packet that codes nothing. After an interlaced picture one packet may stay without
    a picture of its own, the second field, when it is nearer than the next picture would be. The
    size of all this is bounded.
    """

    def __init__(self, codec_name: str) -> None:
        self._codec_name = codec_name
        self._first: int | None = None
        self._waiting: Counter[int] = Counter()
        self._last_pts: int | None = None
        self._last_interlaced = False
        self._farthest_field = 0
        self._nearest_picture = math.inf
        self._damaged: set[int] = set()
        self._lost = False

    def sent(self, packet: "Packet[VideoStream]") -> None:
        """Expect the packet's picture."""
        if packet.pts is None:
            return
        if self._first is None:
            self._first = packet.pts
        if promises_picture(packet, self._codec_name) and packet.pts >= self._first:
            self._waiting[packet.pts] += 1
        if len(self._waiting) > LONGEST_DELAY:
            self._lost = True
            self._waiting.clear()

    def failed(self, packet: "Packet[VideoStream]") -> None:
        """Remember that the decoder complained of the packet, though its picture may yet come."""
        if packet.pts is not None:
            self._damaged.add(packet.pts)
        if len(self._damaged) > LONGEST_DELAY:
            self._damaged.remove(min(self._damaged))

    def came(self, frame: VideoFrame) -> bool:
        """Expect the frame no more; whether it is as damaged as its packet was."""
        if frame.pts is None:
            return False
        self._settle_field(before=frame.pts)
        if self._last_pts is not None and frame.pts > self._last_pts:
            self._nearest_picture = min(self._nearest_picture, frame.pts - self._last_pts)
        self._last_pts, self._last_interlaced = frame.pts, frame.interlaced_frame
        self._waiting[frame.pts] -= 1
        if self._waiting[frame.pts] <= 0:
            del self._waiting[frame.pts]
        return frame.pts in self._damaged

    def is_overdue(self) -> bool:
        """Whether a picture has not come that is shown before one that has."""
        last = -math.inf if self._last_pts is None else self._last_pts
        return self._lost or any(pts < last for pts in self._waiting)

    def missing(self) -> bool:
        """Whether a picture has not come, once all packets are sent and the decoder is empty."""
        self._settle_field()
        no_field = self._farthest_field >= FIELD_DISTANCE * self._nearest_picture
        return self._lost or no_field or bool(self._waiting)

    def _settle_field(self, before: float = math.inf) -> None:
        if self._last_pts is None or not self._last_interlaced:
            return
        second = min((pts for pts in self._waiting if pts > self._last_pts), default=math.inf)
        if second < before:
            del self._waiting[int(second)]
            self._farthest_field = max(self._farthest_field, int(second) - self._last_pts)
