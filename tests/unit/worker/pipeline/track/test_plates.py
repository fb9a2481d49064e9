"""What a video's plates say of each other."""

import pytest

from config.regions import ANYWHERE
from worker.pipeline.ocr.plates.origin import as_issued, origin
from worker.pipeline.track.plates import told_apart
from worker.pipeline.track.tracker import TrackText

CROATIAN = ("ZG123AB", "ST4567CD", "RI1234F", "DU987KL", "ZD1111C")


def track(number, text, class_name="plate", confidence=0.95):
    return TrackText(number, text, class_name, 0, 1000, confidence, 25)


def texts(tracks, region=ANYWHERE):
    return [one.text for one in told_apart(tracks, region)]


@pytest.mark.parametrize(
    ("numbers", "country"),
    [
        (["KTR4827", "ABC1D23"], "br"),
        (["6ABC123", "KTR4827"], "us"),
        (["BXY1234", "HHAB1234", "KFG99"], "de"),
        (["1234BCD", "5678FGH", "0123KLM"], "es"),
        (["AB12CDE", "R123ABC", "XYZ123A"], "gb"),
        (["AB12CDE", "R123ABC"], ANYWHERE),
        (CROATIAN, "hr"),
        (["KTR4827"], ANYWHERE),
        ([], ANYWHERE),
        (["HELLO", "CEMENT"], ANYWHERE),
    ],
)
def test_several_plates_tell_where_they_were_issued(numbers, country):
    assert origin(numbers) == country
    assert origin(reversed(numbers)) == country


def test_a_plate_from_elsewhere_or_read_wrong_changes_nothing():
    assert origin([*CROATIAN, "ZG4321CC", "KTR4827"]) == "hr"
    assert origin(["ZGO23AB", *CROATIAN[1:]]) == "hr"


def test_the_same_plate_seen_ten_times_is_one():
    assert origin(["KTR4827"] * 10) == origin(["KTR4827"])


@pytest.mark.parametrize(
    ("number", "region", "issued"),
    [
        ("RK30OAG", "hr", "RK300AG"),
        ("6OOC123", "us", "6OOC123"),
        ("6O0CI23", "us", "6OOC123"),
        ("HELLO", "us", "HELLO"),
        ("RK30OAG", "es", "RK30OAG"),
    ],
)
def test_a_number_is_written_as_its_country_issues_it(number, region, issued):
    assert as_issued(number, region) == issued


def test_plates_of_one_country_tell_a_letter_from_a_digit_on_another():
    """On Croatian plates O and 0 are one sign: two letters, three or four digits, one or two."""
    tracks = [track(at, number) for at, number in enumerate(CROATIAN, 1)]
    tracks += [track(8, "RK 30O-AG"), track(9, "GOOD 0IL", "text")]

    assert texts(tracks) == [*CROATIAN, "RK 300-AG", "GOOD 0IL"]


def test_without_other_plates_a_number_stays_as_it_was_read():
    assert texts([track(1, "RK 30O-AG")]) == ["RK 30O-AG"]
    assert texts([track(1, "RK 30O-AG")], "hr") == ["RK 300-AG"]


def test_plates_read_with_little_confidence_tell_nothing():
    doubtful = [track(at, number, confidence=0.5) for at, number in enumerate(CROATIAN, 1)]

    assert texts([*doubtful, track(8, "RK30OAG")])[-1] == "RK30OAG"


def test_the_line_on_a_plate_says_what_the_plate_says():
    tracks = [track(at, number) for at, number in enumerate(CROATIAN, 1)]
    tracks += [track(8, "RK 30O-AG"), track(9, "RK30OAG", "text")]

    assert texts(tracks)[5:] == ["RK 300-AG", "RK300AG"]
