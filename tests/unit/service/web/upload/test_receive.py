import asyncio
import gzip
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from service.web.upload.body import Pace
from tests.unit.service.conftest import Serve
from tests.unit.service.web.raw import exchange, raw_head, read_answer
from tests.unit.service.web.samples import FTYP, RAW, VIDEO, form, multipart, part, problem
from tests.waiting import until

SUBMIT = "/v1/video/submit"
MIB = 2**20

BAD_FORMS = {
    "two videos": multipart(part("file", VIDEO), part("file", VIDEO)),
    "the video under another name": multipart(
        b'Content-Disposition: form-data; name="video"; filename="video.mp4"\r\n\r\n' + FTYP
    ),
    "no video": multipart(part("frame_stride", b"2")),
    "no part": multipart(),
    "no final boundary": multipart(part("file", VIDEO), end=b""),
    "half a final boundary": multipart(part("file", VIDEO), end=b"--"),
    "no boundary at all": {"data": VIDEO, "headers": {"Content-Type": "multipart/form-data"}},
    "another boundary": {
        "data": multipart(part("file", VIDEO))["data"],
        "headers": {"Content-Type": "multipart/form-data; boundary=c"},
    },
    "a boundary too long": {
        "data": VIDEO,
        "headers": {"Content-Type": f"multipart/form-data; boundary={'b' * 71}"},
    },
    "a huge part header": multipart(part("file", VIDEO, f"X-Huge: {'h' * 100_000}")),
    "300 part headers": multipart(part("file", VIDEO, *[f"X-{n}: h" for n in range(300)])),
    "a part header that is none": multipart(part("file", VIDEO, "no colon in here")),
    "a part without a name": multipart(b"Content-Type: video/mp4\r\n\r\n" + VIDEO),
    "a form in the form": multipart(
        part("file", VIDEO, "Content-Type: multipart/mixed; boundary=c")
    ),
    "an endless option": multipart(part("max_frames", b"1" * 5000), part("file", VIDEO)),
    "JSON": {"json": {"file": "video.mp4"}},
    "a form of another kind": {"data": {"file": "video.mp4"}},
    "no type": {"data": VIDEO, "headers": {"Content-Type": ""}},
}
BAD_OPTIONS = {
    "frame_stride": ["0", "-1", "1.5", "", "two", "1_0", "٣", "9" * 5000],
    "max_frames": ["0", "-1", "all"],
    "region": ["", "xx", "d e", "us-ca", "a" * 500],
    "fresh": ["", "1", "True", "no"],
    "frames": ["1"],
}
NOT_MP4 = {
    "a text": b"ffconcat version 1.0\nfile secret.mp4\n",
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "an MKV": b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86",
    "one byte": b"\0",
    "ftyp out of place": b"\0\0\0\0" + FTYP,
    "a box of no size": b"\0\0\0\0" + FTYP[4:],
    "a box of four gigabytes": b"\xff\xff\xff\xff" + FTYP[4:],
}


@pytest.mark.parametrize("name", BAD_FORMS)
async def test_a_form_that_cannot_be_read_is_refused(
    client: TestClient, folder: Path, name: str
) -> None:
    answer = await client.post(SUBMIT, **BAD_FORMS[name])

    assert await problem(answer) == (400, "bad_multipart")
    assert_empty(folder)


@pytest.mark.parametrize("where", ["query", "form", "form before the video"])
@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in BAD_OPTIONS for value in BAD_OPTIONS[name]]
)
async def test_an_option_that_cannot_be_used_is_refused(
    client: TestClient, folder: Path, where: str, name: str, value: str
) -> None:
    option = part(name, value.encode()[:1000])
    answers = {
        "query": lambda: client.post(SUBMIT, data=form(), params={name: value}),
        "form": lambda: client.post(SUBMIT, **multipart(part("file", VIDEO), option)),
        "form before the video": lambda: client.post(
            SUBMIT, **multipart(option, part("file", VIDEO))
        ),
    }
    answer = await answers[where]()

    assert await problem(answer) == (400, "bad_option")
    assert_empty(folder)


