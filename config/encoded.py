"""Whether a URL says what was meant: a driver shows what it cannot read, passwords among it."""

import re
from urllib.parse import urlsplit

_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def check_encoded(url: str) -> None:
    """Raise ValueError where a host, a query or a fragment holds what seems a password's rest."""
    parts = urlsplit(url)
    if "@" in parts.netloc.rpartition("@")[0]:
        raise ValueError("a password's @ is written %40")
    if parts.fragment:
        raise ValueError("write # as %23")
    if _LONE_PERCENT.search(parts.query):
        raise ValueError("write % as %25")
    if not all("=" in each for each in parts.query.split("&") if parts.query):
        raise ValueError("its query takes name=value; a value's & is written %26")
