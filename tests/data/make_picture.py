"""Draws a frame of a video with the boxes and readings of its results: the README's picture.

`python -m tests.data.make_picture VIDEO RESULTS.json SECONDS OUT.jpg`
"""

import json
import sys
from pathlib import Path
from typing import Any

import av
import matplotlib
from PIL import Image, ImageDraw, ImageFont

FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans-Bold.ttf"
COLOURS = {"text": "#19d3a2", "plate": "#ffb000"}
INK = "#10151c"
SIZE = 20
SURE = 0.6


def main() -> None:
    """Draw the analysed frame nearest to SECONDS."""
    video, results, seconds, out = sys.argv[1:]
    frames = json.loads(Path(results).read_text())["results"]
    frame = min(
        frames, key=lambda each: abs(each["result"]["timestamp_ms"] / 1000 - float(seconds))
    )
    picture = picture_of(video, frame["frame_index"])
    for detection in frame["result"]["detections"]:
        if detection.get("text_confidence", 0.0) >= SURE:
            draw(ImageDraw.Draw(picture), detection)
    picture.save(out, quality=88)


def picture_of(video: str, frame_index: int) -> Image.Image:
    with av.open(video) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index == frame_index:
                return frame.to_image()
    raise SystemExit(f"{video} has no frame {frame_index}")


def draw(canvas: ImageDraw.ImageDraw, detection: dict[str, Any]) -> None:
    left, top, right, bottom = detection["bbox"]
    colour = COLOURS.get(detection["class_name"], "#ff5d8f")
    font = ImageFont.truetype(str(FONT), SIZE)
    label = f"{detection['text']}  {detection['text_confidence']:.2f}"
    width = font.getlength(label) + 10
    above = top - SIZE - 8 if top > SIZE + 8 else bottom
    canvas.rectangle([left, top, right, bottom], outline=colour, width=3)
    canvas.rectangle([left, above, left + width, above + SIZE + 8], fill=colour)
    canvas.text((left + 5, above + 2), label, font=font, fill=INK)


if __name__ == "__main__":
    main()
