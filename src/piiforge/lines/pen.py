r"""What all formats write with: notations, sentinels, noise fields, orders, JSON and templates.

A line is drafted around sentinels, plain ASCII letters and digits that stand for key names and
values. Every encoder works character by character, so `encode(a + b) == encode(a) + encode(b)`, and
leaves ASCII letters and digits as they are; so `fill` can put a value in its place after the line
has been written, in the line's own notation. Texts must hold no lone surrogate.

>>> encode('50 % off "today"', ("form",))
'50+%25+off+%22today%22'
>>> encode('say "hi"', ("json", "json"))
'say \\\\\\"hi\\\\\\"'

>>> draft = Draft("QKX0QK=QVX0QV&again=QVX0QV", ("form",), ("form",))
>>> fill(draft, ["e-mail"], ["name@example.com"]).content
'e-mail=name%40example.com&again=name%40example.com'

Formats whose body is a document of JSON are templates of `data/templates.yaml`, which says at its
head how one is written; `template` makes a format of one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from html import escape
from json import JSONEncoder
from json.encoder import encode_basestring, encode_basestring_ascii
from random import Random
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

import orjson

from piiforge import files
from piiforge.lines import noise
from piiforge.rng import pick, words
from piiforge.types import Draft, Format, Scene, Span

Encoder = Callable[[str], str]
Pair = tuple[str, str]
Draw = Callable[[Scene, Random], object]
_Drawer = Callable[["_Desk"], Any]
T = TypeVar("T")

BOTH = ("fields", "text")
JSON, FORM, PERCENT, XML, HTML = ("json",), ("form",), ("percent",), ("xml",), ("html",)

_spaced = JSONEncoder(ensure_ascii=False).encode
_ascii = JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_QUOTED = tuple(quote(bytes([byte]), safe="") for byte in range(256))


def _replacing(*pairs: tuple[str, str]) -> Encoder:
    """Make an encoder of replacements, the escape sign's own first. Faster than str.translate."""

    def encoder(text: str) -> str:
        for mark, written in pairs:
            text = text.replace(mark, written)
        return text

    return encoder


def percent(text: str) -> str:
    """Percent-encode all but the unreserved characters (RFC 3986)."""
    if text.isascii() and text.isalnum():
        return text
    return "".join([_QUOTED[byte] for byte in text.encode()])


def form(text: str) -> str:
    """Encode a text as application/x-www-form-urlencoded does (WHATWG URL)."""
    return percent(text).replace("%20", "+")


_XML_REFERENCES = words("&amp; &lt; &gt; &quot; &apos; &#9; &#10; &#13;")
_BREAKS = (("\n", "\\n"), ("\r", "\\r"))


