import pytest

from tests.benchmarks.pairs import Spread, alternate, spread


def test_the_first_of_a_pair_is_the_second_of_the_next() -> None:
    order: list[str] = []

    def run(name: str) -> str:
        order.append(name)
        return f"{name} {len(order)}"

    pairs = alternate(lambda: run("one"), lambda: run("other"), pairs=3, name="test")

    assert order == ["one", "other", "other", "one", "one", "other"]
    assert pairs == [("one 1", "other 2"), ("one 4", "other 3"), ("one 5", "other 6")]


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ([3.0], Spread(3.0, 3.0, 3.0)),
        ([4.0, 2.0], Spread(3.0, 2.5, 3.5)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], Spread(3.0, 2.0, 4.0)),
        # One run that was disturbed moves neither the median nor a quartile.
        ([900.0, 1.0, 4.0, 2.0, 3.0], Spread(3.0, 2.0, 4.0)),
    ],
)
def test_a_spread_is_the_median_and_the_quartiles(figures: list[float], expected: Spread) -> None:
    assert spread(figures) == expected
