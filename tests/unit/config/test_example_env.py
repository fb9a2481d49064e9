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
