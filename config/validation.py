"""What is wrong with a document that a pydantic model refused, in one line."""

import reprlib

from pydantic import ValidationError


def first_error(error: ValidationError) -> str:
    """The first place that is wrong, and what is wrong there: `nodes.0.type: Field required`."""
    # A misspelt key is also a missing one; what was written says more than what was not.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    place = ".".join(map(str, first["loc"])) or "the file"
    return f"{reprlib.repr(place)[1:-1]}: {first['msg'].removeprefix('Value error, ')}"
