import psycopg
import pytest
from click.testing import CliRunner, Result

from service.cli.main import main


@pytest.fixture
def environ(database_url: str, redis_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url}


def test_migrating_twice_does_it_once(environ: dict[str, str]) -> None:
    """JOB-4"""
    first, second = _forgesyte("migrate", environ), _forgesyte("migrate", environ)

    assert first.stdout.startswith("applied 0001.create-jobs")
    assert second.stdout == "nothing to do\n"


def test_rolling_back_removes_the_table(environ: dict[str, str]) -> None:
    """JOB-4"""
    _forgesyte("migrate", environ)

    undone = _forgesyte("migrate --rollback", environ)

    assert "undone 0001.create-jobs" in undone.stdout
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT to_regclass('jobs')").fetchone() == (None,)


def test_a_recovery_pass_tells_what_it_did(environ: dict[str, str]) -> None:
    """JOB-3"""
    _forgesyte("migrate", environ)

    passed = _forgesyte("recover", environ)

    assert passed.stdout == "0 jobs pending again, 0 jobs failed, 0 jobs rung again\n"


def _forgesyte(line: str, environ: dict[str, str]) -> Result:
    ran = CliRunner().invoke(main, line.split(), env=environ, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran
