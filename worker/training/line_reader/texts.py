"""What lines say: words, sentences, quantities, codes, dates, addresses, screens, receipts."""

import string
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

from worker.pipeline.ocr.lines.alphabet import (
    ACCENTED,
    ALPHABET,
    DASHES,
    DOUBLE_QUOTES,
    ELLIPSIS,
    QUOTES,
    SIGNS,
    is_spelled,
    spelled,
)
from worker.training.line_reader.words import Words, word
from worker.training.synth.held_out import CLOCK_MINUTE, is_held_out_text
from worker.training.synth.rng import Rng
from worker.training.synth.text import vocabulary

LONGEST = 64
UNITS = str.split(
    "kg g mg t lb oz km m cm mm µm mi ft in km/h mph m/s l ml cl gal °C °F K % W kW kWh V mV A "
    "mA Hz kHz MHz GHz kB MB GB TB px dpi fps s ms min h d bar Pa hPa kPa N Nm J kJ kcal m² m³ "
    "cm² dB x pcs Stk St. Uhr EUR USD GBP CHF PLN SEK kr"
)
CURRENCIES = ("€", "$", "£", "EUR ", "USD ", "kr ", "CHF ", "R$ ")
MENUS = str.split(
    "File Edit View Insert Format Tools Window Help Save Open Close Cancel OK Apply Settings "
    "Search Find Replace Copy Paste Undo Redo Print Share Export Import New Delete Rename Home "
    "Back Next Play Pause Stop Record Mute Volume Battery Network Wi-Fi Bluetooth Account Profile "
    "Log-in Sign-out Password Username Options Preferences Update Download Upload Refresh About"
)
RECEIPT_WORDS = str.split(
    "TOTAL SUBTOTAL SUM VAT TAX MwSt TVA IVA CASH CARD CHANGE VISA DEBIT Tip Item Qty Price "
    "Amount Receipt Invoice Date Time Table Server Terminal Approved Thank Balance Discount Ref"
)
MONTHS = str.split(
    "January February March April May June July August September October November December Jan "
    "Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec Januar Juni Mai mars avril juin juillet août enero"
)
DAYS = str.split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri")
STREETS = ("St.", "Str.", "Ave", "Rd", "Road", "rue")
PREFIXES = ("", "", "", "No. ", "Nr. ", "S/N ", "SN: ", "Ref: ", "#", "ID ", "N° ", "LOT ")
BRACKETS = (("(", ")"), ("[", "]"), ('"', '"'), ("'", "'"), ("«", "»"), ("<", ">"), ("{", "}"))
DOMAINS = ("com", "org", "net", "de", "fr", "co.uk", "es", "it", "io", "eu", "gov", "edu")

Text = Callable[[Rng, Words], str]


def text(rng: Rng, words: Words, kind: str) -> str:
    """A line of a kind of TEXTS, as ``spelled`` gives it; never what is held out."""
    while True:
        drawn = spelled(TEXTS[kind](rng, words))
        if 0 < len(drawn) <= LONGEST and is_spelled(drawn) and not _is_held_out(drawn):
            return drawn


def typeset(rng: Rng, drawn: str) -> str:
    """The text with a typesetter's quotes, dashes and dots in place of the plain ones."""
    opened, closed = rng.pick(tuple(pairwise(DOUBLE_QUOTES)))
    drawn = drawn.replace('"', opened, 1).replace('"', closed)
    drawn = drawn.replace("'", QUOTES[1]).replace("...", ELLIPSIS)
    return drawn.replace(" - ", f" {rng.pick(DASHES)} ")


def _is_held_out(drawn: str) -> bool:
    return is_held_out_text(drawn) or CLOCK_MINUTE in drawn


def _words(rng: Rng, words: Words) -> str:
    language = words.language(rng)
    drawn = " ".join(word(rng, language) for _ in range(rng.pick((1, 1, 1, 2, 2, 3, 4))))
    return _punctuated(rng, _cased(rng, drawn))


def _sentence(rng: Rng, words: Words) -> str:
    language = words.language(rng)
    drawn = []
    for _ in range(rng.integer(3, 11)):
        one = word(rng, language)
        roll = rng.uniform(0, 1)
        if roll < 0.08:
            one = one.capitalize()
        elif roll < 0.12:
            one = _figure(rng)
        elif roll < 0.14:
            one = one.upper()
        elif roll < 0.18:
            one = _wrapped(rng, one)
        drawn.append(one + rng.pick(",,;:.-") * rng.bernoulli(0.1))
    said = " ".join(drawn)
    said = said[0].upper() + said[1:] if rng.bernoulli(0.5) else said
    return said + rng.pick(("", ".", ".", ",", "!", "?", "-", "...", ":"))


