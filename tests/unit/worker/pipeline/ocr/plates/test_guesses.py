"""What scores of the plate reader may say: guesses, their probabilities, what formats say."""

import numpy as np
import pytest

from config.regions import REGIONS
from worker.pipeline.libraries import torch
from worker.pipeline.ocr.plates.formats import COUNTRIES, is_issued, odds
from worker.pipeline.ocr.plates.guesses import guesses, probabilities, readings_of
from worker.pipeline.ocr.plates.network import ALPHABET

CLASSES = "-" + ALPHABET


def scores_of(*columns):
    """Scores (37, columns): each column gives some classes a probability; - is none."""
    shares = np.full((len(CLASSES), len(columns)), 1e-9)
    for at, column in enumerate(columns):
        for character, share in column.items():
            shares[CLASSES.index(character), at] = share
    return torch.tensor(np.log(shares), dtype=torch.float32)


def certain(text):
    return [{character: 1.0} for character in text]


def test_a_certain_text_is_the_only_guess():
    assert guesses(scores_of(*certain("K-T4"))) == ["KT4"]


def test_doubtful_characters_are_exchanged_for_the_next_likely_one_or_two_at_a_time():
    found = guesses(scores_of({"0": 0.6, "O": 0.3, "Q": 0.1}, {"-": 1}, {"8": 0.7, "B": 0.3}))

    assert {"08", "O8", "0B", "OB", "QB"} <= set(found)


def test_a_probability_counts_every_way_to_lay_the_text_over_the_columns():
    scores = scores_of({"A": 0.6, "-": 0.4}, {"A": 0.5, "-": 0.5})

    [alone] = probabilities(scores[None], ["A"])
    [of_both] = probabilities(torch.stack([scores, scores_of(*certain("B-"))]), ["A"])

    assert alone == pytest.approx(0.6 * 0.5 + 0.4 * 0.5 + 0.6 * 0.5)
    assert of_both == pytest.approx(alone / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("number", "issued"),
    [("3KVT590", True), ("LKVT59B", False), ("AB12CDE", True), ("1234BCD", True), ("HELLO", False)],
)
def test_numbers_of_general_issue_are_told_by_their_format(number, issued):
    assert is_issued(number) is issued


def test_a_format_decides_between_two_readings_that_are_nearly_as_likely():
    scores = scores_of({"I": 0.6, "1": 0.4}, *certain("QRD573"))

    best, other = readings_of(scores[None])

    assert (best.text, other.text) == ("1QRD573", "IQRD573")
    assert best.confidence + other.confidence == pytest.approx(1, abs=1e-4)


def test_a_format_does_not_overrule_what_is_clear():
    best, *_ = readings_of(scores_of({"B": 0.96, "8": 0.04}, *certain("QRD57K"))[None])

    assert best.text == "BQRD57K"


@pytest.mark.parametrize(
    ("characters", "number"),
    [("BA3O2OZ", "BA302OZ"), ("1NG34I", "ING341"), ("KTR4827", "KTR4827"), ("O1O1", "O1O1")],
)
def test_what_looks_alike_is_told_apart_by_the_format(characters, number):
    """The network is sure of O and 0 though on many plates they are one sign."""
    likes = {"O": "0", "0": "O", "I": "1", "1": "I"}
    columns = [{one: 0.97, likes.get(one, "-"): 0.03} for one in characters]

    best, *_ = readings_of(scores_of(*columns)[None])

    assert best.text == number


@pytest.mark.parametrize(("region", "number"), [("auto", "AB120CD"), ("gb", "AB12OCD")])
def test_a_region_names_the_formats_that_count(region, number):
    scores = scores_of(*certain("AB12"), {"O": 0.9, "0": 0.1}, *certain("CD"))

    best, *_ = readings_of(scores[None], region)

    assert best.text == number


def test_a_region_is_a_country_and_its_states_count_as_it():
    assert {code.partition("-")[0] for code in COUNTRIES} == set(REGIONS)
    assert is_issued("6ABC123", "us")
    assert not is_issued("6ABC123", "br")
    assert odds("ABC1D23", "br") > odds("ABC1D23") > odds("ABC1D23", "us") == 1


@pytest.mark.parametrize(("common", "rare"), [("TZC207", "TZCZ07"), ("TNP222", "TNP22Z")])
def test_in_a_country_a_format_of_many_states_is_above_one_of_a_single_large_state(common, rare):
    """TZC 207 was read as TZC Z07, since Florida alone outweighed what a dozen states issue."""
    assert odds(common, "us") > 2 * odds(rare, "us")


def test_scores_of_nothing_say_nothing():
    assert readings_of(scores_of(*certain("----"))[None]) == ()


@pytest.mark.parametrize(("characters", "word"), [("N0PARKING", "NOPARKING"), ("SL0W", "SLOW")])
def test_a_word_on_a_sign_has_no_zero_in_it(characters, word):
    """The network knows no words: on signs that were taken for plates it was sure of a zero."""
    columns = [{one: 0.97, "O": 0.03} if one == "0" else {one: 1.0} for one in characters]

    best, *_ = readings_of(scores_of(*columns)[None])

    assert best.text == word
