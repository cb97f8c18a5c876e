"""The loop that takes values out of contents until the detector sees none.

What is found is asked of the detector; where it stands, of the reader, in decoded text, and that is
carried back to the content as it was written. The content is judged again. What is still seen is
taken out with the whole word that it stands in, then with whatever words the detector needs to see
it, found by halving, and at last the row gives up all of its values. So nothing stays because it
could not be located, and a row in which nothing was found is never touched.

A content that is JSON stays JSON: an edit within a text of it stays within, a number gives way to a
text. Edits are of the content as it was given, half-open, in code points.
"""

import re
import sys
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Protocol

from piiforge import files, reader
from piiforge.predict import Detection
from piiforge.reader import Finding
from piiforge.scrub.modes import DROP, Modes
from piiforge.text import atoms, flatten
from piiforge.types import Edit, applied

REMOVED = "<removed>"
_MOST_ROUNDS = 64  # of finding in one content before it is judged again
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = re.compile(rf'{_STRING}|[^\s"{{}}\[\],:]+', re.DOTALL)
_NAMES = re.compile(r"\s*+:")
_WORD = re.compile(r"[^\s&?;,=\"'<>{}()\[\]|]+")
_KEY_BEHIND = re.compile(r"[\"']?\s?(?:=|:(?!//))")
_PARAMETER = re.compile(
    r"(?P<before>^|[?&;])(?P<key>[\w.%$:~+@*\[\]-]{1,200})=(?P<value>[^&\s\"'#;]*)"
)
_FIELD = re.compile(r"(?<![\w.%-])[\"']?[A-Za-z_$][\w.$\[\]-]{0,63}[\"']?(?:\s?=>?\s?|:\s?)[\"']?$")
_LONG = 16  # a word so long may be encoded
_MARKUP = 400  # signs of an element that are looked at
_CLOSING = re.compile(r"[^<>]*+</")
_ATTRIBUTE = re.compile(r"<[A-Za-z][^<>]*=(?:\"[^<>\"]*|'[^<>']*)\Z")
_GAP = 3  # signs between two words of one value
_Views = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a content.

    `edits` of it; `counts` of values taken out, by category. `removed`: it gave up all of its
    values. `unread`: a category has no verdict, so it is neither clean nor sensitive. `stuck`: even
    so something is seen in it (in the name of a column, say), and it may not go through.
    """

    edits: tuple[Edit, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    removed: bool = False
    unread: bool = False
    stuck: bool = False


@dataclass(slots=True)
class _Work:
    """A content while it is scrubbed: `edits` make `text` of `content`."""

    content: str
    views: _Views | None
    is_json: bool
    has_members: bool
    text: str = ""
    edits: list[Edit] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen: frozenset[str] = frozenset()
    removed: bool = False

    def contents(self, text: str) -> list[str]:
        """Return what is judged of a text: it, and what a reader of its form makes of it."""
        return [text, *(self.views(text) if self.views else ())]

    def make(self, edits: Iterable[Edit]) -> bool:
        """Make edits of `text`; say whether it changed."""
        fitting = [self._with_comma(edit) for edit in reader.joined(self._fitting(edits))]
        after = applied(self.text, fitting)
        changed = after != self.text
        if changed:
            self.edits = composed(self.edits, fitting)
            self.text = after
        return changed

    def _with_comma(self, edit: Edit) -> Edit:
        """Return an edit that takes the last members of an object out with the comma before."""
        before = self.text[: edit.start].rstrip() if self.is_json and not edit.text else ""
        last = before.endswith(",") and self.text[edit.end :].lstrip()[:1] in {"}", "]"}
        return Edit(len(before) - 1, edit.end, "") if last else edit

    def _fitting(self, edits: Iterable[Edit]) -> list[Edit]:
        """Return edits that leave JSON what it is: each within a text, or of a whole number."""
        edits = list(edits)
        if not self.is_json or not edits:
            return edits
        scalars = _scalars(self.text)
        starts = [scalar.start for scalar in scalars]
        found: list[Edit] = []
        for edit in edits:
            if edit.text == "" and self.has_members and _is_member(self.text, edit):
                found.append(edit)
                continue
            said = edit.text
            at = max(0, bisect_right(starts, edit.start) - 1)
            for scalar in scalars[at:]:
                if scalar.start >= edit.end:
                    break
                if scalar.end <= edit.start or (scalar.is_name and not self.has_members):
                    continue
                if scalar.is_text:
                    start, end = max(edit.start, scalar.start + 1), min(edit.end, scalar.end - 1)
                    start -= _is_escaped(self.text, start)
                    end -= _is_escaped(self.text, end)
                    if start < end:
                        found.append(Edit(start, end, said))
                else:
                    found.append(Edit(scalar.start, scalar.end, f'"{said}"'))
        return found


class Judge(Protocol):
    """Who is asked: a `Detector`, or what passes questions on to one."""

    def judge(
        self, contents: Sequence[str], categories: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Detection]]:
        """Judge each content for `categories` (all without any); one record a content."""
        ...

    def suspects(self, contents: Iterable[str]) -> list[str]:
        """Return the contents that have to be judged: in the others there is nothing for sure."""
        return list(contents)


class Cleaner:
    """Scrubs contents with one open detector. The same contents always give the same edits."""

    def __init__(
        self, detector: Judge, modes: Modes, *, unsure: bool = True, verify: bool = True
    ) -> None:
        """`unsure` values are taken out, too; without `verify` nothing is judged twice."""
        self._detector, self._modes = detector, modes
        self._unsure, self._verify = unsure, verify

    def clean(
        self, contents: Sequence[str], *, views: _Views | None = None, members: bool = True
    ) -> list[Cleaned]:
        """Return what becomes of each content.

        `views` gives what else is read out of one. `members`: its keys are its own; else they are
        names of columns, which no row may change or lose.
        """
        asked = list(dict.fromkeys(contents))
        known = dict(zip(asked, self._cleaned(asked, views, members=members), strict=True))
        return [known[content] for content in contents]

    def _cleaned(
        self, contents: Sequence[str], views: _Views | None, *, members: bool
    ) -> list[Cleaned]:
        work = [_Work(content, views, False, members, text=content) for content in contents]
        unread = self._look(work)
        hit = [one for one in work if one.seen and one.content not in unread]
        for one in hit:
            one.is_json = is_json(one.content)
        left = hit
        for step in (self._values, self._words, self._needed, self._needed, self._all):
            for one in left:
                step(one)
            if not self._verify and step != self._all:
                left = [one for one in left if not one.edits]
                continue
            self._look(left)
            left = [one for one in left if one.seen]
            if not left:
                break
        stuck = {one.content for one in left if self._verify}
        return [
            Cleaned(
                tuple(one.edits),
                dict(one.counts),
                one.removed,
                one.content in unread,
                one.content in stuck,
            )
            for one in work
        ]

    def _look(self, work: Sequence[_Work]) -> set[str]:
        """Judge each text; return the contents that have no verdict."""
        texts = [one.contents(one.text) for one in work]
        flat = list(dict.fromkeys(each for some in texts for each in some))
        asked = self._detector.suspects(flat)  # in the others there is nothing for sure
        said = dict(zip(asked, self._detector.judge(asked), strict=True)) if asked else {}
        unread: set[str] = set()
        for one, some in zip(work, texts, strict=True):
            verdicts = [each for text in some for each in said.get(text, {}).values()]
            one.seen = frozenset(each.category for each in verdicts if self._hits(each))
            if any(each.is_sensitive is None for each in verdicts):
                unread.add(one.content)
        return unread

    def _hits(self, said: Detection) -> bool:
        return bool(said.is_sensitive) or (self._unsure and said.unsure)

    def _values(self, one: _Work) -> None:
        """Take out what the reader finds, until it finds nothing that is sensitive."""
        for category in sorted(one.seen):
            self._found(one, category, self._modes.written)

    def _words(self, one: _Work) -> None:
        """Take out whole words, in which the reader finds anything at all."""

        def widened(edits: Iterable[Edit]) -> list[Edit]:
            words = list(_WORD.finditer(one.text))
            starts = [word.start() for word in words]
            found = []
            for edit in edits:
                start, end = edit.start, edit.end
                for word in words[max(0, bisect_right(starts, start) - 1) :]:
                    if word.start() >= edit.end:
                        break
                    if word.end() > edit.start:
                        start, end = min(start, word.start()), max(end, word.end())
                found.append(Edit(start, end, edit.text))
            return found

        for category in sorted(one.seen):
            self._found(one, category, self._modes.plainer, widened)

    def _found(
        self,
        one: _Work,
        category: str,
        write: Callable[[str, str, str], str],
        widened: Callable[[Iterable[Edit]], Iterable[Edit]] = list,
    ) -> None:
        if category not in reader.CATEGORIES:
            return
        for _ in range(_MOST_ROUNDS):
            some = reader.find(one.text, category)
            telling = [each for each in some if reader.judge([each])]
            if not telling and _:
                return
            telling = telling or [each for each in some if each.valid] or some[:1]
            edits: list[Edit] = []
            values = 0
            for found in telling:

                def put(piece: str, found: Finding = found) -> str:
                    return write(category, _canonical(found, piece), piece)

                own = list(widened(reader.rewritten(one.text, found, put)))
                own = [_in_markup(one.text, each) for each in own]
                if own and not _overlap(own, edits):
                    edits += own
                    values += 1
            if self._modes.of(category) == DROP:
                edits = [
                    dropped(one.text, each, members=one.is_json and one.has_members)
                    for each in edits
                ]
            taken = {one.text[each.start : each.end] for each in edits}
            if not one.make(edits):
                return
            one.counts[category] += values
            if self._verify and not any(each in one.text for each in taken):
                return  # it is judged again; to look for more here would be a second look too many

    def _needed(self, one: _Work) -> None:
        """Take out the words that the detector needs to see something, each found by halving."""
        asked = tuple(sorted(one.seen))
        for telling in (True, False):
            words = _words_of(one.text, telling=telling)
            every = {*range(len(words))}
            if not self._is_clean(one, words, every, asked):
                continue
            chosen: set[int] = set()
            while not self._is_clean(one, words, chosen, asked):
                low, high = 0, len(words)
                while low < high:
                    middle = (low + high) // 2
                    clean = self._is_clean(one, words, chosen | {*range(middle)}, asked)
                    low, high = (low, middle) if clean else (middle + 1, high)
                if low == 0 or low - 1 in chosen:
                    chosen = every
                    break
                chosen |= _beside(words, low - 1)
            one.counts.update(asked)
            one.make(_without(words, chosen))
            return

    def _is_clean(
        self, one: _Work, words: Sequence[re.Match[str]], out: set[int], asked: Sequence[str]
    ) -> bool:
        trial = replace(one, edits=[], counts=Counter())
        trial.make(_without(words, out))
        said = self._detector.judge(one.contents(trial.text), asked)
        return not any(self._hits(each) for some in said for each in some.values())

    def _all(self, one: _Work) -> None:
        """Take out every value of a row: what stays is its form."""
        one.counts.update(dict.fromkeys(one.seen - one.counts.keys(), 1))
        one.removed = True
        if not one.is_json:
            one.make([Edit(0, len(one.text), REMOVED)])
            return
        one.make(
            [
                Edit(each.start + each.is_text, each.end - each.is_text, REMOVED)
                for each in _scalars(one.text)
                if not each.is_name
            ]
        )
        if one.has_members:
            self._look([one])
            if one.seen:  # in a name
                names = [each for each in _scalars(one.text) if each.is_name]
                one.make(
                    [
                        Edit(each.start + 1, each.end - 1, f"removed_{at}")
                        for at, each in enumerate(names)
                    ]
                )


def _is_escaped(text: str, at: int) -> bool:
    """Whether a backslash before a place escapes what stands there."""
    return (at - len(text[:at].rstrip("\\"))) % 2 == 1


def is_json(text: str) -> bool:
    """Say whether a text is a JSON object or list."""
    if text[:1] not in "{[" and text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        return isinstance(files.json_value(text), dict | list)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text with its quotes, a number or a word of JSON; `is_name`: the name of a member."""

    start: int
    end: int
    is_text: bool
    is_name: bool


