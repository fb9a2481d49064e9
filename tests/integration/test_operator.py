import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from click.testing import CliRunner, Result

from service.cli.main import main

PASSWORD = "secret"


@pytest.fixture
def environ(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FORGESYTE_STORAGE_URL": tmp_path.as_uri(),
    }


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

    assert passed.stdout == "0 jobs pending again, 0 jobs failed\n"


@pytest.fixture
def role(database_url: str) -> Iterator[str]:
    """Somebody who may connect to the database and create nothing in it."""
    name = f"role_{uuid.uuid4().hex}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        yield name
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


def _as(role: str, url: str, *, password: str = PASSWORD, database: str = "") -> str:
    parts = urlsplit(url)
    address = f"{role}:{password}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=address, path=database or parts.path))


@pytest.mark.parametrize("line", ["migrate", "migrate --rollback --delete-jobs"])
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"database": "/no_such_database"}, "does not exist"),
        ({}, "permission denied for schema public: the database and its tables have to be"),
        # What libpq would quote of it may be the rest of a password.
        ({"database": "/postgres?nonsense=1"}, "the database's URL cannot be read"),
    ],
    ids=["password", "database", "permission", "parameter"],
)
def test_what_postgresql_refuses_is_one_line(
    line: str, changes: dict[str, str], told: str, environ: dict[str, str], role: str
) -> None:
    url = _as(role, environ["DATABASE_URL"], **changes)

    _is_refused_in_one_line(line, environ | {"DATABASE_URL": url}, told)


@pytest.mark.parametrize("line", ["migrate --rollback", "migrate --rollback --delete-jobs"])
def test_somebody_elses_table_is_one_line(line: str, environ: dict[str, str], role: str) -> None:
    _forgesyte("migrate", environ)
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")

    url = _as(role, environ["DATABASE_URL"])

    _is_refused_in_one_line(line, environ | {"DATABASE_URL": url}, "must be owner of")


def test_a_read_only_database_is_one_line(environ: dict[str, str]) -> None:
    url = environ["DATABASE_URL"] + "?options=-cdefault_transaction_read_only%3Don"

    _is_refused_in_one_line("migrate", environ | {"DATABASE_URL": url}, "read-only transaction")


@pytest.mark.parametrize("line", ["migrate", "migrate --rollback", "recover"])
def test_no_database_is_one_line(line: str, environ: dict[str, str]) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"

    for told in ("127.0.0.1", "DATABASE_URL"):
        _is_refused_in_one_line(line, environ | {"DATABASE_URL": nowhere}, told)


def _is_refused_in_one_line(line: str, environ: dict[str, str], told: str) -> None:
    ran = CliRunner().invoke(main, line.split(), env=environ, catch_exceptions=False)

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert told in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def _forgesyte(line: str, environ: dict[str, str]) -> Result:
    ran = CliRunner().invoke(main, line.split(), env=environ, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran
