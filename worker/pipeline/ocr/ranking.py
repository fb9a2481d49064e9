"""Chooses among what several crops of one box gave, and keeps the rest beside it."""

import math
import re
from collections.abc import Iterable, Sequence

from config.regions import ANYWHERE
from worker.pipeline.frame import LIKELY_FROM_CONFIDENCE, Reading
from worker.pipeline.ocr.plates.formats import is_issued

MOST_ALTERNATIVES = 4
# Logistic fits of "the reading is the plate's number" on the confidence's log-odds, on fresh made
# plates: python -m worker.training.reader.calibrate
PLATE_NETWORK = (0.16, 1.09)
PLATE_TESSERACT = (-2.11, 0.57)
LEAST_ODDS = 1e-4
# A line is read as a number from this probability; words, which are in no format, from more.
NUMBER_PROBABILITY, UNISSUED_NUMBER_PROBABILITY = 0.5, 0.8
SURE_CONFIDENCE = 0.8
# A time, a date, a decimal, small letters: no plate's number is written so.
NO_NUMBER = re.compile(r"\d[:.,]\d|\d/\d+/\d|[a-z]{2}")
RULE = "|"
LOOK_ALIKES = str.maketrans("OI", "01")
# What small letters and digits may be taken for, in one font or another.
SAME_SHAPE = str.maketrans("oils", "0115")
# A digit in a word, a capital behind a small letter: in codes and names, and where one is misread.
CHANGE_WITHIN_WORD = re.compile(r"(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[A-Za-z])|(?<=[A-Z])(?=\d)")
SHORTEST_NUMBER, LONGEST_NUMBER = 4, 9


