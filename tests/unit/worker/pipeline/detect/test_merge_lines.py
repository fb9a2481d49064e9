"""Lines of text that were found in parts."""

import numpy as np
import pytest

from worker.pipeline.detect.merge_lines import joined_lines


def rows(*boxes):
    return np.array([(*box, 0) for box in boxes], np.float32).reshape(-1, 6)


def test_parts_of_one_line_become_one_as_long_as_both_and_as_sure_as_the_surer():
    """PIP-2"""
    found = joined_lines(rows((10, 20, 300, 40, 0.9), (60, 21, 420, 41, 0.6)))

    assert found[:, :5] == pytest.approx(np.array([(10, 20, 420, 40, 0.9)]))


def test_a_piece_between_two_others_joins_all_three():
    parts = (10, 20, 120, 40, 0.9), (200, 20, 320, 40, 0.8), (100, 20, 220, 40, 0.5)

    assert joined_lines(rows(*parts))[:, [0, 2]].tolist() == [[10, 320]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((305, 20, 420, 40, 0.6), id="beside it"),
        pytest.param((60, 44, 420, 64, 0.6), id="the next line"),
        pytest.param((60, 20, 420, 90, 0.6), id="much higher"),
    ],
)
def test_what_is_no_piece_of_a_line_stays_by_itself(other):
    line = (10, 20, 300, 40, 0.9)

    assert joined_lines(rows(line, other)).tolist() == rows(line, other).tolist()


def test_parts_of_a_line_that_runs_up_become_one_too():
    found = joined_lines(rows((20, 10, 40, 300, 0.9), (21, 60, 41, 420, 0.6)))

    assert found[:, :5] == pytest.approx(np.array([(20, 10, 40, 420, 0.9)]))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((20, 290, 44, 318, 0.6), id="as wide as high"),
        pytest.param((20, 305, 40, 420, 0.6), id="above it"),
        pytest.param((44, 60, 64, 420, 0.6), id="the next line"),
    ],
)
def test_what_is_no_piece_of_a_line_that_runs_up_stays_by_itself(other):
    line = (20, 10, 40, 300, 0.9)

    assert joined_lines(rows(line, other)).tolist() == rows(line, other).tolist()


def test_the_most_confident_lines_come_first_and_no_line_is_no_trouble():
    found = joined_lines(rows((40, 0, 80, 9, 0.5), (90, 0, 150, 9, 0.4), (0, 0, 50, 9, 0.3)))

    assert found[:, 4] == pytest.approx([0.5, 0.4])
    assert joined_lines(rows()).shape == (0, 6)
