"""What a capable user writes by hand, and nothing of ours: YOLO's frames, pytesseract's texts.

    python baseline.py VIDEO --weights WEIGHTS --stride N [--lead N]

Prints JSON: its settings, the frames with boxes and texts, and the seconds from the first frame to
the last, without loading and warming up the model. ``vid_stride=n`` gives frames n-1, 2n-1, … of
a file; ``--lead`` says how many frames stand before the video, so that index 0 is its first.
"""

import argparse
import json
import os
import re
import sys
import time
from importlib.metadata import version
from pathlib import Path

CORES = len(os.sched_getaffinity(0))
os.environ["OMP_THREAD_LIMIT"] = "1"
# ultralytics would set both threads of the network and its checks for updates by itself.
os.environ["OMP_NUM_THREADS"] = str(CORES)
os.environ["YOLO_OFFLINE"] = "true"
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_VERBOSE"] = "false"

LINE_PIXELS = 40
# The bare box cuts letters at its ends: 0.94 of the lines exact, with the margin 0.99.
MARGIN_PIXELS = 2
CONFIDENCE, OVERLAP, INPUT_PIXELS = 0.25, 0.5, 640
LIBRARIES = ("torch", "torchvision", "ultralytics", "opencv-python", "pytesseract", "numpy")


def main() -> None:
    arguments = _arguments()
    refuse_mixed_builds(*installed_builds())
    import cv2
    import numpy as np
    import pytesseract
    import torch
    from ultralytics import YOLO

    # OMP_THREAD_LIMIT is for tesseract; torch has read it as well.
    torch.set_num_threads(CORES)
    model = YOLO(arguments.weights)
    # ultralytics takes all cores but one, which halves a machine of two.
    model.add_callback("on_predict_start", lambda _: torch.set_num_threads(CORES))
    predict = {
        "imgsz": INPUT_PIXELS,
        "conf": CONFIDENCE,
        "iou": OVERLAP,
        "device": "cpu",
        "verbose": False,
    }
    model.predict(np.zeros((720, 1280, 3), np.uint8), **predict)

    def read(picture, box) -> str:
        crop = line_crop(cv2, np, picture, box)
        return "" if crop is None else pytesseract.image_to_string(crop, config="--psm 7").strip()

    frames = []
    began = time.perf_counter()
    results = model.predict(arguments.video, stream=True, vid_stride=arguments.stride, **predict)
    for number, result in enumerate(results):
        boxes = result.boxes.xyxy.tolist()
        frames.append(
            {
                "frame_index": (number + 1) * arguments.stride - 1 - arguments.lead,
                "detections": [{"bbox": box, "text": read(result.orig_img, box)} for box in boxes],
            }
        )
    seconds = time.perf_counter() - began
    settings = {
        "libraries": {name: version(name) for name in LIBRARIES},
        "tesseract": str(pytesseract.get_tesseract_version()),
        "threads": torch.get_num_threads(),
        "predict": predict,
        "vid_stride": arguments.stride,
        "omp_thread_limit": os.environ["OMP_THREAD_LIMIT"],
    }
    sys.stderr.write(f"baseline: {json.dumps(settings)}\n")
    json.dump({"settings": settings, "seconds": seconds, "results": frames}, sys.stdout)


def installed_builds() -> tuple[str, str]:
    """Which builds of torch and torchvision are installed: "cpu", "cu130", …"""
    import torch

    found = Path(torch.__file__).parents[1] / "torchvision" / "version.py"
    torchvision = re.search(r"__version__ = '[^+']*\+?([^']*)'", found.read_text())
    return _build(torch.__version__), torchvision.group(1) if torchvision else ""


def refuse_mixed_builds(torch_build: str, torchvision_build: str) -> None:
    """End the program where torch and torchvision are not of one build: it would not be fair.

    Then torchvision's operators are missing, and ultralytics fails or takes slower ones.
    """
    if torch_build != torchvision_build:
        raise SystemExit(
            f"torch is of build {torch_build or 'unknown'}, torchvision of "
            f"{torchvision_build or 'unknown'}: install both from one index"
        )


def line_crop(cv2, np, picture, box):
    """The box and its margin, grey, dark on light, LINE_PIXELS high; None where it is empty."""
    left, top = (max(0, round(edge) - MARGIN_PIXELS) for edge in box[:2])
    right, bottom = (max(0, round(edge) + MARGIN_PIXELS) for edge in box[2:])
    crop = picture[top:bottom, left:right]
    if not crop.size:
        return None
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    # Most of a line's box is ground.
    if np.median(grey) < (int(grey.min()) + int(grey.max())) / 2:
        grey = 255 - grey
    scale = LINE_PIXELS / grey.shape[0]
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def _build(version_text: str) -> str:
    return version_text.partition("+")[2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("video")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--stride", type=int, required=True)
    parser.add_argument("--lead", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
