"""The formats in which authorities issue plates' numbers, and what one says for a reading."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from config.regions import ANYWHERE


@dataclass(frozen=True)
class Country:
    """Its vehicles in millions, roughly, and the formats on them.

    L is a letter, D a digit, _ a gap.
    """

    vehicles: float
    formats: tuple[str, ...]


def _country(vehicles: float, formats: str) -> Country:
    return Country(vehicles, tuple(formats.split()))


# By ISO 3166 code, the largest states by themselves: series that are issued or still common, as
# the authorities publish them.
# Germany's LLLLDDD is left out: more plates are DLLLDDD, and an I before it may be a 1.
COUNTRIES: Mapping[str, Country] = MappingProxyType(
    {
        "us-ca": _country(30.0, "DLLLDDD DLDDDDD"),
        "us-tx": _country(22.0, "LLL_DDDD"),
        "us-fl": _country(18.0, "LLL_LDD LLL_DDL"),
        "us-ny": _country(11.0, "LLL_DDDD"),
        "us-pa": _country(10.0, "LLL_DDDD"),
        "us-oh": _country(10.0, "LLL_DDDD"),
        "us-il": _country(10.0, "LL_DDDDD DDD_DDDD"),
        "us-ga": _country(9.0, "LLL_DDDD"),
        "us-nc": _country(9.0, "LLL_DDDD"),
        "us-va": _country(8.0, "LLL_DDDD"),
        "us-mi": _country(8.0, "LLL_DDDD DLLL_DD"),
        "us-wa": _country(7.0, "LLL_DDDD LLLDDDD"),
        "us-nj": _country(6.0, "LDD_LLL"),
        "us-az": _country(6.0, "LLLDDDD"),
        "us-in": _country(6.0, "DDDLLL"),
        "us-tn": _country(6.0, "LDD_DDL LLL_DDDD"),
        "us-mo": _country(5.5, "LLD_LDL"),
        "us-wi": _country(5.5, "DDD_LLL LLL_DDDD"),
        "us-al": _country(5.0, "DLLDDDD DDLD_DDD"),
        "us-co": _country(5.0, "LLL_DDD LLL_LDD"),
        "us-ma": _country(5.0, "DLLL_DD DDD_LLD"),
        "us-mn": _country(5.0, "LLL_DDD DDD_LLL"),
        "us-md": _country(4.5, "DLLDDDD"),
        "us-sc": _country(4.5, "LLL_DDD"),
        "us-ky": _country(4.0, "DDD_LLL"),
        "us-la": _country(4.0, "LLL_DDD DDD_LLL"),
        "us-or": _country(4.0, "LLL_DDD DDD_LLL"),
        "us-ia": _country(3.5, "LLL_DDD"),
        "us-ok": _country(3.5, "LLL_DDD"),
        "us-ks": _country(2.5, "DDD_LLL"),
        "us-nv": _country(2.5, "DDD_LLL"),
        "us-ms": _country(2.0, "LLL_DDD"),
        "us-ne": _country(2.0, "LLL_DDD"),
        "us": _country(
            36.0,
            "LLL_DDD DDD_LLL LLD_DLL LDD_LLL DDLLDD LLLDDL DLLDDDD LDD_DDL DDDD_LL DDLD_DDD "
            "LLD_LDL LLDLDL DDD_DDL DDD_DDDD LLL_DD LL_DDDDD LL_DDDD DDD_LD DDDDLL DDLLLD DDDDDLD "
            "LDDDDDD DLLL_DDD LDDLLL DDDLLL LLL_DLD LL_DDDL LDD_LLD",
        ),
        "ca-on": _country(9.0, "LLLL_DDD"),
        "ca": _country(17.0, "LLL_DDD LLL_DDDD LDD_LLL LL_DDDL DDD_LLL"),
        "mx": _country(50.0, "LLL_DD_DD LLL_DDD_L LDD_LLL DDD_LLL LLL_DDDD"),
        "br": _country(115.0, "LLL_DDDD LLLDLDD"),
        "ar": _country(15.0, "LL_DDD_LL LLL_DDD"),
        "au": _country(20.0, "LLL_DDL DLL_DLL LDD_DLL LLL_DDD"),
        "in": _country(70.0, "LL_DD_LL_DDDD LL_DD_L_DDDD"),
        "za": _country(12.0, "LL_DD_LL_LL LLL_DDD_LL LL_DDDDD"),
        "gb": _country(41.0, "LLDD_LLL LDDD_LLL LLL_DDDL"),
        "de": _country(
            60.0,
            "L_LL_DDDD L_LL_DDD L_LL_DD L_L_DDDD LL_LL_DDDD LL_LL_DDD LL_LL_DD LL_L_DDDD LL_L_DDD "
            "LLL_LL_DDD LLL_LL_DD LLL_L_DDD LLL_L_DD",
        ),
        "fr": _country(47.0, "LL_DDD_LL"),
        "it": _country(52.0, "LL_DDD_LL"),
        "es": _country(34.0, "DDDD_LLL L_DDDD_LL LL_DDDD_LL"),
        "pt": _country(7.0, "DD_LL_DD DD_DD_LL LL_DD_DD LL_DD_LL"),
        "nl": _country(12.0, "DD_LLL_D D_LLL_DD LL_DDD_L L_DDD_LL DD_LL_LL LL_LL_DD LL_DD_LL"),
        "be": _country(7.0, "D_LLL_DDD LLL_DDD"),
        "lu": _country(0.6, "LL_DDDD"),
        "at": _country(7.0, "L_DDDDDL LL_DDDLL L_DDDDLL LL_DDDDL LL_DDDL"),
        "ch": _country(6.0, "LL_DDDDDD LL_DDDDD"),
        "ie": _country(3.0, "DDD_L_DDDDD DDD_LL_DDDD DD_L_DDDD DD_L_DDDDD"),
        "pl": _country(33.0, "LL_DDDDD LLL_DDDD LL_DDDDL LL_DDDLL LLL_DDLL LLL_LDDD LLL_DDDL"),
        "cz": _country(8.0, "DLD_DDDD DLL_DDDD"),
        "sk": _country(3.0, "LL_DDD_LL"),
        "hu": _country(5.0, "LLL_DDD LL_LL_DDD"),
        "ro": _country(9.0, "LL_DD_LLL L_DD_LLL L_DDD_LLL"),
        "bg": _country(4.0, "LL_DDDD_LL L_DDDD_LL"),
        "gr": _country(8.0, "LLL_DDDD"),
        "hr": _country(2.5, "LL_DDD_LL LL_DDDD_LL LL_DDDD_L"),
        "si": _country(1.5, "LL_LL_DDD LL_DD_LLL"),
        "rs": _country(2.5, "LL_DDD_LL LL_DDDD_LL"),
        "lt": _country(1.7, "LLL_DDD"),
        "lv": _country(0.9, "LL_DDDD"),
        "ee": _country(1.0, "DDD_LLL"),
        "fi": _country(4.0, "LLL_DDD"),
        "se": _country(6.0, "LLL_DDD LLL_DDL"),
        "no": _country(4.0, "LL_DDDDD"),
        "dk": _country(3.5, "LL_DD_DDD"),
        "tr": _country(30.0, "DD_L_DDDD DD_LL_DDD DD_LLL_DD DD_LL_DDDD DD_LLL_DDD"),
    }
)
# Seen on roads, in no country above or in few vehicles.
OTHER_FORMATS = tuple(
    str.split("DDLLLLD LL_DDDL LL_DD_LLL LL_DDD_LL LL_DDDDDD LLL_DDLL DDDD_LL LLDDDDD D_LLL_DD")
)
FORMATS = tuple(
    dict.fromkeys(
        one
        for formats in (*(country.formats for country in COUNTRIES.values()), OTHER_FORMATS)
        for one in formats
    )
)
# Some 4 in 100 plates are vanity plates, but of those that the network was shown, since it has to
# read them as well, 24 in 100 are in no format: a reading in one is (96 / 4) / (76 / 24) times as
# probable as it thinks. It was shown each format as often as any other; roads have more of some.
ISSUED_ODDS = 8.0
# Of the series nobody counts here.
FEWEST_VEHICLES = 1.0


def odds(text: str, region: str = ANYWHERE) -> float:
    """How many times as probable a number's format makes it as a number in none; 1 for those.

    region: the country whose formats count, of REGIONS; its states are it.
    """
    return _odds(region).get(pattern_of(text), 1.0)


def is_issued(text: str, region: str = ANYWHERE) -> bool:
    """Whether a number of capitals and digits is in a format of general issue there."""
    return pattern_of(text) in _odds(region)


def pattern_of(text: str) -> str:
    """A number's format without its gaps: L for each letter, D for each digit."""
    return "".join("D" if character.isdigit() else "L" for character in text)


@functools.cache
def _odds(region: str) -> Mapping[str, float]:
    known = {one.replace("_", "") for one in FORMATS}
    vehicles = dict.fromkeys(known if region == ANYWHERE else (), FEWEST_VEHICLES)
    for code, country in COUNTRIES.items():
        if region in (ANYWHERE, country_of(code)):
            for one in country.formats:
                pattern = one.replace("_", "")
                share = country.vehicles / len(country.formats)
                vehicles[pattern] = vehicles.get(pattern, 0.0) + share
    # As often as any other is how often the network was shown each.
    mean = sum(vehicles.values()) / len(known)
    return {pattern: max(1.0, ISSUED_ODDS * of / mean) for pattern, of in vehicles.items()}


def country_of(code: str) -> str:
    """The country of a code of COUNTRIES, whose states are it."""
    return code.partition("-")[0]
