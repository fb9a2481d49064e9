"""The words of a text, and what a search asks of them: cut alike on both sides, in any language.

PostgreSQL's own parser takes `12-AB` for a number and `a.b/c` for a URL, each server by its locale;
here a word is a run of letters and digits, case folded, and nothing is stemmed. A word with digits
in it may be a plate or a code, of which readers mistake a character now and then: it is also kept
with each of its characters left open, so that one wrong character is found by the same index.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Shorter ones are like too many others; longer ones are rarely codes, and each character costs.
CODE_CHARACTERS = range(4, 11)
# AB-12 CDE is a plate of three words.
CODE_WORDS = 4
# Neither stands in a word.
OPEN, CODE_MARK = "_", "~"

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side; the last may be the beginning of a longer one."""

    words: tuple[str, ...]
    is_quoted: bool = False
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What a text must have: every term, or else one wrong character in the code that they are."""

    terms: tuple[Term, ...]

    def as_tsquery(self) -> str:
        """The query as PostgreSQL reads it."""
        whole = " & ".join(f"({_any(_tsquery_of(term), _code_of([term]))})" for term in self.terms)
        return _any(f"({whole})", _code_of(self.terms))

    def matches(self, text: str) -> bool:
        """Whether the text has what is asked for."""
        words = words_of(text)
        opened = set(_opened_codes(words))
        return _shares(_code_of(self.terms), opened) or all(
            _stands_in(term, words) or _shares(_code_of([term]), opened) for term in self.terms
        )


def words_of(text: str) -> list[str]:
    """The words of a text, in order."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def tsvector_of(text: str) -> str:
    """The words of a text with their places, and its codes, as PostgreSQL reads them."""
    words = words_of(text)
    placed = (f"'{word}':{place}" for place, word in enumerate(words, 1))
    return " ".join([*placed, *(f"'{code}'" for code in _opened_codes(words))])


def parsed_query(asked: str) -> TextQuery:
    """Words, and phrases in quotes; raises ValueError where there is no word."""
    found = [
        Term(tuple(words), is_quoted=not bare)
        for quoted, bare in _TOKEN.findall(asked)
        if (words := words_of(quoted or bare))
    ]
    if not found:
        raise ValueError("no word is asked for")
    *terms, last = found
    return TextQuery((*terms, Term(last.words, last.is_quoted, is_prefix=not last.is_quoted)))


def _opened_codes(words: Sequence[str]) -> Iterator[str]:
    """Every code there is in the words, with each of its characters left open."""
    codes = {word for word in words if _is_code(word)}
    if len(words) <= CODE_WORDS and _is_code(whole := "".join(words)):
        codes.add(whole)
    for code in sorted(codes):
        yield from _opened(code)


def _opened(code: str) -> list[str]:
    return [f"{CODE_MARK}{code[:at]}{OPEN}{code[at + 1 :]}" for at in range(len(code))]


def _is_code(word: str) -> bool:
    return len(word) in CODE_CHARACTERS and any(map(str.isdigit, word))


def _code_of(terms: Sequence[Term]) -> list[str]:
    """What the code that the terms are together may be like; nothing where they are none."""
    code = "".join(word for term in terms for word in term.words)
    is_bare = not any(term.is_quoted for term in terms)
    return _opened(code) if is_bare and len(terms) <= CODE_WORDS and _is_code(code) else []


def _tsquery_of(term: Term) -> str:
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return f"{words}:*" if term.is_prefix else words


def _any(query: str, codes: Sequence[str]) -> str:
    return " | ".join([query, *(f"'{code}'" for code in codes)])


def _shares(codes: Sequence[str], opened: set[str]) -> bool:
    return not opened.isdisjoint(codes)


def _stands_in(term: Term, words: Sequence[str]) -> bool:
    *first, last = term.words
    for start in range(len(words) - len(first)):
        end = start + len(first)
        fits = words[end].startswith(last) if term.is_prefix else words[end] == last
        if fits and list(words[start:end]) == first:
            return True
    return False
