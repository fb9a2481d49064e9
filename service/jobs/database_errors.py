"""What PostgreSQL and its driver raise, in our words: mapped once, by class of SQLSTATE."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ssl import SSLCertVerificationError

import asyncpg

from service.errors import (
    DatabaseRefused,
    DatabaseUnavailable,
    NothingWritten,
    SchemaOutdated,
    ServiceError,
)

# What the driver raises by itself: a time-out, a lost connection, a protocol out of step.
DRIVER_ERRORS = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)

# Classes of appendix A of the PostgreSQL manual: the data itself is not taken, by a type, a
# constraint, a limit, or a trigger.
_REFUSED = frozenset({"22", "23", "54", "P0"})
# A table, a column or a schema that is not there, or not what a statement expects of it.
_OUTDATED = frozenset({"3F", "42"})
# Class 42 as well, but a matter of rights, which an operator grants.
_NOT_PERMITTED = "42501"
_CLASS_CHARACTERS = 2
# Prepared statements of two programs met in one session, or one's own is not there any longer.
_POOLED = frozenset({"26000", "42P05"})
# A lost connection, a session that was ended: what was sent may have been done.
_UNCERTAIN = frozenset({"08", "57"})


@contextmanager
def database_errors_mapped() -> Iterator[None]:
    """Raise every error of asyncpg as one of ours.

    DatabaseUnavailable: repeated later, it may go through, for whatever is not listed here too;
    NothingWritten where that is certain.
    SchemaOutdated: the database has not the tables this program needs.
    DatabaseRefused: what was to be written can never be.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        kind = _kind(error)
        raise kind(f"{_about(error, kind)}: {error}") from error
    except DRIVER_ERRORS as error:
        kind = DatabaseRefused if _cannot_be_sent(error) else DatabaseUnavailable
        raise kind(f"{type(error).__name__}: {error}{_todo_of_tls(error)}") from error


def _cannot_be_sent(error: Exception) -> bool:
    """Whether the driver could not encode a value: its own DataError, which has no public name."""
    return (
        isinstance(error, asyncpg.InterfaceError)
        and isinstance(error, ValueError)
        and not isinstance(error, asyncpg.ClientConfigurationError)
    )


def _kind(error: asyncpg.PostgresError) -> type[ServiceError]:
    sqlstate = error.sqlstate or ""
    if sqlstate == _NOT_PERMITTED or sqlstate in _POOLED:
        return NothingWritten
    return _KINDS.get(sqlstate[:_CLASS_CHARACTERS], NothingWritten)


def _about(error: asyncpg.PostgresError, kind: type[ServiceError]) -> str:
    """What is to be done; of the rest the operator may look up the number."""
    if kind is SchemaOutdated:
        return "run `forgesyte migrate`"
    if error.sqlstate in _POOLED:
        return (
            f"a PgBouncer is at DATABASE_URL, set FORGESYTE_DATABASE_DIRECT_URL: {error.sqlstate}"
        )
    return str(error.sqlstate)


def _todo_of_tls(error: Exception) -> str:
    if isinstance(error, SSLCertVerificationError):
        return ": name its authority's file as sslrootcert in DATABASE_URL"
    return ""


_KINDS: Mapping[str, type[ServiceError]] = {
    **dict.fromkeys(_REFUSED, DatabaseRefused),
    **dict.fromkeys(_OUTDATED, SchemaOutdated),
    **dict.fromkeys(_UNCERTAIN, DatabaseUnavailable),
}
