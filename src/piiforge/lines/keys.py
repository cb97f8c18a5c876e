"""How a field's name is written: the words of a bank in the case styles that code uses.

>>> from random import Random
>>> styled("social security number", "camel"), styled("número de tarjeta", "snake")
('socialSecurityNumber', 'numero_de_tarjeta')
"""

import unicodedata
from functools import lru_cache
from random import Random

STYLES = ("snake", "camel", "kebab", "pascal", "constant", "flat", "dotted", "label", "spaced")
# Styles by weight: snake and camel are what most code is written in.
_WEIGHTED = (
    ("snake",) * 7
    + ("camel",) * 6
    + ("kebab",) * 2
    + ("pascal",) * 2
    + ("flat",) * 2
    + ("constant", "dotted", "label", "spaced")
)
_PREFIXES = (
    "applicant",
    "user",
    "customer",
    "billing",
    "primary",
    "contact",
    "form",
    "data",
    "input",
    "person",
    "client",
    "profile",
    "guest",
    "patient",
    "borrower",
    "employee",
    "owner",
    "f",
    "p1",
    "new",
    "main",
    "buyer",
    "traveler",
    "account holder",
    "fld",
    "txt",
    "ctl00",
    "step2",
    "q12",
)
_PREFIX_SHARE = 0.3
_TWINS = (
    (" 1", " 2"),
    (" a", " b"),
    (" part1", " part2"),
    (" first", " last"),
    (" prefix", " suffix"),
    (" head", " tail"),
    (" left", " right"),
    (" begin", " end"),
    (" p1", " p2"),
    (" seg1", " seg2"),
)


def draw_style(rng: Random) -> str:
    """Draw one case style: a line writes all its keys in one."""
    return _WEIGHTED[int(rng.random() * len(_WEIGHTED))]


def draw_key(words: str, style: str, rng: Random) -> str:
    """Write `words` in `style`, now and then behind a word that names whose field it is."""
    if rng.random() < _PREFIX_SHARE:
        words = f"{_PREFIXES[int(rng.random() * len(_PREFIXES))]} {words}"
    return styled(words, style)


def draw_halves(words: str, style: str, rng: Random) -> tuple[str, str]:
    """Name the two adjacent fields that hold the halves of a value."""
    first, second = _TWINS[int(rng.random() * len(_TWINS))]
    return styled(words + first, style), styled(words + second, style)


@lru_cache(maxsize=65536)
def styled(words: str, style: str) -> str:
    """Write lower-case `words` as one name. Labels keep their accents, code does not."""
    if style == "spaced":
        return words
    if style == "label":
        return words[:1].upper() + words[1:]
    plain = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    pieces = plain.replace("-", " ").replace("'", " ").replace("_", " ").split()
    if style == "camel":
        return pieces[0] + "".join(piece[:1].upper() + piece[1:] for piece in pieces[1:])
    if style == "pascal":
        return "".join(piece[:1].upper() + piece[1:] for piece in pieces)
    joint = {"snake": "_", "kebab": "-", "constant": "_", "flat": "", "dotted": "."}[style]
    joined = joint.join(pieces)
    return joined.upper() if style == "constant" else joined
