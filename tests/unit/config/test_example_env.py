import subprocess
from pathlib import Path

from config.settings import CLIENT_VARIABLES, Settings, variable_of

EXAMPLE = Path(__file__).parents[3] / "config" / "example.env"
FIELDS = Settings.model_fields


def _entries() -> dict[str, tuple[str, str, bool]]:
    """variable → (comment, value, whether it has to be set)."""
    entries: dict[str, tuple[str, str, bool]] = {}
    comment = ""
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("# "):
            comment = line.removeprefix("# ")
        elif "=" in line:
            name, _, value = line.removeprefix("#").partition("=")
            entries[name] = (comment, value, not line.startswith("#"))
    return entries


def test_it_lists_every_variable_and_no_other() -> None:
    assert _entries().keys() == {variable_of(field) for field in FIELDS} | CLIENT_VARIABLES


def test_each_carries_its_unit() -> None:
    comments = {name: comment for name, (comment, _, _) in _entries().items()}

    assert {field: comments[variable_of(field)] for field in FIELDS} == {
        field: info.description for field, info in FIELDS.items()
    }


def test_each_shows_its_default() -> None:
    environ = {name: value for name, (_, value, _) in _entries().items()}

    example = Settings.from_env(environ)

    assert example.model_dump(exclude={"database_url", "redis_url"}) == {
        field: info.default for field, info in FIELDS.items() if not info.is_required()
    }


def test_only_what_has_no_default_has_to_be_set() -> None:
    required = {name for name, (_, _, must) in _entries().items() if must}

    assert required == {variable_of(field) for field, info in FIELDS.items() if info.is_required()}


def test_a_shell_reads_it_as_we_do(tmp_path: Path) -> None:
    """With the line that README shows, every setting filled in."""
    lines = [f"{name}={value}" for name, (_, value, _) in _entries().items() if value]
    (tmp_path / "mine.env").write_text("\n".join(lines))
    command = ["sh", "-c", "set -a; . ./mine.env; set +a; env"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert set(lines) <= set(told.stdout.splitlines())
