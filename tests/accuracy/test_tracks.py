from tests.accuracy.voting import measure


def test_a_text_voted_over_its_track_is_read_better_than_in_its_best_frame() -> None:
    """On shaken, blurred, partly covered videos; `python -m tests.accuracy.voting` takes more."""
    figures = measure(videos=20, frames=8)

    assert figures.voted.exact > figures.most_confident_frame.exact
    assert figures.voted.edits <= figures.most_confident_frame.edits / 2
