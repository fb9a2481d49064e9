"""What stands in deploy/: the Containerfile's targets, the compose file, the units."""

import io
import json
import re
import shlex
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = DEPLOY / "Containerfile"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
# ${NAME} and ${NAME:?what to say where it is missing}
_INTERPOLATED = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")


@dataclass(frozen=True)
class Stage:
    """One stage of the Containerfile: the one it stands on, and its instructions in order."""

    base: str
    instructions: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """What follows each instruction of that name."""
        return [value for instruction, value in self.instructions if instruction == name]


def stages() -> dict[str, Stage]:
    """The Containerfile's stages by name."""
    found: dict[str, Stage] = {}
    name = ""
    for part in DockerfileParser(fileobj=io.BytesIO(CONTAINERFILE.read_bytes())).structure:
        instruction, value = part["instruction"], part["value"]
        if instruction == "FROM":
            base, _, name = value.partition(" AS ")
            found[name] = Stage(base, ())
        elif instruction != "COMMENT":
            stage = found[name]
            found[name] = Stage(stage.base, (*stage.instructions, (instruction, value)))
    return found


def command_of(target: str) -> list[str]:
    """What an image runs."""
    (command,) = stages()[target].all("CMD")
    return list(json.loads(command))


def health_check_of(target: str) -> list[str]:
    """What an engine runs in it again and again, without its options."""
    (check,) = stages()[target].all("HEALTHCHECK")
    return list(json.loads(check.split(" CMD ", 1)[1]))


def variables_of(target: str) -> dict[str, str]:
    """What an image's environment has from its own last stage."""
    words = [word for value in stages()[target].all("ENV") for word in shlex.split(value)]
    return dict(word.split("=", 1) for word in words)


def compose(**variables: str) -> dict[str, Any]:
    """The compose file, with variables in the place of their names."""
    text = _INTERPOLATED.sub(
        lambda found: variables.get(found[1], found[0]), (DEPLOY / "compose.yaml").read_text()
    )
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def unit(path: Path) -> RawConfigParser:
    """A unit, no key of which is there twice."""
    parser = RawConfigParser(delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text())
    return parser


def procfile() -> dict[str, str]:
    """The Procfile's commands by process."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)
