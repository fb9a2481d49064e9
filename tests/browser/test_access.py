from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import Browser
from tests.browser.guard import TOKEN, guarded
from tests.browser.library import Library, Result

REFUSED = "401"


@pytest.fixture
def guarded_browser(browser: Browser) -> Iterator[Browser]:
    """The browser before the service behind a proxy that asks for a token."""
    open_url = browser.url
    with guarded(open_url) as url:
        browser.url = url
        yield browser
        browser.ask("sessionStorage.clear()")
        complaints = browser.complaints()
    browser.url = open_url
    browser.open()
    assert [complaint for complaint in complaints if REFUSED not in complaint] == []


def test_a_token_is_asked_for_kept_for_the_session_and_sent_for_the_video_too(
    guarded_browser: Browser, library: Library, street: Path, result: Result
) -> None:
    browser = guarded_browser
    job_id = library.completed(street, "street.mp4", result)
    browser.open()
    browser.see("dialog", "This server asks for a token")
    browser.fill("#token", "mistyped\n")
    browser.see("dialog", "The token was refused")
    browser.screenshot("token")
    browser.fill("#token", f"{TOKEN}\n")
    browser.gone("dialog")

    browser.click(".jobs a", "street.mp4")

    browser.until(lambda: browser.ask("return document.querySelector('video')?.readyState >= 2"))
    browser.click(".row", "FERRY")
    browser.see(".frame-number", "frame 20")
    assert browser.ask("return Object.values(sessionStorage)") == [TOKEN]
    assert browser.ask("return Object.values(localStorage)") == []
    assert job_id in browser.driver.current_url


def test_nobody_has_to_give_a_token(guarded_browser: Browser) -> None:
    browser = guarded_browser
    browser.open()
    browser.see("dialog", "token")

    browser.click("dialog button", "Cancel")

    browser.see(".problem")
