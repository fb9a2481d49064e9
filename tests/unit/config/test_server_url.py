"""What is wrong with a server's URL is said before anybody connects."""

from pathlib import Path

import pytest

from config.server_url import check_server_url
from config.settings import Settings

SCHEMES = {"postgres", "rediss"}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sslmode=yes", "sslmode takes disable, allow, prefer, require, verify-ca, verify-full"),
        ("ssl_cert_reqs=None", "ssl_cert_reqs takes none, optional, required"),
        ("sslrootcert=/nowhere.pem", "sslrootcert names no file that can be read"),
        ("sslrootcert=system", "sslrootcert names no file that can be read"),
        ("a=b&ssl_keyfile=/", "ssl_keyfile names no file that can be read"),
        ("ssl_ca_certs=%00", "ssl_ca_certs names no file that can be read"),
    ],
)
def test_a_query_about_tls_that_no_driver_could_follow_is_refused(query: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_server_url(f"rediss://h/0?{query}", schemes=SCHEMES)


def test_a_file_that_is_there_is_taken(tmp_path: Path) -> None:
    (tmp_path / "ca file.pem").touch()

    check_server_url(
        f"postgres://h/d?sslmode=verify-full&sslrootcert={tmp_path}/ca%20file.pem", schemes=SCHEMES
    )


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("rediss://h:1/0", "rediss://h:1/0?ssl_cert_reqs=none"),
        ("rediss://:p%40@h/0?db=1", "rediss://:p%40@h/0?db=1&ssl_cert_reqs=none"),
        ("rediss://h?ssl_cert_reqs=required", "rediss://h?ssl_cert_reqs=required"),
    ],
)
def test_what_redis_url_says_of_certificates_goes_first(written: str, opened: str) -> None:
    settings = Settings(database_url="postgres://h", redis_url=written, redis_ssl_cert_reqs="none")

    assert settings.queue_url == opened
