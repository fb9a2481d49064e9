"""What the page "Running it on several machines" has people type, and how that is run here."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.faults.history.cluster import Member
from tests.governance.documents import ROOT, blocks
from tests.several.network import Machine

PAGE = ROOT / ".github" / "SEVERAL_MACHINES.md"
VARIABLES, RELEASE, WEB, WORKER, LOOK = blocks(PAGE.read_text(), "sh")
# Their last lines, in the place of which processes of the tests run, with a pipeline that plays
# scripts and places at which they may be killed.
PROGRAMS = {WEB: "python -m service", WORKER: "python -m worker"}
WEB_PORT = 8080


def variables(database_url: str, redis_url: str, storage_url: str) -> dict[str, str]:
    """What the page leaves to whoever types."""
    database, redis = urlsplit(database_url), urlsplit(redis_url)
    return {
        "DATABASE_USER": database.username or "",
        "DATABASE_PASSWORD": unquote(database.password or ""),
        "DATABASE_HOST": database.hostname or "",
        "DATABASE_NAME": database.path.removeprefix("/"),
        "REDIS_PASSWORD": unquote(redis.password or ""),
        "REDIS_HOST": redis.hostname or "",
        "STORAGE_URL": storage_url,
    }


def typed(block: str, machine: Machine) -> list[str]:
    """The command that types a block on a machine, after the variables, with what may follow it."""
    program = PROGRAMS.get(block)
    assert program is None or block.rstrip().endswith(program), block
    lines = block if program is None else block.replace(program, 'exec "$@"')
    return [*machine.prefix, "sh", "-ec", VARIABLES + lines, "sh"]


def environ_of(environ: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What somebody has who types: none of what the page tells him to set."""
    told = {word.partition("=")[0] for word in shlex.split(VARIABLES + WEB) if "=" in word}
    kept = {name: value for name, value in environ.items() if name not in told}
    programs = str(Path(sys.executable).parent)
    return kept | given | {"PATH": f"{programs}:{environ.get('PATH', os.defpath)}"}


def placed(member: Member, block: str, machine: Machine, given: Mapping[str, str]) -> Member:
    """The member on its machine, as the page has it started there."""
    environ = environ_of(member.environ, given) | {"FORGESYTE_AUTH": "off"}
    return replace(
        member,
        host=machine.address,
        prefix=typed(block, machine),
        environ=environ | {"PORT": str(WEB_PORT)},
    )
