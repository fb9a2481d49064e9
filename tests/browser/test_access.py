import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli.main import main
from service.web.page import SAMPLE
from tests.browser.browser import LAN_HOST, Browser
from tests.browser.library import Library, Result
from tests.browser.test_videos import choose
from tests.system.harness import System

# What Chromium says of an answer that asks for a token, and of a page that came by plain HTTP.
EXPECTED = ("401", "Cross-Origin-Opener-Policy header has been ignored")
NAME = "ann"


def forgesyte(system: System, *arguments: str) -> str:
    ran = CliRunner().invoke(main, ["tokens", *arguments], env=dict(system.environ))
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.fixture
def guarded(browser: Browser, system: System) -> Iterator[System]:
    """The same service on another port, where it asks for a token."""
    environ = {**system.environ, "FORGESYTE_AUTH": "required"}
    other = System(system.folder, system.database_url, environ)
    other.start_web()
    yield other
    other.end()


@pytest.fixture
def token(guarded: System) -> Iterator[str]:
    made = json.loads(forgesyte(guarded, "create", NAME, "--json"))
    yield made["token"]
    forgesyte(guarded, "revoke", NAME)


@pytest.fixture(params=["127.0.0.1", LAN_HOST])
def guarded_browser(
    browser: Browser, guarded: System, request: pytest.FixtureRequest
) -> Iterator[Browser]:
    """The browser before it, at this machine and over plain HTTP at a name of a network."""
    open_url = browser.url
    browser.url = f"http://{request.param}:{guarded.port}"
    yield browser
    complaints = browser.complaints()
    browser.forget_cookies()
    browser.url = open_url
    browser.open()
    assert [each for each in complaints if not any(told in each for told in EXPECTED)] == []


def test_a_token_is_asked_for_once_and_is_good_for_the_video_the_downloads_and_an_upload(
    guarded_browser: Browser,
    guarded: System,
    library: Library,
    street: Path,
    result: Result,
    token: str,
) -> None:
    browser = guarded_browser
    job_id = library.completed(street, "street.mp4", result)
    forgesyte(guarded, "adopt", NAME)
    browser.open()
    browser.see("dialog", "This server asks for a token")
    browser.fill("#token", "mistyped\n")
    browser.see("dialog", "The token was refused")
    browser.screenshot("token")
    browser.fill("#token", f"{token}\n")
    browser.gone("dialog")

    browser.click(".jobs a", "street.mp4")

    browser.until(lambda: browser.ask("return document.querySelector('video')?.readyState >= 2"))
    browser.click(".row", "FERRY")
    browser.see(".frame-number", "frame 20")
    assert job_id in browser.driver.current_url
    statuses = browser.driver.execute_async_script(
        "const done = arguments[0];"
        "Promise.all([...document.querySelectorAll('[aria-label=Downloads] a')]"
        ".map((link) => fetch(link.href).then((answer) => answer.status))).then(done)"
    )
    assert statuses == [200] * 5
    browser.open()
    choose(browser, SAMPLE)
    browser.see(".jobs a", SAMPLE.name)


def test_no_script_has_the_token_and_signing_out_forgets_it(
    guarded_browser: Browser, token: str
) -> None:
    browser = guarded_browser
    browser.open()
    browser.fill("#token", f"{token}\n")
    browser.gone("dialog")

    kept = browser.ask(
        "return [document.cookie, ...Object.values(sessionStorage), ...Object.values(localStorage)]"
    )
    browser.open()
    browser.click("#sign-out", "Sign out")

    browser.see("dialog", "This server asks for a token")
    assert token not in kept


def test_nobody_has_to_give_a_token(guarded_browser: Browser) -> None:
    browser = guarded_browser
    browser.open()
    browser.see("dialog", "token")

    browser.click("dialog button", "Cancel")

    browser.see(".problem")
    assert browser.texts("#sign-out") == ["Sign out"]
    assert not browser.driver.find_element("id", "sign-out").is_displayed()


def test_where_no_token_is_asked_for_there_is_nobody_to_sign_out(browser: Browser) -> None:
    browser.open()
    browser.see("#main h1")

    assert not browser.driver.find_element("id", "sign-out").is_displayed()
