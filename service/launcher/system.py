"""The whole system on one machine: embedded servers, the schema, web and worker."""

import http.client
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil
from honcho.environ import parse_procfile

from config.settings import Settings, variable_of
from service.jobs.migrate import migrate
from service.launcher.embedded import Servers, embedded_servers
from service.launcher.errors import CannotStart, Ended, ServerEnded
from service.launcher.processes import Processes, Say, Surroundings
from service.launcher.programs import reachable_by_others
from service.launcher.servers_folder import ELSEWHERE

LOOPBACK = "127.0.0.1"
_READY_SECONDS = 5.0
_SOURCES = Path(__file__).parents[2]
_CHECKED_OUT = _SOURCES / "Procfile"
_INSTALLED = _SOURCES / "config" / "Procfile"


@dataclass(frozen=True)
class System:
    """A started system: where its page is, what it was started with, and its processes."""

    url: str
    settings: Settings
    processes: Processes
    servers: Servers

    def tend(self) -> None:
        """Start again what has ended by itself; call it every moment.

        Raises ServerEnded: what befell a database is for a person to see.
        """
        for name, pid in self.servers.pids.items():
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                raise ServerEnded(f"the embedded {name} ended by itself; its log tells why")
        self.processes.tend()

    def is_ready(self) -> bool:
        """Whether /readyz says so, and that a worker is there, whose models are loaded then.

        A web process that does not answer is not ready.
        """
        connection = http.client.HTTPConnection(
            LOOPBACK, self.settings.port, timeout=_READY_SECONDS
        )
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            if response.status != http.client.OK:
                return False
            return bool(json.load(response)["checks"]["workers"] == "ok")
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def running_system(
    data: Path,
    *,
    port: int,
    environ: Mapping[str, str],
    say: Say,
    prepare: Callable[[Settings, Servers], None] = lambda _settings, _servers: None,
    elsewhere: Path = ELSEWHERE,
) -> Iterator[System]:
    """Run everything until the block ends; `say(name, line)` gets what the processes write.

    prepare: what is to be done on the servers before web and worker start.
    A server whose URL `environ` names is used as it is; see embedded_servers for `elsewhere`.
    Raises CannotStart, SettingsError, EmbeddedServersError, DatabaseUnavailable, MigrationFailed;
    Ended when a signal asks for the end.
    """
    data = data.resolve()
    postgres, redis = (not environ.get(name) for name in ("DATABASE_URL", "REDIS_URL"))
    with (
        ended_by_signals(),
        embedded_servers(data, postgres=postgres, redis=redis, elsewhere=elsewhere) as servers,
    ):
        if servers.folder != data:
            told = f"PostgreSQL and Redis may not enter {data}: their data is in {servers.folder}"
            say("servers", told)
        passed_on = {**_environ(environ, data=data, port=port), **servers.environ}
        if servers.database_url is not None:
            passed_on[variable_of("database_direct_url")] = ""
        settings = Settings.from_env(passed_on)
        processes = Processes(_lines(), Surroundings(passed_on, _folder(), pids=data, say=say))
        # It may be a web process of ours that has the port.
        processes.end_left_behind()
        _refuse_taken(port)
        migrate(settings.migrations_url)
        prepare(settings, servers)
        try:
            processes.start()
            yield System(f"http://{LOOPBACK}:{port}", settings, processes, servers)
        finally:
            _ignore_signals()
            processes.stop()


def default_data() -> Path:
    """Where the system keeps its data when nobody says: in the checkout, else in the user's home.

    As root, who starts PostgreSQL as somebody else, in /var/lib when that user may not enter it.
    """
    if _CHECKED_OUT.exists() and (os.geteuid() != 0 or reachable_by_others(_SOURCES)):
        return _SOURCES / ".forgesyte"
    if os.geteuid() == 0:
        return Path("/var/lib/forgesyte")
    return Path.home() / ".local" / "share" / "forgesyte"


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            told = f"port {port} cannot be used ({error.strerror})"
            raise CannotStart(f"{told}: choose another, forgesyte dev --port 9000") from error


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise Ended in the block at the first SIGINT, SIGTERM or SIGHUP; the next ones wait."""
    # Under nohup a closed terminal is no reason to end.
    unheard = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()
    before = {number: signal.signal(number, _end) for number in _ENDING - unheard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Ended


def _ignore_signals() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


_ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _environ(environ: Mapping[str, str], *, data: Path, port: int) -> dict[str, str]:
    """What web and worker get: ours, with this interpreter's programs first on the PATH."""
    programs = [str(Path(sys.executable).parent), environ.get("PATH", os.defpath)]
    return {
        variable_of("storage_url"): (data / "storage").as_uri(),
        variable_of("log_format"): "text",
        **{name: value for name, value in environ.items() if value},
        "PATH": os.pathsep.join(programs),
        "PORT": str(port),
        variable_of("host"): LOOPBACK,
        "PYTHONUNBUFFERED": "1",
        # A folder named service where the command is typed must not be taken for ours.
        **({} if _CHECKED_OUT.exists() else {"PYTHONSAFEPATH": "1"}),
    }


def _folder() -> Path:
    return _SOURCES if _CHECKED_OUT.exists() else Path.cwd()


def _lines() -> dict[str, str]:
    """The Procfile's lines that run for ever: all but the release."""
    procfile = _CHECKED_OUT if _CHECKED_OUT.exists() else _INSTALLED
    lines: dict[str, str] = parse_procfile(procfile.read_text()).processes
    return {name: command for name, command in lines.items() if name != "release"}
