"""A proxy that lets nobody through without a token, as an operator may put before the service."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientSession, web

from service.launcher.server_process import free_port

TOKEN = "let-me-in"
GUARDED = "/v1/"
DROPPED = frozenset({"transfer-encoding", "content-length", "connection"})


@contextmanager
def guarded(url: str) -> Iterator[str]:
    """The URL under which the service asks for a token while the context is open."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = free_port()
    runner = asyncio.run_coroutine_threadsafe(_serve(url, port), loop).result()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _serve(url: str, port: int) -> web.AppRunner:
    async def forward(request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization")
        if request.path.startswith(GUARDED) and token != f"Bearer {TOKEN}":
            return web.json_response({"code": "unauthorized", "title": "A token"}, status=401)
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method, url + request.path_qs, headers=headers, data=await request.read()
            ) as answer,
        ):
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in DROPPED}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner
