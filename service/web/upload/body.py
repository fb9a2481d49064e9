"""A request's body as it comes from its connection: counted, and never waited for too long."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http import HttpProcessingError

from config.failures import exceeded
from service.errors import (
    BadMultipart,
    ServiceError,
    UploadAborted,
    UploadTooLarge,
    UploadTooSlow,
)

# aiohttp holds up to as much again, and what one read of the socket brings, for every upload there
# is: with reads of a megabyte a hundred at once cost 430 MB. Each read of less costs a timer.
READ_BYTES = 128 * 1024
# Whatever stands around a video: boundaries, part headers, options, what comes before and after.
FORM_BYTES = 64 * 1024
# A read that finds its bytes waiting lets nobody else run; a form of empty lines is 65,536 reads.
READS_IN_A_ROW = 64
# What aiohttp raises for bytes that are no body, or no form; a part named _charset_ asserts.
MALFORMED = (
    ValueError,
    RuntimeError,
    LookupError,
    AssertionError,
    HttpProcessingError,
    web.RequestPayloadError,
)


@dataclass(frozen=True, slots=True)
class Pace:
    """The least that an upload has to bring.

    By default a quarter of what a slow mobile connection carries (30 KB/s), over a minute, so that
    it may stand still for a while in a tunnel; and all of it within total_seconds.
    Only the time spent waiting for the client counts: a slow disk of ours is not its fault.
    """

    idle_seconds: float = 20.0
    window_seconds: float = 60.0
    bytes_per_second: float = 8 * 1024
    total_seconds: float = 24 * 3600.0


class Body:
    """Reads a body; it is what aiohttp's MultipartReader uses of a StreamReader.

    All readers raise UploadTooLarge, UploadTooSlow, UploadAborted, BadMultipart.
    """

    def __init__(self, request: web.Request, *, max_bytes: int, pace: Pace) -> None:
        """max_bytes: of the video; FORM_BYTES more may stand around it.

        They are counted as they leave the connection.
        """
        self._request = request
        self._content = request.content
        self._max_bytes = max_bytes
        self._pace = pace
        self._reads = 0
        self._line_bytes = 0
        self._waited_seconds = 0.0
        self._waited_before = 0.0
        self._window_from = 0

    async def read(self, size: int) -> bytes:
        """At most size bytes, as soon as there are any; b"" at the end."""
        return await self._read(self._content.read(size))

    async def read_waiting(self) -> bytes:
        """All that has come, as soon as there is any; b"" at the end.

        It saves the copies that read makes to cut at its size, and half of the reads.
        """
        return await self._read(self._content.readany())

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        """A line of what stands around the video."""
        line = await self._read(self._content.readline(max_line_length=max_line_length))
        self._line_bytes += len(line)
        if self._line_bytes > FORM_BYTES:
            raise UploadTooLarge(
                f"around its video a form may have {FORM_BYTES} bytes, and {self._line_bytes} came"
            )
        return line

    def at_eof(self) -> bool:
        """See StreamReader."""
        return self._content.at_eof()

    def unread_data(self, data: bytes) -> None:
        """See StreamReader."""
        self._content.unread_data(data)

    async def _read(self, reading: Awaitable[bytes]) -> bytes:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._pace.idle_seconds):
                chunk = await reading
        except (OSError, *MALFORMED) as error:
            raise self._named(error) from error
        self._waited_seconds += loop.time() - began
        if self._content.total_bytes > self._max_bytes + FORM_BYTES:
            found = f"{self._content.total_bytes} bytes came, the form around the video included"
            raise UploadTooLarge(exceeded("max_upload_bytes", self._max_bytes, found))
        self._check_pace()
        self._reads += 1
        if self._reads % READS_IN_A_ROW == 0:
            await asyncio.sleep(0)
        return chunk

    def _named(self, error: Exception) -> ServiceError:
        if self._request.transport is None:
            return UploadAborted("the connection was closed")
        if isinstance(error, TimeoutError):
            return UploadTooSlow(f"nothing came for {self._pace.idle_seconds:g} seconds")
        return BadMultipart("the body is malformed, or ends before it should")

    def _check_pace(self) -> None:
        if self._waited_before + self._waited_seconds > self._pace.total_seconds:
            waited = self._waited_before + self._waited_seconds
            found = f"{self._content.total_bytes} bytes came in {waited:.1f} seconds"
            raise UploadTooSlow(exceeded("max_upload_seconds", self._pace.total_seconds, found))
        if self._waited_seconds < self._pace.window_seconds:
            return
        came = self._content.total_bytes - self._window_from
        if came < self._waited_seconds * self._pace.bytes_per_second:
            found = f"{came} bytes came in {self._waited_seconds:.1f} seconds"
            rate = self._pace.bytes_per_second
            raise UploadTooSlow(exceeded("min_upload_bytes_per_second", rate, found))
        self._waited_before += self._waited_seconds
        self._waited_seconds, self._window_from = 0.0, self._content.total_bytes
