"""Results over HTTP, in every format."""

import gzip
import json
from collections.abc import Callable

import pytest
from aiohttp.test_utils import TestClient

from service.jobs.memory import MemoryJobs
from service.jobs.model import Job, attempt_results_key
from service.storage.local import LocalStorage
from service.web.export.formats import FORMATS
from tests.unit.service.web.export.samples import VIDEO, detection, document, frame
from tests.unit.service.web.samples import SUMMARY, completed, once, problem, running, submitted

FRAMES = [
    frame(index, detection(text=f"T{index}", text_confidence=0.9, track_id=1), text=f"T{index}")
    for index in range(0, 200, 5)
]
DOCUMENT = document(*FRAMES)
PLAIN = {"Accept-Encoding": "identity"}
MEDIA_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "vtt": "text/vtt",
    "coco": "application/json",
}
EXTENSIONS = {"jsonl": "jsonl", "csv": "csv", "vtt": "vtt", "coco": "json"}
INDICES: dict[str, Callable[[str], list[int]]] = {
    "json": lambda text: [each["frame_index"] for each in json.loads(text)["results"]],
    "jsonl": lambda text: [json.loads(line)["frame_index"] for line in text.splitlines()],
    "csv": lambda text: [int(line.split(",")[0]) for line in text.splitlines()[1:]],
    "vtt": lambda text: [int(line[1:]) for line in text.splitlines() if line[:1] == "T"],
    "coco": lambda text: [each["id"] for each in json.loads(text)["images"]],
}
RANGES = {
    "": range(0, 200, 5),
    "from_frame=0": range(0, 200, 5),
    "from_frame=101": range(105, 200, 5),
    "to_frame=100": range(0, 101, 5),
    "from_frame=10&to_frame=10": range(10, 11),
    "from_frame=11&to_frame=14": range(0),
    "from_frame=999999999": range(0),
}
BAD = ["format=xml", "format=", "from_frame=-1", "to_frame=x", "from_frame=2&to_frame=1"]


@pytest.fixture
async def job(client: TestClient, jobs: MemoryJobs, storage: LocalStorage) -> Job:
    """A completed job whose summary says how large its frames are."""
    lease = (await running(client, jobs)).lease
    results = await storage.save(attempt_results_key(lease), once(DOCUMENT))
    await jobs.complete(lease, results, summary=SUMMARY | {"video": VIDEO})
    return await jobs.get(lease.job_id)


def url_of(job: Job, query: str = "") -> str:
    return f"/v1/video/results/{job.job_id}?{query}"


def test_every_format_is_tested() -> None:
    assert set(FORMATS) == set(MEDIA_TYPES) == set(INDICES)


@pytest.mark.parametrize("name", FORMATS)
async def test_each_format_says_what_it_is(client: TestClient, job: Job, name: str) -> None:
    answer = await client.get(url_of(job, f"format={name}"))

    assert (answer.status, answer.content_type) == (200, MEDIA_TYPES[name])
    saved_as = f'attachment; filename="{job.job_id}.{EXTENSIONS.get(name)}"'
    assert answer.headers.get("Content-Disposition") == (None if name == "json" else saved_as)


@pytest.mark.parametrize("query", RANGES)
@pytest.mark.parametrize("name", FORMATS)
async def test_a_range_of_frames_is_sent_in_each_format(
    client: TestClient, job: Job, name: str, query: str
) -> None:
    answer = await client.get(url_of(job, f"format={name}&{query}"))

    assert INDICES[name](await answer.text()) == list(RANGES[query])


async def test_a_part_of_the_json_has_the_members_of_the_whole(
    client: TestClient, job: Job
) -> None:
    whole = await (await client.get(url_of(job))).json()
    part = await (await client.get(url_of(job, "from_frame=5&to_frame=10"))).json()

    assert part == whole | {"results": FRAMES[1:3]}


@pytest.mark.parametrize("name", FORMATS)
async def test_packed_and_plain_are_the_same_and_the_same_each_time(
    client: TestClient, job: Job, name: str
) -> None:
    url = url_of(job, f"format={name}")
    plain = await (await client.get(url, headers=PLAIN)).read()
    bodies = []
    for _ in range(2):
        answer = await client.get(url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        bodies.append(await answer.read())

    assert bodies[0] == bodies[1]
    assert len(bodies[0]) < len(plain) / 2
    assert gzip.decompress(bodies[0]) == plain


async def test_every_form_has_a_tag_of_its_own_that_is_known_again(
    client: TestClient, job: Job
) -> None:
    forms = [
        (url_of(job, query), encoding)
        for query in ("", "from_frame=1", "to_frame=1", *(f"format={name}" for name in EXTENSIONS))
        for encoding in ("gzip", "identity")
    ]
    tags = []
    for url, encoding in forms:
        headers = {"Accept-Encoding": encoding}
        tags.append((await client.head(url, headers=headers)).headers["ETag"])
        again = await client.get(url, headers=headers | {"If-None-Match": tags[-1]})
        assert again.status == 304

    assert len(set(tags)) == len(tags)
    assert f'"{job.output_sha256}"' in tags


@pytest.mark.parametrize("query", BAD)
async def test_what_cannot_be_asked_for_is_refused(
    client: TestClient, job: Job, query: str
) -> None:
    assert await problem(await client.get(url_of(job, query))) == (400, "bad_option")


@pytest.mark.parametrize("name", FORMATS)
async def test_a_job_that_has_no_results_has_them_in_no_format(
    client: TestClient, name: str
) -> None:
    answer = await client.get(f"/v1/video/results/{await submitted(client)}?format={name}")

    assert await problem(answer) == (404, "job_not_completed")


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "vtt"])
async def test_a_short_document_is_not_worth_packing(
    client: TestClient, jobs: MemoryJobs, storage: LocalStorage, name: str
) -> None:
    job = await completed(client, jobs, storage, document())
    answer = await client.get(url_of(job, f"format={name}"), headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
    assert INDICES[name](await answer.text()) == []


@pytest.mark.parametrize("name", FORMATS)
async def test_the_head_of_each_format_has_no_body(client: TestClient, job: Job, name: str) -> None:
    head = await client.head(url_of(job, f"format={name}"))

    assert (head.status, await head.read()) == (200, b"")
