"""Requests written by hand, as no HTTP client would send them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body, read as the problem document that it has to be."""
        assert self.headers["content-type"].startswith("application/problem+json")
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a problem."""
        return self.status, self.document["code"]


def raw_head(
    *headers: str,
    length: int | None = None,
    content_type: str = "video/mp4",
    path: str = "/v1/video/submit",
) -> bytes:
    """The head of an upload; chunked without a length."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: test",
        f"Content-Type: {content_type}",
        framing,
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


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


async def answers(client: TestClient, request: bytes, *, count: int = 1) -> list[Answer]:
    """The first answers to bytes sent over one connection."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    async with asyncio.timeout(30):
        read = [await read_answer(reader) for _ in range(count)]
    writer.close()
    return read


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer of a connection."""
    status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(status_line.split()[1]), headers, body)