def _token(char: str) -> str:
    """Write a character as a header's name can hold it: without accents, else percent-encoded."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return re.sub("[^A-Za-z0-9]", "-", plain) if plain.isascii() else percent(char)


# How a line's own writer escapes what it is given: one function a notation.
ENCODERS: Mapping[str, Encoder] = {
    "raw": str,
    # The body of a JSON string (RFC 8259), other scripts as they are or as \uXXXX
    "json": lambda text: encode_basestring(text)[1:-1],
    "json_ascii": lambda text: encode_basestring_ascii(text)[1:-1],
    "form": form,
    "percent": percent,
    "html": escape,
    # Character data of XML 1.0. A parser would turn the last three into a space or a plain newline
    "xml": _replacing(*zip("&<>\"'\t\n\r", _XML_REFERENCES, strict=True)),
    # A cell in quotes (RFC 4180)
    "csv": _replacing(('"', '""')),
    # One way: a line break in an HTTP field value (RFC 9110) becomes a space
    "header": _replacing(("\r", " "), ("\n", " "), ("\0", " ")),
    # The body of a quoted logfmt value
    "logfmt": _replacing(("\\", "\\\\"), ('"', '\\"'), *_BREAKS, ("\t", "\\t")),
    # The body of a single-quoted Python or JavaScript string
    "literal": _replacing(("\\", "\\\\"), ("'", "\\'"), *_BREAKS, ("\0", "\\x00")),
    # The body of a quoted SQL string
    "sql": _replacing(("'", "''")),
    # One way: the name in a Content-Disposition (multipart/form-data, WHATWG HTML)
    "multipart": _replacing(('"', "%22"), ("\r", "%0D"), ("\n", "%0A")),
    # One way: a cell of a table
    "markdown": _replacing(("\\", "\\\\"), ("|", "\\|"), ("\n", "<br>"), ("\r", "")),
    # One way: a header field's name, a token of ASCII (RFC 9110, 5.6.2)
    "token": lambda text: "".join(map(_token, text)),
    # One way: an element, a logfmt key
    "name": partial(re.compile(r"[^\w-]").sub, "_"),
    # One way: a name in a program or a query
    "identifier": partial(re.compile(r"\W").sub, "_"),
}


def encode(text: str, chain: tuple[str, ...]) -> str:
    """Write `text` through the named encoders, innermost first. Raises KeyError for others."""
    if text.isalnum() and text.isascii():
        return text
    for name in chain:
        text = ENCODERS[name](text)
    return text


# One sentinel may stand in a draft more than once; each place of a slot is reported as a span.
KEYS: tuple[str, ...] = tuple(f"QKX{at}QK" for at in range(8))
SLOTS: tuple[str, ...] = tuple(f"QVX{at}QV" for at in range(9))

_SENTINEL = re.compile("(QKX[0-7]QK|QVX[0-8]QV)")


class Filled(NamedTuple):
    """A finished content. `spans[i]` has every place of slot i, in order, empty where it has none.

    A span covers the value as it is written there, that is, encoded.
    """

    content: str
    spans: tuple[tuple[Span, ...], ...]


def fill(draft: Draft, keys: Sequence[str], texts: Sequence[str]) -> Filled:
    """Put `keys[i]` for KEYS[i] and `texts[i]` for SLOTS[i], encoded by the draft's chains.

    Raises:
        IndexError: the draft names a key or slot that was not given.
    """
    key_chain, value_chain = draft.key_chain, draft.value_chain
    pieces = _SENTINEL.split(draft.text)
    spans: list[tuple[Span, ...]] = [()] * len(texts)
    start = 0
    for at in range(1, len(pieces), 2):
        mark = pieces[at]
        index = int(mark[3])
        start += len(pieces[at - 1])
        if mark[1] == "K":
            pieces[at] = piece = encode(keys[index], key_chain)
        else:
            pieces[at] = piece = encode(texts[index], value_chain)
            spans[index] += (Span(start, start + len(piece)),)
        start += len(piece)
    return Filled("".join(pieces), tuple(spans))


def around(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to `text` without its sentinels.

    >>> around("Call ME: QVX0QV", str.lower)
    'call me: QVX0QV'
    """
    pieces = _SENTINEL.split(text)
    pieces[::2] = map(change, pieces[::2])
    return "".join(pieces)


def turned(members: Mapping[str, T], rng: Random) -> dict[str, T]:
    """Begin a mapping at any of its members and maybe go backwards: 2n orders, one draw."""
    items = list(members.items())
    bits = rng.getrandbits(12)
    at = (bits >> 1) % (len(items) or 1)
    items = items[at:] + items[:at]
    return dict(reversed(items) if bits & 1 else items)


def among(
    fields: Mapping[str, object], others: Mapping[str, object], rng: Random
) -> dict[str, object]:
    """Put `fields`, which stay together and in order, at any place among the turned `others`.

    A value may be split over two fields, so nothing may come between them. Where both have a name,
    the field counts.
    """
    rest = [member for member in turned(others, rng).items() if member[0] not in fields]
    at = int(rng.random() * (len(rest) + 1))
    return dict([*rest[:at], *fields.items(), *rest[at:]])


def woven(pairs: Sequence[Pair], others: Mapping[str, object], rng: Random) -> list[Pair]:
    """Put `pairs`, which stay together, at any place among `others`."""
    rest = [(name, str(value)) for name, value in others.items()]
    at = int(rng.random() * (len(rest) + 1))
    return [*rest[:at], *pairs, *rest[at:]]


def query(pairs: Iterable[tuple[str, object]], writer: Encoder = form) -> str:
    """Write pairs as a query string. Names may hold brackets, which stay as they are."""
    return "&".join([f"{_query_name(name, writer)}={writer(str(text))}" for name, text in pairs])


