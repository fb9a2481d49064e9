import pytest

from worker.pipeline.track.vote import Ballot, vote


def voted(*readings: tuple[str, float]) -> str:
    ballot = Ballot()
    for text, confidence in readings:
        ballot.add(text, confidence)
    consensus = ballot.consensus()
    assert consensus is not None
    return consensus.text


def test_one_reading_stands_as_it_is() -> None:
    ballot = Ballot()
    ballot.add("KLM 4821", 0.7)

    consensus = ballot.consensus()

    assert consensus is not None
    assert (consensus.text, consensus.confidence) == ("KLM 4821", pytest.approx(0.7))


def test_without_a_reading_there_is_no_consensus() -> None:
    assert Ballot().consensus() is None


def test_the_vote_can_say_what_no_frame_said() -> None:
    assert voted(("KLM 482I", 0.8), ("KLN 4821", 0.8), ("XLM 4821", 0.8)) == "KLM 4821"


def test_a_confident_reading_weighs_more_than_two_doubtful_ones() -> None:
    assert voted(("KLM 4821", 0.95), ("KLM 4827", 0.4), ("KLM 4827", 0.4)) == "KLM 4821"


def test_a_stray_character_in_one_reading_is_voted_out() -> None:
    assert voted(("|KLM 4821", 0.9), ("KLM 4821", 0.8), ("KLM 4821", 0.8)) == "KLM 4821"


def test_a_character_missing_in_one_reading_is_voted_in() -> None:
    assert voted(("KL 4821", 0.9), ("KLM 4821", 0.8), ("KLM 4821", 0.8)) == "KLM 4821"


def test_readings_of_a_covered_text_do_not_deny_what_they_could_not_see() -> None:
    readings = [("MARKET OP", 0.9), ("OPENS AT SEVEN", 0.9), ("MARKET OPENS AT SEVEN", 0.8)]

    assert voted(*readings) == "MARKET OPENS AT SEVEN"


def test_the_order_of_the_readings_does_not_matter() -> None:
    weights = {"KLM 482I": 0.5, "KLN 4821": 0.5, "XLM 4821": 0.5, "KLM 4B21": 0.5}

    assert vote(weights) == vote(dict(reversed(weights.items())))


def test_agreement_falls_with_dissent() -> None:
    _, unanimous = vote({"KLM 4821": 2.0})
    _, divided = vote({"KLM 4821": 1.1, "KLM 4827": 0.9})

    assert unanimous == 1.0
    assert 0.9 < divided < 1.0


@pytest.mark.parametrize("frames_a_second", [1, 5])
def test_a_clock_says_no_one_thing(frames_a_second: int) -> None:
    ballot = Ballot()
    for second in range(8):
        for _ in range(frames_a_second):
            ballot.add(f"20:14:0{second}", 0.95)

    assert ballot.consensus() is None


def test_a_clock_that_runs_for_an_hour_says_no_one_thing() -> None:
    ballot = Ballot()
    for second in range(3600):
        for _ in range(2):
            ballot.add(f"20:{second // 60:02}:{second % 60:02}", 0.9)

    assert ballot.consensus() is None


def test_a_text_misread_now_and_then_is_not_taken_for_a_clock() -> None:
    readings = ["KLM 4821", "KLM 4827", "KLM 4821", "KLN 4821", "KLM 4821", "XLM 4821"]

    assert voted(*((text, 0.95) for text in readings)) == "KLM 4821"


def test_a_text_covered_ever_otherwise_is_not_taken_for_a_clock() -> None:
    parts = ["MARKET OPENS", "KET OPENS AT NINE", "MARKET OPENS AT", "MARKET OPENS AT NINE"]

    assert voted(*((text, 0.95) for text in parts)) == "MARKET OPENS AT NINE"


def test_ten_thousand_different_misreadings_do_not_hide_the_text() -> None:
    ballot = Ballot()
    for number in range(10_000):
        ballot.add("KLM 4821", 0.9)
        ballot.add(f"{number:08}", 0.3)

    consensus = ballot.consensus()

    assert consensus is not None
    assert consensus.text == "KLM 4821"
