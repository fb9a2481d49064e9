import logging
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from service.web.health import show_alive
from service.web.requests import AccessLog, set_request_id
from tests.unit.service.web.samples import problem
from tests.waiting import until

PATHS = ["/livez", "/v1/pipelines", "/v1/nothing", "/v1/video/status/1"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_forbids_guessing_its_type(client: TestClient, path: str) -> None:
    assert (await client.get(path)).headers["X-Content-Type-Options"] == "nosniff"


async def test_a_callers_id_comes_back(client: TestClient) -> None:
    answer = await client.get("/livez", headers={"X-Request-ID": "order-0042"})

    assert answer.headers["X-Request-ID"] == "order-0042"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words here", "<script>alert(1)"])
async def test_an_id_of_another_form_is_replaced(client: TestClient, given: str) -> None:
    answer = await client.get("/livez", headers={"X-Request-ID": given})

    assert UUID(answer.headers["X-Request-ID"])


async def test_a_problem_names_its_request(client: TestClient) -> None:
    answer = await client.get("/v1/video/status/1", headers={"X-Request-ID": "order-0042"})

    assert await problem(answer) == (404, "job_not_found")
    assert (await answer.json(content_type=None))["request_id"] == "order-0042"


async def test_every_response_but_a_probes_is_a_record_that_keeps_the_query_to_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = web.Application(middlewares=[set_request_id])
    for path in ("/livez", "/readyz", "/v1/pipelines"):
        app.router.add_get(path, show_alive)
    server = TestServer(app)
    caplog.set_level(logging.INFO)
    await server.start_server(access_log_class=AccessLog, access_log=logging.getLogger("web"))
    async with TestClient(server) as client:
        for path in ("/livez", "/readyz", "/v1/pipelines?token=secret"):
            await (await client.get(path)).read()
        await until(lambda: "request completed" in caplog.messages)

    (record,) = [each for each in caplog.records if each.message == "request completed"]
    assert (record.method, record.path, record.status) == ("GET", "/v1/pipelines", 200)
    assert "secret" not in caplog.text
