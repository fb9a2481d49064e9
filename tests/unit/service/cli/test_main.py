import pytest
from click.testing import CliRunner

from service.cli.main import main
from worker import added_weights
from worker.analyse import main as analyse

CONTRACT = (
    *("dev", "demo", "web", "worker", "migrate", "recover", "analyse"),
    *("submit", "status", "results", "list", "search", "verify", "delete"),
)


@pytest.mark.parametrize("name", [*CONTRACT, "watch", "weights"])
def test_the_contracts_commands_are_there(name: str) -> None:
    assert name in main.commands


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_help_of_each_command_shows_an_example(name: str) -> None:
    # These two hand their arguments on, help included, to a program that says it by itself.
    if name in ("analyse", "weights"):
        program = {"analyse": analyse, "weights": added_weights.add}[name]
        helped = CliRunner().invoke(program, ["--help"], prog_name=f"forgesyte {name}")
    else:
        helped = CliRunner().invoke(main, [name, "--help"])

    assert helped.exit_code == 0
    assert f"forgesyte {name}" in helped.output.partition("Example: ")[2]


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