async def test_an_option_before_the_video_is_refused_before_the_video_comes(
    client: TestClient, folder: Path
) -> None:
    head = raw_head(length=MIB, content_type="multipart/form-data; boundary=b")
    option = b"--b\r\n" + part("frame_stride", b"0") + b"\r\n--b\r\n"
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head + option + part("file", VIDEO + bytes(MIB // 2)))

    assert (await read_answer(reader)).problem == (400, "bad_option")
    assert_empty(folder)
    writer.close()


async def test_a_refused_option_names_what_is_allowed(client: TestClient) -> None:
    answer = await client.post(f"{SUBMIT}?frame_stride=0", data=form())

    assert "from 1 to" in (await answer.json())["detail"]


async def test_an_option_given_twice_is_refused(client: TestClient) -> None:
    answer = await client.post(f"{SUBMIT}?max_frames=2", data=form(max_frames="2"))

    assert await problem(answer) == (400, "bad_option")


@pytest.mark.parametrize("name", NOT_MP4)
@pytest.mark.parametrize("raw", [True, False])
async def test_what_is_no_mp4_is_refused(
    client: TestClient, folder: Path, name: str, raw: bool
) -> None:
    """API-1; failure 5: a fake MP4 was posted, and that passed."""
    if raw:
        answer = await client.post(SUBMIT, data=NOT_MP4[name], headers=RAW)
    else:
        answer = await client.post(SUBMIT, data=form(NOT_MP4[name]))

    assert await problem(answer) == (400, "invalid_mp4")
    assert_empty(folder)


async def test_an_mp4_whose_first_bytes_come_alone_is_still_one(
    client: TestClient, folder: Path
) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head(length=len(VIDEO)) + VIDEO[:3])
    await until(lambda: any(folder.rglob("*.part")))
    # One more turn of the server, in which it takes what has come.
    await client.get("/livez")
    writer.write(VIDEO[3:])

    assert (await reader.readline()).split()[1] == b"202"
    writer.close()


@pytest.mark.parametrize("raw", [True, False])
async def test_no_bytes_are_no_video(client: TestClient, folder: Path, raw: bool) -> None:
    if raw:
        answer = await client.post(SUBMIT, data=b"", headers=RAW)
    else:
        answer = await client.post(SUBMIT, data=form(b""))

    assert await problem(answer) == (422, "empty_upload")
    assert_empty(folder)


@pytest.mark.parametrize("raw", [True, False])
async def test_a_video_of_just_the_limit_is_taken(serve: Serve, raw: bool) -> None:
    client = await serve(max_upload_bytes=len(VIDEO))
    answer = await (
        client.post(SUBMIT, data=VIDEO, headers=RAW) if raw else client.post(SUBMIT, data=form())
    )

    assert answer.status == 202


@pytest.mark.parametrize("way", ["form", "raw", "chunked"])
async def test_one_byte_over_the_limit_is_too_much(serve: Serve, folder: Path, way: str) -> None:
    client = await serve(max_upload_bytes=len(VIDEO) - 1)
    if way == "form":
        answer = await client.post(SUBMIT, data=form())
    else:
        body = VIDEO if way == "raw" else _one_by_one(VIDEO)
        answer = await client.post(SUBMIT, data=body, headers=RAW)

    assert await problem(answer) == (413, "upload_too_large")
    assert_empty(folder)


async def test_a_declared_length_over_the_limit_is_refused_unread(
    serve: Serve, folder: Path
) -> None:
    client = await serve(max_upload_bytes=MIB)
    head = raw_head(length=100 * MIB)
    answer = await exchange(client, head)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert not folder.exists()


async def test_a_form_without_end_is_refused_while_it_is_read(serve: Serve, folder: Path) -> None:
    client = await serve(max_upload_bytes=MIB)
    begun = b"--b\r\n" + part("file", VIDEO + bytes(2 * MIB))
    head = raw_head(content_type="multipart/form-data; boundary=b")
    answer = await exchange(client, head + b"%x\r\n%b\r\n" % (len(begun), begun))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert_empty(folder)


async def test_a_packed_body_is_not_unpacked(client: TestClient, folder: Path) -> None:
    packed = {**RAW, "Content-Encoding": "gzip"}
    answer = await client.post(SUBMIT, data=gzip.compress(VIDEO), headers=packed)

    assert await problem(answer) == (415, "unsupported_encoding")
    assert_empty(folder)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Encoding: gzip",
        "Content-Transfer-Encoding: gzip",
        "Content-Transfer-Encoding: base64",
    ],
)
async def test_a_packed_part_is_not_unpacked(client: TestClient, folder: Path, header: str) -> None:
    answer = await client.post(SUBMIT, **multipart(part("file", gzip.compress(VIDEO), header)))

    assert await problem(answer) == (415, "unsupported_encoding")
    assert_empty(folder)


async def test_a_file_name_is_never_a_path(client: TestClient, folder: Path) -> None:
    data = FormData()
    data.add_field("file", VIDEO, filename="../../x/../etc/passwd")
    answer = await client.post(SUBMIT, data=data)

    job_id = (await answer.json())["job_id"]
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [f"{job_id}.mp4"]


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_client_that_goes_away_leaves_no_file(
    client: TestClient, folder: Path, chunked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    head = raw_head() if chunked else raw_head(length=MIB)
    sent = b"%x\r\n%b\r\n" % (len(VIDEO), VIDEO) if chunked else VIDEO
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head + sent)
    await until(lambda: any(folder.rglob("*.part")))
    writer.close()

    await until(lambda: not any(folder.rglob("*.part")))
    await until(lambda: "request completed" in caplog.messages)
    assert_empty(folder)


async def test_broken_chunks_end_the_upload(serve: Serve, folder: Path) -> None:
    client = await serve(pace=Pace(idle_seconds=0.05))
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw_head() + b"%x\r\n%b\r\n" % (len(VIDEO), VIDEO))
    await until(lambda: any(folder.rglob("*.part")))
    writer.write(b"not hex\r\n")

    assert (await reader.readline()).split()[1] in (b"400", b"408")
    assert_empty(folder)
    writer.close()


async def test_a_full_storage_refuses_and_keeps_nothing(client: TestClient, folder: Path) -> None:
    with files_limited_to(MIB):
        answer = await client.post(SUBMIT, data=form(VIDEO + bytes(3 * MIB)))

    assert await problem(answer) == (507, "storage_full")
    assert_empty(folder)


def assert_empty(folder: Path) -> None:
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Files of this process may not grow beyond size bytes: as on a full disk, but told EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def _one_by_one(video: bytes) -> AsyncIterator[bytes]:
    for byte in video:
        yield bytes([byte])