@lru_cache(maxsize=8192)
def _query_name(name: str, writer: Encoder) -> str:
    return writer(name).replace("%5B", "[").replace("%5D", "]")


def wrapped(pairs: Iterable[Pair], container: str) -> list[Pair]:
    """Write each name as `container[name]`."""
    return [(f"{container}[{name}]", text) for name, text in pairs]


def encoded(pairs: Iterable[Pair], keys: tuple[str, ...], texts: tuple[str, ...]) -> list[Pair]:
    """Write names and texts through their chains."""
    return [(encode(name, keys), encode(text, texts)) for name, text in pairs]


@lru_cache(maxsize=4096)
def url(host: str, path: str) -> str:
    """Return the https address of a page, its path percent-encoded."""
    return f"https://{host}{quote(path, safe='/%')}"


def page_url(scene: Scene) -> str:
    """Return the address of the scene's page."""
    return url(scene.setting["host"], scene.setting["path"])


def nested(fields: Mapping[str, object], names: Sequence[str], rng: Random) -> dict[str, object]:
    """Put fields none, one or two levels deep under neighbouring `names`."""
    bits = rng.getrandbits(10)
    outer = names[(bits >> 3) % len(names)]
    inner = names[((bits >> 3) + 1) % len(names)]
    if bits & 7 < 2:
        return dict(fields)
    return {outer: fields} if bits & 7 < 6 else {outer: {inner: fields}}


def compact(value: object, scene: Scene, rng: Random) -> str:
    """Write JSON without white space, other scripts as they are."""
    return _bared(orjson.dumps(value).decode(), scene, rng)


def json_draft(value: object, scene: Scene, rng: Random, head: str = "") -> Draft:
    """Write JSON in one of four layouts behind `head`: compact, spaced, indented, ASCII only."""
    roll = rng.random()
    if roll < 0.03:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        return Draft(head + _bared(text, scene, rng), JSON, JSON)
    return json_line(value, scene, rng, head)


def json_line(value: object, scene: Scene, rng: Random, head: str = "") -> Draft:
    """Write JSON in a layout of one line behind `head`: compact, spaced or ASCII only."""
    roll = rng.random()
    if roll < 0.10:
        chain = ("json_ascii",)
        return Draft(head + _bared(_ascii(value), scene, rng), chain, chain)
    text = _spaced(value) if roll < 0.28 else orjson.dumps(value).decode()
    return Draft(head + _bared(text, scene, rng), JSON, JSON)


def _bared(text: str, scene: Scene, rng: Random) -> str:
    """Leave off the quotes of a number, in half of the documents where that is possible."""
    if scene.numeric and rng.random() < 0.5:
        for slot in SLOTS[:2]:
            text = text.replace(f'"{slot}"', slot)
    return text


class _Desk(NamedTuple):
    """What a template is drawn at. `known` are its parts drawn before, and drawers of its own."""

    scene: Scene
    rng: Random
    known: dict[str, Any]

    def look(self, name: str) -> object:
        """Return what a mark of the template stands for."""
        scene = self.scene
        if name in self.known:
            found = self.known[name]
            return found(scene, self.rng) if callable(found) else found
        if name in scene.setting:
            return scene.setting[name]
        return _SEEN[name](scene) if name in _SEEN else noise.DRAWERS[name](self.rng)


def told(scene: Scene) -> Pair:
    """Return the field of a scene that holds its sentence: the one with a slot, else the longest.

    >>> told(Scene("xhr", "en", fields=(("note", "QVX0QV, hello"), ("plan", "a longer text yet"))))
    ('note', 'QVX0QV, hello')
    """
    return max(scene.fields, key=lambda field: (bool(_SENTINEL.search(field[1])), len(field[1])))


def listed(
    pairs: Iterable[Pair],
    shape: str,
    gap: str,
    keys: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
) -> str:
    """Write pairs through their chains, each in `shape`, where k and v stand for name and text.

    >>> listed([("plan", "gold"), ("step", "2")], 'k="v"', " ")
    'plan="gold" step="2"'
    """
    before, between, after = re.split("[kv]", shape)
    written = encoded(pairs, keys, texts)
    return gap.join([f"{before}{name}{between}{text}{after}" for name, text in written])