def _scalars(text: str) -> list[Scalar]:
    return [
        Scalar(
            *match.span(),
            match[0].startswith('"'),
            match[0].startswith('"') and _NAMES.match(text, match.end()) is not None,
        )
        for match in _SCALAR.finditer(text)
    ]


def values_of(text: str) -> list[str]:
    """Return the scalars of a JSON text that are no names, as they are written."""
    return [text[each.start : each.end] for each in _scalars(text) if not each.is_name]


def composed(before: Sequence[Edit], after: Sequence[Edit]) -> list[Edit]:
    """Return the edits of a text that do what `before` does and then, on its result, `after`.

    >>> composed([Edit(1, 3, "xyz")], [Edit(0, 2, "-")])
    [Edit(start=0, end=3, text='-yz')]
    """
    left: deque[tuple[int, int, str | None]] = deque()  # where it stood; its text, None if kept
    done = 0
    for edit in before:
        left += [(done, edit.start, None), (edit.start, edit.end, edit.text)]
        done = edit.end
    left.append((done, sys.maxsize, None))

    def take(count: int) -> Iterator[tuple[int, int, str | None]]:
        while count > 0:
            start, end, text = left.popleft()
            size = end - start if text is None else len(text)
            if size > count:
                middle = start + count if text is None else end
                left.appendleft((middle, end, None if text is None else text[count:]))
                end, text, size = middle, None if text is None else text[:count], count
            yield start, end, text
            count -= size

    made: list[tuple[int, int, str | None]] = []
    done = 0
    for edit in after:
        made += take(edit.start - done)
        taken = list(take(edit.end - edit.start)) or [(left[0][0], left[0][0], "")]
        made.append((taken[0][0], taken[-1][1], edit.text))
        done = edit.end
    result: list[Edit] = []
    for start, end, text in (*made, *left):
        if text is None:
            continue
        if result and result[-1].end == start:
            last = result.pop()
            result.append(Edit(last.start, end, last.text + text))
        else:
            result.append(Edit(start, end, text))
    return result


