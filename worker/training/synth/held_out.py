"""What the demo's sample video uses, and training therefore never sees."""

import re

# Hack is here because its glyphs are DejaVu Sans Mono's, redrawn.
FONT_FAMILIES = frozenset({"dejavu", "bitstream vera", "hack"})

WORDS = frozenset(
    {
        "BOATHOUSE",
        "BULLETIN",
        "FERRY",
        "HARBOUR",
        "LANDING",
        "NORTHWARD",
        "PASSES",
        "PIER",
        "RESUMES",
        "SEVENTEEN",
        "STORM",
        "TONIGHT",
        "KTR",
        "4827",
        "KTR4827",
    }
)

# The video's clock runs within this minute.
CLOCK_MINUTE = "20:14"

FONT_SIZES = frozenset({28, 34, 44, 58})


def is_held_out_family(family: str) -> bool:
    """Whether a font family, by the name in its file, belongs to the sample video."""
    return any(family.lower().startswith(held) for held in FONT_FAMILIES)


def is_held_out_text(text: str) -> bool:
    """Whether a text is or holds one of the video's words, whatever its case and punctuation."""
    words = re.split(r"[^0-9A-Z]+", text.upper())
    return "".join(words) in WORDS or not WORDS.isdisjoint(words)


def allowed_font_size(size: int) -> int:
    """``size`` in pixels, or the next one up that the sample video does not use."""
    while size in FONT_SIZES:
        size += 1
    return size
