"""What lines say."""

import pytest

from worker.pipeline.ocr.lines.alphabet import ACCENTED, ALPHABET, is_spelled, spelled
from worker.training.line_reader.texts import LONGEST, TEXTS, text, typeset
from worker.training.line_reader.words import LISTS, Words, load_words
from worker.training.synth.held_out import CLOCK_MINUTE, is_held_out_text
from worker.training.synth.rng import Rng

NO_LISTS = Words(())
LISTED = Words((("storm", "gravel", "harbour"), ("über", "schön")))


@pytest.mark.parametrize("words", [NO_LISTS, LISTED], ids=["made up", "listed"])
@pytest.mark.parametrize("kind", TEXTS)
def test_texts_can_be_said_and_hold_nothing_held_out(kind, words):
    rng = Rng(3)
    drawn = [text(rng, words, kind) for _ in range(400)]

    assert all(is_spelled(one) and one == spelled(one) for one in drawn)
    assert all(0 < len(one) <= LONGEST for one in drawn)
    assert not [one for one in drawn if is_held_out_text(one) or CLOCK_MINUTE in one]
    assert len(set(drawn)) > 100


def test_every_character_of_the_alphabet_is_learnt():
    rng = Rng(4)

    said = set("".join(text(rng, NO_LISTS, "anything") for _ in range(4000)))

    assert said == set(ALPHABET)


def test_made_up_words_have_accents_too():
    rng = Rng(5)

    said = "".join(text(rng, NO_LISTS, "sentence") for _ in range(1000))

    assert len(set(said) & set(ACCENTED)) > 40


@pytest.mark.parametrize("drawn", ['"Yes" - it\'s on...', "plain", '"'])
def test_what_a_typesetter_writes_is_spelled_as_before(drawn):
    for seed in range(5):
        assert spelled(typeset(Rng(seed), drawn)) == drawn


def test_lists_are_read_in_either_encoding_and_without_what_cannot_be_said(tmp_path):
    (tmp_path / LISTS[0]).write_text("apple\nщи\nx\ncafé\n", encoding="utf-8")
    (tmp_path / LISTS[1]).write_bytes("été\nfenêtre\n".encode("latin-1"))

    assert load_words(tmp_path).lists == (("apple", "café"), ("été", "fenêtre"))
    assert load_words(tmp_path / "none").lists == ()
