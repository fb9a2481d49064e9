"""The smoke test: a video with a text nobody can know must come back read."""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from config.address import service_address

POLL_SECONDS = 0.5
FRAME_STRIDE = 5
# Short, common and unlike one another, so that only a reader that reads gets all of them right.
WORDS = (
    "AMBER", "BRIDGE", "CASTLE", "DESERT", "ENGINE", "FOREST", "GARDEN", "HARBOR",
    "ISLAND", "JACKET", "KITCHEN", "LANTERN", "MARKET", "NUMBER", "ORANGE", "PLANET",
    "QUARTER", "RIVER", "SILVER", "TICKET", "UMBRELLA", "VALLEY", "WINDOW", "YELLOW",
)  # fmt: skip


class SmokeFailed(Exception):
    """The service did not do its main job"""


def random_text() -> str:
    """Three words in an order that is new each time: 12,144 texts."""
    return " ".join(random.SystemRandom().sample(WORDS, 3))


def video_of(text: str) -> bytes:
    """An MP4 whose every frame shows the text; raises SmokeFailed without the worker's packages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        command = [sys.executable, "-m", "governance.smoke.video", text, str(path)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            reason = made.stderr.strip().splitlines()[-1]
            raise SmokeFailed(f"no video can be made here, pip install '.[worker]': {reason}")
        return path.read_bytes()


async def smoke(url: str, text: str, video: bytes, *, token: str, timeout_seconds: float) -> str:
    """Submit the video, wait for its job, and find the text in its results; one line of success.

    Raises AddressError for a url that is none, SmokeFailed on anything else.
    """
    base = service_address(url, token=token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with (
            asyncio.timeout(timeout_seconds),
            # With a slash at its end a base keeps its path when others are put behind it.
            aiohttp.ClientSession(f"{base}/", headers=headers) as client,
        ):
            job_id = await _submit(client, video)
            await _completed(client, job_id)
            frames = await _frames(client, job_id)
    except TimeoutError as error:
        raise SmokeFailed(f"{url}: not done after {timeout_seconds:g} seconds") from error
    except aiohttp.ClientError as error:
        raise SmokeFailed(f"{url}: {error}") from error
    return _judged(frames, text, job_id)


async def _submit(client: aiohttp.ClientSession, video: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("frame_stride", str(FRAME_STRIDE))
    form.add_field("file", video, filename="smoke.mp4", content_type="video/mp4")
    document = await _request(client, "POST", "submit", HTTPStatus.ACCEPTED, data=form)
    return str(_member(document, "job_id"))


async def _completed(client: aiohttp.ClientSession, job_id: str) -> None:
    while True:
        document = await _request(client, "GET", f"status/{job_id}", HTTPStatus.OK)
        match _member(document, "status"):
            case "completed":
                return
            case "failed":
                why = f"{document.get('error_code')}: {document.get('error_message')}"
                raise SmokeFailed(f"job {job_id} failed: {why}")
            case "pending" | "running":
                await asyncio.sleep(POLL_SECONDS)
            case other:
                raise SmokeFailed(f"job {job_id} has an unknown status, {other!r}")


async def _frames(client: aiohttp.ClientSession, job_id: str) -> list[Any]:
    document = await _request(client, "GET", f"results/{job_id}", HTTPStatus.OK)
    if _member(document, "job_id") != job_id:
        raise SmokeFailed(f"asked for the results of {job_id}, got those of {document['job_id']}")
    frames = _member(document, "results")
    if not isinstance(frames, list) or not frames:
        raise SmokeFailed(f"job {job_id} completed without a frame")
    return frames


async def _request(
    client: aiohttp.ClientSession, method: str, path: str, expected: HTTPStatus, **options: Any
) -> dict[str, Any]:
    async with client.request(method, f"v1/video/{path}", **options) as response:
        body = await response.text()
    if response.status != expected:
        raise SmokeFailed(f"{method} {path}: {response.status} instead of {expected}: {body[:200]}")
    try:
        document = json.loads(body)
    except ValueError as error:
        raise SmokeFailed(f"{method} {path}: the response is no JSON: {body[:200]}") from error
    if not isinstance(document, dict):
        raise SmokeFailed(f"{method} {path}: the response is no JSON object: {body[:200]}")
    return document


def _member(document: dict[str, Any], name: str) -> Any:
    if name not in document:
        raise SmokeFailed(f"the response has no {name}: {json.dumps(document)[:200]}")
    return document[name]


def _judged(frames: list[Any], text: str, job_id: str) -> str:
    read = [_text_of(frame) for frame in frames]
    hits = sum(text in " ".join(line.split()) for line in read)
    if hits == 0:
        raise SmokeFailed(f"job {job_id}: no frame says {text!r}; the first says {read[0]!r}")
    return f"passed: {text!r} read in {hits} of {len(frames)} frames of job {job_id}"


def _text_of(frame: Any) -> str:
    try:
        return str(frame["result"]["text"])
    except (KeyError, TypeError) as error:
        raise SmokeFailed(f"a frame without a result: {json.dumps(frame)[:200]}") from error