def accepted(scene: Scene) -> str:
    """Return the Accept-Language of the scene's visitor; one of a mixed scene reads English too.

    >>> accepted(Scene("xhr", "mixed", setting={"locale": "es_MX"}))
    'es-MX,en;q=0.8'
    """
    locale = scene.setting["locale"].replace("_", "-")
    base = locale.partition("-")[0]
    if scene.language == "mixed":
        base = "es" if base == "en" else "en"
    return locale if base == locale else f"{locale},{base};q=0.8"


_SEEN: Mapping[str, Callable[[Scene], object]] = {
    "url": page_url,
    "fields": lambda scene: dict(scene.fields),
    # Pairs as a text, each to be used with the chains that it names
    "query": lambda scene: query(scene.fields),
    "spaced": lambda scene: listed(scene.fields, "k=v", " "),
    "labelled": lambda scene: listed(scene.fields, "k: v", ", "),
    "quoted": lambda scene: listed(scene.fields, 'k="v"', " ", ("name",), ("logfmt",)),
    "assigned": lambda scene: listed(scene.fields, "k = 'v'", ", ", ("identifier",), ("sql",)),
    "debugged": lambda scene: listed(scene.fields, "k='v'", ", ", ("identifier",), ("literal",)),
    "options": lambda scene: listed(scene.fields, "-H 'X-k: v'", " ", ("token",), ("header",)),
    "json": lambda scene: orjson.dumps(dict(scene.fields)).decode(),
    "custom_data": lambda scene: query(wrapped(scene.fields, "cd")),
    "event_params": lambda scene: query([(f"ep.{name}", text) for name, text in scene.fields]),
    "segments": lambda scene: listed(scene.fields, "k/v", "/", PERCENT, PERCENT),
    # A sentence in a field, the field's name, and what a notation makes of them
    "told": lambda scene: told(scene)[1],
    "told_key": lambda scene: told(scene)[0],
    "told_form": lambda scene: query([told(scene)]),
    "told_value": lambda scene: form(told(scene)[1]),
    "told_csv": lambda scene: encode(told(scene)[1], ("csv",)),
    "told_logfmt": lambda scene: listed([told(scene)], 'k="v"', "", ("name",), ("logfmt",)),
    "told_html": lambda scene: encode(told(scene)[1], HTML),
    "form_text": lambda scene: form(scene.turns[-1][1]),
    "html_text": lambda scene: encode(scene.turns[-1][1], HTML),
    "csv_text": lambda scene: encode(scene.turns[-1][1], ("csv",)),
    "logfmt_text": lambda scene: encode(scene.turns[-1][1], ("logfmt",)),
    "form_title": lambda scene: form(scene.setting["title"]),
    "form_action": lambda scene: form(scene.setting["action"]),
    "value": lambda _: SLOTS[0],
    "accepted": accepted,
    "speaker": lambda scene: scene.turns[-1][0],
    "text": lambda scene: scene.turns[-1][1],
    "turn_count": lambda scene: len(scene.turns),
    "language": lambda scene: scene.setting["locale"][:2],
}


def template(
    name: str,
    event: str,
    carries: tuple[str, ...] = ("fields",),
    *,
    only: str = "",
    names: bool = False,
    weight: float = 1.0,
    **drawers: Draw,
) -> Format:
    """Return the format that a template of its name is; `drawers` draw what it marks by name."""
    draft = partial(_drafted, name, drawers)
    return Format(name, event, draft, carries, only, names, plain=names, weight=weight)


def _drafted(name: str, drawers: Mapping[str, Draw], scene: Scene, rng: Random) -> Draft:
    desk = _Desk(scene, rng, dict(drawers))
    for part, draw in _parts(name).items():
        desk.known[part] = draw(desk)
    value, head = desk.known[part], desk.known.get("head", "")
    if part == "text":
        chain = tuple(desk.known.get("chain", ()))
        return Draft(str(value), tuple(desk.known.get("keys", chain)), chain)
    if part == "compact":
        chain = tuple(desk.known.get("chain", JSON))
        return Draft(head + compact(value, scene, rng), chain, chain)
    return (json_line if part == "line" else json_draft)(value, scene, rng, head)


