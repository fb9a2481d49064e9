"""No password in what anybody is told, however its URL was written."""

import os
import subprocess
import sys
from urllib.parse import quote

import pytest

# What a URL has a meaning of its own for, between words that stand nowhere else.
SECRET = "hunter%zz&Solomon=Grundy@born/on?a#Monday"
WORDS = ("hunter", "Solomon", "Grundy", "born", "Monday")
ENCODED = quote(SECRET, safe="")
# Nobody listens there.
ADDRESS = "127.0.0.1:1"
URLS = {
    "in the address": f"postgresql://u:{SECRET}@{ADDRESS}/d",
    "in the address, encoded": f"postgresql://u:{ENCODED}@{ADDRESS}/d",
    "in the query": f"postgresql://u@{ADDRESS}/d?password={SECRET}",
    "in the query, encoded": f"postgresql://u@{ADDRESS}/d?password={ENCODED}",
    "with a lone %": f"postgresql://u@{ADDRESS}/d?password=hunter%zz",
    "with an &": f"postgresql://u@{ADDRESS}/d?password=hunter&Solomon",
    "with an & and a =": f"postgresql://u@{ADDRESS}/d?password=hunter&Solomon=Grundy",
    "with a #": f"postgresql://u@{ADDRESS}/d?password=hunter#Monday",
    "with an @": f"postgresql://u:hunter@Solomon@{ADDRESS}/d",
    "with a /": f"postgresql://u:hunter/born@{ADDRESS}/d",
    "without a scheme": f"u:{ENCODED}@{ADDRESS}/d",
    "with a scheme's end": f"u:hunter://Grundy@{ADDRESS}/d",
}


def told(url: str) -> tuple[int, str]:
    """The exit status of `forgesyte migrate`, and all that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "migrate"],
        env=os.environ | {"DATABASE_URL": url, "REDIS_URL": url.replace("postgresql", "redis")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("where", URLS)
def test_no_password_is_shown(where: str) -> None:
    status, output = told(URLS[where])

    assert status == 1
    assert len(output.strip().splitlines()) == 1, output
    assert [word for word in WORDS if word in output] == []
