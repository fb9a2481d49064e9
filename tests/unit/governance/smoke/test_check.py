"""GOV-4: the smoke test passes on real results and on nothing else."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from governance.cli import main
from governance.smoke.check import SmokeFailed, random_text, smoke

StartServer = Callable[[web.Application], Awaitable[TestServer]]

TEXT = "RIVER CASTLE AMBER"
JOB = "4f3c0c52-98f7-4a1c-9a5f-0f60b5a4d4a1"


def frame(text: str, index: int = 0) -> dict[str, Any]:
    return {"frame_index": index, "result": {"detections": [], "text": text, "timestamp_ms": 0}}


@dataclass
class Answers:
    """A service that answers what it is told to; each field is (HTTP status, body)."""

    submit: tuple[int, Any] = (202, {"job_id": JOB})
    statuses: tuple[tuple[int, Any], ...] = (
        (200, {"status": "pending"}),
        (200, {"status": "running"}),
        (200, {"status": "completed"}),
    )
    results: tuple[int, Any] = (200, {"job_id": JOB, "results": [frame(f"AT TEN\n{TEXT}")]})
    videos: list[bytes] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    polls: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/video/submit", self._submit)
        app.router.add_get(f"/v1/video/status/{JOB}", self._status)
        app.router.add_get(f"/v1/video/results/{JOB}", self._results)
        return app

    async def _submit(self, request: web.Request) -> web.Response:
        video = (await request.post())["file"]
        assert isinstance(video, web.FileField)
        self.videos.append(video.file.read())
        self.tokens.append(request.headers.get("Authorization"))
        return answer(self.submit)

    async def _status(self, _: web.Request) -> web.Response:
        self.polls += 1
        return answer(self.statuses[min(self.polls, len(self.statuses)) - 1])

    async def _results(self, _: web.Request) -> web.Response:
        return answer(self.results)


def answer(told: tuple[int, Any]) -> web.Response:
    status, body = told
    if isinstance(body, str):
        return web.Response(status=status, text=body)
    return web.json_response(body, status=status)


async def ask(server: TestServer, *, token: str = "", timeout_seconds: float = 20.0) -> str:
    url = str(server.make_url("/"))
    return await smoke(url, TEXT, b"a video", token=token, timeout_seconds=timeout_seconds)


async def test_a_text_that_comes_back_read_passes(aiohttp_server: StartServer) -> None:
    """GOV-4"""
    answers = Answers()

    told = await ask(await aiohttp_server(answers.app()), token="secret")

    assert told == f"passed: {TEXT!r} read in 1 of 1 frames of job {JOB}"
    assert answers.videos == [b"a video"]
    assert answers.tokens == ["Bearer secret"]


COMPLETED = ((200, {"status": "completed"}),)
FAILURES = {
    "results answer 404": (
        Answers(statuses=COMPLETED, results=(404, {"code": "job_not_completed"})),
        "404 instead of 200",
    ),
    "another video's results": (
        Answers(statuses=COMPLETED, results=(200, {"job_id": JOB, "results": [frame("NEWS")]})),
        f"no frame says '{TEXT}'; the first says 'NEWS'",
    ),
    "another job's results": (
        Answers(statuses=COMPLETED, results=(200, {"job_id": "x", "results": [frame(TEXT)]})),
        "got those of x",
    ),
    "no frame at all": (
        Answers(statuses=COMPLETED, results=(200, {"job_id": JOB, "results": []})),
        "without a frame",
    ),
    "results nested twice": (
        Answers(
            statuses=COMPLETED,
            results=(200, {"job_id": JOB, "results": {"results": [frame(TEXT)]}}),
        ),
        "without a frame",
    ),
    "a frame that could not be read": (
        Answers(
            statuses=COMPLETED,
            results=(200, {"job_id": JOB, "results": [{"frame_index": 0, "error": "no engine"}]}),
        ),
        "a frame without a result",
    ),
    "only half of the text": (
        Answers(statuses=COMPLETED, results=(200, {"job_id": JOB, "results": [frame("RIVER")]})),
        "no frame says",
    ),
    "a job that fails": (
        Answers(
            statuses=((200, {"status": "failed", "error_code": "internal_error"}),),
        ),
        "internal_error",
    ),
    "a status nobody knows": (Answers(statuses=((200, {"status": "done"}),)), "'done'"),
    "an unknown job": (Answers(statuses=((404, {}),)), "404 instead of 200"),
    "a video refused": (Answers(submit=(400, {"code": "invalid_mp4"})), "invalid_mp4"),
    "a video taken without a job": (Answers(submit=(202, {})), "no job_id"),
    "a page instead of an answer": (Answers(submit=(202, "<html>")), "no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES.values(), ids=FAILURES)
async def test_anything_else_fails(case: tuple[Answers, str], aiohttp_server: StartServer) -> None:
    """GOV-4"""
    answers, told = case

    with pytest.raises(SmokeFailed, match=re.escape(told)):
        await ask(await aiohttp_server(answers.app()))


async def test_a_job_that_never_ends_fails(aiohttp_server: StartServer) -> None:
    """GOV-4"""
    answers = Answers(statuses=((200, {"status": "pending"}),))

    with pytest.raises(SmokeFailed, match=r"not done after 0\.2 seconds"):
        await ask(await aiohttp_server(answers.app()), timeout_seconds=0.2)


async def test_a_server_that_is_not_there_fails(unused_tcp_port: int) -> None:
    """GOV-4"""
    url = f"http://127.0.0.1:{unused_tcp_port}"

    with pytest.raises(SmokeFailed, match="Cannot connect"):
        await smoke(url, TEXT, b"a video", token="", timeout_seconds=20.0)


async def test_the_command_fails_when_the_text_did_not_come_back(
    aiohttp_server: StartServer,
) -> None:
    """GOV-4: the video is a real one, its text is random, and another text is no pass."""
    answers = Answers(statuses=COMPLETED)
    server = await aiohttp_server(answers.app())
    command = ["smoke", "--url", str(server.make_url("/"))]

    done = await asyncio.to_thread(CliRunner().invoke, main, command)

    assert done.exit_code == 1
    assert "no frame says" in done.stderr
    assert answers.videos[0][4:8] == b"ftyp"


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "http://host:99999", "http://a..b", "ftp://host", "//host"]
)
def test_an_address_that_is_none_is_one_line_and_says_that_nothing_was_checked(url: str) -> None:
    """GOV-4: neither passed nor failed, so 2"""
    done = CliRunner().invoke(main, ["smoke", "--url", url], catch_exceptions=False)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "write it http://host:port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_a_service_below_a_path_is_asked_there(aiohttp_server: StartServer) -> None:
    """GOV-4"""
    outer = web.Application()
    outer.add_subapp("/forgesyte", Answers().app())
    server = await aiohttp_server(outer)
    url = str(server.make_url("/forgesyte"))

    told = await smoke(url, TEXT, b"a video", token="", timeout_seconds=20.0)

    assert told.startswith("passed: ")


def test_the_text_is_another_one_each_time() -> None:
    assert len({random_text() for _ in range(20)}) > 15
