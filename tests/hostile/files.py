"""Videos that nobody means well with, each made by code; tests.data.videos has more of them."""

import random
import struct
import zipfile
from collections.abc import Callable, Iterable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from tests.data.videos import WORDS, page, text_pictures, text_video, write_video

FTYP = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
NESTED = 20_000
MILLIONS = 2_000_000
HOUR_SECONDS = 3600
HOUR_FRAMES, DAMAGED_FRAMES = 60 * HOUR_SECONDS, 2 * HOUR_SECONDS
DENSE_LINES = 140
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


def box(kind: bytes, content: bytes) -> bytes:
    """A box of an MP4 (ISO/IEC 14496-12, 4.2)."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def one_byte(path: Path) -> Path:
    """The least there is."""
    path.write_bytes(b"\0")
    return path


def playlist(path: Path) -> Path:
    """HLS, which names a file of the machine."""
    path.write_bytes(PLAYLIST)
    return path


def playlist_after_type(path: Path) -> Path:
    """The same behind what makes it look like an MP4."""
    path.write_bytes(FTYP + PLAYLIST)
    return path


def dash(path: Path) -> Path:
    """DASH, which names a file of the machine."""
    path.write_text('<?xml version="1.0"?><MPD><BaseURL>file:///etc/hostname</BaseURL></MPD>')
    return path


def half(path: Path) -> Path:
    """The first half of a file whose index comes last."""
    data = text_video(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def endless_table(path: Path) -> Path:
    """A table of samples that says it has two thousand million entries."""
    data = bytearray(text_video(path).read_bytes())
    for kind in (b"stsz", b"stts"):
        # Behind the version; of sizes there is the common one before their number.
        count_at = data.rindex(kind) + 8 + (4 if kind == b"stsz" else 0)
        struct.pack_into(">I", data, count_at, 0x7FFFFFFF)
    path.write_bytes(bytes(data))
    return path


def nested_boxes(path: Path) -> Path:
    """Boxes within boxes within boxes."""
    sizes = range(8 * NESTED, 0, -8)
    path.write_bytes(FTYP + b"".join(struct.pack(">I4s", size, b"moov") for size in sizes))
    return path


def many_boxes(path: Path) -> Path:
    """A video before twenty thousand boxes of nothing."""
    data = text_video(path).read_bytes()
    path.write_bytes(data + box(b"free", b"") * NESTED)
    return path


def times_without_unit(path: Path) -> Path:
    """A video whose track has no seconds."""
    data = bytearray(text_video(path).read_bytes())
    struct.pack_into(">I", data, data.rindex(b"mdhd") + 16, 0)
    path.write_bytes(bytes(data))
    return path


def names_of_bytes(path: Path) -> Path:
    """A video that names its maker in bytes which are no UTF-8."""
    data = text_video(path).read_bytes()
    path.write_bytes(data.replace(b"Lavf", b"\xff\xfe\xc3\x28"))
    return path


def picture_only(path: Path) -> Path:
    """Sound with a cover picture, and no video."""
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=44100)
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        out.mux(cover.encode(frame))
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate, silence.pts = 44100, 0
        out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    return path


def huge_frames(path: Path) -> Path:
    """Frames that say they are 16384x8640, which take 425 MB each as pictures, in little room."""
    jpeg = BytesIO()
    Image.new("RGB", (64, 64)).save(jpeg, "JPEG")
    picture = bytearray(jpeg.getvalue())
    # Height and width behind the frame header's length and precision (ISO/IEC 10918-1, B.2.2).
    struct.pack_into(">HH", picture, picture.index(b"\xff\xc0") + 5, 8640, 16384)
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 16384, 8640, "yuvj420p"
        _mux(out, stream, [bytes(picture)] * 3, rate=10)
    return path


def hour_of_pictures(path: Path) -> Path:
    """Small pictures, sixty a second, for an hour."""
    return _small_pictures(path, lambda picture, _: picture, frames=HOUR_FRAMES, rate=60)


def hour_of_damage(path: Path) -> Path:
    """Small pictures for an hour, every fifth of which is something else."""
    rng = random.Random(5)

    def damaged(picture: bytes, number: int) -> bytes:
        return rng.randbytes(len(picture)) if number % 5 == 4 else picture

    return _small_pictures(path, damaged, frames=DAMAGED_FRAMES, rate=2)


def hours_of_nothing(path: Path) -> Path:
    """Two pictures, the second of which is shown after a day."""
    return _small_pictures(path, lambda picture, _: picture, frames=2, rate=Fraction(1, 24 * 3600))


def millions_of_frames(path: Path) -> Path:
    """Frames of a few bytes each, by the million, within minutes."""
    data = bytearray(text_video(path).read_bytes())
    # Of samples the common size and their number; of times one entry: of how many, how long each.
    struct.pack_into(">II", data, data.rindex(b"stsz") + 8, 16, MILLIONS)
    struct.pack_into(">III", data, data.rindex(b"stts") + 8, 1, MILLIONS, 1)
    path.write_bytes(bytes(data))
    return path


def dense_page(path: Path) -> Path:
    """A picture of 3840x2160 with nothing but small print, line under line."""
    rng = random.Random(3)
    lines = [
        "   ".join(f"{rng.choice(WORDS).title()} {rng.randrange(10**4)}" for _ in range(3))
        for _ in range(DENSE_LINES)
    ]
    picture = page(lines, size=(3840, 2160), height=12, pitch=2100 // DENSE_LINES)
    return write_video(path, [picture])


def _small_pictures(
    path: Path, altered: Callable[[bytes, int], bytes], *, frames: int, rate: Fraction | int
) -> Path:
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        encoded = [bytes(packet) for packet in (*stream.encode(frame), *stream.encode(None))]
        pictures = (altered(encoded[0], number) for number in range(frames))
        _mux(out, stream, pictures, rate=rate)
    return path


def _mux(
    out: OutputContainer, stream: VideoStream, pictures: Iterable[bytes], *, rate: Fraction | int
) -> None:
    for number, picture in enumerate(pictures):
        packet = av.Packet(picture)
        packet.stream, packet.is_keyframe = stream, True
        packet.pts = packet.dts = number
        packet.time_base = 1 / Fraction(rate)
        out.mux(packet)


def cut_by_edits(path: Path) -> Path:
    """A video whose edit list hides its first second."""
    data = text_video(path, frames=20).read_bytes()
    begin = data.rindex(b"elst") + 16
    (unit,) = struct.unpack_from(">I", data, data.rindex(b"mdhd") + 16)
    path.write_bytes(data[:begin] + struct.pack(">I", unit) + data[begin + 4 :])
    return path


def fragmented(path: Path) -> Path:
    """A video in fragments, whose header tells of no picture."""
    options = {"movflags": "frag_keyframe+empty_moov"}
    return write_video(path, text_pictures(30), container_options=options)


def markup(path: Path) -> Path:
    """A picture that says what a browser would run."""
    return write_video(path, [page(["<img src=x onerror=alert(1)>"])])


def one_frame(path: Path) -> Path:
    """A video of a single picture."""
    return write_video(path, [page(["ONE FRAME"])])


def zip_appended(path: Path) -> Path:
    """A video that is an archive as well."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("../../evil.sh", "#!/bin/sh\n")
    path.write_bytes(text_video(path, frames=4).read_bytes() + archive.getvalue())
    return path


def flipped_bytes(path: Path) -> Path:
    """Two hundred bytes among the pictures, turned over."""
    data = bytearray(write_video(path, text_pictures(20)).read_bytes())
    start, end = data.index(b"mdat") + 4, data.rindex(b"moov") - 4
    for place in random.Random(11).sample(range(start + 500, end), 200):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))
    return path


def unusual(codec: str, pixels: str = "yuv420p") -> Callable[[Path], Path]:
    """A video of a codec, or of a kind of pixels, that few have."""

    def make(path: Path) -> Path:
        return write_video(path, text_pictures(4), codec=codec, pixels=pixels, options={})

    return make
