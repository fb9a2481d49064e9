"""H.264 in MP4: encode pictures, repeat a video, put repetitions of its first frame before it."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from itertools import repeat as repeated
from pathlib import Path

import av
import numpy as np

from tests.benchmarks.videos.drawing import Picture

KEY_FRAME_EVERY = 250
# x264's own defaults, one thread (with more, the bytes depend on how many there are), and key
# frames nowhere but where they are due.
OPTIONS = {
    "preset": "medium",
    "crf": "23",
    "threads": "1",
    "x264-params": f"keyint={KEY_FRAME_EVERY}:min-keyint={KEY_FRAME_EVERY}:scenecut=0",
}
MUXER = {"fflags": "+bitexact"}


def encode(path: Path, pictures: Iterable[Picture], *, size: tuple[int, int], rate: int) -> None:
    """Write RGB pictures as a video of that width, height and frames a second."""
    with av.open(str(path), "w", format="mp4", options=MUXER) as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, rate)
        stream.options = OPTIONS
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def repeat(source: Path, path: Path, times: int) -> None:
    """Write the packets of a video so many times over: an hour takes seconds."""
    _joined(path, repeated(source, times))


def with_lead(source: Path, path: Path, frames: int) -> None:
    """Write a video after repetitions of its first frame; its own packets stay as they are."""
    if not frames:
        _joined(path, [source])
        return
    lead = path.with_name(f"lead-{path.name}")
    with av.open(str(source)) as opened:
        first = next(opened.decode(video=0)).to_ndarray(format="rgb24")
        rate = int(opened.streams.video[0].average_rate)
    encode(lead, islice(repeated(first), frames), size=first.shape[1::-1], rate=rate)
    _joined(path, [lead, source])
    lead.unlink()


def _joined(path: Path, sources: Iterable[Path]) -> None:
    with av.open(str(path), "w", format="mp4", options=MUXER) as out:
        stream, start = None, 0
        for source in sources:
            with av.open(str(source)) as opened:
                own = opened.streams.video[0]
                stream = stream or out.add_stream_from_template(own)
                for packet in _packets(opened, own):
                    packet.pts, packet.dts = packet.pts + start, packet.dts + start
                    packet.stream = stream
                    out.mux(packet)
                start += own.duration


def _packets(
    opened: "av.container.InputContainer", stream: "av.VideoStream"
) -> Iterator["av.Packet"]:
    return (packet for packet in opened.demux(stream) if packet.size)
