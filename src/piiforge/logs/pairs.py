"""The pairs of a key and a value that a content holds, each written alone.

Query strings and form bodies wherever they stand in a line, `key=value` of other logs, cookies, and
JSON to its leaves, also inside one another: an address in JSON, JSON in a form. A pair alone keeps
the objects around it, so that `{"passport": {"number": ...}}` still says what the number is of.

>>> [(pair.key, pair.place, pair.text) for pair in pairs("GET /a?mail=jo%40example.com&x=1")]
[('mail', 'parameter', 'mail=jo%40example.com'), ('x', 'parameter', 'x=1')]
>>> [(pair.key, pair.text) for pair in pairs('{"user": {"tel": "5550100"}}')]
[('user.tel', '{"user":{"tel":"5550100"}}')]

The name of a key is shown decoded, and never where a name could be somebody's data.

>>> shown(["user", "e%2Dmail"])
'user.e-mail'
>>> shown(["by_mail", "jo@example.com"])
'by_mail.(unsafe key)'
>>> shown(["address_line_2"]), shown(["555-01-0000"])
('address_line_2', '(unsafe key)')
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from piiforge.logs.rows import parsed, written

PARAMETER, FIELD = "parameter", "field"
MOST = 64
UNSAFE = "(unsafe key)"
_LONGEST_NAME, _MOST_DIGITS = 64, 3
_SIGNS = frozenset("_-.:[]$/ *~!?")
_DEEPEST = 3
_NESTED = 12
_LONGEST = 100_000  # characters of a content that are looked through
_PAIR = re.compile(
    r"(?:^|(?P<before>[?&;,\s\"'({|]))(?P<key>[\w.%$:~+@*\[\]-]{1,200})="
    r"(?P<value>\"[^\"\n]+\"|'[^'\n]+'|[^=&\s\"'#;][^&\s\"'#;]*)"
)  # no value behind the sign is no pair: so ends base64, and what stands before would be a "key"


@dataclass(frozen=True, slots=True)
class Pair:
    """One key with its value. `key` is shown as `shown` does; `text` holds the value.

    `place` is PARAMETER (of a query string or a form body) or FIELD (JSON, a header, a log's own).
    `within` is the index of the pair whose value this one was found in, -1 for none.
    """

    key: str
    place: str
    text: str
    within: int = -1


def pairs(content: str, *, most: int = MOST) -> list[Pair]:
    """Return the first `most` pairs of `content`; a pair stands before those found inside it."""
    found: list[Pair] = []
    _gather(content[:_LONGEST], found, most, within=-1, depth=0)
    return found


def _gather(content: str, found: list[Pair], most: int, *, within: int, depth: int) -> None:
    for path, place, text, value in _found(content):
        if len(found) >= most:
            return
        found.append(Pair(shown(name for name in path if name), place, text, within))
        if isinstance(value, str) and depth < _DEEPEST and ("=" in value or "{" in value):
            _gather(value, found, most, within=len(found) - 1, depth=depth + 1)


def _found(content: str) -> Iterator[tuple[tuple[str, ...], str, str, object]]:
    """Yield path, place and text of each pair, and its value, in which others may stand."""
    before, said, behind = _json(content)
    for path, value in _leaves(said):
        nested = value
        for name in reversed(path):
            nested = {name: nested} if name else [nested]
        yield path, FIELD, written(nested), value
    for text in (before, behind):
        is_form = "=" in text and not any(char.isspace() for char in text)
        for match in _PAIR.finditer(text):
            in_query = match["before"] in {"?", "&"} or (is_form and match["before"] is None)
            alone = f"{match['key']}={match['value']}"
            value = unquote(match["value"].strip("\"'"))
            yield (match["key"],), PARAMETER if in_query else FIELD, alone, value


def _json(content: str) -> tuple[str, object, str]:
    """Return what stands before, in and behind the JSON object or list of a line."""
    starts = [at for at in (content.find("{"), content.find("[{")) if at >= 0]
    if starts:
        start, end = min(starts), max(content.rfind("}"), content.rfind("]")) + 1
        said = parsed(content[start:end])
        if isinstance(said, Mapping | list):
            return content[:start], said, content[end:]
    return content, None, ""


def _leaves(said: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each leaf with its path; the place in a list has the empty name."""
    if len(path) < _NESTED and isinstance(said, Mapping):
        for name, value in said.items():
            yield from _leaves(value, (*path, str(name)))
    elif len(path) < _NESTED and isinstance(said, list):
        for value in said:
            yield from _leaves(value, (*path, ""))
    elif path:
        yield path, said


def shown(path: Iterable[str]) -> str:
    """Return the names of a path, joined by dots; each that is not surely a name is UNSAFE."""
    return ".".join(map(_safe, path))


def _safe(name: str) -> str:
    for _ in range(3):  # percent-encoding may be put on again and again
        name = unquote_plus(name)
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or sum(map(str.isnumeric, name)) > _MOST_DIGITS:
        return UNSAFE
    return name if all(char.isalnum() or char in _SIGNS for char in name) else UNSAFE
