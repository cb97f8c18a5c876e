r"""Where a value that was found stands in the content as it was written, and a text in its place.

A finding's offsets are those of a decoded text. Each layer that was undone is undone again here,
and what it changed is noted piece by piece; an edit is then carried back through the layers, and
encoded as what it replaces was: a percent-encoded value gives way to a percent-encoded text, a
value in base64 to the token of base64 that says the same without it. Where a layer can't be
followed piece by piece, the edit takes more than the value, never less.

>>> from piiforge.reader.judge import find
>>> from piiforge.types import applied
>>> content = "mail=jane%2Eroe%40mail%2Dbox.org&id=7"
>>> [one] = find(content, "email")
>>> applied(content, rewritten(content, one, lambda _: "<email>"))
'mail=%3Cemail%3E&id=7'
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from urllib.parse import quote

from piiforge.reader.cues import Finding
from piiforge.reader.decode import BASE64, addresses_read, numbers_read, peel
from piiforge.text import encodings as undo
from piiforge.types import Edit

_STEPS: tuple[tuple[str, Callable[[str], str], re.Pattern[str]], ...] = (
    (
        "percent",
        undo.unpercent,
        re.compile(r"%u[0-9A-Fa-f]{4}|%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+|[^\x00-\x7f]+"),
    ),
    (
        "escape",
        undo.unslash,
        re.compile(
            r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}"
            r"|\\[ux]\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|\\."
        ),
    ),
    ("entity", undo.unentity, re.compile(r"&[#\w]{2,9};")),
    ("characters", undo.plain_characters, re.compile(r"[^\x00-\x7f]")),
    ("characters", undo.plain_characters, re.compile(r".?[^\x00-\x7f]+")),
    (
        "colour",
        undo.uncoloured,
        re.compile(r"(?:\x1b|\\\w{1,5}|\^\[|#033)\[[0-9;:?]{0,32}[A-Za-z]"),
    ),
)
_WORDS = re.compile(r"\w+|\W")
_LONGEST = 4_000  # characters that are compared word by word
_SIGNS = r"[\s\-./()_+]{0,3}"
_MOST_SIGNS = 40  # of a value that may stand in parts


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece that a layer changed: where it stood, and where it stands now (half-open)."""

    start: int
    end: int
    now: int
    now_end: int


@dataclass(frozen=True, slots=True)
class _Layer:
    """One encoding undone: the text before, and what was changed in it, in order."""

    step: str
    before: str
    after: str
    units: tuple[_Unit, ...]


def rewritten(content: str, found: Finding, write: Callable[[str], str]) -> list[Edit]:
    """Return the edits of `content` that put `write(piece)` in the place of what was found.

    A value over several fields comes in its pieces; `write` gets each as it reads decoded.
    """
    base = peel(content)[-1]
    layers = list(_peeled(content))
    text = layers[-1].after if layers else content
    if text != base.text:  # a layer that is undone otherwise there
        layers = [_compared("", content, base.text)]
    if found.reading not in {base.how, base.by("split", "").how}:
        for reading in (*numbers_read(base), *addresses_read(base)):
            if reading.how == found.reading:
                layers.append(_compared("", base.text, reading.text))
                break
    text = layers[-1].after if layers else content
    edits = [
        Edit(start, end, write(text[start:end]))
        for start, end in _pieces(text, found)
        if end > start
    ]
    for layer in reversed(layers):
        edits = [_carried(layer, edit) for edit in edits]
    return joined(edits)


