"""What a plate says: the public formats of many countries, vanity plates, and plain chance."""

from worker.pipeline.ocr.plates.formats import FORMATS
from worker.training.synth import vocabulary
from worker.training.synth.dice import Dice
from worker.training.synth.held_out import is_held_out_text

ALPHABET = vocabulary.LETTERS + vocabulary.DIGITS
# Most authorities leave these out of their series, since they look like digits.
AVOIDED = "IOQ"
LONGEST = 9
SEPARATORS = ("", " ", " ", "-", "·")


def number(dice: Dice) -> str:
    """A number with the gaps that are painted in it, never one of the sample film's."""
    while is_held_out_text(drawn := _any_number(dice)) or not 2 <= len(read_as(drawn)) <= LONGEST:
        pass
    return drawn


def read_as(text: str) -> str:
    """What a reader should make of it: capitals and digits alone."""
    return "".join(character for character in text.upper() if character in ALPHABET)


def _any_number(dice: Dice) -> str:
    roll = dice.uniform(0, 1)
    if roll < 0.65:
        return _issued(dice)
    if roll < 0.78:
        return vocabulary.plate(dice)
    return vocabulary.word(dice).upper() if roll < 0.84 else _drawn_by_chance(dice)


def _issued(dice: Dice) -> str:
    gap = dice.pick(SEPARATORS)
    letters = "".join(c for c in vocabulary.LETTERS if c not in AVOIDED)
    sources = {"L": letters if dice.chance(0.8) else vocabulary.LETTERS, "D": vocabulary.DIGITS}
    drawn = (dice.pick(sources[c]) if c in sources else gap for c in dice.pick(FORMATS))
    return "".join(drawn)


def _drawn_by_chance(dice: Dice) -> str:
    length, letter = dice.integer(4, 8), dice.chance(0.5)
    cut = dice.integer(1, length) if dice.chance(0.4) else length
    drawn = []
    for position in range(length):
        if position == cut:
            drawn.append(dice.pick(SEPARATORS))
        drawn.append(dice.pick(vocabulary.LETTERS if letter else vocabulary.DIGITS))
        letter ^= dice.chance(0.4)
    return "".join(drawn)
