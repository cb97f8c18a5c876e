"""Cuts one text: its values become slots, whatever else may be a trace of somebody goes.

>>> done = cut("Hi, my social security number is 000-12-3456, thanks", "ssn")
>>> done.text, done.shape
('Hi, my social security number is {{value}}, thanks', '###-##-####')
>>> str(done.cue), done.cue_words
('confirm', ('social', 'security'))
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from piiforge.errors import UnknownName
from piiforge.reader import Finding, Reading, decode, find
from piiforge.seeds.records import BRACED, CATEGORIES, Cut, Refused, Taken, pair_shape, shape_of
from piiforge.seeds.scrub import scrub
from piiforge.seeds.words import EXAMPLE_HOST, HOLE, Board, cue_in, cue_words, language_of
from piiforge.types import Cue, key_of

# What stands in a slot while a cue is read: nobody's numbers, in memory only.
#
# Whatever was taken out of a text with the value (a key with a number in it, a name) may have
# held its cue. So a cut text is read once more with fillers in its slots, and is refused where
# the cue isn't what it was.


FILLERS: dict[str, str] = {
    "ssn": "000-12-3456",
    "itin": "900-93-0000",
    "credit_card": "4111 1111 1111 1111",
    "phone": "202-555-0123",
    "email": "name@example.com",
    "passport": "000000000",
    "drivers_license": "A0000000",
    "member_id": "000000000",
    "routing": "000000000",
    "account": "0000000000",
}
"""What stands in a placeholder's place while the cue is read: nobody's numbers."""
_WORDS = {"name": "Someone", "city": "Springfield", "company": "Someone"}


def keeps_cue(cut: Cut) -> bool:
    """Whether the reader sees the cue of a cut text in what is left of it."""
    out: list[str] = []
    start = end = size = at = 0
    for slot in BRACED.finditer(cut.text):
        filler = _filler(slot[1], cut.category)
        out += [cut.text[at : slot.start()], filler]
        size += slot.start() - at
        if slot[1].startswith("value") and not end:
            start, end = size, size + len(filler)
        size += len(filler)
        at = slot.end()
    text = "".join([*out, cut.text[at:]])
    return cue_in(text, start, end, cut.category) is cut.cue


def _filler(slot: str, category: str) -> str:
    """Return what stands in a slot ("value", "other:phone", "digits:4", "name")."""
    name, _, detail = slot.partition(":")
    if name == "digits":
        return "7" * int(detail)
    if name == "value":
        return FILLERS[detail or category]
    return FILLERS.get(detail, "0") if name == "other" else _WORDS[name]


# Chooses among what the reader finds in a text, over all nine categories at once.


_SPOKEN = re.compile(r"address|words_")
_FORMS = frozenset(["valid", "role", "placeholder", "fictional", "partial_mask"])
_HIDDEN = frozenset(["masked", "partial_mask"])
_GAP = r"[^0-9A-Za-z]{0,3}"
_WEAK, _NOTHING = 5, 9


@dataclass(frozen=True, slots=True)
class Found:
    """A value to be taken out: the finding and where its parts stand (half-open)."""

    finding: Finding
    parts: tuple[tuple[int, int], ...]

    def shape(self, text: str) -> str:
        """Return how it is written; the halves of a pair by "|", the routing number first."""
        written = [text[start:end] for start, end in self.parts]
        if len(written) == 2:
            return pair_shape(*written)
        return shape_of(written[0], self.finding.category)


def settle(text: str) -> Reading | Refused:
    """Return a text with its transport layers undone; refuse what is spelled out in words."""
    readings = decode(text)
    if any(_SPOKEN.search(reading.how) for reading in readings):
        return Refused("spoken")
    return Refused("escaped") if "base64" in readings[-1].how else readings[-1]


def choose(settled: Reading, category: str = "") -> list[Found] | Refused:
    """Return the values of a settled text that don't overlap, the subject first.

    The subject is of `category`, where one is given, and may then be of any cue; without one it
    is the value that its cue or form makes surest. The rest stand in text order.
    """
    candidates: list[Finding] = []
    masked = False
    for asked in CATEGORIES:
        for finding in find(settled.text, asked):
            masked = masked or (finding.reason in _HIDDEN and finding.cue is Cue.CONFIRM)
            rank = _rank(finding, category)
            if rank == _NOTHING:
                continue
            if finding.reading != "plain":  # settled already: more could only be pieced together
                if rank <= 1:
                    return Refused("split")
                continue
            candidates.append(finding)
    candidates.sort(key=lambda one: (_rank(one, category), one.category != category))
    chosen = list(_apart(settled.text, candidates))
    subjects = [one for one in chosen if not category or one.finding.category == category]
    if not subjects:
        return Refused("masked" if masked else "no_value")
    rest = [one for one in chosen if one is not subjects[0]]
    return [subjects[0], *sorted(rest, key=lambda one: one.parts)]


def _rank(finding: Finding, category: str) -> int:
    """Return how sure it is that a finding is a value of its category: 0 is best."""
    if finding.reason == "masked" or finding.reason == "shape" or finding.cue is Cue.NONE:
        return _NOTHING
    if finding.category == "email" and finding.reason not in _FORMS:
        return _NOTHING
    if finding.cue is Cue.CONFIRM:
        return 0 if finding.valid else 1
    formed = finding.telling and (
        finding.reason in _FORMS or finding.category in {"ssn", "itin", "phone"}
    )
    if formed:
        return (2 if finding.valid else 3) if finding.cue is Cue.NEUTRAL else 4
    return _WEAK if finding.category == category else _NOTHING


def _apart(text: str, candidates: Iterable[Finding]) -> Iterator[Found]:
    """Yield the candidates that stand in no better one's place."""
    spans: list[tuple[int, int]] = []
    for finding in candidates:
        parts = _parts(text, finding)
        if parts and not any(a < end and start < b for a, b in parts for start, end in spans):
            spans += parts
            yield Found(finding, parts)


