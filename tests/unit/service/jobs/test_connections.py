"""The URLs that platforms write for libpq, as asyncpg takes them."""

import pytest

from service.jobs.connections import driver_url


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("postgres://u:p%40@h:1/d", "postgres://u:p%40@h:1/d"),
        (
            "postgres://h/d?sslmode=require&channel_binding=require",
            "postgres://h/d?sslmode=require",
        ),
        ("postgres://h/d?connect_timeout=10", "postgres://h/d"),
        ("postgresql:///d?host=/run/postgresql", "postgresql:///d?host=/run/postgresql"),
        (
            "postgres://h/d?keepalives=1&application_name=a%26b&options=-c%20geqo%3Doff",
            "postgres://h/d?application_name=a%26b&options=-c%20geqo%3Doff",
        ),
    ],
)
def test_what_is_not_for_the_server_is_left_out(written: str, taken: str) -> None:
    assert driver_url(written) == taken