def _quantity(rng: Rng, words: Words) -> str:
    roll = rng.uniform(0, 1)
    if roll < 0.4:
        drawn = _figure(rng) + rng.pick(("", " ")) + rng.pick(UNITS)
    elif roll < 0.65:
        drawn = _price(rng)
    else:
        drawn = _figure(rng)
    if rng.bernoulli(0.35):
        label = _cased(rng, word(rng, words.language(rng)))
        drawn = rng.pick((f"{label}: {drawn}", f"{label} {drawn}", f"{drawn} {label}"))
    return rng.pick(("", "", "", "", "+", "-", "±", "~", "<", ">")) + drawn


def _figure(rng: Rng) -> str:
    whole = str(rng.integer(0, 10 ** rng.integer(1, 6)))
    roll = rng.uniform(0, 1)
    if roll < 0.3:
        return f"{whole}{rng.pick('.,')}{rng.integer(0, 999)}"
    if roll < 0.42:
        return f"{rng.integer(1, 999)}{rng.pick(('.', ',', ' '))}{rng.integer(0, 999):03d}"
    if roll < 0.5:
        return f"{rng.integer(1, 99)}{rng.pick(('/', '-', ':', ' x ', 'x'))}{rng.integer(1, 99)}"
    return whole


def _price(rng: Rng) -> str:
    amount = f"{rng.integer(0, 10 ** rng.integer(1, 4))}{rng.pick('.,')}{rng.integer(0, 99):02d}"
    sign = rng.pick(CURRENCIES)
    return rng.pick((sign + amount, f"{amount} {sign.strip()}", amount + sign.strip()))


def _code(rng: Rng, words: Words) -> str:
    """Serial numbers, references, keys: characters by themselves, in groups."""
    sources = rng.pick(
        (
            string.ascii_uppercase + string.digits,
            string.ascii_uppercase + string.digits,
            string.digits,
            string.ascii_letters + string.digits,
            string.ascii_uppercase,
            string.hexdigits.lower(),
        )
    )
    groups = [
        "".join(rng.pick(sources) for _ in range(rng.integer(1, 6)))
        for _ in range(rng.pick((1, 1, 2, 2, 3, 4)))
    ]
    drawn = rng.pick(("-", "-", " ", ".", "/", "_", ":", "")).join(groups)
    prefix = rng.pick(
        ("", "", "", "No. ", "Nr. ", "S/N ", "SN: ", "Ref: ", "#", "ID ", "N° ", "LOT ")
    )
    return prefix + drawn


def _moment(rng: Rng, words: Words) -> str:
    if rng.bernoulli(0.4):
        return vocabulary.stamp(rng)
    day, month, year = rng.integer(1, 31), rng.pick(MONTHS), rng.integer(1950, 2035)
    clock = f"{rng.integer(0, 23)}{rng.pick(':.h')}{rng.integer(0, 59):02d}"
    return rng.pick(
        (
            f"{day} {month} {year}",
            f"{month} {day}, {year}",
            f"{day}. {month}",
            f"{rng.pick(DAYS)}, {month} {day}",
            f"{day:02d}/{rng.integer(1, 12):02d}/{year}",
            f"{day:02d}.{rng.integer(1, 12):02d}.{year % 100:02d}",
            clock,
            f"{clock} {rng.pick(('AM', 'PM', 'Uhr', 'am', 'pm'))}",
            f"{rng.pick(DAYS)} {clock} - {rng.integer(0, 23)}:{rng.integer(0, 59):02d}",
        )
    )


def _contact(rng: Rng, words: Words) -> str:
    language = words.language(rng)
    name, host = (word(rng, language).lower().replace("'", "") for _ in range(2))
    domain = f"{host}.{rng.pick(DOMAINS)}"
    digits = " ".join(
        str(rng.integer(10, 10 ** rng.integer(2, 4))) for _ in range(rng.integer(2, 4))
    )
    return rng.pick(
        (
            f"{name}@{domain}",
            f"{name}.{host}@{domain}",
            f"www.{domain}",
            f"https://{domain}/{name}",
            f"http://www.{domain}",
            domain,
            f"@{name}_{rng.integer(1, 99)}",
            f"#{name}",
            f"+{rng.integer(1, 99)} {digits}",
            f"Tel. {digits}",
            f"({rng.integer(100, 999)}) {rng.integer(100, 999)}-{rng.integer(1000, 9999)}",
            f"{rng.integer(1000, 99999)} {host.title()}",
            f"{host.title()} {rng.pick(STREETS)} {rng.integer(1, 250)}",
        )
    )


