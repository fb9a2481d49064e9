"""What the line reader can say: the characters of printed lines in European languages.

Every text it learns is in NFC and in these characters; what only a typesetter tells apart is
spelled the plain way.
"""

import string
import unicodedata
from collections.abc import Iterable

ACCENTED = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßŸ"
    "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŐőŒœŔŕŘřŚśŞşŠšŤťŪūŮůŰűŲųŹźŻżŽžȘșȚț"
)
SIGNS = "€£§°·•©®™¿¡«»±\u00d7²³½µ"
# Class 0 is CTC's blank; the alphabet starts at 1.
ALPHABET = " " + string.digits + string.ascii_letters + string.punctuation + ACCENTED + SIGNS
QUOTES, DOUBLE_QUOTES = "\u2018\u2019\u201a", "\u201c\u201d\u201e"
DASHES, ELLIPSIS = "\u2013\u2014\u2212", "\u2026"
PLAIN = str.maketrans(
    {
        **dict.fromkeys(QUOTES, "'"),
        **dict.fromkeys(DOUBLE_QUOTES, '"'),
        **dict.fromkeys(DASHES, "-"),
        ELLIPSIS: "...",
        "º": "°",
    }
)

_CLASSES = {character: at for at, character in enumerate(ALPHABET, start=1)}


def spelled(text: str) -> str:
    """The text as the reader says it: NFC, plain quotes and dashes, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(PLAIN).split())


def is_spelled(text: str) -> bool:
    """Whether every character of a text as ``spelled`` gives it is one of the alphabet."""
    return all(character in _CLASSES for character in text)


def classes_of(text: str) -> list[int]:
    """The class of each character."""
    return [_CLASSES[character] for character in text]


def text_of(classes: Iterable[int]) -> str:
    """What the classes of columns say, left to right (the likeliest path, CTC's way)."""
    said, last = [], 0
    for found in classes:
        if found and found != last:
            said.append(ALPHABET[found - 1])
        last = found
    return "".join(said)
