"""Makes a tiny video with text in it, and videos that are wrong in one way each.

As a script: `python -m tests.data.videos FOLDER` writes them all.
"""

import random
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
WORDS = ("NORTH", "HARBOUR", "TICKET", "WINDOW", "GARDEN", "SILVER")


def page(
    lines: Iterable[str],
    *,
    size: tuple[int, int] = (640, 360),
    height: int = 40,
    pitch: int | None = None,
) -> Picture:
    """One picture of dark lines of text on a light ground; RGB uint8, shape (h, w, 3).

    pitch: pixels from a line's top to the next one's; two and a half times the height unless told.
    """
    image = Image.new("RGB", size, (226, 228, 222))
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), height)
    for row, line in enumerate(lines):
        draw.text((40, 30 + row * (pitch or int(height * 2.5))), line, font=font, fill=(24, 26, 40))
    return np.asarray(image)


def write_video(
    path: Path,
    pictures: Iterable[Picture],
    *,
    rate: int = 10,
    codec: str = "libx264",
    container_format: str = "mp4",
    pixels: str = "yuv420p",
    container_options: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    rotation: int = 0,
    times: Iterable[int] | None = None,
) -> Path:
    """Encode pictures (RGB uint8, one size) as a video; `times` are presentation times in ms."""
    pictures = list(pictures)
    stamps = list(times) if times is not None else [n * 1000 // rate for n in range(len(pictures))]
    with av.open(str(path), "w", format=container_format, options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        quick = {"preset": "ultrafast", "crf": "18", "threads": "1"}
        stream.options = options or (quick if codec == "libx264" else {})
        if rotation:
            stream.set_display_rotation(rotation)
        for picture, stamp in zip(pictures, stamps, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def text_video(path: Path, *, frames: int = 10, rate: int = 10) -> Path:
    """A video whose text changes every second frame."""
    return write_video(path, text_pictures(frames), rate=rate)


def text_pictures(count: int) -> Iterator[Picture]:
    """Pictures that say, two by two, a word and a number."""
    for index in range(count):
        word = WORDS[index // 2 % len(WORDS)]
        yield page([f"{word} {100 + index // 2}", "PLATFORM SEVEN"])


def exif_video(path: Path, picture: Picture, *, orientation: int) -> Path:
    """A video of one JPEG that says in its EXIF how it is to be turned."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuvj444p"
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        for encoded in (*stream.encode(frame), *stream.encode(None)):
            jpeg = bytes(encoded)
            packet = av.Packet(jpeg[:2] + segment + jpeg[2:])
            packet.stream, packet.is_keyframe = stream, True
            packet.pts = packet.dts = 0
            packet.time_base = encoded.time_base
            out.mux(packet)
    return path


def truncated(path: Path) -> Path:
    """A video whose index comes first and whose second half of the pictures is missing."""
    whole = write_video(
        path.with_suffix(".whole"), text_pictures(20), container_options={"movflags": "+faststart"}
    )
    data = whole.read_bytes()
    whole.unlink()
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    return path


def without_index(path: Path) -> Path:
    """A video cut off before the index at its end, as an interrupted recording leaves it."""
    data = text_video(path).read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])
    return path


def flipped_bits(path: Path, *, flips: int = 200, seed: int = 7) -> Path:
    """A video with seeded bit flips among its pictures; its index is whole."""
    data = bytearray(write_video(path, text_pictures(40)).read_bytes())
    start, end = data.index(b"mdat") + 4, data.rindex(b"moov") - 4
    rng = random.Random(seed)
    for _ in range(flips):
        data[rng.randrange(start + 2000, end)] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))
    return path


def audio_only(path: Path) -> Path:
    """An MP4 of half a second of silence and no picture."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44100)
        for index in range(20):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = 44100, index * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def encrypted(path: Path) -> Path:
    """A video under Common Encryption, whose key is not in it."""
    return write_video(
        path,
        text_pictures(4),
        container_options={
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
            "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
        },
    )


def unknown_codec(path: Path) -> Path:
    """A video that names a codec nobody has."""
    data = text_video(path).read_bytes()
    path.write_bytes(data.replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    return path


def false_size(path: Path) -> Path:
    """A video of 640x360 whose index says 64x48."""
    data = bytearray(text_video(path, frames=4).read_bytes())
    sizes_at = data.rindex(b"avc1") + 4 + 24
    struct.pack_into(">HH", data, sizes_at, 64, 48)
    path.write_bytes(bytes(data))
    return path


def no_pictures(path: Path) -> Path:
    """A video with a track for pictures and none in it."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+empty_moov"}) as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        out.start_encoding()
    return path


def renamed_mkv(path: Path) -> Path:
    """A Matroska video under an MP4's name."""
    return write_video(path, text_pictures(4), container_format="matroska")


def concat_text(path: Path) -> Path:
    """A playlist that names a video beside it, which a guessing reader would open."""
    neighbour = text_video(path.with_name("neighbour.mp4"))
    path.write_text(f"ffconcat version 1.0\nfile {neighbour.name}\n", encoding="utf-8")
    return path


def zero_bytes(path: Path) -> Path:
    """A file of nothing."""
    path.write_bytes(b"")
    return path


def plain_text(path: Path) -> Path:
    """A letter under an MP4's name."""
    path.write_text("Dear sir or madam,\n" * 40, encoding="utf-8")
    return path


def png(path: Path) -> Path:
    """A picture under an MP4's name."""
    Image.fromarray(page(["NORTH 100"])).save(path, format="PNG")
    return path


CORRUPT: dict[str, Callable[[Path], Path]] = {
    "truncated": truncated,
    "without_index": without_index,
    "flipped_bits": flipped_bits,
    "audio_only": audio_only,
    "encrypted": encrypted,
    "unknown_codec": unknown_codec,
    "no_pictures": no_pictures,
    "renamed_mkv": renamed_mkv,
    "concat_text": concat_text,
    "zero_bytes": zero_bytes,
    "plain_text": plain_text,
    "png": png,
}


def main(folder: Path) -> None:
    """Write the tiny video and every corrupt one into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text_video(folder / "tiny.mp4")
    for name, make in CORRUPT.items():
        make(folder / f"{name}.mp4")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
