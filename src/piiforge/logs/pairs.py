r"""The pairs of a key and a value that a content holds, each written alone.

Query strings and form bodies wherever they stand in a line, `key=value` and `key: value` of other
logs, cookies, headers, elements of XML, rows of an SQL dump, and JSON to its leaves, also inside
one another: an address in JSON, JSON in a form. A pair alone keeps the objects around it, so that
`{"passport": {"number": ...}}` still says what the number is of.

>>> [(pair.key, pair.place, pair.text) for pair in pairs("GET /a?mail=jo%40example.com&x=1")]
[('mail', 'parameter', 'mail=jo%40example.com'), ('x', 'parameter', 'x=1')]
>>> [(pair.key, pair.text) for pair in pairs('{"user": {"tel": "5550100"}}')]
[('user.tel', '{"user":{"tel":"5550100"}}')]
>>> [(pair.key, pair.text) for pair in pairs("INFO tel: 5550100 name: Jo")]
[('tel', 'tel: 5550100'), ('name', 'name: Jo')]
>>> [(pair.key, pair.text) for pair in pairs("<a><tel>5550100</tel></a>")]
[('tel', '<tel>5550100</tel>')]

The name of a key is shown decoded, and never where a name could be somebody's data.

>>> shown(["user", "e%2Dmail"])
'user.e-mail'
>>> shown(["by_mail", "jo@example.com"])
'by_mail.(unsafe key)'
>>> shown(["address_line_2"]), shown(["555-01-0000"])
('address_line_2', '(unsafe key)')
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, unquote_plus

from piiforge import files
from piiforge.logs.rows import parsed, uncoloured, written

PARAMETER, FIELD = "parameter", "field"
MOST = 5_000
UNSAFE = "(unsafe key)"
_LONGEST_NAME, _MOST_DIGITS = 64, 3
_SIGNS = frozenset("_-.:[]$/ *~!?")
_DEEPEST = 3
_NESTED = 12
_LONGEST = 1_000_000  # characters of a content that are looked through
_BROKEN = 16  # brackets of a content that may turn out to begin no JSON

_QUOTED = r"\"(?:[^\"\\\n]|\\.)+\"|'(?:[^'\\\n]|\\.)+'"
_PAIR = re.compile(
    r"(?:^|(?P<before>[?&;,\s\"'({|\[<\x00]))(?P<key>[\w.%$:~+@*\[\]-]{1,200})="
    rf"(?P<value>{_QUOTED}|[^=&\s\"'#;\x00][^&\s\"'#;\x00]*)"
)
# No value behind the sign is no pair: so ends base64, and what stands before would be a "key".
# A NUL parts the settings of an environment.
_MORE_DIGITS = re.compile(r"(?: (?=[\d(+])[\d()+.\-]+)+")  # groups of a number behind the first
_SPACED = re.compile(
    rf"(?<![\w.$-])(?P<key>:?[\"'\[]?[A-Za-z_][\w.$-]{{0,63}}[\"'\]]?)"
    rf"(?: ?=>\s?| = )(?P<value>{_QUOTED}|[^\s,;]+)"
)  # Ruby, PHP, Perl, .ini
_FLAG = re.compile(r"(?:^|(?<=\s))--(?P<key>[A-Za-z][\w-]{0,63}) (?P<value>[^\s-]\S*)")
_COLON = re.compile(
    r"(?<![\w.$@/%&=\\-])(?P<quote>[\"']?)(?P<key>[A-Za-z_$][\w.$-]{0,63})(?P=quote)\s{0,2}:"
    r"(?:(?<=[\"']:)|(?=\s))[ \t]*+(?=\S)"
)
_TIGHT = re.compile(r"(?<=[\[{,( ])(?P<key>[A-Za-z_][\w.$-]{0,63}):(?!//)(?=[^\s:])")
_TIGHT_VALUE = re.compile(rf"{_QUOTED}|[^\s\[\]{{}},]{{1,500}}")
_TIGHT_IN = ("map[", "{")  # what Go and scripts print has no space behind the colon
_LABEL = re.compile(r"[ \t>*-]{0,8}(?P<words>[A-Za-z][A-Za-z_./() -]{0,40}[ -])$")
_QUOTED_VALUE = re.compile(_QUOTED)
_ELEMENT = re.compile(
    r"<(?P<tag>[A-Za-z_][\w:.-]{0,63})(?P<said>(?:\s[^<>]{0,400})?)>"
    r"(?:<!\[CDATA\[(?P<data>[^\]]{1,4000})\]\]>|(?P<value>[^<>]{1,4000}))(?:</(?P=tag)\s*>|$)"
)
_PLIST = re.compile(r"<key>([^<>]{1,64})</key>\s{0,40}<(\w{1,20})>([^<>]{1,4000})</\2>")
_NAMED = re.compile(r"\s(?:name|key|id|field)=[\"']([^\"']{1,64})[\"']", re.IGNORECASE)
_MARKUP = frozenset(
    """
    a abbr article aside b blockquote body br button caption code div dd dl dt em font footer form
    h1 h2 h3 h4 h5 h6 head header html i img label li link main nav ol option p pre q s section
    select small span strong sub sup table tbody td tfoot th thead title tr u ul
    """.split()  # noqa: SIM905
)
_PART = re.compile(
    r"[Cc]ontent-[Dd]isposition:[^\r\n]{0,200}?\bname=\"(?P<key>[^\"\r\n]{1,200})\"[^\r\n]{0,400}"
    r"\r?\n(?:[^\r\n]{1,400}\r?\n){0,4}\r?\n(?P<value>[^\r\n]{1,4000})"
)  # of a multipart form
_INSERT = re.compile(
    r"\b(?:INSERT|REPLACE)\b[\w\s]{0,40}?\bINTO\s+[^\s(]{1,200}\s*\((?P<names>[^()]{1,4000})\)\s*"
    r"VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_CELL = re.compile(
    r"\s*+(?:[A-Za-z_]*'((?:[^'\\]|\\.|'')*+)'(?:::\w+)?|([^,()']*+))\s*+([,)])", re.S
)
_NEXT_ROW = re.compile(r"\s*+,\s*+\(")
_NAME = re.compile(r"[A-Za-z_$][\w.$\[\]-]{0,63}")
_NAMES_OF_NAMES = ("name", "key", "field", "k", "Name", "Key")
_NAMES_OF_VALUES = ("value", "val", "v", "Value", "stringValue")
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_INSIDE = re.compile(r"[\w\"'\])] ?[=:]|<\w")


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


@dataclass(frozen=True, slots=True)
class _Found:
    """A pair as it stands: the names down to its value, and where both stand in their text."""

    path: tuple[str, ...]
    place: str
    text: str
    value: object
    start: int = 0
    end: int = 0


def pairs(content: str, *, most: int = MOST) -> list[Pair]:
    """Return the first `most` pairs of `content`; a pair stands before those found inside it."""
    found: list[Pair] = []
    _gather(uncoloured(content[:_LONGEST]), found, most, within=-1, depth=0)
    return found


def _gather(content: str, found: list[Pair], most: int, *, within: int, depth: int) -> None:
    for one in _found(content):
        if len(found) >= most:
            return
        value, around = one.value, within
        if key := shown(name for name in one.path if name):
            found.append(Pair(key, one.place, one.text, within))
            around = len(found) - 1
        if isinstance(value, str) and depth < _DEEPEST and _INSIDE.search(value):
            _gather(value, found, most, within=around, depth=depth + 1)


def _found(content: str) -> Iterator[_Found]:
    for text, said in _parts(content):
        if text:
            yield from _of_text(_unescaped(text))
        for path, value in _leaves(said):
            leaf = nested = uncoloured(value) if isinstance(value, str) else value
            for name in reversed(path):
                nested = {name: nested} if name else [nested]
            yield _Found(path, FIELD, written(nested), leaf)


def _unescaped(text: str) -> str:
    """Return a text without the escapes of nginx and of JSON that was written into a text."""
    if "\\x" in text:
        text = _BYTES.sub(
            lambda run: bytes.fromhex(run[0].replace("\\x", "")).decode("utf-8", "replace"), text
        )
    return text


def _parts(content: str) -> Iterator[tuple[str, object]]:
    """Yield each text of a line with the JSON object or list behind it, None for none."""
    at = passed = broken = 0
    starts = [each for each in (content.find("{"), content.find("[{")) if each >= 0]
    if starts:
        start, end = min(starts), max(content.rfind("}"), content.rfind("]")) + 1
        said = parsed(content[start:end])
        if isinstance(said, Mapping | list):
            yield content[:start], said
            yield content[end:], None
            return
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=files.named)
    while broken < _BROKEN and (at := content.find("{", at)) >= 0:
        try:
            said, end = decoder.raw_decode(content, at)
        except (ValueError, RecursionError):
            broken, at = broken + 1, at + 1
            continue
        if said:
            yield content[passed:at], said
            passed = end
        at = end
    yield content[passed:], None


def _leaves(said: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each leaf with its path; the place in a list has the empty name.

    A name that stands as a value beside its own (`{"name": "tel", "value": ...}`, or a map as a
    list of two) is a name.
    """
    if len(path) < _NESTED and isinstance(said, Mapping):
        aside = _named(said)
        for name, value in said.items():
            called = aside[1] if aside and name == aside[0] else str(name)
            yield from _leaves(value, (*path, called))
    elif len(path) < _NESTED and isinstance(said, list):
        is_map = said and all(
            isinstance(each, list) and len(each) == 2 and _is_name(each[0]) for each in said
        )
        for value in said:
            yield from (
                _leaves(value[1], (*path, value[0])) if is_map else _leaves(value, (*path, ""))
            )
    elif path:
        yield path, said


