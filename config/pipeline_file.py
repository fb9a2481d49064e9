"""JSON as a pipeline's file may hold it: small, flat, and meant."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024


def read_json(path: Path) -> Any:
    """What a file holds; raises ValueError and OSError.

    Not pydantic's own reader: of a key given twice it takes the last, and NaN for a number.
    """
    # A pipe or a device would be waited for, perhaps without an end.
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        return json.loads(
            content.decode(), object_pairs_hook=_without_doubles, parse_constant=_refused
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{double!r} is given twice")
    return members


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
