"""Requests written by hand, as no HTTP client would send them."""

import asyncio

from aiohttp.test_utils import TestClient


def raw_head(*, length: int | None = None, content_type: str = "video/mp4") -> bytes:
    """The head of an upload; chunked without a length."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [
        "POST /v1/video/submit HTTP/1.1",
        "Host: test",
        f"Content-Type: {content_type}",
        framing,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def exchange(client: TestClient, request: bytes) -> bytes:
    """What comes back for bytes that no HTTP client would send."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"\r\n\r\n")
        body = next(line for line in answer.split(b"\r\n") if line.startswith(b"Content-Length"))
        answer += await reader.readexactly(int(body.split(b":")[1]))
    writer.close()
    return answer