def _named(said: Mapping[str, object]) -> tuple[str, str] | None:
    """Return under which key of an object a value stands, and the name that it has beside it."""
    name = next((said[each] for each in _NAMES_OF_NAMES if each in said), None)
    value = next((each for each in _NAMES_OF_VALUES if each in said), None)
    return (value, name) if value and isinstance(name, str) and _is_name(name) else None


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _of_text(text: str) -> Iterator[_Found]:
    """Yield what stands in a text; of two that overlap the one that begins first, or holds it."""
    found = [*_signs(text), *_elements(text), *_rows(text), *_colons(text)]
    if '\\"' in text:
        inner = text.replace('\\"', '"')
        found += [one for one in _colons(inner) if one.text not in text]
    reached = 0
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if one.start >= reached:
            yield one
            reached = one.end


def _signs(text: str) -> Iterator[_Found]:
    is_form = "=" in text and not any(char.isspace() for char in text)
    for match in _PAIR.finditer(text):
        in_query = match["before"] in {"?", "&"} or (is_form and match["before"] is None)
        value, end = match["value"], match.end()
        more = None if in_query or not value[-1].isdigit() else _MORE_DIGITS.match(text, end)
        if more:
            value, end = value + more[0], more.end()
        place = PARAMETER if in_query else FIELD
        alone = f"{match['key']}={value}"
        yield _Found((match["key"],), place, alone, unquote(_bare(value)), match.start("key"), end)
    for match in [*_SPACED.finditer(text), *_FLAG.finditer(text)]:
        key = match["key"].strip(":\"'[]")
        yield _Found((key,), FIELD, match[0], _bare(match["value"]), *match.span())


