"""Makes the sample video of `forgesyte demo` and the truth about it: service/cli/sample/.

A harbour at dusk in two shots: a sign on a shed, a car with a number plate that drives along the
quay, captions that change, a running clock; the first and the last frames carry no text. What the
video uses stays out of the detector's training (worker/training/synth/held_out.py).

    python tests/data/make_sample.py [FOLDER]
"""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SEED = 1911
WIDTH, HEIGHT = 1280, 720
RATE = 25
FRAMES = 250
FRAME_MS = 1000 // RATE
QUAY_Y = 500
NOISE = 4.0
FOLDER = Path(__file__).parents[2] / "service" / "cli" / "sample"

Frame = np.ndarray
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Style:
    """How a text is set: a DejaVu font, pixels of its size, ink and ground."""

    font: str
    size: int
    ink: tuple[int, int, int]
    ground: tuple[int, int, int]
    padding: int


SIGN = Style("DejaVuSerif-Bold", 58, (28, 38, 58), (226, 219, 198), 18)
SIGN_TWO = Style("DejaVuSans-Bold", 44, (240, 236, 220), (36, 78, 84), 18)
PLATE = Style("DejaVuSans-Bold", 34, (22, 22, 26), (232, 226, 170), 8)
CAPTION = Style("DejaVuSans-Bold", 44, (250, 250, 250), (24, 34, 92), 16)
CLOCK = Style("DejaVuSansMono-Bold", 28, (250, 250, 250), (16, 16, 20), 8)


@dataclass(frozen=True)
class Placed:
    """A text on the screen from one frame to another, both included; speed in pixels a frame."""

    text: str
    kind: str
    style: Style
    first: int
    last: int
    x: int
    y: int
    speed: float = 0.0

    def at(self, frame: int) -> tuple[int, int]:
        """Left and top of the text's ground in a frame."""
        return round(self.x + self.speed * (frame - self.first)), self.y


def placed_texts() -> list[Placed]:
    """Every text of the video, the order in which they are drawn."""
    return [
        Placed("BOATHOUSE LANDING", "sign", SIGN, 20, 129, 260, 236),
        Placed("PIER SEVENTEEN", "sign", SIGN_TWO, 130, 234, 690, 262),
        Placed("KTR 4827", "plate", PLATE, 45, 124, 96, 526, speed=7.0),
        Placed("KTR 4827", "plate", PLATE, 140, 219, 1010, 526, speed=-6.0),
        Placed("HARBOUR BULLETIN", "caption", CAPTION, 20, 79, 80, 626),
        Placed("FERRY RESUMES TONIGHT", "caption", CAPTION, 80, 149, 80, 626),
        Placed("STORM PASSES NORTHWARD", "caption", CAPTION, 155, 229, 80, 626),
        *(_clock(second) for second in range(9)),
    ]


def truth() -> dict[str, object]:
    """What can be read in the video: spans in milliseconds, boxes in pixels."""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "frames": FRAMES,
        "frame_ms": FRAME_MS,
        "texts": [_span(text) for text in placed_texts()],
    }


def frames() -> Iterator[Frame]:
    """The video's frames, uint8 (720, 1280, 3), RGB; the same at every call."""
    noise = np.random.default_rng(SEED)
    backgrounds = [_background(0), _background(1)]
    for index in range(FRAMES):
        scene = _water(backgrounds[index >= 130].copy(), index)
        image = Image.fromarray(scene)
        draw = ImageDraw.Draw(image)
        for text in placed_texts():
            if text.first <= index <= text.last:
                _draw(draw, text, index)
        grain = noise.normal(0.0, NOISE, (HEIGHT, WIDTH, 1))
        yield np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)