def dropped(text: str, edit: Edit, *, members: bool) -> Edit:
    """Return an edit that takes out the key of a value with it; the same where it has none."""
    low, high = 0, len(text)
    if members:
        scalars = _scalars(text)
        at = next((at for at, one in enumerate(scalars) if one.start <= edit.start < one.end), -1)
        if at >= 0:
            own = scalars[at]
            low, high = own.start + own.is_text, own.end - own.is_text
    window = text[low:high]
    for match in _PARAMETER.finditer(window):
        start, end = low + match.start("value"), low + match.end("value")
        if start <= edit.start and edit.end <= end:
            first = low + match.start("key")
            if text[end : end + 1] in {"&", ";"} and end < high:
                return Edit(first, end + 1, "")
            return Edit(first - bool(match["before"]), end, "")
    if members and low != 0 and at > 0 and scalars[at - 1].is_name:
        return _member(text, scalars[at - 1].start, own.end)
    if not members and (key := _FIELD.search(text, max(0, edit.start - 80), edit.start)):
        quote = text[edit.start - 1] if text[edit.start - 1] in "\"'" else ""
        end = edit.end + (bool(quote) and text.startswith(quote, edit.end))
        return Edit(key.start(), end, "")
    return edit


def _in_markup(text: str, edit: Edit) -> Edit:
    """Return an edit whose text is no tag, where it stands in an element or an attribute."""
    behind = text[edit.end : edit.end + _MARKUP]
    inside = _CLOSING.match(behind) or _ATTRIBUTE.search(
        text, max(0, edit.start - _MARKUP), edit.start
    )
    return Edit(edit.start, edit.end, escape(edit.text, quote=False)) if inside else edit


