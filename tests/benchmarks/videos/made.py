"""Makes the benchmarks' videos and the truth about them, once, into a folder outside of git."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.truth import Line, Truth, dump_truth, load_truth
from tests.benchmarks.videos.drawing import (
    Picture,
    background,
    grains,
    ink_box,
    panel,
)
from tests.benchmarks.videos.encoding import encode, repeat, with_lead
from tests.benchmarks.videos.scene import HEIGHT, KINDS, RATE, WIDTH, Region, Shown, scene
from tests.benchmarks.videos.traps import trap

FOLDER = Path(__file__).parents[3] / ".cache" / "benchmarks"
SIZE = WIDTH, HEIGHT


@dataclass(frozen=True, slots=True)
class Made:
    """A video of seeded text: its file, its number of frames, and what each of them shows."""

    path: Path
    frames: int
    truth: Truth

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.frames / RATE

    def led(self, frames: int) -> Path:
        """The same video after so many repetitions of its first frame."""
        return _once(
            f"{self.path.stem}-led{frames}.mp4", lambda path: with_lead(self.path, path, frames)
        )

    def repeated(self, times: int) -> Path:
        """The same video so many times over, in one file."""
        return _once(f"{self.path.stem}-x{times}.mp4", lambda path: repeat(self.path, path, times))


def made_video(kind: str, *, seed: int, frames: int) -> Made:
    """A video of a kind of KINDS or TRAPS; made anew only where its makers have changed."""
    regions = (scene if kind in KINDS else trap)(kind, seed=seed, frames=frames)
    stem = f"{kind.replace(' ', '-')}-{seed}-{frames}-{_digest()}"
    path = _once(
        f"{stem}.mp4", lambda part: encode(part, _pictures(regions, seed), size=SIZE, rate=RATE)
    )
    truth = _once(f"{stem}.json", lambda part: dump_truth(part, truth_of(regions)))
    return Made(path, frames, load_truth(truth))


def truth_of(regions: Sequence[Region]) -> Truth:
    """What each frame of a scene shows, region by region."""
    frames = zip(*regions, strict=True)
    return tuple(
        tuple(
            _line(number, shown)
            for number, texts in enumerate(frame)
            for shown in texts
            if shown.strength > 0
        )
        for frame in frames
    )


def _line(region: int, shown: Shown) -> Line:
    left, top, right, bottom = ink_box(shown.text, shown.style)
    box = shown.left + left, shown.top + top, shown.left + right, shown.top + bottom
    return Line(region, box, shown.text, shown.style.font, sure=shown.sure)


def _pictures(regions: Sequence[Region], seed: int) -> Iterator[Picture]:
    ground, noise = background(seed, SIZE), grains(seed, SIZE)
    for number, frame in enumerate(zip(*regions, strict=True)):
        picture = ground.copy()
        for texts in frame:
            if texts:
                _draw(picture, texts)
        # A few grains in turn: making one for each frame would take longer than encoding it.
        yield (picture + noise[number % len(noise)]).clip(0, 255).astype(np.uint8)


def _draw(picture: Picture, texts: Sequence[Shown]) -> None:
    first = texts[0]
    drawn = panel([(one.text, one.strength) for one in texts], first.style, first.width)
    height, width = drawn.shape[:2]
    picture[first.top : first.top + height, first.left : first.left + width] = drawn


def _once(name: str, make: Callable[[Path], None]) -> Path:
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{os.getpid()}-{name}")
        make(part)
        part.replace(path)
    return path


def _digest() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]
