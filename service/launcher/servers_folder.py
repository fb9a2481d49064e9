"""Where the embedded servers keep what is theirs: in the data folder, if they may enter it."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.launcher.errors import EmbeddedServersError
from service.launcher.programs import UNPRIVILEGED, closed_folder

ELSEWHERE = Path("/var/lib/forgesyte/servers")
# In the data folder, and a part of the other folder's name: without it, a data folder that was
# deleted and made anew would find the old one's database.
_MARK = "servers"


def servers_folder(data: Path, elsewhere: Path = ELSEWHERE) -> Path:
    """`data`; as root, whose servers run as somebody else, another one where they may not enter it.

    The same `data` gets the same folder at its next start; a copy of it, or one that was made anew
    in its place, gets its own. Raises EmbeddedServersError when there is no such folder.
    """
    if os.geteuid() != 0:
        return data
    mark, closed = data / _MARK, closed_folder(data)
    if closed is None and not mark.exists():
        return data
    if not mark.exists():
        _refuse_unless_new(data, closed)
        part = mark.with_name(f"{_MARK}.part")
        part.write_text(secrets.token_hex(8))
        part.rename(mark)
    _refuse_closed(elsewhere)
    which = f"{mark.read_text()} {data}".encode(errors="surrogateescape")
    return elsewhere / hashlib.sha256(which).hexdigest()[:16]


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; whatever the umask, the servers may enter what is new."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


@contextmanager
def open_temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that the servers may enter, removed at the end; TMPDIR may be closed to them."""
    place = None
    if os.geteuid() == 0 and closed_folder(Path(tempfile.gettempdir())) is not None:
        place = ELSEWHERE.parent
        make_folder(place)
    with tempfile.TemporaryDirectory(
        prefix=prefix, dir=place, ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _refuse_unless_new(data: Path, closed: Path | None) -> None:
    if (data / "postgres").exists():
        raise EmbeddedServersError(
            f"the database in {data} runs as the user '{UNPRIVILEGED}', who may not enter "
            f"{closed} any more: let others enter it with chmod o+x, or choose another --data"
        )


def _refuse_closed(elsewhere: Path) -> None:
    closed = closed_folder(elsewhere)
    if closed is not None:
        raise EmbeddedServersError(
            f"as root, PostgreSQL runs as the user '{UNPRIVILEGED}', who may not enter {closed} "
            "either: let others enter it with chmod o+x, or choose another data folder with --data"
        )
