"""The schema's migrations, applied by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from urllib.parse import urlsplit, urlunsplit

import psycopg
import yoyo
from psycopg.conninfo import conninfo_to_dict
from yoyo.migrations import MigrationList

from service.errors import DatabaseUnavailable
from service.jobs.schema import MIGRATIONS

MIGRATION_LOCK = 0x6D696772  # "migr": any number, the same in every process


class MigrationFailed(Exception):
    """PostgreSQL refused to change the schema"""


def migrate(url: str) -> list[str]:
    """Apply what is not applied yet and return its names.

    Safe to run twice, and from two machines at once: the second waits.
    Raises DatabaseUnavailable, MigrationFailed.
    """
    with _alone(url), _backend(url) as backend:
        pending = backend.to_apply(_migrations())
        backend.apply_migrations(pending)
        return [migration.id for migration in pending]


def rollback(url: str) -> list[str]:
    """Undo every migration and return their names: the jobs table and all its rows are gone.

    Raises DatabaseUnavailable, MigrationFailed.
    """
    with _alone(url), _backend(url) as backend:
        applied = backend.to_rollback(_migrations())
        backend.rollback_migrations(applied)
        return [migration.id for migration in applied]


def in_one_line(error: psycopg.Error) -> str:
    """What PostgreSQL says was wrong, or else the driver, whose text may be several lines."""
    parts = [error.diag.message_primary, error.diag.message_detail]
    message = ": ".join(filter(None, parts)) or str(error)
    lines = (" ".join(line.split()) for line in message.splitlines())
    return "; ".join(filter(None, lines)) or type(error).__name__


def unreadable(url: str) -> str | None:
    """Why libpq could not take a database's URL, without quoting any of it.

    It would name what it cannot read, which may be the rest of a password.
    """
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "the database's URL cannot be read: in a value, % is written %25, & %26, = %3D"
    return None


def _migrations() -> MigrationList:
    return yoyo.read_migrations(escape(str(MIGRATIONS)))


@contextmanager
def _alone(url: str) -> Iterator[None]:
    if reason := unreadable(url):
        raise MigrationFailed(reason)
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            # The session's end releases it, so a killed migration blocks nobody.
            connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            yield
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(in_one_line(error)) from error
    except psycopg.errors.InsufficientPrivilege as error:
        told = f"{in_one_line(error)}: the database and its tables have to be this user's own"
        raise MigrationFailed(told) from error
    except psycopg.Error as error:
        raise MigrationFailed(in_one_line(error)) from error


@contextmanager
def _backend(url: str) -> Iterator[yoyo.backends.DatabaseBackend]:
    backend = yoyo.get_backend(urlunsplit(urlsplit(url)._replace(scheme="postgresql+psycopg")))
    try:
        _break_lock(backend)
        with backend.lock():
            yield backend
    finally:
        backend.connection.close()


def _break_lock(backend: yoyo.backends.DatabaseBackend) -> None:
    # Alone by the advisory lock: a lock row that is there was left by a killed migration.
    try:
        backend.break_lock()
    except psycopg.errors.UndefinedTable:
        # yoyo does not say why it could not create its own table; asked again, PostgreSQL does.
        backend.execute(backend.format_sql(backend.create_lock_table_sql))
