"""Words of many languages: from Debian's lists where they are installed, and made up."""

from dataclasses import dataclass
from pathlib import Path

from worker.pipeline.ocr.lines.alphabet import ACCENTED, is_spelled, spelled
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary

DICTIONARIES = Path("/usr/share/dict")
# apt-get install wamerican wfrench wngerman …: any of them, or none.
LISTS = (
    "american-english",
    "french",
    "ngerman",
    "spanish",
    "portuguese",
    "italian",
    "dutch",
    "polish",
    "swedish",
    "danish",
    "bokmaal",
)
WORDS_A_LIST = 50_000
LONGEST = 18
LISTED_SHARE, COMMON_SHARE = 0.65, 0.2
ACCENTED_SHARE = 0.25


@dataclass(frozen=True)
class Words:
    """The lists found, by language; none makes all words common or made-up ones."""

    lists: tuple[tuple[str, ...], ...]

    def language(self, rng: Rng) -> tuple[str, ...]:
        """One list, to take all words of a line from."""
        if not self.lists:
            return ()
        # English as often as all the others together: most of what is filmed is in it.
        return self.lists[0] if rng.bernoulli(0.5) else rng.pick(self.lists)


def load_words(folder: Path = DICTIONARIES) -> Words:
    """The lists under ``folder``, each thinned out to WORDS_A_LIST, the main one first."""
    files = [folder / name for name in LISTS]
    return Words(tuple(_read(file) for file in files if file.exists()))


def word(rng: Rng, language: tuple[str, ...]) -> str:
    """A word of the language, a common English one, or a made-up one."""
    roll = rng.uniform(0, 1)
    if language and roll < LISTED_SHARE:
        return rng.pick(language)
    if roll < LISTED_SHARE + COMMON_SHARE:
        return rng.pick(vocabulary.COMMON_WORDS)
    return _made_up(rng)


def _made_up(rng: Rng) -> str:
    made = "".join(rng.pick(vocabulary.SYLLABLES) for _ in range(rng.integer(1, 4)))
    if rng.bernoulli(ACCENTED_SHARE):
        at = rng.integer(0, len(made) - 1)
        made = made[:at] + rng.pick(ACCENTED) + made[at + 1 :]
    return made


def _read(file: Path) -> tuple[str, ...]:
    data = file.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    listed = text.split("\n")
    kept = listed[:: max(1, len(listed) // WORDS_A_LIST)]
    words = (spelled(one) for one in kept)
    return tuple(one for one in words if 1 < len(one) <= LONGEST and is_spelled(one))
