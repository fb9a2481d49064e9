import pytest
from click.testing import CliRunner

from service.cli.main import main

CONTRACT = ("dev", "demo", "web", "worker", "migrate", "recover", "submit", "status", "results")


@pytest.mark.parametrize("name", [*CONTRACT, "analyse"])
def test_the_contracts_commands_are_there(name: str) -> None:
    assert name in main.commands


def test_a_missing_setting_is_one_line_that_names_the_variable() -> None:
    ran = CliRunner().invoke(main, ["migrate"], env={"DATABASE_URL": "", "REDIS_URL": ""})

    assert ran.exit_code == 1
    assert ran.stderr.startswith("Error: DATABASE_URL: not set")
    assert ran.stderr.count("\n") == 1


def test_a_misspelt_setting_is_refused() -> None:
    ran = CliRunner().invoke(main, ["recover"], env={"FORGESYTE_LEASE_SECOND": "60"})

    assert ran.exit_code == 1
    assert "FORGESYTE_LEASE_SECOND" in ran.stderr


def test_an_unavailable_database_is_one_line() -> None:
    environ = {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}

    ran = CliRunner().invoke(main, ["migrate"], env=environ)

    assert ran.exit_code == 1
    assert ran.stderr.startswith("Error: ")
    assert "127.0.0.1" in ran.stderr