def _bare(value: str) -> str:
    """Return a value without the quotes around it and the escapes of quotes inside."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].replace('\\"', '"')
    return value


def _colons(text: str) -> Iterator[_Found]:
    """Yield `Name: value`; a value goes on to the next name or to the end of its line."""
    marks = list(islice(_COLON.finditer(text), MOST + 1))
    for at, mark in enumerate(marks):
        start, quoted = mark.start(), _QUOTED_VALUE.match(text, mark.end())
        following = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        end = text.find("\n", mark.end(), following)
        end = quoted.end() if quoted else following if end < 0 else end
        value = text[mark.end() : end].rstrip(" \t\r,;")
        line = text.rfind("\n", max(0, start - 64), start) + 1
        label = None if mark["quote"] or start - line > 48 else _LABEL.match(text[line:start])
        words = label["words"] if label else ""
        if len(words.split()) > 3 or words.isupper():  # a sentence; a level such as INFO
            words = ""
        if value:
            key = words + mark["key"]
            alone = text[start - len(words) : mark.end()] + value
            yield _Found((key,), FIELD, alone, _bare(value), start - len(words), end)
    if any(sign in text for sign in _TIGHT_IN):
        for mark in islice(_TIGHT.finditer(text), MOST):
            if said := _TIGHT_VALUE.match(text, mark.end()):
                alone = mark[0] + said[0]
                yield _Found((mark["key"],), FIELD, alone, _bare(said[0]), mark.start(), said.end())


def _elements(text: str) -> Iterator[_Found]:
    if "<" not in text:
        return
    for match in _PLIST.finditer(text):
        yield _Found((match[1],), FIELD, match[0], match[3], *match.span())
    for match in _ELEMENT.finditer(text):
        named = _NAMED.search(match["said"])
        key = named[1] if named else match["tag"].rpartition(":")[2]
        value = (match["data"] or match["value"]).strip()
        if value and (named or key.lower() not in _MARKUP):
            yield _Found((key,), FIELD, match[0], value, *match.span())


def _rows(text: str) -> Iterator[_Found]:
    """Yield the cells of an INSERT that names its columns, and the parts of a multipart form."""
    for match in _PART.finditer(text):
        yield _Found((match["key"],), PARAMETER, f"{match['key']}={match['value']}",
                     match["value"], *match.span())  # fmt: skip
    for insert in _INSERT.finditer(text):
        names = [name.strip(' \t\r\n`"[]') for name in insert["names"].split(",")]
        at, column = insert.end() + 1, 0
        while cell := _CELL.match(text, at):
            said = cell[2] if cell[1] is None else cell[1].replace("''", "'").replace("\\'", "'")
            if column < len(names) and said.strip() and (cell[2] or "").strip().upper() != "NULL":
                value = said.strip()
                alone = written({names[column]: value})
                yield _Found((names[column],), FIELD, alone, value, cell.start(), cell.end())
            at, column = cell.end(), column + 1
            if cell[3] == ")":
                if not (following := _NEXT_ROW.match(text, at)):
                    break
                at, column = following.end(), 0


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
