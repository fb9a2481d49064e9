from pathlib import Path

import av
import numpy as np
import pytest

from tests.benchmarks.videos import made
from tests.benchmarks.videos.made import made_video


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(made, "FOLDER", tmp_path / "made")
    return tmp_path / "made"


def test_the_same_seed_makes_the_same_bytes(folder: Path) -> None:
    first = made_video("mixed", seed=5, frames=3).path.read_bytes()
    for file in folder.iterdir():
        file.unlink()

    assert made_video("mixed", seed=5, frames=3).path.read_bytes() == first
    assert made_video("mixed", seed=6, frames=3).path.read_bytes() != first


def test_a_video_is_made_once(folder: Path) -> None:
    path = made_video("still", seed=5, frames=2).path
    made_at = path.stat().st_mtime_ns
    made_video("still", seed=5, frames=2)

    assert path.stat().st_mtime_ns == made_at
    assert sorted(file.suffix for file in folder.iterdir()) == [".json", ".mp4"]


def test_the_ink_is_where_the_truth_says() -> None:
    video = made_video("still", seed=5, frames=1)
    with av.open(str(video.path)) as opened:
        [frame] = opened.decode(video=0)
        grey = frame.to_ndarray(format="gray").astype(int)
    for line in video.truth[0]:
        left, top, right, bottom = map(int, line.box)
        inside = np.ptp(grey[top:bottom, left:right])
        beside = np.ptp(grey[top:bottom, left - 6 : left - 2])
        assert inside > 100 > 3 * beside


def test_a_video_can_be_led_and_repeated() -> None:
    video = made_video("still", seed=5, frames=2)
    for path, frames in ((video.led(3), 5), (video.repeated(4), 8)):
        with av.open(str(path)) as opened:
            assert opened.streams.video[0].frames == frames
