"""The words that made videos say: common ones and numbers.

In made-up codes nobody can tell I from l, so a code read wrong would prove nothing.
"""

from numpy.random import Generator

WORDS = tuple(
    str.split(
        "about account across action address advice after again almost always amount answer "
        "apple april arrive artist august autumn basket because before bicycle board border "
        "bottle branch bread bridge bright brother budget building button camera candle captain "
        "carbon castle central chamber change channel chapter charge cheese choice church circle "
        "cloud coast colour common company concert control copper corner cotton council country "
        "couple course cover credit crowd culture current customer danger daughter debate decade "
        "degree delay desert design detail dinner direct distance doctor double dream driver "
        "early eastern economy editor effect election energy engine evening event example expert "
        "factory family farmer father feature field figure final finish flight flower follow "
        "foreign forest forward fresh friend future garden general global golden ground growth "
        "handle health heart history holiday hotel human hundred impact index injury island "
        "january journey judge junior kitchen ladder language large leader letter level light "
        "listen local machine manager market master matter measure member memory message middle "
        "minister mirror moment morning mother mountain museum music nation nature network north "
        "notice number object october office open orange order output owner package page painter "
        "paper parent people period person phone picture planet plastic player pocket point "
        "police policy power present price prince problem process product profit project public "
        "quarter question quick radio railway reader reason record region report result return "
        "river road rocket round safety salary sample season second secret section senior series "
        "service shadow share short silver simple sister society south space special spring "
        "square station stone storage store story street strong student studio summer sunday "
        "supply surface system table target teacher theatre thousand ticket timber today total "
        "tower track traffic travel treasure union update valley value vehicle village vision "
        "volume water weather weekend western window winter wonder worker world writer yellow"
    )
)
NUMBER_SHARE = 0.2
CASES = (str.upper, str.title, str.capitalize)


def line(rng: Generator) -> str:
    """One to four words or numbers, in capitals or with capitals at their heads."""
    words = " ".join(_word(rng) for _ in range(int(rng.integers(1, 5))))
    return CASES[int(rng.integers(len(CASES)))](words)


def _word(rng: Generator) -> str:
    if rng.random() < NUMBER_SHARE:
        return str(rng.integers(10, 10_000))
    return WORDS[int(rng.integers(len(WORDS)))]
