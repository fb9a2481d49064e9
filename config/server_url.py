"""The URL of a server, looked at before anybody connects: a driver would say so at each attempt."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

MAX_PORT = 65535
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
# As libpq and redis-py name them.
_FILES = frozenset(
    {
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
        "ssl_ca_certs",
        "ssl_certfile",
        "ssl_keyfile",
    }
)
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "ssl_cert_reqs": ("none", "optional", "required"),
}


def check_server_url(url: str, *, schemes: set[str]) -> None:
    """Raise ValueError with what to write instead; an empty URL is none."""
    check_scheme(url, schemes)
    _check_encoding(url)
    _check_address(url)
    _check_query(url)


def check_scheme(url: str, schemes: set[str]) -> None:
    """Raise ValueError where a URL does not start with one of the schemes."""
    if url and urlsplit(url).scheme not in schemes:
        raise ValueError(f"start it with {' or '.join(sorted(f'{name}://' for name in schemes))}")


def _check_encoding(url: str) -> None:
    """A driver shows what it cannot read: what seems a password's rest must not get that far."""
    parts = urlsplit(url)
    if "@" in parts.netloc.rpartition("@")[0]:
        raise ValueError("a password's @ is written %40")
    if parts.fragment:
        raise ValueError("write # as %23")
    if _LONE_PERCENT.search(parts.query):
        raise ValueError("write % as %25")
    if not all("=" in each for each in parts.query.split("&") if parts.query):
        raise ValueError("its query takes name=value; a value's & is written %26")


# Not pydantic's PostgresDsn and RedisDsn: they refuse a socket, and take port 0 and a lone %, on
# which the drivers fail.
def _check_address(url: str) -> None:
    address = urlsplit(url).netloc
    if _LONE_PERCENT.search(address):
        raise ValueError("write % as %25")
    # PostgreSQL takes several hosts, each with its port.
    for host in address.rpartition("@")[2].split(","):
        port = host.rpartition("]")[2].partition(":")[2]
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
            raise ValueError(
                "it has no port that is a number; a password's / ? # and @ are written %2F %3F "
                "%23 and %40"
            )


def _check_query(url: str) -> None:
    for name, value in parse_qsl(urlsplit(url).query):
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"{name} takes {', '.join(_CHOICES[name])}")
        if name in _FILES:
            try:
                Path(value).read_bytes()
            except (OSError, ValueError) as error:
                raise ValueError(f"{name} names no file that can be read") from error
