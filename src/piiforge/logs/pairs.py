"""The pairs of a key and a value that a content holds, each written alone.

Query strings and form bodies wherever they stand in a line, `key=value` of other logs, cookies, and
JSON to its leaves, also inside one another: an address in JSON, JSON in a form. A pair alone keeps
the objects around it, so that `{"passport": {"number": ...}}` still says what the number is of.

>>> [(pair.key, pair.place, pair.text) for pair in pairs("GET /a?mail=jo%40example.com&x=1")]
[('mail', 'parameter', 'mail=jo%40example.com'), ('x', 'parameter', 'x=1')]
>>> [(pair.key, pair.text) for pair in pairs('{"user": {"tel": "5550100"}}')]
[('user.tel', '{"user":{"tel":"5550100"}}')]
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from piiforge.logs.records import shown
from piiforge.logs.rows import MISSING, parsed, written

PARAMETER, FIELD = "parameter", "field"
MOST = 64
_DEEPEST = 3
_NESTED = 12
_LONGEST = 100_000  # characters of a content that are looked through
_PAIR = re.compile(
    r"(?:^|(?P<before>[?&;,\s\"'({|]))(?P<key>[\w.%$:~+@*\[\]-]{1,200})="
    r"(?P<value>\"[^\"\n]+\"|'[^'\n]+'|[^=&\s\"'#;][^&\s\"'#;]*)"
)  # no value behind the sign is no pair: so ends base64, and what stands before would be a "key"


@dataclass(frozen=True, slots=True)
class Pair:
    """One key with its value. `key` is shown as `names.shown` does; `text` holds the value.

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
    _gather(content[:_LONGEST], found, most, -1, 0)
    return found


def _gather(content: str, found: list[Pair], most: int, within: int, depth: int) -> None:
    before, said, behind = _json(content)
    for path, value in _leaves(said) if said is not MISSING else ():
        if len(found) >= most:
            return
        text = written(_nested(path, value))
        found.append(Pair(shown(name for name in path if name), FIELD, text, within))
        _inside(value, found, most, depth)
    for text in (before, behind):
        _gather_text(text, found, most, within, depth)


def _gather_text(text: str, found: list[Pair], most: int, within: int, depth: int) -> None:
    is_form = "=" in text and not any(char.isspace() for char in text)
    for match in _PAIR.finditer(text):
        if len(found) >= most:
            return
        in_query = match["before"] in {"?", "&"} or (is_form and match["before"] is None)
        alone = f"{match['key']}={match['value']}"
        place = PARAMETER if in_query else FIELD
        found.append(Pair(shown([match["key"]]), place, alone, within))
        _inside(unquote(match["value"].strip("\"'")), found, most, depth)


def _inside(value: object, found: list[Pair], most: int, depth: int) -> None:
    """Look for pairs in the value of the pair that was found last."""
    if isinstance(value, str) and depth < _DEEPEST and ("=" in value or "{" in value):
        _gather(value, found, most, len(found) - 1, depth + 1)


def _json(content: str) -> tuple[str, object, str]:
    """Return what stands before, in and behind the JSON object or list of a line."""
    starts = [at for at in (content.find("{"), content.find("[{")) if at >= 0]
    if not starts:
        return content, MISSING, ""
    start = min(starts)
    end = max(content.rfind("}"), content.rfind("]")) + 1
    said = parsed(content[start:end])
    if not isinstance(said, Mapping | list):
        return content, MISSING, ""
    return content[:start], said, content[end:]


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


def _nested(path: tuple[str, ...], value: object) -> object:
    for name in reversed(path):
        value = {name: value} if name else [value]
    return value
