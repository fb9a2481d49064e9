"""/docs: the document for people."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from aiohttp.test_utils import TestClient

from service.web.openapi.page import html_page
from tests.unit.service.web.openapi.described import COMPONENTS, DOCUMENT, OPERATIONS

ALONE = {"meta"}


class Page(HTMLParser):
    """A page's tags with their attributes, its text, and what is open at its end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> Iterator[str]:
        yield from (found for _, each in self.tags if (found := each.get(name)))


@pytest.fixture
async def page(client: TestClient) -> Page:
    return Page(await (await client.get("/docs")).text())


def test_the_page_tells_all_that_the_document_tells(page: Page) -> None:
    told = [DOCUMENT["info"]["title"], *COMPONENTS["schemas"]]
    for operation in OPERATIONS.values():
        told += [operation["path"], operation["summary"], plain(operation["description"])]
        told += [each["name"] for each in operation["parameters"]]
        told += [plain(each["description"]) for each in operation["responses"].values()]
    for schema in COMPONENTS["schemas"].values():
        told += [plain(each.get("description", "")) for each in schema["properties"].values()]

    assert [each for each in told if each not in page.text] == []


def test_every_link_within_the_page_leads_somewhere(page: Page) -> None:
    anchors = [link[1:] for link in page.attributes("href") if link.startswith("#")]
    ids = list(page.attributes("id"))

    assert len(anchors) > len(OPERATIONS)
    assert set(anchors) <= set(ids)
    assert len(set(ids)) == len(ids)


def test_the_page_runs_no_script_and_loads_nothing(page: Page) -> None:
    tags = {tag for tag, _ in page.tags}
    names = {name for _, each in page.tags for name in each}

    assert tags & {"script", "link", "img", "iframe", "form"} == set()
    assert {name for name in names if name.startswith("on") or name in {"src", "style"}} == set()
    assert {link for link in page.attributes("href") if not link.startswith("#")} == {
        "/v1/openapi.json"
    }


def test_the_page_closes_what_it_opens(page: Page) -> None:
    assert page.open == []


async def test_the_policy_allows_the_one_style_and_nothing_else(client: TestClient) -> None:
    answer = await client.get("/docs")

    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "script-src" not in policy


async def test_the_page_is_sent_once_to_a_client_that_keeps_it(client: TestClient) -> None:
    first = await client.get("/docs")
    again = await client.get("/docs", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status, first.content_type) == (200, "text/html")
    assert (again.status, await again.read()) == (304, b"")


def test_what_stands_in_the_document_is_text_on_the_page() -> None:
    hostile = "<script>alert(1)</script> & `<b>`"
    document = DOCUMENT | {"info": DOCUMENT["info"] | {"title": hostile, "description": hostile}}
    page = Page(html_page(document))

    assert "script" not in {tag for tag, _ in page.tags}
    assert hostile in page.text


def plain(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"\1", text)
