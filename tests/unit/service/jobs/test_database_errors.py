"""Every error of the driver has one meaning here."""

import asyncpg
import pytest
from asyncpg.exceptions import _base

from service.errors import (
    DatabaseRefused,
    DatabaseUnavailable,
    NothingWritten,
    SchemaOutdated,
    ServiceError,
)
from service.jobs.database_errors import database_errors_mapped

MEANS = {
    "08006": DatabaseUnavailable,
    "25006": NothingWritten,
    "26000": NothingWritten,
    "28000": NothingWritten,
    "28P01": NothingWritten,
    "3D000": NothingWritten,
    "40001": NothingWritten,
    "40P01": NothingWritten,
    "42501": NothingWritten,
    "42P05": NothingWritten,
    "53100": NothingWritten,
    "53300": NothingWritten,
    "55P03": NothingWritten,
    "57014": DatabaseUnavailable,
    "57P01": DatabaseUnavailable,
    "57P03": DatabaseUnavailable,
    "XX000": NothingWritten,
    "3F000": SchemaOutdated,
    "42703": SchemaOutdated,
    "42804": SchemaOutdated,
    "42P01": SchemaOutdated,
    "22001": DatabaseRefused,
    "22P05": DatabaseRefused,
    "23514": DatabaseRefused,
    "54000": DatabaseRefused,
    "P0001": DatabaseRefused,
    "99999": NothingWritten,
}


@pytest.mark.parametrize(("sqlstate", "meaning"), MEANS.items())
def test_a_sqlstate_has_one_meaning(sqlstate: str, meaning: type[ServiceError]) -> None:
    assert means(asyncpg.PostgresError.new({"C": sqlstate, "M": "why"})) is meaning


def test_every_error_the_driver_knows_is_mapped() -> None:
    known = {kind for kind in vars(asyncpg.exceptions).values() if isinstance(kind, type)}
    raised = {kind for kind in known if issubclass(kind, asyncpg.PostgresError) and kind.sqlstate}

    assert len(raised) > 200
    assert {means(kind("why")) for kind in raised} == {
        DatabaseUnavailable,
        NothingWritten,
        SchemaOutdated,
        DatabaseRefused,
    }


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("127.0.0.1:5432"),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.ClientConfigurationError("no such host"),
    ],
)
def test_a_server_that_cannot_be_talked_to_is_unavailable(error: Exception) -> None:
    assert means(error) is DatabaseUnavailable


def test_a_value_the_driver_cannot_send_is_refused() -> None:
    assert means(_base.DataError("value out of int64 range")) is DatabaseRefused


def test_errors_of_ours_pass() -> None:
    with pytest.raises(ZeroDivisionError), database_errors_mapped():
        raise ZeroDivisionError


def means(error: Exception) -> type[ServiceError]:
    with pytest.raises(ServiceError) as raised, database_errors_mapped():
        raise error
    return type(raised.value)
