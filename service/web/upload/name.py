"""The submitted file's own name: shown to people, and never used as a path."""

import re

MAX_NAME_CHARACTERS = 255

_FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


def file_name(given: str | None) -> str | None:
    """What can be shown of a name that a client gave, None for nothing.

    Without folders, and without what cannot be printed: controls, line ends, marks that turn the
    direction of the text around them.
    """
    if given is None:
        return None
    printable = "".join(character for character in given if character.isprintable())
    name = _FOLDERS.sub("", printable).strip()[:MAX_NAME_CHARACTERS].strip()
    return name if name.strip(".") else None
