"""A text's letters as a reader sees them, whatever they were written with."""

from unicodedata import category, normalize

# Letters of other alphabets that are drawn like one of ours (Unicode TR 39, confusables); those
# that are only a width, a ligature or an accent away are found by their decomposition. Not a
# library's table: the whole of TR 39 takes plain letters apart too, m into rn.
_ALIKE = str.maketrans(
    {
        **dict(zip("АВЕЅІЈКМНОРСТУХԚԜ", "ABESIJKMHOPCTYXQW", strict=True)),
        **dict(zip("аеѕіјкмһорстухԛԝԁӏгпѡ", "aesijkmhopctyxqwdlrnw", strict=True)),
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),  # noqa: RUF001
        **dict(zip("αεικνορτυχω", "aeikvoptuxw", strict=True)),
        **dict(zip("ıɡɩʀɴᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴡ", "igirnacdejkmoptuw", strict=True)),
    }
)
# Marks on a letter, and signs that no reader sees: joiners, soft hyphens, NUL.
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc"})


def as_seen(line: str) -> str:
    """The line in plain letters, case kept; its length may change."""
    if line.isascii() and line.isprintable():
        return line
    plain = normalize("NFKD", line).translate(_ALIKE)
    return "".join(sign for sign in plain if sign == "\t" or category(sign) not in _UNSEEN)
