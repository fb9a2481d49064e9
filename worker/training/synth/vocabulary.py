"""What the text in a scene says: words, lines, time stamps, plates."""

import string

from worker.training.synth.dice import Dice
from worker.training.synth.held_out import CLOCK_MINUTE, is_held_out_text

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


def word(dice: Dice) -> str:
    """A word, a made-up one, a number or a code."""
    while is_held_out_text(drawn := _any_word(dice)):
        pass
    return drawn


def plain_word(dice: Dice) -> str:
    """A common word or a number, which can be read for certain."""
    while is_held_out_text(
        drawn := dice.pick(COMMON_WORDS)
        if dice.chance(0.8)
        else _filled(dice, "D" * dice.integer(2, 4))
    ):
        pass
    return drawn


def line(
    dice: Dice, least: int = 1, most: int = 5, *, cyrillic: bool = False, greek: bool = False
) -> str:
    """A line of ``least`` to ``most`` words, in a script the font has."""
    count = dice.integer(least, most)
    words = _words(dice, count, cyrillic=cyrillic, greek=greek)
    return _decorated(dice, _cased(dice, " ".join(words)))


def stamp(dice: Dice) -> str:
    """What a camera or recorder burns into its picture."""
    separator = dice.pick("-/.")
    parts = (dice.integer(2005, 2030), dice.integer(1, 12), dice.integer(1, 28))
    date = separator.join(f"{part:02d}" for part in parts)
    clock = _clock(dice)
    return dice.pick(
        (
            f"{date} {clock}",
            f"{date}  {clock}",
            clock,
            date,
            f"CAM {dice.integer(1, 32)}",
            f"CH{dice.integer(1, 16):02d} {clock}",
            f"REC {clock}",
        )
    )


def plate(dice: Dice) -> str:
    """A number as plates have it."""
    while is_held_out_text(drawn := _filled(dice, dice.pick(PLATE_PATTERNS))):
        pass
    return drawn


def plate_lines(dice: Dice) -> tuple[str, str]:
    """The two lines of a square plate."""
    top = _filled(dice, dice.pick(("LLL", "LL", "DDL", "LDD", "LLLL", "XXX")))
    bottom = _filled(dice, dice.pick(("DDD", "DDDD", "DDLL", "XXX")))
    if is_held_out_text(f"{top} {bottom}"):
        return plate_lines(dice)
    return top, bottom


def country_code(dice: Dice) -> str:
    """One or two letters."""
    return _filled(dice, dice.pick(("L", "LL")))


def _clock(dice: Dice) -> str:
    while (drawn := _clock_of(dice)).startswith(CLOCK_MINUTE):
        pass
    return drawn


def _clock_of(dice: Dice) -> str:
    return ":".join(f"{dice.integer(0, top):02d}" for top in (23, 59, 59))


def _any_word(dice: Dice) -> str:
    roll = dice.uniform(0, 1)
    if roll < 0.5:
        return dice.pick(COMMON_WORDS)
    if roll < 0.8:
        return "".join(dice.pick(SYLLABLES) for _ in range(dice.integer(1, 4)))
    if roll < 0.92:
        return _filled(dice, "D" * dice.integer(1, 6))
    return _filled(dice, "X" * dice.integer(2, 7))


def _words(dice: Dice, count: int, *, cyrillic: bool, greek: bool) -> list[str]:
    alphabet = ""
    if cyrillic and dice.chance(0.12):
        alphabet = CYRILLIC
    elif greek and dice.chance(0.04):
        alphabet = GREEK
    if not alphabet:
        return [word(dice) for _ in range(count)]
    return ["".join(dice.pick(alphabet) for _ in range(dice.integer(2, 9))) for _ in range(count)]


def _cased(dice: Dice, text: str) -> str:
    roll = dice.uniform(0, 1)
    if roll < 0.4:
        return text.upper()
    if roll < 0.65:
        return text.title()
    return text.capitalize() if roll < 0.8 else text


def _decorated(dice: Dice, text: str) -> str:
    if dice.chance(0.15):
        text += dice.pick(".!?:,;%")
    if dice.chance(0.05):
        text = dice.pick("$€#@(-+•") + text
    return text


def _filled(dice: Dice, pattern: str) -> str:
    alphabets = {"L": LETTERS, "D": DIGITS, "X": LETTERS + DIGITS}
    return "".join(dice.pick(alphabets[c]) if c in alphabets else c for c in pattern)
