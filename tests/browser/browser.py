"""Headless Chromium, as the tests drive it: waits for conditions, never for time."""

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.system.harness import ROOT

SCREENSHOTS = ROOT / ".cache" / "screenshots"
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZE = (1360, 900)
PHONE = (390, 844)
PERIOD_SECONDS = 0.03
# This machine under a name that a browser trusts no more than any other on a network.
LAN_HOST = "videos.test"
WAIT_SECONDS = 10.0
SERIOUS = {"serious", "critical"}

T = TypeVar("T")


class Browser:
    """One window over one system; every question waits for its answer."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.url = ""

    def open(self, fragment: str = "") -> None:
        """Load the page anew at a fragment of its URL."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/{fragment}")

    def see(self, css: str, text: str | None = None) -> WebElement:
        """The first visible element of a selector, whose text holds this, once there is one."""
        return self.until(lambda: self._visible(css, text), f"{css} with {text!r}")

    def gone(self, css: str, text: str | None = None) -> None:
        """Come back when nothing of the kind is to be seen."""
        self.until(lambda: self._visible(css, text) is None, f"no {css} with {text!r}")

    def all(self, css: str) -> list[WebElement]:
        """Every element of a selector, as of now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """What every element of a selector says, hidden ones too, as of now."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return list(self.driver.execute_script(script, css))

    def click(self, css: str, text: str | None = None) -> None:
        """Click on what can be seen."""
        self.see(css, text).click()

    def press(self, *keys: str) -> None:
        """Type keys to whatever has the focus."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def fill(self, css: str, text: str) -> WebElement:
        """Replace a field's text."""
        field = self.see(css)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text or Keys.DELETE)
        return field

    def ask(self, script: str, *values: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *values)

    def until(self, condition: Callable[[], T], what: object = "") -> T:
        """What the condition gives once that is something."""
        wait = WebDriverWait(
            self.driver,
            WAIT_SECONDS,
            PERIOD_SECONDS,
            ignored_exceptions=[NoSuchElementException, StaleElementReferenceException],
        )
        given: T = wait.until(lambda _: condition(), f"{what}\n{self._state()}")
        return given

    def focused(self) -> str:
        """What has the focus, as `tag#id`."""
        return str(self.ask("const e = document.activeElement; return `${e.localName}#${e.id}`"))

    def box(self, css: str) -> dict[str, float]:
        """Where an element is, in pixels of the window."""
        script = "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
        return dict(self.ask(script, css))

    def complaints(self) -> list[str]:
        """What the browser's console has been told since this was asked last."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def serious_findings(self) -> list[str]:
        """What axe-core finds serious or critical on the page as it is."""
        self.ask(AXE.read_text())
        result = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((found) => done(found.violations))"
        )
        return [
            f"{finding['id']}: {node['html']}"
            for finding in result
            if finding["impact"] in SERIOUS
            for node in finding["nodes"]
        ]

    def screenshot(self, name: str) -> None:
        """Keep what is to be seen for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(self.picture("png"))

    def picture(self, encoding: str, quality: int | None = None) -> bytes:
        """What is to be seen, as png or jpeg."""
        asked = {"format": encoding} | ({} if quality is None else {"quality": quality})
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", asked)
        return base64.b64decode(taken["data"])

    @contextmanager
    def phone(self) -> Iterator[None]:
        """The width and the pixels of a phone."""
        width, height = PHONE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    @contextmanager
    def dark(self) -> Iterator[None]:
        """A system that prefers dark."""
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def forget_cookies(self) -> None:
        """Forget every cookie, those that no script sees too."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    @contextmanager
    def slow_uploads(self, bytes_per_second: int) -> Iterator[None]:
        """A line that takes its time."""
        self._network(bytes_per_second)
        try:
            yield
        finally:
            self._network(-1)

    def _network(self, bytes_per_second: int) -> None:
        self.driver.execute_cdp_cmd("Network.enable", {})
        conditions = {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        }
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    def _visible(self, css: str, text: str | None) -> WebElement | None:
        for element in self.all(css):
            if element.is_displayed() and (text is None or text in element.text):
                return element
        return None

    def _state(self) -> str:
        url = self.driver.current_url
        return json.dumps({"url": url, "page": self.texts("main")})


@contextmanager
def chromium(downloads: Path) -> Iterator[webdriver.Chrome]:
    """A Chromium of the machine's own; nothing is downloaded."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    driver = shutil.which("chromedriver")
    assert program, "no Chromium: apt install chromium chromium-driver"
    assert driver, "no chromedriver: apt install chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in _arguments():
        options.add_argument(argument)
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(downloads), "intl.accept_languages": "en-GB"}
    )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield started
    finally:
        started.quit()


def _arguments() -> list[str]:
    width, height = SIZE
    arguments = [
        "--headless=new",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--no-proxy-server",
        f"--host-resolver-rules=MAP {LAN_HOST} 127.0.0.1",
        f"--window-size={width},{height}",
    ]
    # Chromium's sandbox is not for root.
    return arguments + ["--no-sandbox"] * (os.geteuid() == 0)
