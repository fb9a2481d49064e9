"""The service over HTTP: what the command line uses, and any other program may.

async with open_client("http://127.0.0.1:8080") as client:
    job_id = await client.submit(Path("video.mp4"), {"frame_stride": "5"})
    job = await client.wait(job_id)
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import aiohttp

from config.address import AddressError, service_address
from service.jobs.model import TERMINAL

CHUNK_BYTES = 1024 * 1024
# A response is waited for so long, and comes at once when the status changes.
WAIT_SECONDS = 2
PAUSE_SECONDS = 0.2
# A service that is started anew comes back within this.
PATIENCE_SECONDS = 60.0

Document = dict[str, Any]


class ClientFailure(Exception):
    """The service refused, or could not be reached"""


class TokenNeeded(ClientFailure):
    """The service asks for a token, or for another one"""


class ServiceAway(ClientFailure):
    """The service could not be reached, or had no room, and may soon be there for more"""


class ServiceUnreachable(ServiceAway):
    """Nothing answers at the URL"""


# By status; any other is a ClientFailure.
FAILURES: Mapping[int, type[ClientFailure]] = {
    401: TokenNeeded,
    **dict.fromkeys((429, 502, 503, 504, 507), ServiceAway),
}


class Client:
    """One service, at one address.

    Documents are as `/v1/openapi.json` describes them. Every method raises ClientFailure, and
    ServiceAway, a ClientFailure, where asking again later may help.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def submit(
        self,
        video: Path,
        options: Mapping[str, str],
        *,
        idempotency_key: str | None = None,
        sent: Callable[[int], object] = int,
    ) -> str:
        """Send a video in chunks; its job_id.

        options: pipeline_id, frame_stride, max_frames, region, fresh. idempotency_key: the same key
        with the same bytes and options gives the same job again. sent: told of the bytes of each
        chunk.
        """
        with await asyncio.to_thread(_open, video) as file:
            headers = {
                "Content-Type": "video/mp4",
                "Content-Length": str(os.fstat(file.fileno()).st_size),
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(video.name)}",
            }
            if idempotency_key is not None:
                headers["Idempotency-Key"] = idempotency_key
            async with self._request(
                "POST", "video/submit", data=_chunks(file, sent), params=options, headers=headers
            ) as response:
                return str((await response.json())["job_id"])

    async def status(self, job_id: str) -> Document:
        """Where the job stands, and of a failed one why."""
        return await self._document(f"video/status/{job_id}")

    async def job(self, job_id: str, *, wait_seconds: int = 0) -> Document:
        """All that is known of a job; with wait_seconds (≤ 25) as soon as its status changes."""
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
        return await self._document(f"jobs/{job_id}", headers=headers)

    def jobs(self, *, status: str | None = None) -> AsyncGenerator[Document, None]:
        """The jobs, newest first, page by page for as long as they are taken."""
        return self._items("jobs", {"status": status})

    def search(
        self, words: str, *, class_name: str | None = None
    ) -> AsyncGenerator[Document, None]:
        """Where all of the words were read, in the newest video first."""
        return self._items("search", {"q": words, "class": class_name})

    async def summary(self, job_id: str) -> Document:
        """What was found in the whole video of a completed job, and by what."""
        return await self._document(f"video/summary/{job_id}")

    async def results(self, job_id: str, **query: str) -> AsyncIterator[bytes]:
        """A completed job's results, in chunks.

        query: format (json, jsonl, csv, vtt, coco), from_frame and to_frame, both inclusive.
        """
        async for chunk in self._chunks(f"video/results/{job_id}", query):
            yield chunk

    async def source(self, job_id: str) -> AsyncIterator[bytes]:
        """The job's video, in chunks."""
        async for chunk in self._chunks(f"video/source/{job_id}", {}):
            yield chunk

    async def delete(self, job_id: str) -> None:
        """Remove a job, its video and what was found in it; a running one is cancelled."""
        async with self._request("DELETE", f"jobs/{job_id}"):
            return

    async def wait(
        self,
        job_id: str,
        *,
        told: Callable[[Document], object] = dict,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Document:
        """Ask until the job has ended; its last document.

        told: of each document on the way. A service that is away is asked again for
        patience_seconds.
        """
        while True:
            document = await self._patient_job(job_id, patience_seconds)
            told(document)
            if document["status"] in TERMINAL:
                return document
            # For a service, or something in front of it, that does not wait by itself.
            await asyncio.sleep(PAUSE_SECONDS)

    async def _patient_job(self, job_id: str, patience_seconds: float) -> Document:
        clock = asyncio.get_running_loop()
        give_up = clock.time() + patience_seconds
        while True:
            try:
                return await self.job(job_id, wait_seconds=WAIT_SECONDS)
            except ServiceAway:
                if clock.time() >= give_up:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)

    async def _items(
        self, path: str, query: Mapping[str, str | None]
    ) -> AsyncGenerator[Document, None]:
        asked = {name: value for name, value in query.items() if value is not None}
        while True:
            page = await self._document(path, params=asked)
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None:
                return
            asked["cursor"] = page["next_cursor"]

    async def _document(self, path: str, **request: Any) -> Document:
        async with self._request("GET", path, **request) as response:
            document: Document = await response.json()
            return document

    async def _chunks(self, path: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        async with self._request("GET", path, params=query) as response:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                yield chunk

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, **request: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(
                method, f"{self._url}/v1/{path}", **request
            ) as response:
                await _raise_for_problem(response)
                yield response
        except aiohttp.ClientPayloadError as error:
            raise ServiceAway(f"{self._url} broke off its response") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = _reason(error)
            raise ServiceUnreachable(
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


async def _chunks(file: BinaryIO, sent: Callable[[int], object]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk
        sent(len(chunk))


def _open(video: Path) -> BinaryIO:
    try:
        return video.open("rb")
    except OSError as error:
        raise ClientFailure(f"cannot read {video}: {error.strerror}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.strerror:
        return error.os_error.strerror
    return str(error) or type(error).__name__


async def _raise_for_problem(response: aiohttp.ClientResponse) -> None:
    if response.ok:
        return
    failure = FAILURES.get(response.status, ClientFailure)
    if response.content_type != "application/problem+json":
        raise failure(
            f"{response.url} responded with {response.status}; is this a ForgeSyte service?"
        )
    problem = await response.json(content_type=None)
    raise failure(f"{problem['title']}: {problem['detail']} ({problem['code']})")
