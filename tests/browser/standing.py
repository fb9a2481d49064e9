"""A service of its own with a browser before it, for programs that are no tests."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from service.jobs.migrate import migrate
from service.launcher.embedded import embedded_servers
from service.launcher.servers_folder import open_temporary_folder
from tests.browser.browser import Browser, chromium
from tests.system.harness import System, environ_for


@contextmanager
def standing() -> Iterator[tuple[System, Browser]]:
    """Web over servers of its own, and a browser; all end with the context."""
    with ExitStack() as stack:
        folder = stack.enter_context(open_temporary_folder("forgesyte-page-"))
        servers = stack.enter_context(embedded_servers(folder / "data"))
        migrate(servers.database_url)
        environ = environ_for(
            folder, database_url=servers.database_url, redis_url=servers.redis_url
        )
        system = System(folder, servers.database_url, environ)
        stack.callback(system.end)
        system.start_web()
        downloads = stack.enter_context(tempfile.TemporaryDirectory())
        browser = Browser(stack.enter_context(chromium(Path(downloads))))
        browser.url = f"http://127.0.0.1:{system.port}"
        yield system, browser
