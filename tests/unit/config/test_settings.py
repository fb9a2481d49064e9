import ast
import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from config.settings import Settings, SettingsError, variable_of

ROOT = Path(__file__).parents[3]
SERVERS = {"DATABASE_URL": "postgresql://u@h/d", "REDIS_URL": "redis://h:6379/0"}


def test_two_urls_are_enough() -> None:
    settings = Settings.from_env(SERVERS)

    assert (settings.database_url, settings.port) == ("postgresql://u@h/d", 8080)
    assert settings.heartbeat_seconds == settings.lease_seconds / 4


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_env(SERVERS | {"FORGESYTE_LEASE_SECONDS": ""}).lease_seconds == 60


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://h/d"),
        ("REDIS_URL", "http://h"),
        ("PORT", "0"),
        ("PORT", "http"),
        ("FORGESYTE_STORAGE_URL", "/data"),
        ("FORGESYTE_LEASE_SECONDS", "0"),
        ("FORGESYTE_LEASE_SECONDS", "inf"),
        ("FORGESYTE_STALL_SECONDS", "nan"),
        ("FORGESYTE_MAX_ATTEMPTS", "-1"),
        ("FORGESYTE_STORAGE_URL", "gs://bucket/prefix"),
        ("FORGESYTE_MAX_SCRATCH_BYTES", "-1"),
        ("FORGESYTE_AUTH", "maybe"),
        ("FORGESYTE_MAX_UPLOADS", "0"),
        ("FORGESYTE_MIN_FREE_BYTES", "-1"),
        ("FORGESYTE_RETENTION_DAYS", "-1"),
        ("FORGESYTE_RETENTION_DAYS", "0.5"),
        ("FORGESYTE_DETECTOR_BACKEND", "onnx"),
        ("DATABASE_URL", "postgresql://u@[::1/d"),
        ("DATABASE_URL", "postgresql://u@h:port/d"),
        ("DATABASE_URL", "postgresql://u@h:99999/d"),
        ("DATABASE_URL", "postgresql://u@h:0/d"),
        ("DATABASE_URL", "postgresql://u:p%zz@h/d"),
        ("DATABASE_URL", "postgresql://u@h1:1,h2:x/d"),
        ("REDIS_URL", "redis://h:99999/0"),
        ("REDIS_URL", "redis://h\nh:x/0"),
        ("FORGESYTE_READER_ENGINE", "easyocr"),
        ("FORGESYTE_LEASE_SECOND", "60"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(SERVERS | {variable: value})

    assert variable in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("missing", list(SERVERS))
def test_a_missing_url_says_what_it_takes(missing: str) -> None:
    environ = {name: url for name, url in SERVERS.items() if name != missing}

    with pytest.raises(SettingsError, match=f"{missing}: not set; it takes .*://"):
        Settings.from_env(environ)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40%25@h:5432/d?sslmode=require",
        "postgres://u@[::1]:5432/d",
        "postgresql://u@[::1]/d",
        "postgresql://h1:1,h2:2/d",
        "postgresql:///d?host=/run/postgresql",
    ],
)
def test_every_form_of_an_address_is_taken(url: str) -> None:
    assert Settings.from_env(SERVERS | {"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@h:x/d",
        "postgresql://u:s3#cret@h/d",
        "postgresql://u:%73%33cret@h:x/d",
        "postgresql://u:p@h:x/d?password=s3cret",
        "postgresql://h:x/d?password=s3cret",
        "postgresql://u:s3?cret@h:x/d",
        "mysql://h/d?password=s3@cret",
        "postgresql://u:s3@cret@h:x/d",
    ],
)
def test_a_password_is_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env(SERVERS | {"DATABASE_URL": url})

    assert "s3" not in str(raised.value)


@pytest.mark.parametrize(
    ("host", "auth", "required"),
    [
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("localhost", "", False),
        ("127.0.0.1", "required", True),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("192.0.2.1", "", True),
        ("0.0.0.0", "required", True),
        ("0.0.0.0", "off", False),
    ],
)
def test_a_port_that_strangers_reach_has_to_be_opened_on_purpose(
    host: str, auth: str, required: bool
) -> None:
    environ = SERVERS | {"FORGESYTE_HOST": host, "FORGESYTE_AUTH": auth}

    assert Settings.from_env(environ).auth_required is required


CHOICES = [
    (name, choice)
    for name, field in Settings.model_fields.items()
    if get_origin(field.annotation) is Literal
    for choice in get_args(field.annotation)
    if choice
]


@pytest.mark.parametrize(("field", "choice"), CHOICES)
def test_every_choice_is_described_and_taken(field: str, choice: str) -> None:
    settings = Settings.from_env(SERVERS | {variable_of(field): choice})

    assert getattr(settings, field) == choice
    assert choice in re.findall(r"\w+", Settings.model_fields[field].description or "")


def test_every_setting_is_read_by_something() -> None:
    """A setting that nothing reads promises what is not done."""
    own = ast.parse((ROOT / "config" / "settings.py").read_text())
    properties = {
        function.name: attributes_of(function, {"self"})
        for function in ast.walk(own)
        if isinstance(function, ast.FunctionDef) and function.decorator_list
    }
    read = {
        name
        for package in ("service", "worker")
        for path in (ROOT / package).rglob("*.py")
        for name in attributes_of(ast.parse(path.read_text()), {"settings", "_settings"})
    }
    read |= {name for reader in read for name in properties.get(reader, ())}

    assert set(Settings.model_fields) - read == set()


def attributes_of(tree: ast.AST, owners: set[str]) -> set[str]:
    """The names X of every `owner.X` and `….owner.X`."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and getattr(node.value, "id", getattr(node.value, "attr", None)) in owners
    }


def test_names_follow_the_platform_where_it_has_one() -> None:
    assert [variable_of(name) for name in ("port", "host")] == ["PORT", "FORGESYTE_HOST"]
