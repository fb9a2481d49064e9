"""Fonts and the ink of lines set in them."""

from dataclasses import replace

import pytest
from fontTools.ttLib import TTFont

from worker.training.synth.text.fonts import as_drawn, find_faces, line_ink


@pytest.fixture
def face(font_folder):
    (found,) = [face for face in find_faces(font_folder) if face.path.name == "STIXGeneral.ttf"]
    return found


def test_ink_is_as_high_as_its_capitals(face):
    ink = line_ink("HEX", face, 40)

    assert ink.shape[0] == pytest.approx(40, abs=5)
    assert ink[0].max() > 0
    assert ink[-1].max() > 0


def test_spacing_moves_letters_apart(face):
    assert line_ink("HEX", face, 40, spacing=0.5).shape[1] > line_ink("HEX", face, 40).shape[1] + 30


def test_a_face_without_small_letters_shows_capitals(face, tmp_path):
    font = TTFont(face.path)
    for table in font["cmap"].tables:
        table.cmap[ord("a")] = table.cmap.get(ord("A"), ".notdef")
    font.save(tmp_path / "capitals.ttf")

    assert as_drawn("Gate 7", face) == "Gate 7"
    assert as_drawn("Gate 7", replace(face, path=tmp_path / "capitals.ttf")) == "GATE 7"


def test_a_line_without_ink_or_longer_than_any_scene_is_refused(face):
    assert line_ink(" ", face, 40) is None
    assert line_ink("W" * 200, face, 40) is None
