"""Temporary folders that the next worker finds and removes when their own worker was killed.

They lie in one folder of this user. Whoever uses one holds a lock on it, which the kernel lets go
when its holder ends, however it ends.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from config.settings import SettingsError

PREFIX = "pipeline-"
# Where a program puts its temporary files, from which we know whose program it is.
VARIABLE = "TMPDIR"
KILL_SECONDS = 5.0
# What a worker that is killed leaves is gone within the hour, be no other started.
PERIOD_SECONDS = 600.0

log = logging.getLogger(__name__)


class ScratchFolder:
    """One temporary folder, nobody else's until close() or this process's end."""

    def __init__(self) -> None:
        """Raises SettingsError when the folder around it is not ours alone."""
        root = _our_root()
        lock = None
        while lock is None:
            folder = TemporaryDirectory(prefix=PREFIX, dir=root, ignore_cleanup_errors=True)
            lock = _locked(Path(folder.name))
            if lock is None:
                # A sweep came between the making and the lock, and took the folder away.
                folder.cleanup()
        self._folder, self._lock = folder, lock

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def close(self) -> None:
        """Remove it and what is in it."""
        self._folder.cleanup()
        os.close(self._lock)


def sweep() -> None:
    """Remove every folder whose worker is gone, after killing what still runs in it.

    Raises SettingsError when the folder around them is not ours alone.
    """
    for folder in sorted(_our_root().glob(f"{PREFIX}*")):
        lock = _locked(folder)
        if lock is None:
            continue
        try:
            killed = _kill_all_in(folder)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
        log.warning("temporary folder of a dead worker removed", extra={"killed": killed})


async def sweep_forever(*, period_seconds: float = PERIOD_SECONDS) -> None:
    """Sweep after every period, whatever goes wrong in one, until cancelled."""
    while True:
        await asyncio.sleep(period_seconds)
        try:
            await asyncio.to_thread(sweep)
        except Exception:
            log.exception("sweeping temporary folders failed")


def _our_root() -> Path:
    root = Path(tempfile.gettempdir()) / f"forgesyte-{os.geteuid()}"
    # What is there and no folder is refused below.
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    with _opened(root) as descriptor:
        if descriptor is None or os.fstat(descriptor).st_uid != os.geteuid():
            raise SettingsError(
                f"{VARIABLE}: {root} is somebody else's; name a folder that only you may write to"
            )
        os.fchmod(descriptor, 0o700)
    return root


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    descriptor = _open(folder)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open(folder: Path) -> int | None:
    """A descriptor of a folder; None for what is none we may look into, also for a link to one."""
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder; None when somebody else does, or it is gone."""
    descriptor = _open(folder)
    if descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not folder.exists():
        os.close(descriptor)
        return None
    return descriptor


def _kill_all_in(folder: Path) -> int:
    """Kill the programs whose temporary files go to the folder; how many there were.

    No number of a process is believed: it may be another's by now.
    """
    found = [process for process in psutil.process_iter() if _uses(process, folder)]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=KILL_SECONDS)
    return len(found)


def _uses(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get(VARIABLE) == str(folder)
    except psutil.Error:
        return False