def write_video(path: Path) -> None:
    """Encode the frames as H.264 in an MP4 that can be played while it loads."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, RATE)
        # One thread: with more, the bytes depend on how many there are.
        video.options = {"b": "1100k", "maxrate": "1600k", "bufsize": "1600k", "threads": "1"}
        for frame in frames():
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(video.encode())


def _clock(second: int) -> Placed:
    first = max(20, second * RATE + 5)
    last = min(234, (second + 1) * RATE + 4)
    return Placed(f"20:14:{second + 7:02d}", "clock", CLOCK, first, last, 1090, 36)


def _span(text: Placed) -> dict[str, object]:
    first, last = _box(text, text.first), _box(text, text.last)
    return {
        "text": text.text,
        "kind": text.kind,
        "first_ms": text.first * FRAME_MS,
        "last_ms": text.last * FRAME_MS,
        "first_box": list(first),
        "last_box": list(last),
    }


def _box(text: Placed, frame: int) -> Box:
    x, y = text.at(frame)
    left, top, right, bottom = _font(text.style).getbbox(text.text)
    pad = text.style.padding
    return x + pad, y + pad, x + pad + int(right - left), y + pad + int(bottom - top)


def _font(style: Style) -> ImageFont.FreeTypeFont:
    path = files("matplotlib") / "mpl-data" / "fonts" / "ttf" / f"{style.font}.ttf"
    return ImageFont.truetype(str(path), style.size)


def _draw(draw: ImageDraw.ImageDraw, text: Placed, frame: int) -> None:
    left, top, right, bottom = _box(text, frame)
    pad = text.style.padding
    if text.kind == "plate":
        _car(draw, text, left, top)
    if text.kind == "sign":
        draw.rectangle((left - 26, top - 26, right + 26, bottom + 26), fill=(70, 52, 40))
    ground = (left - pad, top - pad, right + pad, bottom + pad)
    draw.rectangle(ground, fill=text.style.ground)
    offset = _font(text.style).getbbox(text.text)
    draw.text((left - offset[0], top - offset[1]), text.text, text.style.ink, _font(text.style))


def _car(draw: ImageDraw.ImageDraw, text: Placed, left: int, top: int) -> None:
    body = (150, 44, 40) if text.speed > 0 else (52, 84, 128)
    draw.rounded_rectangle((left - 90, top - 34, left + 262, top + 46), 22, fill=body)
    draw.rounded_rectangle((left - 30, top - 92, left + 202, top - 26), 28, fill=body)
    draw.rounded_rectangle((left - 14, top - 80, left + 78, top - 36), 10, fill=(60, 78, 92))
    draw.rounded_rectangle((left + 92, top - 80, left + 186, top - 36), 10, fill=(60, 78, 92))
    for wheel in (left - 36, left + 208):
        draw.ellipse((wheel - 28, top + 20, wheel + 28, top + 76), fill=(20, 20, 22))


def _background(shot: int) -> Frame:
    """Sky, hills, a shed or a pier hall, and the quay, as float-free uint8."""
    rows = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
    dusk, glow = np.array([(44, 62, 104), (66, 58, 92)][shot]), np.array((214, 148, 108))
    sky = (dusk * (1 - rows) + glow * rows).repeat(WIDTH, axis=1)
    image = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    generator = np.random.default_rng(SEED + shot)
    _hills(draw, generator)
    _buildings(draw, generator, shot)
    draw.rectangle((0, QUAY_Y, WIDTH, HEIGHT), fill=(104, 100, 98))
    for x in range(-40, WIDTH, 96):
        draw.line((x, QUAY_Y, x - 60, HEIGHT), fill=(84, 80, 80), width=3)
    draw.line((0, QUAY_Y, WIDTH, QUAY_Y), fill=(58, 54, 56), width=6)
    return np.asarray(image)


def _hills(draw: ImageDraw.ImageDraw, generator: np.random.Generator) -> None:
    phases = generator.uniform(0, 2 * math.pi, 3)
    ridge = [
        (x, 330 + sum(28 / (n + 1) * math.sin(x / (210 / (n + 1)) + phases[n]) for n in range(3)))
        for x in range(0, WIDTH + 8, 8)
    ]
    draw.polygon([(0, QUAY_Y), *ridge, (WIDTH, QUAY_Y)], fill=(52, 60, 74))


def _buildings(draw: ImageDraw.ImageDraw, generator: np.random.Generator, shot: int) -> None:
    left, right = [(250, 1070), (620, 1220)][shot]
    wall = [(122, 86, 66), (142, 138, 128)][shot]
    for x in (int(value) for value in generator.integers(0, WIDTH - 90, 5)):
        top = int(generator.integers(300, 380))
        draw.rectangle((x, top, x + 90, QUAY_Y), fill=(74, 76, 84))
    draw.rectangle((left, 190, right, QUAY_Y), fill=wall)
    draw.polygon(
        [(left - 30, 190), ((left + right) // 2, 110), (right + 30, 190)], fill=(60, 46, 44)
    )
    for x in range(left + 50, right - 90, 150):
        draw.rectangle((x, 372, x + 74, 462), fill=(232, 190, 112))
        draw.line((x + 37, 372, x + 37, 462), fill=(60, 46, 44), width=5)


def _water(scene: Frame, index: int) -> Frame:
    """A strip of moving water between the hills and the quay."""
    x, y = np.arange(WIDTH)[None, :], np.arange(60)[:, None]
    waves = 10 * np.sin(x / 23 + index / 6 + y / 3) + 8 * np.sin(x / 57 - index / 9 + y / 7)
    strip = scene[QUAY_Y - 60 : QUAY_Y].astype(np.float64)
    mask = (np.abs(strip - (52, 60, 74)).sum(axis=2) < 12)[:, :, None]
    moved = np.where(mask, np.array((70, 92, 118)) + waves[:, :, None], strip)
    scene[QUAY_Y - 60 : QUAY_Y] = np.clip(moved, 0, 255).astype(np.uint8)
    return scene


def main(folder: Path) -> None:
    """Write sample.mp4 and sample.json."""
    write_video(folder / "sample.mp4")
    (folder / "sample.json").write_text(json.dumps(truth(), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
