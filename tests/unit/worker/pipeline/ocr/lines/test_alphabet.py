"""What the line reader can say, and how it is spelled."""

import unicodedata

import pytest

from worker.pipeline.ocr.lines.alphabet import ALPHABET, classes_of, is_spelled, spelled, text_of


def test_every_character_is_there_once_and_in_nfc():
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert unicodedata.normalize("NFC", ALPHABET) == ALPHABET


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Cafe\u0301  au lait ", "Café au lait"),
        ("\u201eJa\u201c \u2013 it\u2019s\u2026", '"Ja" - it\'s...'),
        ("12\u00a0kg", "12 kg"),
    ],
)
def test_a_text_is_spelled_the_plain_way(written, plain):
    assert spelled(written) == plain
    assert is_spelled(plain)


def test_other_scripts_cannot_be_spelled():
    assert not is_spelled("Привет")


@pytest.mark.parametrize("text", ["", "Hello, world!", "ÅÄÖ åäö ß", "1144-BBB"])
def test_classes_say_the_text_with_blanks_between_and_repeated(text):
    columns = [found for one in classes_of(text) for found in (one, one, 0)]

    assert text_of([0, *columns]) == text
