"""What a plate says: the public formats of many countries, vanity plates, and random characters."""

from worker.pipeline.ocr.plates.formats import FORMATS
from worker.training.synth.held_out import is_held_out_text
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary

ALPHABET = vocabulary.LETTERS + vocabulary.DIGITS
# Most authorities leave these out of their series, since they look like digits.
AVOIDED = "IOQ"
LONGEST = 9
SEPARATORS = ("", " ", " ", "-", "·")


def number(rng: Rng) -> str:
    """A number with the gaps that are painted in it, never one of the sample video's."""
    while is_held_out_text(drawn := _any_number(rng)) or not 2 <= len(read_as(drawn)) <= LONGEST:
        pass
    return drawn


def read_as(text: str) -> str:
    """What a reader should make of it: capitals and digits alone."""
    return "".join(character for character in text.upper() if character in ALPHABET)


def _any_number(rng: Rng) -> str:
    roll = rng.uniform(0, 1)
    if roll < 0.65:
        return _issued(rng)
    if roll < 0.78:
        return vocabulary.plate(rng)
    return vocabulary.word(rng).upper() if roll < 0.84 else _random_characters(rng)


def _issued(rng: Rng) -> str:
    gap = rng.pick(SEPARATORS)
    letters = "".join(c for c in vocabulary.LETTERS if c not in AVOIDED)
    sources = {"L": letters if rng.bernoulli(0.8) else vocabulary.LETTERS, "D": vocabulary.DIGITS}
    drawn = (rng.pick(sources[c]) if c in sources else gap for c in rng.pick(FORMATS))
    return "".join(drawn)


def _random_characters(rng: Rng) -> str:
    length, letter = rng.integer(4, 8), rng.bernoulli(0.5)
    cut = rng.integer(1, length) if rng.bernoulli(0.4) else length
    drawn = []
    for position in range(length):
        if position == cut:
            drawn.append(rng.pick(SEPARATORS))
        drawn.append(rng.pick(vocabulary.LETTERS if letter else vocabulary.DIGITS))
        letter ^= rng.bernoulli(0.4)
    return "".join(drawn)
