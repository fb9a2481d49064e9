"""What a document claims to be there, and is not: commands, addresses, variables, files."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import click
from aiohttp import web

from config.graph import load_pipelines
from config.settings import CLIENT_VARIABLES, PREFIX, Settings, SettingsError, variable_of
from governance.cli import main as governance
from service.cli.main import main as forgesyte
from service.web.routes import add_routes
from tests.governance import documents
from tests.governance.documents import ROOT, spans
from tests.governance.workflow import make_targets

# What tests/conftest.py reads.
OF_TESTS = {"TEST_DATABASE_URL", "TEST_POOLER", "TEST_REDIS_URL"}
NEEDED = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL": "redis://host"}

_VARIABLE = re.compile(r"(?P<name>[A-Z]+(?:_[A-Z]+)+)(?:=(?P<value>\S+))?")
_ADDRESS = re.compile(r"(?:(?P<method>GET|POST|PUT|DELETE|HEAD) )?(?P<path>/[a-z][\w/{}…-]*)")
_LOOPBACK = re.compile(r"127\.0\.0\.1:(\d+)")
_NAMED_PIPELINES = re.compile(r"(?:`pipeline_id` \(|pipelines )((?:`\w+`(?:, | and )?)+)")


def false_claims(text: str, folder: Path) -> list[str]:
    """Everything a document in this folder names that does not exist."""
    told = " ".join(text.split())
    return [
        *(f"command: {each}" for each in documents.commands(text) if not exists(each)),
        *(f"address: {each}" for each in _addresses(text) if not _is_served(each)),
        *(f"variable: {each}" for each in _variables(text) if not _is_set(each)),
        *(f"path: {each}" for each in documents.paths(text) if not (ROOT / each).exists()),
        *(f"test: {each}" for each in documents.tests_named(text) if not documents.is_a_test(each)),
        *(f"link: {each}" for each in documents.links(text) if not (folder / each).exists()),
        *(f"port: {port}" for port in _LOOPBACK.findall(text) if int(port) != _default_port()),
        *(f"pipeline: {each}" for each in named_pipelines(told) - load_pipelines().keys()),
    ]


def exists(command: str) -> bool:
    """Whether a command line can be typed here, with every option that it has."""
    words = shlex.split(command, comments=True)
    match [words[0].removeprefix(".venv/bin/"), *words[1:]]:
        case ["forgesyte", name, *rest]:
            return _fits(forgesyte.commands.get(name), rest)
        case ["python", "-m", "governance", *rest]:
            name = next((word for word in rest if not word.startswith("-")), "scan")
            return _fits(governance.commands.get(name), [word for word in rest if word != name])
        case ["python", "-m", module, *_]:
            file = ROOT / Path(*module.split("."))
            return file.with_suffix(".py").is_file() or (file / "__main__.py").is_file()
        case ["make", target, *rest]:
            return target in make_targets() and all(map(_is_test_folder, rest))
        case ["pip", "install", *rest]:
            return _is_installable(rest)
        case ["curl", *rest]:
            return _is_served(_asked_by_curl(rest))
        case ["pre-commit", "install"] | ["set", "-a;", ".", _, "set", "+a"]:
            return True
    return False


def named_pipelines(told: str) -> set[str]:
    """The pipelines a text lists, by their names."""
    return {name for listed in _NAMED_PIPELINES.findall(told) for name in spans(listed)}


def _fits(command: click.Command | None, words: list[str]) -> bool:
    if command is None:
        return False
    if isinstance(command, click.Group) and words:
        return _fits(command.commands.get(words[0]), words[1:])
    options = {option for parameter in command.params for option in parameter.opts}
    takes_words = any(isinstance(parameter, click.Argument) for parameter in command.params)
    named = [word for word in words if word.startswith("-")]
    return set(named) <= options and (takes_words or not words or bool(named))


def _is_test_folder(word: str) -> bool:
    return word.startswith("TESTS=tests") and (ROOT / word.removeprefix("TESTS=")).exists()


def _is_installable(words: list[str]) -> bool:
    """Whether pip finds the constraints it is given, and in this project the extras."""
    rest = iter(words)
    for word in rest:
        extras = re.fullmatch(r"\.(?:\[([a-z,]+)\])?", word)
        if word == "-c":
            if not (ROOT / next(rest, "-")).is_file():
                return False
        elif extras is None or not set(filter(None, (extras[1] or "").split(","))) <= _extras():
            return False
    return True


def _addresses(text: str) -> Iterator[str]:
    return (span for span in spans(text) if _ADDRESS.fullmatch(span))


def _asked_by_curl(words: list[str]) -> str:
    url = next((word for word in words if word.startswith("http")), "")
    path = re.sub(r"\$\w+", "{job_id}", urlsplit(url).path)
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-F" in words else "GET"
    return f"{method} {path}"


def _is_served(address: str) -> bool:
    """Whether a route has this method and path; a path alone may also be the beginning of some."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return False
    path = match["path"].removesuffix("…").rstrip("/")
    if match["method"]:
        return (match["method"], path) in _routes()
    return any(f"{served}/".startswith(f"{path}/") for _, served in _routes())


@cache
def _routes() -> frozenset[tuple[str, str]]:
    app = web.Application()
    add_routes(app)
    return frozenset(
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
    )


def _variables(text: str) -> Iterator[str]:
    """The variables named, in backticks or not, with their value where one is given."""
    yield from (span for span in spans(text) if _VARIABLE.fullmatch(span))
    yield from re.findall(rf"\b{PREFIX}[A-Z_]+\b", text)


def _is_set(variable: str) -> bool:
    match = _VARIABLE.fullmatch(variable)
    if match is None:
        return False
    name, value = match["name"], match["value"]
    known = {variable_of(field) for field in Settings.model_fields} | CLIENT_VARIABLES | OF_TESTS
    if name not in known:
        return False
    try:
        Settings.from_env(NEEDED | ({name: value} if value else {}))
    except SettingsError:
        return False
    return True


def _extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return set(project["optional-dependencies"])


def _default_port() -> int:
    port: int = Settings.model_fields["port"].default
    return port
