"""A video of four seconds, and a result of it in which every frame is told from the others."""

from pathlib import Path

from tests.browser.library import Result, found
from tests.data.videos import Picture, page, write_video
from worker.pipeline.frame import Detection, FrameResult
from worker.pipeline.track.tracker import TrackText

WIDTH, HEIGHT = 640, 360
RATE = 10
FRAMES = 40
STRIDE = 2
SIGN = "HARBOUR 100"
PLATE = "KTR 4827"
CAPTION = "FERRY RESUMES TONIGHT"
# What somebody may paint on a wall before a camera.
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>"
CAPTION_FROM_MS = 2000
PLATE_COLOUR = (250, 204, 60)


def street_video(path: Path) -> Path:
    """A plate that moves to the right, 10 pixels a frame."""
    return write_video(path, (_picture(index) for index in range(FRAMES)), rate=RATE)


def street_result() -> Result:
    """Every second frame, with the boxes where the pictures have them."""
    frames = [_frame(index) for index in range(0, FRAMES, STRIDE)]
    last_ms = frames[-1].timestamp_ms
    return Result(
        frames=frames,
        tracks=[
            TrackText(1, SIGN, "text", 0, last_ms, 0.97, len(frames)),
            TrackText(2, PLATE, "plate", 0, last_ms, 0.99, len(frames)),
            TrackText(3, CAPTION, "text", CAPTION_FROM_MS, last_ms, 0.96, len(frames) // 2),
            TrackText(4, HOSTILE, "text", 1000, 1400, 0.91, 3),
        ],
        width=WIDTH,
        height=HEIGHT,
        duration_ms=FRAMES * 1000 // RATE,
        frames_decoded=FRAMES,
        stride=STRIDE,
    )


def plate_box(index: int) -> tuple[float, float, float, float]:
    """Where the plate is in a frame."""
    return 20.0 + 10 * index, 200.0, 150.0 + 10 * index, 240.0


def _picture(index: int) -> Picture:
    picture = page([SIGN], size=(WIDTH, HEIGHT)).copy()
    x1, y1, x2, y2 = map(int, plate_box(index))
    picture[y1:y2, x1:x2] = PLATE_COLOUR
    return picture


def _frame(index: int) -> FrameResult:
    ms = index * 1000 // RATE
    x1, y1, x2, y2 = plate_box(index)
    detections: list[Detection] = [
        found("text", (38, 34, 366, 74), SIGN, track_id=1),
        found("plate", (x1, y1, x2, y2), PLATE, track_id=2),
        found("text", (x1 + 6, y1 + 4, x2 - 6, y2 - 4), PLATE),
    ]
    if ms >= CAPTION_FROM_MS:
        detections.append(found("text", (60, 310, 580, 345), CAPTION, track_id=3))
    if 1000 <= ms <= 1400:
        detections.append(found("text", (350, 100, 630, 130), HOSTILE, track_id=4))
    return FrameResult(index, ms, tuple(detections), "")
