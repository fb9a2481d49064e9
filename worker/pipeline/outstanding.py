"""Which of the pictures that a video's packets promise have not come out of the decoder."""

from collections import Counter

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# No codec holds back so many pictures: what waits longer will not come.
LONGEST_DELAY = 64
# Of MPEG-4 a packet as small as this may say only that nothing changed, and then brings no
# picture; libavcodec's own mpeg4_unpack_bframes goes by the same size.
MPEG4_NOTHING_CODED_BYTES = 19


class Outstanding:
    """Pairs packets with pictures by their presentation times, whatever their order.

    A packet promises a picture unless an edit list hides it, it is shown before the key frame that
    the video begins with (an open GOP's leading pictures, which refer to what is not there), or it
    is an MPEG-4 packet that codes nothing. After an interlaced picture one packet may stay without
    a picture of its own: the second field. Its size is bounded.
    """

    def __init__(self, codec_name: str) -> None:
        self._may_code_nothing = codec_name == "mpeg4"
        self._first: int | None = None
        self._waiting: Counter[int] = Counter()
        self._field: int | None = None
        self._damaged: set[int] = set()
        self._lost = False

    def sent(self, packet: "Packet[VideoStream]") -> None:
        """Expect the packet's picture."""
        if packet.pts is None:
            return
        if self._first is None:
            self._first = packet.pts
        if self._promises_picture(packet) and packet.pts >= self._first:
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
        self._forgive_field(before=frame.pts)
        self._field = frame.pts if frame.interlaced_frame else None
        self._waiting[frame.pts] -= 1
        if self._waiting[frame.pts] <= 0:
            del self._waiting[frame.pts]
        return frame.pts in self._damaged

    def missing(self) -> bool:
        """Whether a picture has not come, once all packets are sent and the decoder is empty."""
        self._forgive_field()
        return self._lost or bool(self._waiting)

    def _promises_picture(self, packet: "Packet[VideoStream]") -> bool:
        least = MPEG4_NOTHING_CODED_BYTES if self._may_code_nothing else 0
        return packet.size > least and not packet.is_discard

    def _forgive_field(self, before: int | None = None) -> None:
        if self._field is None:
            return
        after = (pts for pts in self._waiting if pts > self._field)
        second = min(after, default=None)
        if second is not None and (before is None or second < before):
            del self._waiting[second]
        self._field = None
