from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient

from tests.unit.service.web.samples import problem

PATHS = ["/livez", "/v1/pipelines", "/v1/nothing", "/v1/video/status/1"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_forbids_guessing_its_type(client: TestClient, path: str) -> None:
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