def joined(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in order; of those that overlap, one over all, with the text of the first."""
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if found and edit.start < found[-1].end:
            last = found.pop()
            found.append(Edit(last.start, max(last.end, edit.end), last.text))
        else:
            found.append(edit)
    return found


def _peeled(content: str) -> Iterator[_Layer]:
    """Yield the layers that `peel` undoes, in its order."""
    text = content
    for _ in range(len(peel(content)) - 1):
        begun = text
        for step, undone, pattern in _STEPS:
            after = undone(text)
            if after != text:
                yield _by_pieces(step, text, after, undone, pattern)
                text = after
        if text == begun:
            for found, read in BASE64:
                layer = _replaced(text, found, read)
                if layer.after != text:
                    yield layer
                    text = layer.after


def _by_pieces(
    step: str, before: str, after: str, undone: Callable[[str], str], pattern: re.Pattern[str]
) -> _Layer:
    """Return a layer whose pieces are undone one by one; compared where that gives another text."""
    units: list[_Unit] = []
    said: list[str] = []
    done = now = 0
    for match in pattern.finditer(before):
        now += match.start() - done
        piece = undone(match[0])
        if piece != match[0]:
            units.append(_Unit(*match.span(), now, now + len(piece)))
        said += (before[done : match.start()], piece)
        now += len(piece)
        done = match.end()
    if "".join(said) + before[done:] != after:
        return _compared(step, before, after)
    return _Layer(step, before, after, tuple(units))


def _replaced(
    before: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str]
) -> _Layer:
    """Return the layer of what stands in tokens of base64."""
    units: list[_Unit] = []
    pieces: list[str] = []
    done = now = 0
    for match in pattern.finditer(before):
        said = read(match)
        if said == match[0]:
            continue
        named = len(match[1]) if match.re.groups > 1 else 0
        now += match.start() - done
        start = match.start() + named
        units.append(_Unit(start, match.end(), now + named, now + len(said)))
        pieces += (before[done : match.start()], said)
        now, done = now + len(said), match.end()
    return _Layer("base64", before, "".join(pieces) + before[done:], tuple(units))


def _compared(step: str, before: str, after: str) -> _Layer:
    """Return a layer of which only both texts are known: what differs, word by word."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    one, other = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(one), len(other)) > _LONGEST:
        unit = _Unit(head, head + len(one), head, head + len(other))
        return _Layer(step, before, after, (unit,))
    # from the start of a word: half of one is no unit
    words, new = _WORDS.findall(before), _WORDS.findall(after)
    at, now = _places(words), _places(new)
    same = SequenceMatcher(None, words, new, autojunk=False).get_opcodes()
    units = [_Unit(at[a], at[b], now[c], now[d]) for kind, a, b, c, d in same if kind != "equal"]
    return _Layer(step, before, after, tuple(units))


def _common(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _places(words: Sequence[str]) -> list[int]:
    places = [0]
    for word in words:
        places.append(places[-1] + len(word))
    return places


def _carried(layer: _Layer, edit: Edit) -> Edit:
    """Return an edit of the text after a layer as one of the text before it."""
    touched = [unit for unit in layer.units if unit.now < edit.end and unit.now_end > edit.start]
    start, end, text = edit.start, edit.end, edit.text
    head = tail = ""
    if touched and touched[0].now <= start:
        head, start = layer.after[touched[0].now : start], touched[0].start
    else:
        start = _before(layer, start)
    if touched and touched[-1].now_end >= end:
        tail, end = layer.after[end : touched[-1].now_end], touched[-1].end
    else:
        end = _before(layer, end)
    text = head + text + tail
    if touched:
        text = _encoded(layer.step, text, layer.before[touched[0].start : touched[0].end])
    return Edit(start, end, text)


def _before(layer: _Layer, at: int) -> int:
    """Return where a place that no layer changed stood."""
    passed = [unit for unit in layer.units if unit.now_end <= at]
    return passed[-1].end + at - passed[-1].now_end if passed else at


def _encoded(step: str, text: str, written: str) -> str:
    """Return a text in the encoding of what it replaces, `written`."""
    match step:
        case "percent":
            return quote(text, safe="")
        case "escape":
            return json.dumps(text)[1:-1]
        case "entity":
            return escape(text, quote=False)
        case "base64":
            encode = urlsafe_b64encode if "-" in written or "_" in written else b64encode
            token = encode(text.encode("utf-8", "replace")).decode()
            return token if "=" in written or len(written) % 4 == 0 else token.rstrip("=")
    return text


def _pieces(text: str, found: Finding) -> list[tuple[int, int]]:
    """Return where the pieces of what was found stand: one, or those of several fields."""
    start, end = found.snippet_start, found.snippet_end
    if found.category == "phone" and text[:start].endswith(("+", "+(")):
        start = text.rindex("+", 0, start)
    unopened = text[start:end].count(")") > text[start:end].count("(")
    start -= unopened and text[:start].endswith("(")
    said = text[start:end]
    if "|" in found.key:
        halves = [re.search(_SIGNS.join(half), said) for half in found.key.split("|") if half]
        if all(halves):
            return [(start + half.start(), start + half.end()) for half in halves if half]
    elif "split" in found.reading and len(found.key) <= _MOST_SIGNS:
        signs = [re.escape(sign) + ("?" if sign == "@" else "") for sign in found.key]
        for at in range(len(signs) - 1, 0, -1):
            head = re.match(_SIGNS.join(signs[:at]), said, re.IGNORECASE)
            tail = head and re.search(_SIGNS.join(signs[at:]) + r"\Z", said, re.IGNORECASE)
            if head and tail and head.end() < tail.start():
                return [(start, start + head.end()), (start + tail.start(), end)]
        runs = [match.span() for match in re.finditer(r"[^\s\"'&,;=:<>{}|]+", said)]
        key = found.key.lower()
        held = [
            span
            for span in runs
            if (bare := re.sub(r"\W|_", "", said[slice(*span)]).lower()) and bare in key
        ]
        if held:
            return [(start + one, start + other) for one, other in held]
    return [(start, end)]
