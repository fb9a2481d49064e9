"""What the command of figures calls broken; the figures themselves are no test's."""

import pytest

from tests.faults.figures import Figure, report


@pytest.mark.parametrize(
    ("figure", "line", "status"),
    [
        (Figure("within", 5.0, 5), "within: 5.00 s (5 s)", 0),
        (Figure("over", 5.01, 5), "over: 5.01 s (5 s) BROKEN", 1),
        (Figure("other", 0.1, 5, is_so=False), "other: it was not so (5 s) BROKEN", 1),
    ],
)
def test_a_figure_over_its_bound_or_of_another_answer_is_broken(
    figure: Figure, line: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """P8 and others."""
    assert report(iter([figure, Figure("last", 0, 1)])) == status
    assert capsys.readouterr().out.splitlines() == [line, "last: 0.00 s (1 s)"]
