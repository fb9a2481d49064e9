"""A file's text, or the refusal to say that it has been read."""

import codecs
from io import StringIO
from pathlib import Path

# The longer marks first: UTF-32's little-endian one begins with UTF-16's.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}


class NotText(Exception):
    """A file cannot be read as text"""


def lines_of(path: Path) -> list[str]:
    """The file's lines, as an editor numbers them; raises NotText.

    UTF-8, or what its byte order mark says. UTF-16 without a mark is UTF-8 with a NUL beside
    each Latin letter, and comes out as such.
    """
    content = path.read_bytes()
    encodings = (encoding for mark, encoding in _MARKS.items() if content.startswith(mark))
    try:
        return list(StringIO(content.decode(next(encodings, "utf-8")), newline=None))
    except UnicodeDecodeError as error:
        raise NotText(f"no {error.encoding} at byte {error.start}") from error
