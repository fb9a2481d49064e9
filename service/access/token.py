"""An API token: 32 random bytes that are shown once, and of which the SHA-256 alone is kept."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

RANDOM_BYTES = 32
# So that a scanner for secrets recognises one in a repository or a log.
MARK = "fsy_"
# Whose jobs are those of no token: submitted where none is asked for.
NOBODY = ""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; its name owns the jobs that are submitted with it."""

    name: str
    sha256: str
    created_at: datetime
    # Known to the minute.
    last_used_at: datetime | None = None


def new_secret() -> str:
    """What the client sends, in characters that need no quoting anywhere."""
    return MARK + token_urlsafe(RANDOM_BYTES)


def sha256_of(secret: str) -> str:
    """The SHA-256 of a secret in hex: without a salt, since nobody can guess 32 random bytes."""
    # A header may hold any bytes, which come as surrogates.
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def is_name(text: str) -> bool:
    """Whether a token may be named so: 1 to 64 letters, digits, dots, dashes, underscores."""
    return _NAME.fullmatch(text) is not None
