"""The formats in which authorities issue plates' numbers, and what one says for a reading."""

# L a letter, D a digit, _ a gap: formats in general issue as their authorities publish them.
# Germany's LLLLDDD is left out: more plates are DLLLDDD, and an I before it may be a 1.
FORMATS = tuple(
    str.split(
        # North America and elsewhere
        "DLLLDDD LLL_DDDD LLLDDDD LLL_DDD DDD_LLL LL_DDDDD DDD_DDDD LLD_DLL LDD_LLL LDDLLL DDLLDD "
        "LLLDDL DLLDDDD LDD_DDL DDDD_LL DDLD_DDD LL_DDDD LLD_LDL LLDLDL LLDDDD DDDLLL DDD_DDL "
        "LL_DD_LLL LL_DDD_LL LL_DDDL DLLL_DDD LLDD_LLL LL_LL_DDDD L_LL_DDDD LLL_DD LL_DDDLL DDD_LD "
        "DDDDLL DDLLLD DDDDDLD LDDDDDD DLDDDDD LLL_DLD DDLLLLD LDD_LLD LLDDDDD LLLDLDD "
        # Europe: Germany, Spain, the Netherlands, Portugal, the Czech Republic, Austria,
        # Switzerland, Ireland, Poland, Romania
        "L_LL_DDD L_LL_DD LLL_LL_DDD LLL_LL_DD DDDD_LLL DD_LL_LL "
        "LL_LL_DD DD_LLL_D D_LLL_DD L_DDD_LL DD_LL_DD LL_DD_DD DLD_DDDD L_DDDDDL LL_DDDDDD "
        "DD_L_DDDD LL_DDDDL LLL_DDLL L_DD_LLL"
    )
)
# Some 4 in 100 plates are vanity plates, but of those that the network was shown, since it has to
# read them as well, 24 in 100 are in no format: a reading in one is (96 / 4) / (76 / 24) times
# as probable as it thinks.
ISSUED_ODDS = 8.0

_PATTERNS = frozenset(one.replace("_", "") for one in FORMATS)


def is_issued(text: str) -> bool:
    """Whether a number of capitals and digits is in a format of general issue."""
    return "".join("D" if character.isdigit() else "L" for character in text) in _PATTERNS