def _screen(rng: Rng, words: Words) -> str:
    language = words.language(rng)
    name, other = word(rng, language), word(rng, language)
    roll = rng.uniform(0, 1)
    if roll < 0.35:
        return " ".join(rng.pick(MENUS) for _ in range(rng.integer(1, 4)))
    return rng.pick(
        (
            f"{rng.pick(MENUS)} {name}...",
            f"{rng.pick(('Ctrl', 'Alt', 'Shift', 'Cmd'))}+{rng.pick(string.ascii_uppercase)}",
            f"C:\\{name.title()}\\{other}.{rng.pick(('txt', 'exe', 'png', 'docx'))}",
            f"/{name}/{other}/{name[:3]}.{rng.pick(('py', 'log', 'cfg', 'sh', 'json'))}",
            f"v{rng.integer(0, 20)}.{rng.integer(0, 20)}.{rng.integer(0, 99)}",
            f"{rng.integer(0, 100)}% {name}",
            f"[{name.upper()}] {other} ({rng.integer(0, 999)})",
            f"{name}_{other} = {rng.integer(0, 999)};",
            f"{name}({other}, {rng.integer(0, 9)})",
            f'"{name}": "{other}",',
            f"$ {name} --{other} -{rng.pick(string.ascii_lowercase)}",
            f"<{name}>{other}</{name}>",
            f"{rng.pick(MENUS)} > {rng.pick(MENUS)} > {name.title()}",
            f"{rng.pick(MENUS)} | {rng.pick(MENUS)} | {rng.pick(MENUS)}",
        )
    )


def _receipt(rng: Rng, words: Words) -> str:
    amount = f"{rng.integer(0, 10 ** rng.integer(1, 4))}{rng.pick('.,')}{rng.integer(0, 99):02d}"
    name = " ".join(word(rng, words.language(rng)) for _ in range(rng.integer(1, 3)))
    name = rng.pick((name.upper(), name.title()))
    label = rng.pick(RECEIPT_WORDS)
    return rng.pick(
        (
            f"{rng.integer(1, 12)} x {name} {amount}",
            f"{rng.integer(1, 12)} {name} {amount}",
            f"{name} {amount} {rng.pick('ABC')}",
            f"{name} {amount}",
            f"{label} {amount}",
            f"{label}: {_price(rng)}",
            f"{label} {rng.integer(5, 25)}% {amount}",
            f"{label} #{rng.integer(1, 99999)}",
            f"{rng.integer(10**6, 10**9)} {name}",
            "*" * rng.integer(4, 8) + str(rng.integer(1000, 9999)),
        )
    )


def _anything(rng: Rng, words: Words) -> str:
    """Characters of all the alphabet, so that none is left unlearnt."""
    source = rng.pick(
        (ALPHABET, ACCENTED, ACCENTED + string.ascii_letters, SIGNS + string.punctuation)
    )
    groups = rng.pick((1, 1, 2, 3))
    return " ".join(
        "".join(rng.pick(source) for _ in range(rng.integer(1, 7))) for _ in range(groups)
    )


TEXTS: Mapping[str, Text] = MappingProxyType(
    {
        "words": _words,
        "sentence": _sentence,
        "quantity": _quantity,
        "code": _code,
        "moment": _moment,
        "contact": _contact,
        "screen": _screen,
        "receipt": _receipt,
        "anything": _anything,
    }
)


def _cased(rng: Rng, drawn: str) -> str:
    return rng.weighted(
        {drawn: 25.0, drawn.upper(): 35.0, string.capwords(drawn): 22.0, drawn.capitalize(): 18.0}
    )


def _punctuated(rng: Rng, drawn: str) -> str:
    roll = rng.uniform(0, 1)
    if roll < 0.12:
        return drawn + rng.pick(".,:;!?%*")
    if roll < 0.18:
        return _wrapped(rng, drawn)
    if roll < 0.22:
        return f"{rng.pick('-•*·>#&+')} {drawn}"
    if roll < 0.27:
        return f"{rng.integer(1, 99)}{rng.pick(('.', ')', ' -', ''))} {drawn}"
    return drawn


def _wrapped(rng: Rng, drawn: str) -> str:
    left, right = rng.pick(BRACKETS)
    return left + drawn + right
