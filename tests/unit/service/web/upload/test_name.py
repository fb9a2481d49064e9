import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.web.upload.name import file_name
from tests.unit.service.web.samples import FTYP, RAW, VIDEO, multipart, part, submitted

SHOWN = {
    "street.mp4": "street.mp4",
    "Straße 2 (Nord).mp4": "Straße 2 (Nord).mp4",
    "../../etc/passwd": "passwd",
    r"C:\videos\gate.mp4": "gate.mp4",
    "a\r\nSet-Cookie: b.mp4": "aSet-Cookie: b.mp4",
    "photo\u202egpj.mp4": "photogpj.mp4",
    "  gate.mp4 ": "gate.mp4",
    "n" * 300: "n" * 255,
    "\0": None,
    "..": None,
    "videos/": None,
    "": None,
    None: None,
}


@pytest.mark.parametrize("given", SHOWN)
def test_a_name_is_what_can_be_shown_of_it(given: str | None) -> None:
    assert file_name(given) == SHOWN[given]


async def named(client: TestClient, jobs: MemoryJobs, **request: object) -> str | None:
    answer = await client.post("/v1/video/submit", **request)
    assert answer.status == 202, await answer.text()
    (job,) = await jobs.list_jobs(limit=9)
    return job.input_name


async def test_a_form_names_its_video(client: TestClient, jobs: MemoryJobs) -> None:
    header = 'Content-Disposition: form-data; name="file"; filename="../gate.mp4"\r\n\r\n'
    request = multipart(header.encode() + VIDEO)

    assert await named(client, jobs, **request) == "gate.mp4"


async def test_a_bare_video_may_have_a_name_too(client: TestClient, jobs: MemoryJobs) -> None:
    disposition = "attachment; filename*=UTF-8''Stra%C3%9Fe.mp4"
    headers = RAW | {"Content-Disposition": disposition}

    assert await named(client, jobs, data=VIDEO, headers=headers) == "Straße.mp4"


async def test_a_video_may_have_no_name(client: TestClient, jobs: MemoryJobs) -> None:
    request = multipart(part("file", VIDEO))

    assert await named(client, jobs, **request) is None


async def test_no_option_renames_a_video(client: TestClient) -> None:
    answer = await client.post("/v1/video/submit?input_name=x", data=FTYP, headers=RAW)

    assert answer.status == 400


async def test_a_name_is_never_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="service")
    caplog.set_level("DEBUG", logger="access")
    await submitted(client)

    assert "video.mp4" not in caplog.text + str([vars(record) for record in caplog.records])
