"""What the documents say: their commands, paths, tests and links."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".ampcode" / "04_PHASE_NOTES" / "Phase_16"
DOCUMENTS = sorted(FOLDER.glob("*.md"))

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?://)([^)]+)\)")
_PATH = re.compile(r"(?:service|worker|config|migrations|governance|tests|\.github)/[\w./-]*")
_COMMAND = re.compile(
    r"(?:forgesyte|make|curl|pip install|(?:\.venv/bin/)?python -m|\.venv/bin/\S+) \S"
)


def text_of(name: str) -> str:
    return (FOLDER / f"PHASE_16_{name}.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return [block["text"] for block in _FENCE.finditer(text) if block["language"] == language]


def spans(text: str) -> list[str]:
    return _SPAN.findall(_FENCE.sub("", text))


def commands(text: str) -> list[str]:
    typed = [line for block in blocks(text, "sh") for line in block.splitlines()]
    shown = [line for block in blocks(text, "console") for line in block.splitlines()]
    lines = [*typed, *(line.removeprefix("$ ") for line in shown if line.startswith("$ "))]
    return [each for each in [*lines, *spans(text)] if _COMMAND.match(each)]


def paths(text: str) -> Iterator[str]:
    for span in spans(text):
        path = span.split("::")[0]
        if _PATH.fullmatch(path) and "NNNN" not in path:
            yield path


def tests_named(text: str) -> list[str]:
    return [span for span in spans(text) if "::" in span]


def links(text: str) -> list[str]:
    return _LINK.findall(text)


@cache
def tests_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text()))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in nodes if isinstance(node, functions))


def is_a_test(name: str) -> bool:
    path, function = name.split("::")
    return function.startswith("test_") and function in tests_in(path)


def section(text: str, heading: str) -> str:
    """A section's text, without its heading, up to the next one of the same level."""
    after = text.split(f"\n## {heading}\n", 1)[1]
    return after.split("\n## ", 1)[0]


def documented_members(text: str) -> dict[str, set[str]]:
    """The rows of a table of members: the name of the object → the names in it."""
    rows = re.findall(r"^\| (?:`(\w+)`.*?|the (response)) \| (.+) \|$", text, re.MULTILINE)
    return {name or response: set(_SPAN.findall(listed)) for name, response, listed in rows}


@cache
def documented_codes() -> frozenset[str]:
    """The codes of problems that ENDPOINTS names, in its table and in the sentence below it."""
    told = section(text_of("ENDPOINTS"), "Errors").split("<!-- generated: problems -->", 1)[1]
    return frozenset(span for span in spans(told) if re.fullmatch(r"[a-z][a-z0-9_]+", span))
