import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp.test_utils import TestClient

from config.failures import FailureCode
from service.web.page import NO_MODULES, SAMPLE, STATIC

MAX_BYTES = 300_000
SCRIPTS = sorted(STATIC.rglob("*.js"))
# Whatever a video says goes into the page as text.
PARSES_HTML = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|\beval\b|srcdoc"
)


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def loaded(self) -> list[str]:
        """What is loaded with the page, as paths."""
        named = (attributes.get("src") or attributes.get("href") for _, attributes in self.found)
        return [path for path in named if path and path.startswith("/static/")]


async def page(client: TestClient) -> Tags:
    return Tags(await (await client.get("/")).text())


async def test_the_page_allows_no_script_but_its_own_files(client: TestClient) -> None:
    answer = await client.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_has_nothing_inline(client: TestClient) -> None:
    tags = await page(client)

    assert [
        tag for tag, attributes in tags.found if tag == "script" and "src" not in attributes
    ] == []
    assert [tag for tag, _ in tags.found if tag == "style"] == []
    names = {name for _, attributes in tags.found for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []


async def test_everything_the_page_loads_is_there_and_kept_for_good(client: TestClient) -> None:
    for path in (await page(client)).loaded():
        answer = await client.get(path)

        assert answer.status == 200, path
        assert "immutable" in answer.headers["Cache-Control"]


async def test_every_module_is_loaded_with_the_page_and_not_one_import_after_the_other(
    client: TestClient,
) -> None:
    loaded = {path.split("/", 3)[3] for path in (await page(client)).loaded()}
    modules = {path.relative_to(STATIC).as_posix() for path in SCRIPTS} - NO_MODULES

    assert modules <= loaded


async def test_a_file_of_another_release_is_served_but_not_kept(client: TestClient) -> None:
    answer = await client.get("/static/another/app.js")

    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/", "/static/x/style/base.css"])
async def test_what_a_browser_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = await client.get(path)

    again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, await again.read()) == (304, b"")


async def test_files_are_compressed_for_whom_that_suits(client: TestClient) -> None:
    plain = await client.get("/static/x/app.js", headers={"Accept-Encoding": "identity"})
    zipped = await client.get("/static/x/app.js", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert await plain.read() == await zipped.read()


@pytest.mark.parametrize("path", ["nothing.js", "../page.py", "%2e%2e/page.py", "index.html"])
async def test_only_the_pages_files_are_served(client: TestClient, path: str) -> None:
    answer = await client.get(f"/static/x/{path}")

    assert answer.status == 404


async def test_the_sample_video_is_served(client: TestClient) -> None:
    answer = await client.get("/static/x/sample.mp4")

    assert answer.content_type == "video/mp4"
    assert await answer.read() == SAMPLE.read_bytes()


def test_the_page_weighs_less_than_a_picture() -> None:
    assert sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < MAX_BYTES


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_html_of_text_or_asks_another_host(script: Path) -> None:
    text = script.read_text()

    assert PARSES_HTML.findall(text) == []
    urls = re.findall(r"https?://[^\s\"'`]+", text)
    assert [url for url in urls if urlsplit(url).netloc != "www.w3.org"] == []


def test_the_page_explains_every_error_code() -> None:
    table = (STATIC / "jobs" / "failures.js").read_text()
    explained = re.findall(r"^  ([a-z0-9_]+): \[\"[^\"]+\.\", \"[^\"]+\"\],$", table, re.MULTILINE)

    assert sorted(explained) == sorted(code.value for code in FailureCode)
