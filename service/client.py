"""The service over HTTP, as the command line uses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp

from config.address import AddressError, service_address
from service.jobs.model import TERMINAL

CHUNK_BYTES = 1024 * 1024
FIRST_POLL_SECONDS = 0.2
LAST_POLL_SECONDS = 2.0
# A service that is started anew comes back within this.
PATIENCE_SECONDS = 60.0
AWAY = frozenset({502, 503, 504})


class ClientFailure(Exception):
    """The service refused, or could not be reached"""


class ServiceAway(ClientFailure):
    """The service could not be reached, and may be back soon"""


class Client:
    """One service, at one address."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def submit(self, video: Path, options: Mapping[str, str]) -> str:
        """Send a video in chunks; its job_id. Raises ClientFailure."""
        headers = {"Content-Type": "video/mp4"}
        with await asyncio.to_thread(_open, video) as file:
            async with self._request(
                "POST", "submit", data=file, params=options, headers=headers
            ) as response:
                return str((await response.json())["job_id"])

    async def status(self, job_id: str) -> dict[str, Any]:
        """The job's status document; raises ClientFailure."""
        async with self._request("GET", f"status/{job_id}") as response:
            document: dict[str, Any] = await response.json()
            return document

    async def results(self, job_id: str) -> AsyncIterator[bytes]:
        """The job's results document, in chunks; raises ClientFailure."""
        async with self._request("GET", f"results/{job_id}") as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk

    async def wait(
        self, job_id: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> dict[str, Any]:
        """Poll until the job has ended; its last status document.

        A service that is away is asked again for patience_seconds. Raises ClientFailure.
        """
        pause = FIRST_POLL_SECONDS
        while True:
            document = await self._patient_status(job_id, patience_seconds)
            if document["status"] in TERMINAL:
                return document
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_POLL_SECONDS)

    async def _patient_status(self, job_id: str, patience_seconds: float) -> dict[str, Any]:
        clock = asyncio.get_running_loop()
        give_up = clock.time() + patience_seconds
        while True:
            try:
                return await self.status(job_id)
            except ServiceAway:
                if clock.time() >= give_up:
                    raise
                await asyncio.sleep(FIRST_POLL_SECONDS)

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, **request: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(
                method, f"{self._url}/v1/video/{path}", **request
            ) as response:
                await _raise_for_problem(response)
                yield response
        except aiohttp.ClientPayloadError as error:
            raise ServiceAway(f"{self._url} broke off its response") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise ServiceAway(
                f"cannot reach {self._url}, is the service running there? ({reason})"
            ) from error


@asynccontextmanager
async def open_client(url: str, token: str | None = None) -> AsyncIterator[Client]:
    """A client with connections of its own, closed when the context is left.

    Raises ClientFailure for a url that is none.
    """
    try:
        url = service_address(url, token=token)
    except AddressError as error:
        raise ClientFailure(str(error)) from error
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # No limit over all: a video may be long and a line slow, as long as something moves.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        yield Client(session, url)


def _open(video: Path) -> BinaryIO:
    try:
        return video.open("rb")
    except OSError as error:
        raise ClientFailure(f"cannot read {video}: {error.strerror}") from error


async def _raise_for_problem(response: aiohttp.ClientResponse) -> None:
    if response.ok:
        return
    failure = ServiceAway if response.status in AWAY else ClientFailure
    if response.content_type != "application/problem+json":
        raise failure(
            f"{response.url} responded with {response.status}; is this a ForgeSyte service?"
        )
    problem = await response.json(content_type=None)
    raise failure(f"{problem['title']}: {problem['detail']} ({problem['code']})")