def _member(text: str, start: int, end: int) -> Edit:
    """Return the edit that takes a member out, with one of the commas beside it."""
    behind = re.compile(r"\s*+,\s*+").match(text, end)
    if behind:
        return Edit(start, behind.end(), "")
    before = re.search(r",\s*\Z", text[:start])
    return Edit(before.start() if before else start, end, "")


def _is_member(text: str, edit: Edit) -> bool:
    """Whether what an edit takes out begins and ends with whole members."""
    taken = text[edit.start : edit.end].strip().strip(",").strip()
    name = re.match(_STRING, taken)
    return bool(name and _NAMES.match(taken, name.end()))


def _words_of(text: str, *, telling: bool) -> list[re.Match[str]]:
    """Return the words that may be part of a value: none that names one."""
    return [
        word
        for word in _WORD.finditer(text)
        if not _KEY_BEHIND.match(text, word.end()) and (not telling or _tells(word[0]))
    ]


def _tells(word: str) -> bool:
    return any(map(str.isalnum, word)) and (
        len(word) >= _LONG
        or not word.isascii()
        or any(sign.isdigit() or sign in "@%\\" for sign in word)
        or bool(atoms(flatten(word)))
    )


def _beside(words: Sequence[re.Match[str]], at: int) -> set[int]:
    """Return a word and those that stand close to it: a value may be written over several."""
    chosen = {at}
    for way in (-1, 1):
        place = at
        while 0 <= place + way < len(words):
            one, other = sorted((place, place + way))
            if words[other].start() - words[one].end() > _GAP:
                break
            place += way
            if not _tells(words[place][0]):
                break
            chosen.add(place)
    return chosen


def _without(words: Sequence[re.Match[str]], out: set[int]) -> list[Edit]:
    return [Edit(*words[at].span(), REMOVED) for at in sorted(out)]


def _canonical(found: Finding, piece: str) -> str:
    """Return the value that a piece is told by: of a pair its own half, else the whole."""
    return re.sub(r"[\W_]", "", piece) if "|" in found.key else found.key


def _overlap(some: Sequence[Edit], others: Sequence[Edit]) -> bool:
    return any(one.start < other.end and other.start < one.end for one in some for other in others)
