"""The scanner: no forbidden term in functional code, no file named after a phase."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from governance.scanner.letters import as_seen
from governance.scanner.texts import NotText, lines_of
from governance.scanner.vocabulary import Vocabulary, pattern_of

PHASE = "phase-named file"

# fooBar → foo, Bar; HTTPServer → HTTP, Server
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class NothingScanned(Exception):
    """The scanner found nothing to read, so it cannot say that anything is clean"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A forbidden term at a line, counted from 1; a name counts as line 1."""

    path: str
    line: int
    term: str
    text: str

    def __str__(self) -> str:
        report = f"{self.path}:{self.line}: {self.term}\n    {self.text.strip()}"
        # A name may have bytes that no terminal takes.
        return report.encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found, and how much it read."""

    violations: tuple[Violation, ...]
    files: int
    lines: int
    binaries: int
    names: int


def scan(root: Path, vocabulary: Vocabulary) -> Report:
    """Scan the git checkout at root as it lies on disk.

    Raises NothingScanned when root is no checkout, a folder of the scope has no tracked file, or
    a file that is not said to be binary cannot be read as text.
    """
    names = _tracked(root)
    code = [name for name in names if _top(name) in vocabulary.scope.folders]
    _expect_every_folder(code, vocabulary, root)
    terms = _Terms(vocabulary)
    binary = vocabulary.scope.binary
    texts = _texts(root, [name for name in code if Path(name).suffix.lower() not in binary])
    found = [
        *(hit for name in code for hit in _in_file(name, texts.get(name, []), terms)),
        *_phase_named(names, vocabulary),
    ]
    return Report(
        tuple(found),
        files=len(texts),
        lines=sum(len(lines) for lines in texts.values()),
        binaries=len(code) - len(texts),
        names=len(names),
    )


class _Terms:
    """Finds forbidden terms in a line."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._innocent = frozenset(vocabulary.allowed.innocent)
        self._patterns: Mapping[str, re.Pattern[str]] = {
            term: re.compile(pattern_of(stem), re.IGNORECASE)
            for term, stem in vocabulary.forbidden.items()
        }

    def found_in(self, line: str) -> Iterator[str]:
        seen = as_seen(line)
        for term, pattern in self._patterns.items():
            if any(not self._is_innocent(seen, hit) for hit in pattern.finditer(seen)):
                yield term

    def _is_innocent(self, line: str, hit: re.Match[str]) -> bool:
        words = (word for word in _WORD.finditer(line) if word.start() <= hit.start() < word.end())
        return any(word.group().lower() in self._innocent for word in words)


def _in_file(name: str, lines: Iterable[str], terms: _Terms) -> Iterator[Violation]:
    for term in terms.found_in(name):
        yield Violation(name, 1, term, f"the file's name: {name}")
    for number, line in enumerate(lines, start=1):
        for term in terms.found_in(line):
            yield Violation(name, number, term, line)


def _phase_named(names: Iterable[str], vocabulary: Vocabulary) -> Iterator[Violation]:
    for name in names:
        words = {word.group().lower() for word in _WORD.finditer(as_seen(name))}
        if words & set(vocabulary.phase.words) and _top(name) not in vocabulary.phase.folders:
            yield Violation(name, 1, PHASE, f"the file's name: {name}")


def _tracked(root: Path) -> list[str]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True
        ).stdout
    except FileNotFoundError as error:
        raise NothingScanned("git is not installed; the scanner reads what git tracks") from error
    except subprocess.CalledProcessError as error:
        reason = os.fsdecode(error.stderr).strip().splitlines()[0]
        raise NothingScanned(
            f"{root} is no git checkout, pass one with --root: {reason}"
        ) from error
    names = dict.fromkeys(name for name in os.fsdecode(listed).split("\0") if name)
    return [name for name in names if (root / name).is_file()]


def _expect_every_folder(code: Iterable[str], vocabulary: Vocabulary, root: Path) -> None:
    seen = {_top(name) for name in code}
    for folder in vocabulary.scope.folders:
        if folder not in seen:
            raise NothingScanned(f"git tracks no file under {root / folder}")


def _texts(root: Path, names: Iterable[str]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name in names:
        try:
            texts[name] = lines_of(root / name)
        except NotText as error:
            raise NothingScanned(
                f"{name} cannot be read: {error}; write it in UTF-8, or name its suffix in "
                "scope.binary"
            ) from error
    return texts


def _top(name: str) -> str:
    return PurePosixPath(name).parts[0]
