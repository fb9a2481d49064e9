import errno
import json
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient

from service import errors
from service.errors import ServiceError
from service.web.problems import PROBLEMS, kind_of, problem_middleware
from tests.unit.service.conftest import Serve
from tests.unit.service.web.samples import DATABASE, AwayJobs, form, problem

Start = Callable[[web.Application], Awaitable[TestClient]]


def leaves(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    below = error.__subclasses__()
    for child in below:
        yield from leaves(child)
    if not below:
        yield error


@pytest.mark.parametrize("error", list(leaves(ServiceError)), ids=lambda error: error.__name__)
def test_every_error_of_ours_has_a_row_of_its_own(error: type[ServiceError]) -> None:
    assert error in PROBLEMS


def test_an_error_without_a_row_takes_its_parents() -> None:
    class DiskFull(errors.StorageFull):
        """One disk has no room left"""

    assert kind_of(DiskFull()) == PROBLEMS[errors.StorageFull]


def test_an_error_that_no_row_speaks_for_is_our_own_fault() -> None:
    assert kind_of(errors.StorageError()).status == 500


async def test_an_address_that_is_none_is_a_problem(client: TestClient) -> None:
    assert await problem(await client.get("/v1/nothing")) == (404, "not_found")


async def test_a_method_that_does_not_fit_is_a_problem_that_names_those_that_do(
    client: TestClient,
) -> None:
    answer = await client.delete("/v1/video/submit")

    assert await problem(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


async def test_a_problem_has_its_title_and_says_what_to_do(client: TestClient) -> None:
    document = await (await client.post("/v1/video/submit", data=form(b"text"))).json(
        content_type=None
    )

    assert document["title"] == "The bytes are not an MP4 video"
    assert "file type box" in document["detail"]
    assert document["type"].endswith("invalid_mp4")


@pytest.mark.parametrize("path", ["/v1/video/status/{}", "/v1/video/results/{}", "/readyz"])
async def test_a_server_that_is_away_is_named_in_one_line_of_the_log_alone(
    serve: Serve, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    client = await serve(jobs=AwayJobs())
    caplog.clear()
    answer = await client.get(path.format(uuid4()))

    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert answer.status == 503
    assert DATABASE not in await answer.text()
    assert (line.levelname, line.exc_info, line.reason) == ("WARNING", None, DATABASE)


def test_every_title_is_a_sentence_of_its_own() -> None:
    titles = [kind.title for kind in set(PROBLEMS.values())]

    assert all(title and not title.endswith(".") for title in titles)
    assert len(set(titles)) == len(titles)


def test_a_problem_has_its_title_where_docstrings_are_left_out() -> None:
    """`python -OO`"""
    script = (
        "from service.errors import UploadTooLarge\n"
        "from service.web.problems import kind_of, problem\n"
        "assert False\n"
        "print(problem(kind_of(UploadTooLarge()), detail='d').text)"
    )
    ended = subprocess.run(
        [sys.executable, "-OO", "-c", script], capture_output=True, text=True, check=True
    )

    assert json.loads(ended.stdout)["title"] == PROBLEMS[errors.UploadTooLarge].title


async def test_an_unexpected_error_is_logged_and_reveals_nothing(
    aiohttp_client: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise ZeroDivisionError("the secret reason")

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/", fail)
    answer = await (await aiohttp_client(app)).get("/")

    assert await problem(answer) == (500, "internal_error")
    assert "secret" not in await answer.text()
    assert "the secret reason" in caplog.text


async def test_a_handler_that_finds_no_descriptor_is_to_be_asked_again(
    aiohttp_client: Start,
) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise OSError(errno.ENFILE, "Too many open files in system")

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/", fail)
    answer = await (await aiohttp_client(app)).get("/")

    assert await problem(answer) == (503, "too_many_files")


async def test_a_response_that_has_begun_is_cut_and_never_followed_by_a_second_one(
    aiohttp_client: Start,
) -> None:
    async def fail(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half of it")
        raise OSError("the disk cannot be read")

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/", fail)
    answer = await (await aiohttp_client(app)).get("/")

    with pytest.raises(ClientPayloadError):
        await answer.read()
    assert answer.status == 200
