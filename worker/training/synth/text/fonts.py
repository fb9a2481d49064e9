"""Fonts to draw with, found on the machine, and the ink of a line of text."""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, ImageDraw, ImageFont

from worker.training.synth.held_out import allowed_font_size, is_held_out_family
from worker.training.synth.patch import Picture

FONT_FOLDER = Path("/usr/share/fonts")
CAP_HEIGHT_SHARE = 0.72
LONGEST_LINE_PIXELS = 2600

# Fonts without plain letters, and hairlines that vanish at the sizes drawn here.
UNFIT = re.compile(
    r"wargames|swift|it_wasn|junkyard|markedfool|progenisis|domestic|balker|winks|abogado|"
    r"penguin|flatline|f500|math|emoji|symbol|hairline|thin|dingbat|d050000|linlibertine_i|"
    r"initials|keyboard|linbiolinum_k|z003",
    re.IGNORECASE,
)
# Of Noto's hundreds of scripts, the plain Latin, Cyrillic and Greek faces.
FIT_NOTO = re.compile(r"Noto(Sans|Serif|SansMono|SansDisplay|SerifDisplay)-")
BOLD = re.compile(r"bold|black|heavy|semi", re.IGNORECASE)
CONDENSED = re.compile(r"cond|narrow|cn|sansnar|bebas|gillius|mono|code", re.IGNORECASE)
SLANTED = re.compile(r"ital|obl", re.IGNORECASE)
SERIF = re.compile(r"serif|termes|bonum|schola|pagella|garamond|vollkorn|roman", re.IGNORECASE)


@dataclass(frozen=True)
class Face:
    """One font file."""

    path: Path
    family: str
    characters: frozenset[str]

    def has(self, text: str) -> bool:
        """Whether it has a glyph for every character."""
        return self.characters.issuperset(text)

    @property
    def fits_plates(self) -> bool:
        """Whether it has a plate's strong upright letters."""
        name = self.path.name
        strong = BOLD.search(name) or CONDENSED.search(name)
        return bool(strong) and not SLANTED.search(name) and not SERIF.search(name)


def find_faces(folder: Path = FONT_FOLDER) -> tuple[Face, ...]:
    """Every fit face under ``folder`` in the order of the file names, the held out left out."""
    files = {path.name: path for path in sorted(folder.rglob("*")) if _is_fit(path)}
    faces = (_read_face(path) for _, path in sorted(files.items()))
    return tuple(face for face in faces if face and not is_held_out_family(face.family))


def by_family(faces: Iterable[Face]) -> tuple[tuple[Face, ...], ...]:
    """The faces in groups, so that large families are not drawn more often."""
    families: dict[str, list[Face]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(face)
    return tuple(tuple(members) for members in families.values())


def line_ink(text: str, face: Face, cap_height: float, *, spacing: float = 0.0) -> Picture | None:
    """The ink of one line, cut to its letters: (height, width), 255 where they are.

    ``cap_height`` is in pixels, ``spacing`` in cap heights between letters. ``None`` when
    the font draws nothing or the line gets longer than any scene.
    """
    font = load(face.path, font_size(cap_height))
    if spacing > 0:
        return _spaced_ink(text, font, spacing * cap_height)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    if not _is_drawable(right - left, bottom - top):
        return None
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image)


def ink_top(text: str, face: Face, cap_height: float) -> int:
    """How far the line's ink begins under the top of its font, in pixels."""
    return int(load(face.path, font_size(cap_height)).getbbox(text)[1])


def as_drawn(text: str, face: Face) -> str:
    """The text as a face shows it: in capitals where it has no small letters of its own."""
    return text.upper() if _draws_small_letters_large(face) else text


def font_size(cap_height: float) -> int:
    """The font size in pixels for a cap height in pixels, never a held-out one."""
    return allowed_font_size(max(6, int(cap_height / CAP_HEIGHT_SHARE)))


@functools.lru_cache(maxsize=600)
def load(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels."""
    return ImageFont.truetype(path, size)


@functools.lru_cache
def _draws_small_letters_large(face: Face) -> bool:
    small, large = (line_ink(letter, face, 20.0) for letter in "aA")
    return small is not None and large is not None and np.array_equal(small, large)


def _spaced_ink(text: str, font: ImageFont.FreeTypeFont, gap: float) -> Picture | None:
    starts: Sequence[float] = np.cumsum([0.0] + [font.getlength(c) + gap for c in text]).tolist()
    _, top, _, bottom = (int(edge) for edge in font.getbbox(text))
    width = int(starts[-1] - gap)
    if not _is_drawable(width, bottom - top):
        return None
    image = Image.new("L", (width, bottom - top))
    draw = ImageDraw.Draw(image)
    for character, start in zip(text, starts, strict=False):
        draw.text((start, -top), character, font=font, fill=255)
    return np.asarray(image)


def _is_drawable(width: int, height: int) -> bool:
    return 2 <= width <= LONGEST_LINE_PIXELS and height >= 2


def _is_fit(path: Path) -> bool:
    name = path.name
    if path.suffix.lower() not in (".ttf", ".otf") or UNFIT.search(name):
        return False
    return not name.startswith("Noto") or bool(FIT_NOTO.match(name))


def _read_face(path: Path) -> Face | None:
    try:
        font = TTFont(path, lazy=True, fontNumber=0)
        characters = font.getBestCmap() or {}
        family = font["name"].getBestFamilyName() or path.stem
    except (TTLibError, OSError, KeyError):
        return None
    if not all(ord(character) in characters for character in "AZaz09"):
        return None
    return Face(path, family, frozenset(map(chr, characters)))
