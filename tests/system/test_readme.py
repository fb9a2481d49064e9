"""DOC-1: every curl line of the README does what is said beside it."""

import asyncio
import csv
import json
import os
import subprocess
from collections.abc import Callable, Mapping

import pytest

from config.settings import Settings
from service.jobs.model import attempt_results_key
from service.wiring import open_services
from tests.data.documents import encoded, plain
from tests.governance.documents import ROOT, blocks
from tests.system.harness import System
from tests.unit.service.jobs.samples import TEXT
from tests.unit.service.web.samples import SUMMARY, VIDEO, once

SAID = "BREAKING NEWS AT NINE"
LINES = [
    line.split("  # ")
    for block in blocks((ROOT / "README.md").read_text(), "sh")
    for line in block.splitlines()
    if line.startswith("curl")
]


def frames(printed: str) -> list[int]:
    return [each["frame_index"] for each in json.loads(printed)["results"]]


# What is said beside a line → whether what it printed is that.
KEPT: Mapping[str, Callable[[str], object]] = {
    "its job_id: set JOB_ID to it": lambda printed: json.loads(printed).keys() == {"job_id"},
    "once its status changes; again, until it is completed": lambda printed: (
        json.loads(printed)["status"] == "completed"
    ),
    "the document below": lambda printed: frames(printed) == [25],
    "some of its frames": lambda printed: frames(printed) == [25],
    "a frame a line": lambda printed: [json.loads(printed)["frame_index"]] == [25],
    "a detection a row": lambda printed: (
        [row["text"] for row in csv.DictReader(printed.splitlines())] == [SAID]
    ),
    "subtitles": lambda printed: printed.startswith("WEBVTT\n") and SAID in printed,
    "COCO": lambda printed: json.loads(printed)["annotations"][0]["attributes"]["text"] == SAID,
    "each text, when and how often": lambda printed: (
        json.loads(printed)["texts"][0].keys()
        >= {"text", "first_ms", "last_ms", "detections", "frames"}
    ),
    "bytes of the video": lambda printed: printed == "",
    "where it can be read": lambda printed: json.loads(printed)["items"][0]["text"] == SAID,
    "newest first": lambda printed: len(json.loads(printed)["items"]) == 1,
    "attempts, hashes": lambda printed: (
        json.loads(printed).keys() >= {"attempt", "input_sha256", "results_sha256"}
    ),
    "what there is to choose": lambda printed: len(json.loads(printed)["pipelines"]) > 1,
    "whose it is, or null where nobody is asked": lambda printed: (
        json.loads(printed) == {"name": None}
    ),
    "gone, with its files": lambda printed: printed == "",
}


async def completed(system: System) -> str:
    """The id of a job that was submitted, and whose results were stored as a worker does it."""
    async with open_services(Settings.from_env(system.environ)) as services:
        job = await services.jobs.claim(owner="reader", lease_seconds=60)
        assert job is not None
        results = await services.storage.save(
            attempt_results_key(job.lease), once(encoded(plain()))
        )
        summary = SUMMARY | {
            "video": {"width": 1280, "height": 720},
            "texts": [TEXT | {"text": SAID}],
        }
        await services.jobs.complete(job.lease, results, summary=summary)
        return str(job.job_id)


def run(line: str, system: System, **environ: str) -> str:
    """What a line prints; it fails the test where it is refused."""
    asked = line.replace("curl ", "curl -sS --fail-with-body --noproxy '*' ", 1)
    asked = asked.replace("127.0.0.1:8080", f"127.0.0.1:{system.port}")
    done = subprocess.run(
        ["sh", "-c", asked],
        cwd=system.folder,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def test_every_request_in_the_readme_does_what_is_said_beside_it(system: System) -> None:
    """DOC-1"""
    system.start_web()
    (system.folder / "video.mp4").write_bytes(VIDEO)
    (submit, said), *others = LINES
    assert KEPT[said](run(submit, system))
    job_id = asyncio.run(completed(system))
    wrong = [line for line, said in others if not KEPT[said](run(line, system, JOB_ID=job_id))]

    assert wrong == []
    assert (system.folder / "start.mp4").read_bytes() == VIDEO[:1024]
    assert system.get(f"/v1/jobs/{job_id}")[0] == 404


def test_every_route_for_clients_stands_in_the_readme() -> None:
    """DOC-1"""
    asked = " ".join(line for line, _ in LINES)
    routes = ("submit", "status", "results", "summary", "source")

    assert {said for _, said in LINES} == KEPT.keys()
    assert [name for name in routes if f"/v1/video/{name}" not in asked] == []
    assert [name for name in ("jobs", "search", "pipelines") if f"/v1/{name}" not in asked] == []


@pytest.mark.parametrize(
    "said", ["its job_id: set JOB_ID to it", "subtitles", "some of its frames"]
)
def test_another_answer_than_what_is_said_would_be_noticed(said: str) -> None:
    other = {
        "its job_id: set JOB_ID to it": '{"id": 1}',
        "subtitles": "1\n",
        "some of its frames": '{"results": []}',
    }

    assert not KEPT[said](other[said])