def drawn(name: str, scene: Scene, rng: Random, /, **known: object) -> dict[str, Any]:
    """Draw the members of a template that is no whole line; it may mark what is `known`."""
    return cast("dict[str, Any]", _whole(name)(_Desk(scene, rng, known)))


_TEMPLATES = cast("dict[str, Any]", files.shipped_yaml(__package__, "data/templates.yaml"))


@cache
def _whole(name: str) -> _Drawer:
    return _drawer(_TEMPLATES[name])


@cache
def _parts(name: str) -> Mapping[str, _Drawer]:
    return {part: _drawer(tree) for part, tree in _TEMPLATES[name].items()}


def _drawer(tree: object) -> _Drawer:
    """Return what draws a tree of a template, in the order in which it stands."""
    if isinstance(tree, str):
        if "$" not in tree and "|" not in tree:
            return lambda _: tree
        write = noise.text_drawer(tree)
        return lambda desk: write(desk.rng, desk.look)
    if isinstance(tree, list):
        members = [_drawer(member) for member in tree]
        return lambda desk: [draw(desk) for draw in members]
    if not isinstance(tree, dict):
        return lambda _: tree
    name = next(iter(tree), "")
    if name == "$dice":
        return _dice(tree[name])
    if name in _EACH:
        return _each(tree[name], *_EACH[name])
    if name in _ACTS:
        act, draw = _ACTS[name], _drawer(tree[name])
        return lambda desk: act(desk.rng, draw(desk))
    return _mapping(tree)


# What is done with what a branch holds, once that is drawn
_ACTS: Mapping[str, Callable[[Random, Any], object]] = {
    "$turned": lambda rng, members: turned(members, rng),
    "$among": lambda rng, pair: among(pair[0], pair[1], rng),
    "$nested": lambda rng, pair: nested(pair[0], noise.WORDS.get(pair[1]) or pair[1].split(), rng),
    "$pick": lambda rng, options: pick(options, rng),
    "$of": lambda _, pair: pair[0][pair[1]],
}
_EACH: Mapping[str, tuple[str, str]] = {
    "$each_field": ("fields", "name"),
    "$each_turn": ("turns", "speaker"),
}


def _dice(shares: Mapping[float, object]) -> _Drawer:
    draws = [(bound, _drawer(tree)) for bound, tree in shares.items()]

    def draw(desk: _Desk) -> object:
        roll = desk.rng.random()
        return next(draw for bound, draw in draws if roll < bound)(desk)

    return draw


def _each(tree: object, pairs: str, first: str) -> _Drawer:
    draw = _drawer(tree)
    return lambda desk: [
        draw(desk._replace(known={**desk.known, first: one, "text": text}))
        for one, text in getattr(desk.scene, pairs)
    ]


def _mapping(tree: Mapping[str, object]) -> _Drawer:
    entries = [
        (_merged(key, branch), _drawer(key), _drawer(branch)) for key, branch in tree.items()
    ]

    def draw(desk: _Desk) -> dict[str, object]:
        found: dict[str, object] = {}
        for merged, draw_name, draw_value in entries:
            if merged:
                found |= merged(desk)
            else:
                name = draw_name(desk)  # before the value
                found[name] = draw_value(desk)
        return found

    return draw


def _merged(key: str, branch: Any) -> _Drawer | None:  # noqa: ANN401
    """Return what draws the members that come in the place of `key`; None for a plain member."""
    if key[1:] == "any_noise":
        return lambda desk: noise.fields(desk.rng, branch)
    if key[1:] in noise.TABLES:
        return lambda desk: noise.some(key[1:], desk.rng, branch)
    if key.startswith("$with"):
        return _drawer(branch)
    if key[0] != "?":
        return None
    draw, (condition, _, mask) = _drawer(branch), key[1:].partition("&")
    if mask:
        return lambda desk: draw(desk) if desk.known[condition] & int(mask) else {}
    share = float(condition.split()[0])
    return lambda desk: draw(desk) if desk.rng.random() < share else {}
