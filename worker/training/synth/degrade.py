"""What cameras, codecs and editors do to a picture, on a finished scene."""

import fractions
import io

import av
import cv2
import numpy as np

from worker.training.synth.background.textures import noise
from worker.training.synth.patch import Picture, as_picture
from worker.training.synth.rng import Rng


def degrade(rng: Rng, scene: Picture) -> Picture:
    """A (side, side, 3) scene as a camera would have it and a codec would leave it."""
    if rng.bernoulli(0.12):
        scene = as_picture(scene * np.float32(rng.uniform(0.2, 0.6)) + rng.uniform(0, 15))
    scene = _softened(rng, scene)
    if rng.bernoulli(0.6):
        scene = _toned(rng, scene)
    if rng.bernoulli(0.1):
        scene = _grey(scene)
    if rng.bernoulli(0.4):
        scene = _noisy(rng, scene)
    if rng.bernoulli(0.3):
        scene = _sharpened(rng, scene)
    return _compressed(rng, scene)


def video_frame(scene: Picture, *, quality: int, shift: int, frames: int = 2) -> Picture:
    """The last of ``frames`` frames of an H.264 video in which the scene moves by ``shift``.

    ``quality`` is libx264's constant rate factor. Needs even sides. A frame that is
    predicted from the one before smears fine strokes in a way a still never shows.
    """
    moved = [np.roll(scene, shift * (frames - 1 - at), axis=1) for at in range(frames)]
    video = io.BytesIO()
    with av.open(video, "w", format="mp4") as writer:
        # One thread and no look-ahead into time: the same bytes every run.
        options = {"crf": str(quality), "preset": "veryfast", "threads": "1"}
        track = writer.add_stream("libx264", rate=fractions.Fraction(25), options=options)
        track.height, track.width = scene.shape[:2]
        track.pix_fmt = "yuv420p"
        for picture in moved:
            writer.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        writer.mux(track.encode(None))
    video.seek(0)
    with av.open(video, "r", format="mp4") as reader:
        decoded = [frame.to_ndarray(format="bgr24") for frame in reader.decode(video=0)]
    return np.asarray(decoded[-1], np.uint8)


def _softened(rng: Rng, scene: Picture) -> Picture:
    roll = rng.uniform(0, 1)
    if roll < 0.3:
        return np.asarray(cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.4, 1.3)), np.uint8)
    if roll < 0.4:
        return _moved(rng, scene)
    return _rescaled(rng, scene) if roll < 0.6 else scene


def _moved(rng: Rng, scene: Picture) -> Picture:
    length = rng.integer(3, 6)
    kernel = np.zeros((length, length), np.float32)
    start, end = (0, rng.integer(0, length - 1)), (length - 1, rng.integer(0, length - 1))
    cv2.line(kernel, start, end, 1, 1)
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum()), np.uint8)


def _rescaled(rng: Rng, scene: Picture) -> Picture:
    height, width = scene.shape[:2]
    scale = rng.uniform(0.5, 0.95)
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    method = rng.pick((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
    return np.asarray(cv2.resize(small, (width, height), interpolation=method), np.uint8)


def _toned(rng: Rng, scene: Picture) -> Picture:
    levels = (np.arange(256) / 255.0) ** rng.uniform(0.7, 1.4)
    table = 255 * levels * rng.uniform(0.55, 1.3) + rng.uniform(-30, 40)
    return np.asarray(cv2.LUT(scene, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def _grey(scene: Picture) -> Picture:
    grey = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def _noisy(rng: Rng, scene: Picture) -> Picture:
    height, width = scene.shape[:2]
    strength = rng.uniform(2, 12)
    if rng.bernoulli(0.3):
        return as_picture(scene + noise(rng, height, width, 2, strength)[..., None])
    channels = 3 if rng.bernoulli(0.5) else 1
    grain = rng.array.standard_normal((height, width, channels), dtype=np.float32)
    return as_picture(scene + grain * np.float32(strength))


def _sharpened(rng: Rng, scene: Picture) -> Picture:
    soft = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.8, 1.6))
    amount = rng.uniform(0.3, 1.2)
    return np.asarray(cv2.addWeighted(scene, 1 + amount, soft, -amount, 0), np.uint8)


def _compressed(rng: Rng, scene: Picture) -> Picture:
    roll = rng.uniform(0, 1)
    if roll < 0.25:
        return video_frame(scene, quality=rng.integer(20, 36), shift=rng.integer(-3, 3))
    if roll < 0.75:
        quality = [cv2.IMWRITE_JPEG_QUALITY, rng.integer(20, 92)]
        _, encoded = cv2.imencode(".jpg", scene, quality)
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return scene
