"""How the names of keys are shown: decoded, and never where a name could be somebody's data.

>>> shown(["user", "e%2Dmail"])
'user.e-mail'
>>> shown(["by_mail", "jo@example.com"])
'by_mail.(unsafe key)'
>>> shown(["address_line_2"]), shown(["555-01-0000"])
('address_line_2', '(unsafe key)')
"""

from collections.abc import Iterable
from urllib.parse import unquote_plus

UNSAFE = "(unsafe key)"
_LONGEST = 64
_DIGITS = 3
_SIGNS = frozenset("_-.:[]$/ *~!?")


def shown(path: Iterable[str]) -> str:
    """Return the names of a path, joined by dots; each that is not surely a name is UNSAFE."""
    return ".".join(_safe(name) for name in path)


def decoded(name: str) -> str:
    """Return `name` without its percent-encoding, put on up to three times."""
    for _ in range(3):
        plain = unquote_plus(name)
        if plain == name:
            break
        name = plain
    return name


def _safe(name: str) -> str:
    name = decoded(name).strip()
    if not 0 < len(name) <= _LONGEST or sum(map(str.isnumeric, name)) > _DIGITS:
        return UNSAFE
    return name if all(char.isalnum() or char in _SIGNS for char in name) else UNSAFE
