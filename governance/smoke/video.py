"""A short video that shows one line of text: `python -m governance.smoke.video TEXT FILE`.

A program of its own, because it needs the worker's packages and the other checks do not.
"""

import sys
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 720)
FRAMES, RATE = 20, 10
FONT_PIXELS = 56


def write_video(text: str, path: Path) -> None:
    """Write an MP4 (H.264, 1280 by 720, two seconds) whose every frame shows the text."""
    picture = np.asarray(_picture(text))
    with av.open(str(path), "w", format="mp4") as video:
        stream = video.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _ in range(FRAMES):
            video.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        video.mux(stream.encode())


def _picture(text: str) -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    font = ImageFont.load_default(FONT_PIXELS)
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    ImageDraw.Draw(image).text(middle, text, fill="black", font=font, anchor="mm")
    return image


if __name__ == "__main__":
    write_video(sys.argv[1], Path(sys.argv[2]))
