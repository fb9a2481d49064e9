"""Takes the README's picture of the page: `python -m tests.browser.picture OUT.jpg`.

The whole system reads the sample video, submitted by its button, and the page shows a moment of it.
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from service.jobs.migrate import migrate
from service.launcher.embedded import embedded_servers
from service.launcher.servers_folder import open_temporary_folder
from tests.browser.browser import Browser, chromium
from tests.system.harness import System, environ_for

MOMENT_MS = 6600
QUALITY = 82
SIZE = {"width": 1320, "height": 960, "deviceScaleFactor": 1.5, "mobile": False}
LOADED = "return document.querySelector('video').readyState >= 2"


def main() -> None:
    """Write the picture."""
    (out,) = sys.argv[1:]
    with ExitStack() as stack:
        folder = stack.enter_context(open_temporary_folder("forgesyte-picture-"))
        servers = stack.enter_context(embedded_servers(folder / "data"))
        migrate(servers.database_url)
        environ = environ_for(
            folder, database_url=servers.database_url, redis_url=servers.redis_url
        )
        system = System(folder, servers.database_url, environ)
        stack.callback(system.end)
        system.start_web()
        system.start_worker()
        downloads = stack.enter_context(tempfile.TemporaryDirectory())
        browser = Browser(stack.enter_context(chromium(Path(downloads))))
        browser.url = f"http://127.0.0.1:{system.port}"
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
