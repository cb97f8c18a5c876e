"""How a value was written, without the value: # for a digit, a for a letter, separators kept.

>>> shape_of("000-12-3456", "ssn"), shape_of("A1234567", "drivers_license")
('###-##-####', 'a#######')
>>> shape_of("078 05 112", "ssn")   # too few digits to be one
''
"""

import re

_COUNTS: dict[str, tuple[range, range]] = {
    "ssn": (range(9, 10), range(1)),
    "itin": (range(9, 10), range(1)),
    "credit_card": (range(13, 20), range(1)),
    "phone": (range(7, 16), range(1)),
    "passport": (range(8, 10), range(2)),
    "drivers_license": (range(7, 10), range(2)),
    "member_id": (range(4, 21), range(13)),
    "routing": (range(9, 10), range(1)),
    "account": (range(4, 18), range(1)),
}
"""How many digits and how many letters a value of each category has."""
_WRITTEN = re.compile(r"\+?[(]?[#a]+(?:[ \-./()_·]{1,3}[#a]+)*")
_LONGEST = 32
_WIDTHS = {("passport", 1): 8, ("passport", 0): 9, ("drivers_license", 1): 7}


def shape_of(written: str, category: str) -> str:
    """Return the shape of a value as it is written, "" where none is worth keeping.

    None is for e-mail addresses, whose lengths say something of a name, for what doesn't fit the
    category's count of digits and letters, and for separators that are out of the common.
    """
    shape = "".join(map(_sign, written))
    if category not in _COUNTS or len(shape) > _LONGEST or not _WRITTEN.fullmatch(shape):
        return ""
    digits, letters = shape.count("#"), shape.count("a")
    some_digits, some_letters = _COUNTS[category]
    if digits not in some_digits or letters not in some_letters:
        return ""
    if category == "member_id" and digits + letters not in range(6, 21):
        return ""
    width = _WIDTHS.get((category, letters), digits)
    if digits != width or (category == "passport" and letters and shape[0] != "a"):
        return ""
    return "" if category == "drivers_license" and digits == 7 and shape[0] != "a" else shape


def pair_shape(routing: str, account: str) -> str:
    """Return the shapes of a bank pair's halves, joined by "|"; "" where one has none."""
    halves = shape_of(routing, "routing"), shape_of(account, "account")
    return "|".join(halves) if all(halves) else ""


def _sign(character: str) -> str:
    if character.isdigit():
        return "#"
    return "a" if character.isalpha() else character
