import pytest

from worker.pipeline.libraries import torch
from worker.training.loop.ctc import ctc_loss

LINES = [[1, 2], [2], [3, 1], [1]]


@pytest.fixture
def scores() -> torch.Tensor:
    return torch.randn(4, 4, 6, generator=torch.Generator().manual_seed(1))


def test_every_line_counts_alike_whatever_its_length(scores: torch.Tensor) -> None:
    alone = [ctc_loss(scores[at : at + 1], [line]) for at, line in enumerate(LINES)]

    assert float(ctc_loss(scores, LINES)) == pytest.approx(float(sum(alone)) / 4)


def test_the_worst_lines_may_be_left_out(scores: torch.Tensor) -> None:
    """One of four here: a line that its scores do not show at all."""
    scores[2, 3] = scores[2, 1] = -50

    left_out = ctc_loss(scores, LINES, left_out=0.25)

    others = [0, 1, 3]
    assert float(left_out) == pytest.approx(
        float(ctc_loss(scores[others], [LINES[at] for at in others]))
    )
    assert float(ctc_loss(scores, LINES)) > 2 * float(left_out)


def test_what_is_left_out_moves_nothing(scores: torch.Tensor) -> None:
    scores[2, 3] = scores[2, 1] = -50
    scores.requires_grad_(True)

    ctc_loss(scores, LINES, left_out=0.25).backward()

    assert scores.grad is not None
    assert not scores.grad[2].any()
    assert all(scores.grad[at].any() for at in (0, 1, 3))