def _parts(text: str, finding: Finding) -> tuple[tuple[int, int], ...]:
    """Return where a finding's value stands, its brackets and + included; () where unsure."""
    start, end = finding.snippet_start, finding.snippet_end
    if "|" in finding.key:
        halves = [_half(text, half, start, end) for half in finding.key.split("|")]
        return tuple(half for half in halves if half) if all(halves) else ()
    written = text[start:end]
    key = key_of(written)
    if "".join(filter(str.isalnum, finding.key))[-6:] not in "".join(filter(str.isalnum, key)):
        return () if finding.key[-4:] not in key and not written.isupper() else ((start, end),)
    return ((_with_signs(text, start, end), end),)


def _half(text: str, digits: str, start: int, end: int) -> tuple[int, int] | None:
    if not digits:
        return None
    match = re.compile(rf"(?<![0-9]){_GAP.join(digits)}(?![0-9])").search(text, start, end)
    return match.span() if match else None


def _with_signs(text: str, start: int, end: int) -> int:
    """Return the start with the + and the bracket that belong to a number."""
    if ")" in text[start:end] and "(" not in text[start:end].partition(")")[0]:
        at = text.rfind("(", max(0, start - 2), start)
        start = at if at >= 0 else start
    if text[start - 1 : start] == "+" and not text[start - 2 : start - 1].isalnum():
        start -= 1
    return start


LONGEST = 2_000
PAIR_SLOTS = ("{{value:routing}}", "{{value:account}}")
_SLOT_WORDS = re.compile(r"\{\{[^{}]*\}\}")
_LOG = re.compile(
    r"[\w.\-\]]=[^\s=]|[{,]\s?\"[\w.\- ]+\"\s?:|\bhttps?://"
    r"|(?:^|\s|\")(?:GET|POST|PUT|PATCH|HEAD|DELETE) /"
    r"|^[\[<]?(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]|[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:|[0-9]{10,13}\b)"
    r"|\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL)\b|</?\w+[ >]|^Content-Disposition:"
)
_PAIR = re.compile(r"(?:^|[?&\s\"'])[\w.\-\[\]%]{1,60}=[^\s&\"']*$")
_QUERY = re.compile(r"[?&][\w.\-\[\]%]{1,60}=|^[\w.\-\[\]%]{1,60}=[^\s&]*&")
_JSON = re.compile(r"[{,\[]\s?\"|\":\s?\"")


def cut(text: str, category: str, *, strict: bool = False) -> Cut | None:
    """Return `text` with slots for the values that the reader finds; None where it can't be done.

    The subject is the best value of `category`, under whatever cue; all others are reported too.
    `strict` as in `dissect`, which also says why.

    Raises:
        UnknownName: there is no such category.
    """
    if category not in CATEGORIES:
        raise UnknownName("category", category, CATEGORIES)
    done = dissect(text, category, strict=strict)
    return done if isinstance(done, Cut) else None


