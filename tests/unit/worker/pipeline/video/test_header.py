import pytest

from worker.pipeline.video.header import Header


@pytest.mark.parametrize(
    ("stride", "max_frames", "sampled"),
    [(1, None, 250), (10, None, 25), (100, None, 3), (10, 7, 7), (10, 99, 25)],
)
def test_a_header_knows_how_many_frames_are_to_be_analysed(
    stride: int, max_frames: int | None, sampled: int
) -> None:
    header = Header(1280, 720, 10_000, 250, None)

    assert header.frames_sampled(stride, max_frames) == sampled
