"""The vocabulary file: what the scanner searches for and where, checked before anything is read."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.validation import first_error

VOCABULARY = Path(__file__).with_name("vocabulary.toml")

Word = Annotated[str, Field(pattern=r"^[a-z]+$")]
Term = Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$")]
Stem = Annotated[str, Field(pattern=r"^[a-z]+( [a-z]+)*$")]
Folder = Annotated[str, Field(pattern=r"^[^/]+$")]
Suffix = Annotated[str, Field(pattern=r"^\.[a-z0-9]+$")]

# What may stand between the words of a name, any number of times; a comma or a full stop with a
# space after it ends what was said before.
_CONNECTORS = r"[-_./\\:~0-9\u00b7\u2010-\u2015\u2022\u2027\u2212\u2219\u22c5]+"


class VocabularyError(Exception):
    """The vocabulary file cannot be used"""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scope(_Table):
    """Which folders are functional code, and which suffixes name files without text."""

    folders: Annotated[tuple[Folder, ...], Field(min_length=1)]
    binary: tuple[Suffix, ...]


class Allowed(_Table):
    """Terms that are always right, and words that only seem forbidden."""

    terms: tuple[Term, ...]
    innocent: tuple[Word, ...]


class Phase(_Table):
    """The words that name a phase, and the folders whose files may carry them."""

    words: Annotated[tuple[Word, ...], Field(min_length=1)]
    folders: tuple[Folder, ...]


class Vocabulary(_Table):
    """The whole file; forbidden maps each term to its stem."""

    scope: Scope
    forbidden: Annotated[dict[Term, Stem], Field(min_length=1)]
    allowed: Allowed
    phase: Phase

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        stems = [re.compile(pattern_of(stem)) for stem in self.forbidden.values()]
        for term in self.allowed.terms:
            if any(stem.search(term) for stem in stems):
                raise ValueError(f"{term} is allowed and forbidden at once")
        for word in self.allowed.innocent:
            if not any(stem.search(word) for stem in stems):
                raise ValueError(f"{word} contains no forbidden stem; leave it out of innocent")
        return self


def load_vocabulary(path: Path = VOCABULARY) -> Vocabulary:
    """Read and check a vocabulary file; raises VocabularyError in one line."""
    try:
        return Vocabulary.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise VocabularyError(f"{path}: {first_error(error)}") from error
    except (OSError, ValueError) as error:
        raise VocabularyError(f"{path}: not readable as TOML: {error}") from error


def pattern_of(stem: str) -> str:
    """A regular expression for a stem in every writing: joined, camel, snake, kebab, spaced."""
    return rf"(?:{_CONNECTORS}|\s+)?".join(stem.split(" "))
