from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient

from service.access.memory import MemoryTokens
from service.jobs.memory import MemoryJobs
from service.web.routes import ROUTES
from tests.unit.service.web.access.conftest import Door, bearer
from tests.unit.service.web.samples import RAW, VIDEO, form, problem
from tests.waiting import until

OPEN = {"/livez", "/readyz", "/docs", "/v1/openapi.json"}
GUARDED = [route for route in ROUTES if route.path not in OPEN]
COOKIE = "forgesyte_token"


def secret_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    ("method", "path"), [(route.method, route.path) for route in GUARDED], ids=str
)
async def test_no_route_answers_without_a_token(door: Door, method: str, path: str) -> None:
    answer = await door.client.request(method, path.format(job_id=uuid4()))

    assert await problem(answer) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ForgeSyte"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [*sorted(OPEN), "/", "/static/x/app.js"])
async def test_what_shows_nothing_of_anybody_is_open(door: Door, path: str) -> None:
    assert (await door.client.get(path)).status == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("PATCH", "/v1/jobs")])
async def test_what_is_not_served_says_so_to_everybody(door: Door, method: str, path: str) -> None:
    assert (await door.client.request(method, path)).status in (404, 405)


async def test_a_token_lets_in(door: Door) -> None:
    ann = await door.admit("ann")

    assert (await door.client.get("/v1/jobs", headers=ann)).status == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_read_as_http_has_it(door: Door, scheme: str) -> None:
    secret = secret_of(await door.admit("ann"))
    headers = {"Authorization": f"{scheme} {secret}"}

    assert (await door.client.get("/v1/jobs", headers=headers)).status == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "wrong", "Bearer a b", "Bearer \xe4"],
)
async def test_anything_else_is_refused(door: Door, given: str) -> None:
    await door.admit("ann")

    answer = await door.client.get("/v1/jobs", headers={"Authorization": given})

    assert await problem(answer) == (401, "unauthorized")


async def test_a_wrong_token_is_not_made_good_by_a_cookie(door: Door) -> None:
    secret = secret_of(await door.admit("ann"))
    headers = bearer("wrong") | {"Cookie": f"{COOKIE}={secret}"}

    assert (await door.client.get("/v1/jobs", headers=headers)).status == 401


@pytest.mark.parametrize("where", ["?token={}", "?access_token={}", "?Authorization=Bearer {}"])
async def test_a_token_in_a_url_is_none(door: Door, where: str) -> None:
    secret = secret_of(await door.admit("ann"))

    assert (await door.client.get(f"/v1/jobs{where.format(secret)}")).status == 401


async def test_an_upload_is_refused_before_its_body(door: Door, jobs: MemoryJobs) -> None:
    answer = await door.client.post("/v1/video/submit", data=form(), headers=bearer("wrong"))

    assert await problem(answer) == (401, "unauthorized")
    assert await jobs.list_jobs(limit=9) == []


async def test_where_no_token_is_asked_for_any_will_do(client: TestClient) -> None:
    for headers in ({}, bearer("some"), bearer(""), {"Authorization": "Basic YTpi"}):
        assert (await client.get("/v1/jobs", headers=headers)).status == 200


OWN = "http://{host}"
SITES = {
    "the page itself": ({"Sec-Fetch-Site": "same-origin"}, True),
    "the page, over plain HTTP": ({"Origin": OWN}, True),
    "another site": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, False),
    "another port of this host": ({"Sec-Fetch-Site": "same-site"}, False),
    "another site, over plain HTTP": ({"Origin": "http://evil.test"}, False),
    "another port, over plain HTTP": ({"Origin": "http://127.0.0.1:1"}, False),
    "a page of nowhere": ({"Origin": "null"}, False),
    "one whose name begins as ours": ({"Origin": OWN + ".evil.test"}, False),
}


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_page_changes_things_only_where_it_comes_from(
    door: Door, client: TestClient, name: str, method: str, signed_in: bool
) -> None:
    """With the cookie, and where nobody is asked: a form of any site reaches this machine."""
    asked = door.client if signed_in else client
    given, is_own = SITES[name]
    host = f"{asked.host}:{asked.port}"
    headers = {key: value.format(host=host) for key, value in given.items()} | RAW
    if signed_in:
        headers["Cookie"] = f"{COOKIE}={secret_of(await door.admit('ann'))}"

    path = {"POST": "/v1/video/submit", "DELETE": f"/v1/jobs/{uuid4()}"}[method]
    answer = await asked.request(method, path, headers=headers, data=VIDEO)

    if is_own:
        assert answer.status == {"POST": 202, "DELETE": 404}[method]
    else:
        assert await problem(answer) == (403, "cross_origin")


async def test_a_cookie_without_a_word_on_where_it_comes_from_changes_nothing(door: Door) -> None:
    cookie = {"Cookie": f"{COOKIE}={secret_of(await door.admit('ann'))}"}

    refused = await door.client.delete(f"/v1/jobs/{uuid4()}", headers=cookie)

    assert await problem(refused) == (403, "cross_origin")
    assert (await door.client.get("/v1/jobs", headers=cookie)).status == 200


async def test_what_a_proxy_asks_for_is_no_token_and_no_consent(door: Door) -> None:
    """A browser repeats a proxy's password by itself, to whoever makes it ask."""
    secret = secret_of(await door.admit("ann"))
    both = {"Authorization": "Basic YTpi", "Cookie": f"{COOKIE}={secret}"}

    shown = await door.client.get("/v1/jobs", headers=both)
    changed = await door.client.post(
        "/v1/video/submit", data=form(), headers=both | {"Origin": "https://evil.test"}
    )

    assert (shown.status, changed.status) == (200, 403)


async def test_a_program_is_no_page(client: TestClient, door: Door) -> None:
    """curl sends neither Origin nor a cookie; a token in a header is no browser's doing."""
    ann = await door.admit("ann") | {"Origin": "https://its.own.test"}

    assert (await client.post("/v1/video/submit", data=form())).status == 202
    assert (await door.client.post("/v1/video/submit", data=form(), headers=ann)).status == 202


async def test_no_other_site_may_read(client: TestClient) -> None:
    asking = {"Origin": "https://evil.test", "Access-Control-Request-Method": "DELETE"}
    for method in ("GET", "OPTIONS"):
        answer = await client.request(method, "/v1/jobs", headers=asking)

        assert [name for name in answer.headers if name.startswith("Access-Control")] == []
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/livez", "/v1/jobs", "/v1/nothing", "/v1/video/status/1"])
async def test_no_answer_is_a_page_that_loads_or_frames_anything(
    client: TestClient, path: str
) -> None:
    headers = (await client.get(path)).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert (headers["Referrer-Policy"], headers["Server"]) == ("no-referrer", "forgesyte")


async def test_a_token_is_used_when_it_is_used(door: Door, tokens: MemoryTokens) -> None:
    ann = await door.admit("ann")
    (before,) = await tokens.list_tokens()
    await door.client.get("/v1/jobs", headers=ann)

    async def is_noted() -> bool:
        (after,) = await tokens.list_tokens()
        return after.last_used_at is not None

    assert before.last_used_at is None
    await until(is_noted)
