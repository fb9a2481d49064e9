from contextlib import nullcontext
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from config.failures import FailureCode
from tests.browser.browser import Browser
from tests.browser.library import Library, Result
from tests.browser.street import CAPTION

MARKS = {
    "empty": ".empty",
    "list": ".jobs tr",
    "job": ".overlay .label text",
    "progress": ".progress-panel",
    "failed": ".failure",
    "search": ".hit",
}


@pytest.fixture
def fragments(library: Library, street: Path, result: Result) -> dict[str, str]:
    """Where each view is, of a service that has something of everything."""
    failed = library.failed(street, "broken.mp4", FailureCode.NO_FRAMES, "none")
    completed = library.completed(street, "street.mp4", result)
    return {
        "list": "",
        "failed": f"#/jobs/{failed}",
        "job": f"#/jobs/{completed}",
        "progress": f"#/jobs/{library.pending(street)}",
        "search": "#/search?q=harbour",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, fragments: dict[str, str], theme: str) -> None:
    with browser.dark() if theme == "dark" else nullcontext():
        for view, fragment in fragments.items():
            browser.open(fragment)
            browser.see(MARKS[view])
            if theme == "dark":
                browser.screenshot(f"dark-{view}")

            assert browser.serious_findings() == [], view


def test_axe_finds_nothing_serious_on_the_first_visit_and_in_dialogs(browser: Browser) -> None:
    browser.open()
    browser.see(".empty")
    assert browser.serious_findings() == []

    browser.press("?")
    browser.see("dialog", "Play or pause")

    assert browser.serious_findings() == []
    browser.press(Keys.ESCAPE)
    browser.gone("dialog")


def test_the_keyboard_alone_reaches_everything_in_order(browser: Browser) -> None:
    browser.open()
    browser.see(".empty")
    order = []
    for _ in range(12):
        browser.press(Keys.TAB)
        order.append(browser.ask("const e = document.activeElement; return e.id || e.textContent"))

    assert order == [
        "Skip to the content",
        "ForgeSyte",
        "Videos",
        "API",
        "query",
        "theme",
        "help",
        "file",
        "pipeline",
        "stride",
        "region",
        "Analyse the sample video",
    ]


def test_the_texts_are_walked_and_chosen_with_keys(
    browser: Browser, fragments: dict[str, str]
) -> None:
    browser.open(fragments["job"])
    browser.see(".row")
    browser.ask("document.querySelector('.virtual').focus()")

    browser.press(Keys.END, Keys.ENTER)

    browser.see(".clock", "0:02.0")
    browser.see(".row[aria-selected=true]", CAPTION)


def test_the_view_that_is_entered_has_the_focus_and_a_title(
    browser: Browser, fragments: dict[str, str]
) -> None:
    browser.open()
    browser.click(".jobs a", "street.mp4")
    browser.see(".row")

    assert browser.focused() == "main#main"
    assert browser.driver.title == "street.mp4 · ForgeSyte"


def test_the_question_before_a_deletion_begins_at_its_safe_answer(
    browser: Browser, fragments: dict[str, str]
) -> None:
    browser.open(fragments["failed"])
    browser.click(".job-head button", "Delete")
    browser.see("dialog")

    assert browser.ask("return document.activeElement.textContent") == "Cancel"
    assert browser.serious_findings() == []
