"""What the text in a scene says: words, lines, time stamps, plates."""

import string

from worker.training.synth.held_out import CLOCK_MINUTE, is_held_out_text
from worker.training.synth.rng import Rng

SYLLABLES = str.split(
    "an be ca do el fa go hi in ju ka la me no or pa qu re so ta un vi wa ex yo za th er on at "
    "en ed st nd ar le ing tion men ter pro con"
)
COMMON_WORDS = str.split(
    "the of and to in is for with stop exit open closed sale main street road hotel cafe bar "
    "pizza parking no entry one way school bus taxi police market bank news live breaking "
    "weather today north south east west center city airport gate platform room floor office "
    "reception warning danger caution high voltage keep out push pull welcome thank you please "
    "do not enter total price cash card free wifi menu coffee tea water fire emergency delivery "
    "service repair auto parts tires rent sold store shop book museum park garden hospital "
    "pharmacy chapter figure table system error login password user file edit view help window "
    "settings start pause record camera front door zone speed limit max min km mph am pm milk "
    "organic natural fresh net weight ingredients best before made product size large original "
    "mild extra strong shampoo soap juice sugar salt bread brand new offer recycle handle care "
    "fragile this side up batch cancel save next back search home profile message send battery"
)
SHORT_WORDS = str.split("up in no ok on go to at we tv wc usa bus out men ltd kg cm am pm")
UNITS = str.split("kg km min ml m cm km/h mph kW % L")
DISTINCT = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CYRILLIC = "абвгдежзиклмнопрстуфхцчшщэюя"
GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
LETTERS = string.ascii_uppercase
DIGITS = string.digits

PLATE_PATTERNS = (
    "LLL DDDD",
    "LLL-DDDD",
    "LLLDDDD",
    "LLL DDD",
    "DDD LLL",
    "DLLLDDD",
    "DDDDLL",
    "LLDDDDD",
    "LL DD LLL",
    "LLDD LLL",
    "LDDL DDDD",
    "LL DDDDD",
    "L DDDLL",
    "DLLDDDD",
    "LLL DLD",
    "XXXXXX",
    "XXXXX",
    "XXXXXXX",
)


def word(rng: Rng) -> str:
    """A word, a made-up one, a number or a code."""
    while is_held_out_text(drawn := _any_word(rng)):
        pass
    return drawn


def plain_word(rng: Rng) -> str:
    """A common word or a number, which can be read for certain."""
    while is_held_out_text(
        drawn := rng.pick(COMMON_WORDS)
        if rng.bernoulli(0.8)
        else _filled(rng, "D" * rng.integer(2, 4))
    ):
        pass
    return drawn


def line(
    rng: Rng, least: int = 1, most: int = 5, *, cyrillic: bool = False, greek: bool = False
) -> str:
    """A line of ``least`` to ``most`` words, in a script the font has."""
    count = rng.integer(least, most)
    words = _words(rng, count, cyrillic=cyrillic, greek=greek)
    return _decorated(rng, _cased(rng, " ".join(words)))


def stamp(rng: Rng) -> str:
    """What a camera or recorder burns into its picture."""
    separator = rng.pick("-/.")
    parts = (rng.integer(2005, 2030), rng.integer(1, 12), rng.integer(1, 28))
    date = separator.join(f"{part:02d}" for part in parts)
    clock = _clock(rng)
    return rng.pick(
        (
            f"{date} {clock}",
            f"{date}  {clock}",
            clock,
            date,
            f"CAM {rng.integer(1, 32)}",
            f"CH{rng.integer(1, 16):02d} {clock}",
            f"REC {clock}",
        )
    )


def short(rng: Rng) -> str:
    """One to three characters by themselves, none of which a bare stroke or ring could be."""
    while is_held_out_text(drawn := _any_short(rng)):
        pass
    return drawn


def readout(rng: Rng) -> str:
    """A clock, a price or a quantity, as panels show them."""
    whole, tenths = rng.integer(1, 299), rng.integer(0, 99)
    return rng.pick(
        (
            _clock(rng)[:5],
            _clock(rng)[:5],
            f"{whole}.{tenths:02d}",
            f"{whole},{tenths:02d}",
            f"${whole}",
            f"{whole} {rng.pick(UNITS)}",
            f"{rng.integer(1, 40)}C",
        )
    )


def plate(rng: Rng) -> str:
    """A number as plates have it."""
    while is_held_out_text(drawn := _filled(rng, rng.pick(PLATE_PATTERNS))):
        pass
    return drawn


def plate_lines(rng: Rng) -> tuple[str, str]:
    """The two lines of a square plate."""
    top = _filled(rng, rng.pick(("LLL", "LL", "DDL", "LDD", "LLLL", "XXX")))
    bottom = _filled(rng, rng.pick(("DDD", "DDDD", "DDLL", "XXX")))
    if is_held_out_text(f"{top} {bottom}"):
        return plate_lines(rng)
    return top, bottom


def country_code(rng: Rng) -> str:
    """One or two letters."""
    return _filled(rng, rng.pick(("L", "LL")))


def _clock(rng: Rng) -> str:
    while (drawn := _clock_of(rng)).startswith(CLOCK_MINUTE):
        pass
    return drawn


def _clock_of(rng: Rng) -> str:
    return ":".join(f"{rng.integer(0, top):02d}" for top in (23, 59, 59))


def _any_word(rng: Rng) -> str:
    roll = rng.uniform(0, 1)
    if roll < 0.5:
        return rng.pick(COMMON_WORDS)
    if roll < 0.8:
        return "".join(rng.pick(SYLLABLES) for _ in range(rng.integer(1, 4)))
    if roll < 0.92:
        return _filled(rng, "D" * rng.integer(1, 6))
    return _filled(rng, "X" * rng.integer(2, 7))


def _any_short(rng: Rng) -> str:
    if rng.bernoulli(0.3):
        return rng.pick(DISTINCT)
    if rng.bernoulli(0.4):
        return _cased(rng, rng.pick(SHORT_WORDS))
    return _filled(rng, rng.pick(("DD", "DD", "DDD", "LD", "LL", "LDD")))


def _words(rng: Rng, count: int, *, cyrillic: bool, greek: bool) -> list[str]:
    alphabet = ""
    if cyrillic and rng.bernoulli(0.12):
        alphabet = CYRILLIC
    elif greek and rng.bernoulli(0.04):
        alphabet = GREEK
    if not alphabet:
        return [word(rng) for _ in range(count)]
    return ["".join(rng.pick(alphabet) for _ in range(rng.integer(2, 9))) for _ in range(count)]


def _cased(rng: Rng, text: str) -> str:
    roll = rng.uniform(0, 1)
    if roll < 0.4:
        return text.upper()
    if roll < 0.65:
        return text.title()
    return text.capitalize() if roll < 0.8 else text


def _decorated(rng: Rng, text: str) -> str:
    if rng.bernoulli(0.15):
        text += rng.pick(".!?:,;%")
    if rng.bernoulli(0.05):
        text = rng.pick("$€#@(-+•") + text
    return text


def _filled(rng: Rng, pattern: str) -> str:
    alphabets = {"L": LETTERS, "D": DIGITS, "X": LETTERS + DIGITS}
    return "".join(rng.pick(alphabets[c]) if c in alphabets else c for c in pattern)
