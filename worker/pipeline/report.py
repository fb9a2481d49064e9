"""The results document: one frame a line, so that it is written and read without being held."""

import json
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import Any


def encode_frame(frame: Mapping[str, Any]) -> bytes:
    """One line of the document, UTF-8, keys sorted, without the line's end."""
    return json.dumps(frame, ensure_ascii=False, sort_keys=True, allow_nan=False).encode()


async def results_document(lines: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """The document in pieces, from its encoded frames."""
    before = b'{"results": [\n'
    async for line in lines:
        yield before + line
        before = b",\n"
    yield b"\n]}" if before == b",\n" else b'{"results": []}'
