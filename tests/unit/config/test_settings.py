import pytest

from config.settings import Settings, SettingsError, variable_of

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
        ("FORGESYTE_MAX_ATTEMPTS", "-1"),
        ("FORGESYTE_AUTH", "maybe"),
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
    ("host", "auth", "required"),
    [
        ("127.0.0.1", "", False),
        ("0.0.0.0", "", True),
        ("0.0.0.0", "off", False),
        ("127.0.0.1", "required", True),
    ],
)
def test_tokens_are_required_unless_only_this_machine_can_ask(
    host: str, auth: str, required: bool
) -> None:
    environ = SERVERS | {"FORGESYTE_HOST": host, "FORGESYTE_AUTH": auth}

    assert Settings.from_env(environ).auth_required is required


def test_names_follow_the_platform_where_it_has_one() -> None:
    assert [variable_of(name) for name in ("port", "host")] == ["PORT", "FORGESYTE_HOST"]
