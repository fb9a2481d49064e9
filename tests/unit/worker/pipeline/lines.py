"""Frames with lines of text that change, move, fade or jitter, through a real encoder and back."""

from dataclasses import dataclass

import av
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.data.videos import write_video

FONT = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
SIZE = (640, 352)
GROUND = 120
# Like a recording: what a frame does not change costs nothing, a key frame only at the start.
CODED = {"preset": "fast", "crf": "23", "g": "250", "threads": "1"}


@dataclass(frozen=True)
class Line:
    """A line of text: what it says, where its left top corner is, how it looks."""

    text: str
    left: float = 60.0
    top: float = 100.0
    pixels: int = 24
    contrast: int = 100

    @property
    def box(self):
        """The box around its letters, in pixels."""
        left, top, right, bottom = self._font().getbbox(self.text)
        return (self.left + left, self.top + top, self.left + right, self.top + bottom)

    def _font(self):
        return ImageFont.truetype(FONT, self.pixels)

    def draw(self, draw):
        """Put it on a grey ground."""
        shade = GROUND + self.contrast
        draw.text((self.left, self.top), self.text, font=self._font(), fill=(shade,) * 3)


def picture(*lines):
    """RGB, uint8, of SIZE."""
    image = Image.new("RGB", SIZE, (GROUND,) * 3)
    draw = ImageDraw.Draw(image)
    for line in lines:
        line.draw(draw)
    return np.asarray(image)


def decoded(folder, pictures):
    """The pictures as a viewer gets them, BGR: encoded and decoded."""
    path = write_video(folder / "lines.mp4", pictures, rate=25, options=CODED)
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
