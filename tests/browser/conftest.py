"""A browser over the real web process, with real servers behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import Browser, chromium
from tests.browser.library import Library, Result
from tests.browser.street import street_result, street_video
from tests.system.conftest import file_system, system, video, way
from tests.system.harness import System

__all__ = ["file_system", "system", "video", "way"]


@pytest.fixture(scope="session")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all the tests of a process."""
    with chromium(tmp_path_factory.mktemp("downloads")) as driver:
        yield Browser(driver)


@pytest.fixture
def browser(window: Browser, system: System) -> Iterator[Browser]:
    """The browser before an empty service; it must not have complained of anything."""
    system.start_web()
    window.url = f"http://127.0.0.1:{system.port}"
    yield window
    window.ask("localStorage.clear(); sessionStorage.clear()")
    window.driver.get("about:blank")
    assert window.complaints() == []


@pytest.fixture
def library(browser: Browser, system: System) -> Library:
    """Puts jobs into the service that the browser is before."""
    return Library(system.environ)


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of four seconds."""
    return street_video(tmp_path_factory.mktemp("street") / "street.mp4")


@pytest.fixture(scope="session")
def result() -> Result:
    """What is found in it."""
    return street_result()
