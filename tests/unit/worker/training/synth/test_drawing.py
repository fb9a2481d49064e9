"""The painters: fonts, plates, blocks of lines, things without text, cameras and codecs."""

from dataclasses import replace

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from worker.training.synth.background.negatives import PAINTERS, WEIGHTS, textless
from worker.training.synth.background.textures import SURFACES, surface
from worker.training.synth.degrade import degrade, video_frame
from worker.training.synth.patch import PLATE, TEXT
from worker.training.synth.plates.painter import plate
from worker.training.synth.rng import Rng
from worker.training.synth.text.fonts import as_drawn, find_faces, line_ink
from worker.training.synth.text.lines import Block, lines


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


def test_a_plate_has_one_plate_box_with_its_number_inside(assets):
    patches = [plate(Rng(seed), 80, assets.plate_faces, assets.faces) for seed in range(20)]

    for patch in filter(None, patches):
        outer, *inner = sorted(patch.boxes, key=lambda box: box.kind != PLATE)
        assert outer.kind == PLATE
        assert {box.kind for box in inner} == {TEXT}
        number = max(inner, key=lambda box: box.height)
        assert outer.left <= number.left < number.right <= outer.right
        assert outer.top <= number.top < number.bottom <= outer.bottom


@pytest.mark.parametrize(
    "block",
    [
        Block(20, 3, panel=True),
        Block(20, 2),
        Block(12, 1, stamp=True),
        Block(12, 5, panel=True, buttons=True),
    ],
)
def test_a_block_has_a_box_for_each_line_in_reading_order(assets, block):
    patch = lines(Rng(4), assets, block)

    tops = [box.top for box in patch.boxes]
    assert len(tops) == block.lines
    assert tops == sorted(tops)
    assert all(box.bottom <= patch.height and box.right <= patch.width for box in patch.boxes)


@pytest.mark.parametrize("seed", range(20))
def test_things_without_text_carry_no_box(seed):
    patch = textless(Rng(seed), 40)

    assert patch.boxes == ()
    assert patch.height == 40
    assert patch.cover.shape == patch.pixels.shape[:2]


def test_every_painter_of_negatives_is_drawn_now_and_then():
    assert set(WEIGHTS) == set(PAINTERS)
    assert min(WEIGHTS.values()) > 0


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_the_same_for_the_same_rng(name):
    one, other = (surface(Rng(8), 60, 90, name) for _ in range(2))

    assert one.shape == (60, 90, 3)
    assert np.array_equal(one, other)


def test_a_video_frame_is_the_scene_worn_by_the_codec():
    scene = surface(Rng(2), 96, 96, "windows")

    worn, again = (video_frame(scene, quality=32, shift=2) for _ in range(2))

    assert np.array_equal(worn, again)
    assert 0.5 < np.abs(worn.astype(int) - scene).mean() < 30


@pytest.mark.parametrize("seed", range(12))
def test_degrading_keeps_size_and_repeats(seed):
    scene = surface(Rng(2), 96, 96, "tiles")

    one, other = (degrade(Rng(seed), scene.copy()) for _ in range(2))

    assert one.shape == scene.shape
    assert np.array_equal(one, other)
