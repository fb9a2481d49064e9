"""A video on its way in: read in chunks, counted and checked before anything is accepted."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TypeVar, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web

from config.graph import Graph
from config.settings import Settings
from service.errors import (
    BadMultipart,
    EmptyUpload,
    InvalidMp4,
    UnsupportedEncoding,
    UploadTooLarge,
)
from service.jobs.model import Options
from service.web.upload.body import FORM_BYTES, MALFORMED, READ_BYTES, Body, Pace
from service.web.upload.options import OPTIONS, add_option, choose_options, choose_pipeline

FILE_FIELD = "file"
OPTION_BYTES = 1024
# A box header and the brand with its version; real files have 16 to 40 bytes.
FTYP_BYTES = range(16, 4097)
HEAD_BYTES = 8
PLAIN = frozenset({"", "identity", "binary", "8bit", "7bit"})

T = TypeVar("T")


class Upload:
    """One request's video and options.

    chunks() reads the whole request and raises where it cannot be accepted; only after its last
    chunk do pipeline_id and options say what was asked for.
    """

    def __init__(
        self,
        request: web.Request,
        *,
        pipelines: Mapping[str, Graph],
        settings: Settings,
        pace: Pace,
    ) -> None:
        """Check what the request's head tells; raises UploadError, PipelineNotFound."""
        self._request = request
        self._pipelines = pipelines
        self._settings = settings
        self._max_bytes = settings.max_upload_bytes
        self._body = Body(request, max_bytes=settings.max_upload_bytes + FORM_BYTES, pace=pace)
        self._fields: dict[str, str] = {}
        self._check_head()

    @property
    def pipeline_id(self) -> str:
        """The pipeline asked for; raises PipelineNotFound."""
        return choose_pipeline(self._fields, self._pipelines, self._settings)

    @property
    def options(self) -> Options:
        """The options asked for; raises BadOption."""
        return choose_options(self._fields)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The video as it comes; raises UploadError, PipelineNotFound."""
        is_form = self._request.content_type == "multipart/form-data"
        head, size = b"", 0
        async for chunk in self._form() if is_form else self._bare():
            size += len(chunk)
            self._limit(size)
            if len(head) >= HEAD_BYTES:
                yield chunk
                continue
            head += chunk
            if len(head) >= HEAD_BYTES:
                _require_mp4(head)
                yield head
        if not size:
            raise EmptyUpload("send the video's bytes")
        _require_mp4(head)
        self._check_choice()

    def _check_head(self) -> None:
        _require_plain(self._request.headers.get("Content-Encoding", ""))
        if self._request.content_type not in ("multipart/form-data", "video/mp4"):
            raise BadMultipart(
                f"send multipart/form-data with the video in {FILE_FIELD!r}, "
                "or the video itself as video/mp4"
            )
        self._limit((self._request.content_length or 0) - FORM_BYTES)
        for name, value in self._request.query.items():
            add_option(self._fields, name, value)
        self._check_choice()

    def _check_choice(self) -> None:
        choose_pipeline(self._fields, self._pipelines, self._settings)
        choose_options(self._fields)

    def _limit(self, size: int) -> None:
        if size > self._max_bytes:
            raise UploadTooLarge(f"a video may have {self._max_bytes} bytes")

    async def _bare(self) -> AsyncIterator[bytes]:
        while chunk := await self._body.read(READ_BYTES):
            yield chunk

    async def _form(self) -> AsyncIterator[bytes]:
        """The file part's bytes; the options before and after it are taken up on the way."""
        reader = await _parsed(self._open_form())
        found = False
        while (part := await self._next_part(reader)) is not None:
            if part.name != FILE_FIELD:
                add_option(self._fields, *await self._option(part))
                continue
            if found:
                raise BadMultipart(f"one video at a time: {FILE_FIELD!r} is given twice")
            found = True
            _require_plain(part.headers.get("Content-Encoding", ""))
            _require_plain(part.headers.get("Content-Transfer-Encoding", ""))
            while chunk := await _parsed(part.read_chunk(READ_BYTES)):
                yield chunk
        if not found:
            raise BadMultipart(f"the form has no part {FILE_FIELD!r} with the video")

    async def _open_form(self) -> MultipartReader:
        return MultipartReader(self._request.headers, cast(StreamReader, self._body))

    async def _next_part(self, reader: MultipartReader) -> BodyPartReader | None:
        part = await _parsed(reader.next())
        if isinstance(part, MultipartReader):
            raise BadMultipart("a form within the form is not read")
        return part

    async def _option(self, part: BodyPartReader) -> tuple[str, str]:
        if part.name is None:
            raise BadMultipart("a part of the form has no name")
        if part.filename is not None and part.name not in OPTIONS:
            raise BadMultipart(f"the video goes into {FILE_FIELD!r}, not into {part.name[:40]!r}")
        value = b""
        while chunk := await _parsed(part.read_chunk(READ_BYTES)):
            value += chunk
            if len(value) > OPTION_BYTES:
                raise BadMultipart(f"{part.name[:40]!r} is longer than any option")
        return part.name, value.decode(errors="replace")


async def _parsed(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except MALFORMED as error:
        raise BadMultipart("the form is malformed, or ends before it should") from error


def _require_mp4(head: bytes) -> None:
    """Look for the file type box (ISO/IEC 14496-12, section 4.3)."""
    if head[4:8] != b"ftyp" or int.from_bytes(head[:4], "big") not in FTYP_BYTES:
        raise InvalidMp4("an MP4 begins with its file type box, and these bytes do not")


def _require_plain(encoding: str) -> None:
    if encoding.strip().lower() not in PLAIN:
        raise UnsupportedEncoding("send the video's bytes as they are, neither packed nor encoded")
