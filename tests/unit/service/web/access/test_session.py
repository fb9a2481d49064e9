from http.cookies import SimpleCookie

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from service.access.memory import MemoryTokens
from tests.unit.service.web.access.conftest import Door
from tests.unit.service.web.samples import problem

SESSION = "/v1/session"
NAME = "forgesyte_token"


def cookie_of(answer: ClientResponse) -> SimpleCookie:
    return SimpleCookie(answer.headers["Set-Cookie"])


async def test_a_token_becomes_a_cookie_that_no_script_and_no_other_site_has(door: Door) -> None:
    ann = await door.admit("ann")

    answer = await door.client.post(SESSION, headers=ann)

    kept = cookie_of(answer)[NAME]
    assert answer.status == 204
    assert f"Bearer {kept.value}" == ann["Authorization"]
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/v1")
    assert (kept["max-age"], kept["expires"], kept["domain"]) == ("", "", "")


@pytest.mark.parametrize(
    ("origin", "is_secure"),
    [("https://videos.test", True), ("http://192.0.2.7:8080", False), (None, False)],
)
async def test_a_cookie_is_for_https_alone_where_the_page_came_by_it(
    door: Door, origin: str | None, is_secure: bool
) -> None:
    """Over plain HTTP a browser drops what is marked Secure: no video could be shown on a LAN."""
    headers = await door.admit("ann") | ({"Origin": origin} if origin else {})

    kept = cookie_of(await door.client.post(SESSION, headers=headers))[NAME]

    assert bool(kept["secure"]) is is_secure


async def test_a_cookie_is_enough_to_be_shown_a_video(door: Door) -> None:
    ann = await door.admit("ann")
    kept = cookie_of(await door.client.post(SESSION, headers=ann))[NAME]
    cookie = {"Cookie": f"{NAME}={kept.value}"}

    answer = await door.client.get(SESSION, headers=cookie)

    assert await answer.json() == {"name": "ann"}


async def test_a_wrong_token_is_not_kept(door: Door) -> None:
    answer = await door.client.post(SESSION, headers={"Authorization": "Bearer wrong"})

    assert await problem(answer) == (401, "unauthorized")
    assert "Set-Cookie" not in answer.headers


async def test_a_session_ends_when_it_is_left(door: Door) -> None:
    ann = await door.admit("ann")

    answer = await door.client.delete(SESSION, headers=ann)

    gone = cookie_of(answer)[NAME]
    assert (answer.status, gone.value, gone["max-age"], gone["path"]) == (204, "", "0", "/v1")


async def test_a_session_ends_with_its_token(door: Door, tokens: MemoryTokens) -> None:
    cookie = {"Cookie": f"{NAME}={(await door.admit('ann'))['Authorization'].split()[1]}"}
    await tokens.revoke("ann")

    assert (await door.client.get(SESSION, headers=cookie)).status == 401


async def test_where_no_token_is_asked_for_there_is_no_name_and_no_cookie(
    client: TestClient,
) -> None:
    begun = await client.post(SESSION, headers={"Authorization": "Bearer any"})
    shown = await client.get(SESSION)

    assert (begun.status, "Set-Cookie" in begun.headers) == (204, False)
    assert await shown.json() == {"name": None}