def dissect(text: str, category: str = "", *, strict: bool = True) -> Cut | Refused:
    """Cut `text` or say why not. Without a category the surest value is the subject.

    `strict` refuses a text with a word that no vocabulary of ours knows: for what people wrote. Of
    what a model wrote, small words may be any.
    """
    if len(text) > LONGEST:
        return Refused("too_long")
    if HOLE.search(text) or BRACED.search(text):
        return Refused("signs")
    settled = settle(text)
    if isinstance(settled, Refused):
        return settled
    chosen = choose(settled, category)
    if isinstance(chosen, Refused):
        return chosen
    board = Board()
    working, taken = _opened(settled.text, chosen, board)
    done = scrub(working, board, is_line=is_log_line(settled.text), strict=strict)
    if isinstance(done, Refused):
        return done
    if settled.how != "plain" and is_log_line(settled.text) and not _stands_in(text, done.text):
        return Refused("escaped")
    cut_text = _cut(settled, chosen[0], taken, board.fill(done.text), tuple(done.names))
    return cut_text if keeps_cue(cut_text) else Refused("cue_lost")


def is_log_line(text: str) -> bool:
    """Whether a text is a log line, not speech: pairs with =, JSON keys, a URL, a level, a time."""
    return _LOG.search(text) is not None


def notation_of(text: str, start: int, how: str) -> str:
    """Return how a value at `start` is to be escaped: form or percent in a query, json, raw."""
    before = text[max(0, start - 200) : start]
    if _PAIR.search(before) and _QUERY.search(text[max(0, start - 200) : start + 200]):
        return "percent" if "percent" in how and "%20" in how else "form"
    if text.count('"', 0, start) % 2 and _JSON.search(text[:start]):
        return "json"
    return "percent" if "percent" in how else "json" if "escape" in how else "raw"


def _opened(text: str, chosen: list[Found], board: Board) -> tuple[str, tuple[Taken, ...]]:
    """Return the text with signs for its values, and what was taken, in text order."""
    subject = chosen[0]
    taken = [
        part for found in chosen for part in _parts_knife(text, found, is_subject=found is subject)
    ]
    taken.sort(key=lambda part: part.start)
    out, at = [], 0
    for part in taken:
        out += [text[at : part.start], board.put(part.slot)]
        at = part.end
    return "".join([*out, text[at:]]), tuple(taken)


def _parts_knife(text: str, found: Found, *, is_subject: bool) -> Iterator[Taken]:
    """Yield a value, or both halves of a pair, each with its own slot, shape and key."""
    one = found.finding
    slots: tuple[str, ...] = ("{{value}}" if is_subject else f"{{{{other:{one.category}}}}}",)
    if len(found.parts) == 2:
        slots = PAIR_SLOTS if is_subject else ("{{digits:9}}", "{{digits:10}}")
    shapes = found.shape(text).split("|") if len(slots) == 2 else [found.shape(text)]
    keys = one.key.split("|")
    for at, (start, end) in enumerate(found.parts):
        shape = shapes[at] if at < len(shapes) else ""
        yield Taken(slots[at], one.category, shape, one.cue, one.valid, start, end, keys[at])


def _stands_in(original: str, cut_text: str) -> bool:
    """Whether all that is left stood just so in the original: only values were escaped."""
    at = 0
    for piece in HOLE.split(cut_text):
        for part in piece.split(EXAMPLE_HOST):
            found = original.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
    return True


def _cut(
    settled: Reading, subject: Found, taken: tuple[Taken, ...], text: str, names: tuple[str, ...]
) -> Cut:
    finding = subject.finding
    start, end = subject.parts[0]
    before, after = settled.text[:start], settled.text[subject.parts[-1][1] :]
    words = cue_words(before, after, settled.text[start:end], finding.category, finding.cue)
    if finding.category == "bank_account":
        words = ()  # its cue is of two halves, each with a name of its own
    return Cut(
        category=finding.category,
        text=text,
        cue=finding.cue,
        cue_words=words,
        shape=subject.shape(settled.text),
        language=language_of(_SLOT_WORDS.sub(" ", text)),
        notation=notation_of(settled.text, start, settled.how),
        taken=taken,
        names=names,
    )
