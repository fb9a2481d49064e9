"""The documents' generated blocks: written from the code, or compared with it."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from governance import facts

FOLDER = facts.ROOT / ".ampcode" / "04_PHASE_NOTES" / "Phase_16"

BLOCKS: Mapping[str, Callable[[], str]] = {
    "routes": facts.routes,
    "problems": facts.problems,
    "error codes": facts.error_codes,
    "transitions": facts.transitions,
    "imports": facts.imports,
    "pipelines": facts.pipelines,
    "vocabulary": facts.vocabulary,
    "migrations": facts.migrations,
    "metrics": facts.metrics,
    "requirements": facts.requirements,
    "poster routes": facts.poster_routes,
}

# Not cogapp: this file would be 17 lines shorter, each of the ten blocks 3 lines longer, and the
# documents would carry Python.
_BLOCK = re.compile(
    r"(?P<opening><!-- generated: (?P<name>[a-z ]+) -->\n).*?(?P<closing><!-- end -->)", re.DOTALL
)


class NoDocuments(Exception):
    """There is no document with a generated block"""


class UnknownBlock(Exception):
    """A document asks for a block that nothing generates"""


def write_documents(folder: Path = FOLDER) -> list[str]:
    """Bring every generated block up to date; returns the names of the files that changed."""
    changed = list(_outdated(folder))
    for path, text in changed:
        path.write_text(text, encoding="utf-8")
    return [path.name for path, _ in changed]


def outdated_documents(folder: Path = FOLDER) -> list[str]:
    """The names of the files in which a block is not what the code says."""
    return [path.name for path, _ in _outdated(folder)]


def _outdated(folder: Path) -> Iterator[tuple[Path, str]]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in {".md", ".svg"})
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    if not any(_BLOCK.search(text) for text in texts.values()):
        raise NoDocuments(f"{folder} holds no document with a generated block")
    for path, text in texts.items():
        fresh = _BLOCK.sub(partial(_filled, path=path), text)
        if fresh != text:
            yield path, fresh


def _filled(block: re.Match[str], *, path: Path) -> str:
    if block["name"] not in BLOCKS:
        known = ", ".join(BLOCKS)
        raise UnknownBlock(f"{path.name}: nothing generates {block['name']!r}; known: {known}")
    return f"{block['opening']}{BLOCKS[block['name']]()}\n{block['closing']}"
