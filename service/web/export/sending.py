"""Sends what a thread writes, packed where the client takes that; nothing is held whole."""

import asyncio
import re
import zlib
from collections.abc import Iterable, Iterator

from aiohttp import hdrs, web

GZIP = "gzip"
# In one packet anyway.
TOO_SHORT_TO_PACK = 1400
# What one hop to a thread is worth.
CHUNK_BYTES = 256 * 1024
# A player that is paused asks for the rest by a range when it goes on.
IDLE_SECONDS = 120.0
# Three times as fast as the default of 6, for a third more bytes.
LEVEL = 1
_GZIP_FORMAT = 31
_NO_WEIGHT = re.compile(r"q=0(\.0{0,3})?")


def takes_gzip(request: web.Request) -> bool:
    """Whether Accept-Encoding has gzip, by its own name or by any, and not with no weight."""
    weights: dict[str, bool] = {}
    for coding in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        name, _, weight = (part.strip() for part in coding.partition(";"))
        weights[name] = not _NO_WEIGHT.fullmatch(weight.replace(" ", ""))
    return weights.get(GZIP, weights.get("*", False))


async def write_chunk(request: web.Request, response: web.StreamResponse, chunk: bytes) -> None:
    """Write some of a response; raises ConnectionError when its client is gone, or reads no more.

    Who takes nothing for IDLE_SECONDS would keep a connection and an open file for ever.
    """
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            await response.write(chunk)
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionAbortedError("the client reads nothing any more") from error


async def send_chunks(
    request: web.Request, response: web.StreamResponse, pieces: Iterable[bytes]
) -> None:
    """Write the pieces, which a thread makes; packed where the response says that they are."""
    chunks = _gathered(pieces)
    if response.headers.get(hdrs.CONTENT_ENCODING) == GZIP:
        chunks = _packed(chunks)
    try:
        while chunk := await asyncio.to_thread(next, chunks, b""):
            await write_chunk(request, response, chunk)
    except ConnectionError:
        # The client left; aiohttp sees that by itself when it ends the response.
        return


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def _packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL, wbits=_GZIP_FORMAT)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
