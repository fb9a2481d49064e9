"""A video on its way into storage: read in chunks, counted and checked before it is accepted."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aiohttp import (
    BodyPartReader,
    MultipartReader,
    StreamReader,
    content_disposition_filename,
    hdrs,
    parse_content_disposition,
    web,
)

from config.failures import exceeded
from config.graph import DEFAULT_PIPELINE
from service.errors import (
    BadMultipart,
    EmptyUpload,
    InvalidMp4,
    UnsupportedEncoding,
    UploadTooLarge,
)
from service.jobs.model import Options
from service.services import Services
from service.storage.base import StoredFile
from service.web.access.limits import require_room, while_there_is_room
from service.web.upload.body import FORM_BYTES, MALFORMED, READ_BYTES, Body, Pace
from service.web.upload.name import file_name
from service.web.upload.options import OPTIONS, add_option

FILE_FIELD = "file"
INPUT_NAME = "input_name"
OPTION_BYTES = 1024
# A box header and the brand with its version; real files have 16 to 40 bytes.
FTYP_BYTES = range(16, 4097)
HEAD_BYTES = 8
PLAIN = frozenset({"", "identity", "binary", "8bit", "7bit"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Received:
    """A stored video, what its client wants to have done with it, and what it calls it."""

    source: StoredFile
    pipeline_id: str
    options: Options
    input_name: str | None
    fresh: bool


async def receive(request: web.Request, services: Services, *, key: str, pace: Pace) -> Received:
    """Read the whole request and store its video under the key.

    Raises UploadError, PipelineNotFound, StorageFull, TooManyFiles; nothing is stored then.
    """
    max_bytes = services.settings.max_upload_bytes
    _check_head(request, max_bytes)
    # The file's name is none of OPTIONS, so no client can ask for it by that.
    asked: dict[str, Any] = {INPUT_NAME: file_name(_content_disposition(request))}
    for name, value in request.query.items():
        add_option(asked, name, value, services)
    body = Body(request, max_bytes=max_bytes, pace=pace)
    chunks = _form(request, body, asked, services) if _is_form(request) else _bare(body)
    await require_room(services, size=request.content_length or 0)
    video = while_there_is_room(_checked(chunks, max_bytes, asked, services), services)
    source = await services.storage.save(key, video)
    pipeline_id, fresh = asked.pop("pipeline_id"), asked.pop("fresh", False)
    input_name = asked.pop(INPUT_NAME)
    return Received(source, pipeline_id, Options(**asked), input_name, fresh)


def _is_form(request: web.Request) -> bool:
    return request.content_type == "multipart/form-data"


def _content_disposition(request: web.Request) -> str | None:
    """The name that a bare video's request gives it, as a form's part does (RFC 6266)."""
    _, parameters = parse_content_disposition(request.headers.get(hdrs.CONTENT_DISPOSITION))
    return content_disposition_filename(parameters)


def _check_head(request: web.Request, max_bytes: int) -> None:
    _require_plain(request.headers.get("Content-Encoding", ""))
    if not _is_form(request) and request.content_type != "video/mp4":
        raise BadMultipart(
            f"send multipart/form-data with the video in {FILE_FIELD!r}, "
            "or the video itself as video/mp4"
        )
    _limit((request.content_length or 0) - FORM_BYTES, max_bytes)


def _limit(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        found = f"the video has {size} bytes or more"
        raise UploadTooLarge(exceeded("max_upload_bytes", max_bytes, found))


async def _checked(
    chunks: AsyncIterator[bytes], max_bytes: int, asked: dict[str, Any], services: Services
) -> AsyncIterator[bytes]:
    """The video as it comes; what cannot be accepted raises, and so is never stored."""
    head, size = b"", 0
    async for chunk in chunks:
        size += len(chunk)
        _limit(size, max_bytes)
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
    if "pipeline_id" not in asked:
        add_option(asked, "pipeline_id", DEFAULT_PIPELINE, services)


async def _bare(body: Body) -> AsyncIterator[bytes]:
    while chunk := await body.read_waiting():
        yield chunk


async def _form(
    request: web.Request, body: Body, asked: dict[str, Any], services: Services
) -> AsyncIterator[bytes]:
    """The file part's bytes; the options before and after it are taken up on the way."""
    reader = await _parsed(_open_form(request, body))
    found = False
    while (part := await _next_part(reader)) is not None:
        if part.name != FILE_FIELD:
            add_option(asked, *await _option(part), services)
            continue
        if found:
            raise BadMultipart(f"one video at a time: {FILE_FIELD!r} is given twice")
        found = True
        asked[INPUT_NAME] = file_name(part.filename)
        _require_plain(part.headers.get("Content-Encoding", ""))
        _require_plain(part.headers.get("Content-Transfer-Encoding", ""))
        while chunk := await _parsed(part.read_chunk(READ_BYTES)):
            yield chunk
    if not found:
        raise BadMultipart(f"the form has no part {FILE_FIELD!r} with the video")


async def _open_form(request: web.Request, body: Body) -> MultipartReader:
    return MultipartReader(request.headers, cast(StreamReader, body))


async def _next_part(reader: MultipartReader) -> BodyPartReader | None:
    part = await _parsed(reader.next())
    if isinstance(part, MultipartReader):
        raise BadMultipart("a form within the form is not read")
    return part


async def _option(part: BodyPartReader) -> tuple[str, str]:
    if part.name is None:
        raise BadMultipart("a part of the form has no name")
    if part.filename is not None and part.name not in OPTIONS:
        raise BadMultipart(f"the video goes into {FILE_FIELD!r}, not into {part.name[:40]!r}")
    value = b""
    while chunk := await _parsed(part.read_chunk(READ_BYTES)):
        value += chunk
        if len(value) > OPTION_BYTES:
            raise BadMultipart(
                f"{part.name[:40]!r} is longer than an option's {OPTION_BYTES} bytes"
            )
    return part.name, value.decode(errors="replace")


async def _parsed(reading: Awaitable[T]) -> T:
    try:
        return await reading
    except MALFORMED as error:
        raise BadMultipart("the form is malformed, or ends before it should") from error


def _require_mp4(head: bytes) -> None:
    """Check for the file type box (ISO/IEC 14496-12, section 4.3)."""
    if head[4:8] != b"ftyp" or int.from_bytes(head[:4], "big") not in FTYP_BYTES:
        raise InvalidMp4("an MP4 begins with its file type box (ftyp), and these bytes do not")


def _require_plain(encoding: str) -> None:
    if encoding.strip().lower() not in PLAIN:
        raise UnsupportedEncoding("send the video's bytes as they are, neither packed nor encoded")
