"""Takes the README's picture of the page: `python -m tests.browser.picture OUT.jpg`.

The whole system reads the sample video, submitted by its button, and the page shows a moment of it.
"""

import sys
from pathlib import Path

from tests.browser.browser import Browser
from tests.browser.standing import standing
from tests.system.harness import System

MOMENT_MS = 6600
QUALITY = 82
SIZE = {"width": 1320, "height": 960, "deviceScaleFactor": 1.5, "mobile": False}
LOADED = "return document.querySelector('video').readyState >= 2"


def main() -> None:
    """Write the picture."""
    (out,) = sys.argv[1:]
    with standing() as (system, browser):
        system.start_worker()
        Path(out).write_bytes(_picture(browser, system))


def _picture(browser: Browser, system: System) -> bytes:
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
    browser.open()
    browser.click(".empty button")
    browser.see(".progress-panel")
    job_id = browser.driver.current_url.rpartition("/")[2]
    system.wait_completed(job_id)
    browser.open(f"#/jobs/{job_id}?t={MOMENT_MS}")
    browser.see(".overlay .label text")
    browser.until(lambda: browser.ask(LOADED))
    browser.see(".row.current")
    return browser.picture("jpeg", QUALITY)


if __name__ == "__main__":
    main()