def ranked(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings of a line, best first, each text once, at most one and MOST_ALTERNATIVES.

    A short reading may be confident only because half of the line was cut off, so a reading counts
    by its confidence and by its share of the longest one's letters.
    """
    found = [reading for reading in readings if reading.text]
    longest = max((len(reading.text) for reading in found), default=1)
    weight = {id(one): one.confidence * math.sqrt(len(one.text) / longest) for one in found}
    return _each_once(sorted(found, key=lambda one: (-weight[id(one)], one.text)))


def with_opinion(readings: Sequence[Reading], opinion: Reading) -> list[Reading]:
    """The readings of a line, and what the line reader says.

    Where they differ in spaces and rules alone it only makes theirs surer: it sees no gap as a
    space so well, and takes the rule between two cells for a sign. Where they differ in case and in
    signs of the same shape too, the one whose words are the more regular stands, as sure as both.
    """
    shape = _shape(opinion.text)
    alike = [reading for reading in readings if _shape(reading.text) == shape]
    text = " ".join(opinion.text.replace(RULE, " ").split())
    if not alike:
        return [*readings, Reading(text, opinion.confidence)]
    best = max(alike, key=lambda reading: reading.confidence)
    others = [one for one in readings if one is not best]
    sure = max(best.confidence, opinion.confidence)
    if _plain(best.text) == _plain(text):
        return [Reading(best.text, sure), *others]
    mine, theirs = _changes(text), _changes(best.text)
    if mine == theirs:
        return [*readings, Reading(text, opinion.confidence)]
    return [Reading(text if mine < theirs else best.text, sure), *others]


def ranked_plate(network: Sequence[Reading], lines: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings of a plate: ours and Tesseract's, each by how often its confidence is right.

    Where both read the same, Tesseract's gaps are kept.
    """
    spaced = {letters(line.text): _with_gaps(line.text) for line in reversed(lines)}
    weighed = [
        Reading(spaced.get(one.text, one.text), calibrated(one.confidence, PLATE_NETWORK))
        for one in network
    ]
    known = {letters(one.text) for one in weighed}
    weighed += [
        Reading(line.text, calibrated(line.confidence, PLATE_TESSERACT))
        for line in lines
        if letters(line.text) not in known
    ]
    return _each_once(sorted(weighed, key=lambda one: (-one.confidence, one.text)))


def is_sure(readings: Sequence[Reading]) -> bool:
    """Whether the best of them is."""
    return bool(readings) and readings[0].confidence >= SURE_CONFIDENCE


def surer(one: tuple[Reading, ...], other: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Of the readings of a plate taken in two ways, best first, those whose best is the surer."""
    return max((one, other), key=lambda readings: readings[0].confidence if readings else 0.0)


def with_number(
    lines: Sequence[Reading], numbers: Sequence[Reading], issued_in: str = ANYWHERE
) -> tuple[Reading, ...]:
    """The readings of a line that may be a plate's number, though no plate was found round it.

    The plate reader knows no other text, so it is followed only where it reads a number; its
    best reading stays among the others otherwise. issued_in: see Stage.start.
    """
    if not numbers:
        return tuple(lines)
    kept = tuple(lines[:MOST_ALTERNATIVES]) or (Reading("", 0.0),)
    number = Reading(numbers[0].text, calibrated(numbers[0].confidence, PLATE_NETWORK))
    if _is_more_than(kept[0], number, issued_in):
        return ranked_plate(numbers, lines)
    return _each_once((*kept, number))


def as_word(readings: Sequence[Reading], word: Reading) -> tuple[Reading, ...]:
    """The readings of a plate's number that may be a word, as on a sign, with its gaps."""
    same = [one.confidence for one in readings if letters(one.text) == letters(word.text)]
    return pooled((Reading(word.text, max([word.confidence, *same])),), readings)


def with_rows(on_plate: tuple[Reading, ...], upper: Reading, lower: Reading) -> tuple[Reading, ...]:
    """The readings of a plate in two rows, and what the lines say that were found there."""
    if not (letters(upper.text) and letters(lower.text)):
        return on_plate
    text = f"{_with_gaps(upper.text)} {_with_gaps(lower.text)}"
    sure = min(upper.confidence, lower.confidence)
    return pooled(on_plate, (Reading(text, calibrated(sure, PLATE_TESSERACT)),))


def pooled(one: Sequence[Reading], other: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings of two boxes round the same, best first, each once whatever its gaps."""
    best: dict[str, Reading] = {}
    for reading in sorted((*one, *other), key=lambda one: (-one.confidence, -len(one.text))):
        best.setdefault(letters(reading.text) or reading.text, reading)
    return tuple(best.values())[: 1 + MOST_ALTERNATIVES]


def is_surely_no_number(lines: Sequence[Reading]) -> bool:
    """Whether the best reading is sure, and of a time or a quantity that no plate could say."""
    return any(
        line.confidence >= SURE_CONFIDENCE and NO_NUMBER.search(line.text) for line in lines[:1]
    )


def is_number(text: str) -> bool:
    """Whether a text is made as most plates' numbers are: some letters, some digits, not many."""
    plain = letters(text)
    has_both = any(c.isdigit() for c in plain) and any(c.isalpha() for c in plain)
    return has_both and SHORTEST_NUMBER <= len(plain) <= LONGEST_NUMBER


def is_word(text: str) -> bool:
    """Whether a text is of letters alone, more than many a plate's issuer or region has."""
    plain = letters(text)
    return plain.isalpha() and len(plain) >= SHORTEST_NUMBER


def are_surely_words(lines: Sequence[Reading]) -> bool:
    """Whether several lines are of letters alone, and one of them surely is a word."""
    return all(letters(line.text).isalpha() for line in lines) and any(
        is_word(line.text) and line.confidence >= SURE_CONFIDENCE for line in lines
    )


def calibrated(confidence: float, fit: tuple[float, float]) -> float:
    """How often a reading of that confidence is right, by a fit of offset and slope."""
    offset, slope = fit
    return 1 / (1 + math.exp(-offset - slope * log_odds(confidence)))


def log_odds(confidence: float) -> float:
    """The confidence on the scale of logistic fits, kept finite at none and at certain."""
    within = min(1 - LEAST_ODDS, max(LEAST_ODDS, confidence))
    return math.log(within / (1 - within))


def letters(text: str) -> str:
    """Capitals and digits alone, which is all that makes a plate's number."""
    return "".join(character for character in text.upper() if character.isalnum())


def _is_more_than(line: Reading, number: Reading, issued_in: str) -> bool:
    """Whether what the plate reader makes of a line is to be followed, and not the line."""
    if not is_number(number.text):
        return False
    likely = line.confidence >= LIKELY_FROM_CONFIDENCE
    if is_issued(number.text, issued_in):
        needed = NUMBER_PROBABILITY
    elif likely and _alike(line.text) == _alike(number.text):
        return False
    else:
        needed = UNISSUED_NUMBER_PROBABILITY
    return number.confidence >= (needed if likely else min(needed, line.confidence))


def _plain(text: str) -> str:
    return text.replace(" ", "").replace(RULE, "")


def _shape(text: str) -> str:
    return _plain(text).lower().translate(SAME_SHAPE)


def _changes(text: str) -> int:
    return len(CHANGE_WITHIN_WORD.findall(text))


def _alike(text: str) -> str:
    return letters(text).translate(LOOK_ALIKES)


def _with_gaps(text: str) -> str:
    """A number without the signs that are no part of it, screws and seals."""
    return " ".join(re.sub(r"[^\w-]|_", " ", text.upper()).split()).strip("- ")


def _each_once(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    first: dict[str, Reading] = {}
    for reading in readings:
        first.setdefault(reading.text, reading)
    return tuple(first.values())[: 1 + MOST_ALTERNATIVES]
