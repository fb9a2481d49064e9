from worker.pipeline.frame import Box, Detection
from worker.pipeline.track.join import Sign, pair

PLACE: Box = (100.0, 100.0, 300.0, 140.0)
SHIFTED: Box = (110.0, 104.0, 310.0, 144.0)
BELOW: Box = (100.0, 200.0, 300.0, 240.0)
FAR: Box = (1500.0, 900.0, 1700.0, 940.0)


def text(words: str, bbox: Box = PLACE, *, confidence: float = 0.9) -> Sign:
    return Sign.of(Detection(0, "text", 0.9, bbox, words, confidence))


def thing(bbox: Box, kind: str = "car") -> Sign:
    return Sign.of(Detection(1000, kind, 0.9, bbox))


def joins(before: Sign, now: Sign) -> bool:
    return pair({1: before}, [now]) == {0: 1}


def test_texts_are_one_whatever_their_case_and_spaces() -> None:
    assert joins(text("North 100"), text("NORTH  100", BELOW))


def test_things_without_text_are_joined_by_their_place() -> None:
    assert joins(thing(PLACE), thing(SHIFTED))
    assert not joins(thing(PLACE), thing(BELOW))


def test_things_of_two_classes_are_never_one() -> None:
    assert not joins(thing(PLACE, "car"), thing(PLACE, "bus"))


def test_a_caption_that_follows_another_in_its_place_is_a_new_one() -> None:
    assert not joins(text("MARKET OPENS AT SEVEN"), text("RIVER ABOVE ITS BANKS"))


def test_a_caption_half_covered_is_still_that_caption() -> None:
    half: Box = (100.0, 100.0, 200.0, 140.0)

    assert joins(text("MARKET OPENS AT SEVEN"), text("MARKET OPE", half))


def test_a_doubtful_reading_does_not_part_what_stands_in_one_place() -> None:
    assert joins(text("MARKET OPENS AT SEVEN"), text("~~ !l", SHIFTED, confidence=0.3))


def test_a_text_that_moved_beyond_its_box_is_known_by_what_it_says() -> None:
    assert joins(text("KLM 4821"), text("KLM 4827", BELOW))
    assert not joins(text("KLM 4821"), text("RST 9036", BELOW))


def test_a_text_too_far_away_or_too_short_is_not_known_again() -> None:
    assert not joins(text("KLM 4821"), text("KLM 4821", FAR))
    assert not joins(text("EXI"), text("EXI", BELOW))


def test_a_text_of_twice_the_size_is_another_text() -> None:
    large: Box = (100.0, 150.0, 500.0, 250.0)

    assert not joins(text("KLM 4821"), text("KLM 4821", large))


def test_of_two_lines_that_change_places_each_is_known_by_its_text() -> None:
    before = {1: text("KLM 4821", PLACE), 2: text("RST 9036", BELOW)}

    assert pair(before, [text("RST 9036", PLACE), text("KLM 4821", BELOW)]) == {0: 2, 1: 1}


def test_a_track_goes_on_with_one_detection_only_the_nearest() -> None:
    before = {7: thing(PLACE)}

    assert pair(before, [thing(SHIFTED), thing(PLACE)]) == {1: 7}


def test_between_equals_the_older_track_goes_on() -> None:
    before = {2: thing(PLACE), 1: thing(PLACE)}

    assert pair(before, [thing(PLACE)]) == {0: 1}
