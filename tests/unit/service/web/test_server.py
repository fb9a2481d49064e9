import asyncio
import logging
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from service.web.server import LINGER_BYTES, LoopErrors, WebRunner
from tests.exhausted import no_descriptor_left
from tests.unit.service.conftest import Serve
from tests.unit.service.web.raw import answers, raw_head, read_answer
from tests.waiting import until

GET = b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n"
MIB = 2**20


async def test_nothing_is_unpacked_whatever_the_address(client: TestClient) -> None:
    """1 MB that unpacks to 1 GB held the loop for 2 s after it had been refused."""
    # Bytes that are not gzip break the connection of a server that tries to unpack them.
    junk = raw_head("Content-Encoding: gzip", length=4 * MIB, path="/nothing") + bytes(4 * MIB)
    refused, alive = await answers(client, junk + GET, count=2)

    assert refused.problem == (404, "not_found")
    assert alive.status == 200


async def test_a_head_that_never_ends_is_closed(serve: Serve) -> None:
    client = await serve(keepalive_seconds=0.05)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")

    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_an_idle_connection_is_kept_a_little_longer_than_a_proxy_keeps_it() -> None:
    runner = WebRunner(web.Application())
    await runner.setup()
    connection = runner.server()
    await runner.cleanup()

    assert 60 < connection.keepalive_timeout <= 75


async def test_what_follows_a_refused_body_is_read_for_a_while_only(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head(length=10**12, path="/nothing"))
    answer = await read_answer(reader)
    with pytest.raises(ConnectionError):
        await _send(writer, 10 * LINGER_BYTES)

    assert answer.problem == (404, "not_found")
    await until(lambda: not client.server.runner.server.connections)
    assert caplog.records == []
    writer.close()


async def test_connections_that_find_no_descriptor_wait_and_are_logged_once(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio tells of each that waits, with a traceback, every second."""
    asyncio.get_running_loop().set_exception_handler(LoopErrors())

    def told() -> list[logging.LogRecord]:
        """Maintenance, which may be at work meanwhile, has a line of its own for it."""
        return [record for record in caplog.records if record.name == LoopErrors.__module__]

    sockets = [socket.socket() for _ in range(20)]
    with no_descriptor_left():
        for waiting in sockets:
            waiting.connect((client.host, client.port))
        await until(told)
    reader, writer = await asyncio.open_connection(sock=sockets[0])
    writer.write(GET)
    alive = await read_answer(reader)

    assert alive.status == 200
    assert [(record.levelname, record.exc_info) for record in told()] == [("WARNING", None)]
    writer.close()
    for waiting in sockets[1:]:
        waiting.close()


async def _send(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // MIB):
        writer.write(bytes(MIB))
        await writer.drain()
