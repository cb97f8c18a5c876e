"""Cuts one text: its values become slots, whatever else may be a trace of somebody goes.

What is a value says the reader (`dissect`), a placeholder of a template (`from_template`), or the
file, where it tells what stands where (`from_spans`). Evaluators of detectors write
`My SSN is {{us_ssn}}`, `[PHONE_NUMBER]`, `<EMAIL_ADDRESS>` or `{person}`: data/entities.yaml maps
the usual names of entities to our slots; a template with a placeholder that it doesn't know is
refused.

Whatever was taken out of a text with the value (a key with a number in it, a name) may have held
its cue. So a cut text is read once more with fillers in its slots, and is refused where the cue
isn't what it was. Fillers are nobody's: impossible values and documented placeholders, in memory
only.

>>> done = cut("Hi, my social security number is 000-12-3456, thanks", "ssn")
>>> done.text, done.shape
('Hi, my social security number is {{value}}, thanks', '###-##-####')
>>> str(done.cue), done.cue_words
('confirm', ('social', 'security'))
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from piiforge import files
from piiforge.errors import UnknownName
from piiforge.reader import Finding, Reading, decode, find
from piiforge.seeds.inputs import Span
from piiforge.seeds.records import BRACED, CATEGORIES, Cut, Refused, Taken, pair_shape, shape_of
from piiforge.seeds.scrub import EXAMPLE_HOST, HOLE, Board, scrub
from piiforge.seeds.words import PATTERNS, cue_in, cue_words, language_of
from piiforge.types import Cue, key_of

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
_WORDS = {
    "name": "Someone", "city": "Springfield", "company": "Someone",
    "date": "2026-01-15", "time": "10:20",
}  # fmt: skip
_SPOKEN = re.compile(r"address|words_")
_FORMS = frozenset(["valid", "role", "placeholder", "fictional", "partial_mask"])
_HIDDEN = frozenset(["masked", "partial_mask"])
_GAP = r"[^0-9A-Za-z]{0,3}"
_WEAK, _NOTHING = 5, 9
_IN_DOTS = frozenset(["ssn", "itin", "credit_card", "phone", "passport", "drivers_license"])
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_MORE_DIGITS = re.compile(r"[0-9]*(?:\.[0-9]+)*")
_REMARK = re.compile(r"[^();]*(?:;[^();]*){2,}")
_PRODUCT = re.compile(r"([A-Za-z][\w\-]*)/v?$")
_MOST_GROUPS, _OCTET = 4, 3
LONGEST = 2_000
PAIR_SLOTS = ("{{value:routing}}", "{{value:account}}")
_SLOT_WORDS = re.compile(r"\{\{[^{}]*\}\}")
_PAIR = re.compile(r"(?:^|[?&\s\"'])[\w.\-\[\]%]{1,60}=[^\s&\"']*$")
_QUERY = re.compile(r"[?&][\w.\-\[\]%]{1,60}=|^[\w.\-\[\]%]{1,60}=[^\s&]*&")
_JSON = re.compile(r"[{,\[]\s?\"|\":\s?\"")
_MARK = re.compile(
    r"\{\{ ?([A-Za-z][A-Za-z0-9_ ]{0,40}?) ?\}\}|\{([A-Za-z][A-Za-z0-9_]{0,40})\}"
    r"|\[([A-Z][A-Z0-9_ ]{2,40})\]|<([A-Z][A-Z0-9_ ]{2,40})>"
)
_TABLE = cast("dict[str, str]", files.shipped_yaml(__package__, "data/entities.yaml"))
_ENTITIES = {alias: name for name, aliases in _TABLE.items() for alias in aliases.split()}
_PAIRED = {"routing": "{{digits:9}}", "account": "{{digits:10}}"}  # halves without their other


@dataclass(frozen=True, slots=True)
class _Found:
    """A value to be taken out: the finding and where its parts stand (half-open)."""

    finding: Finding
    parts: tuple[tuple[int, int], ...]

    def shape(self, text: str) -> str:
        """Return how it is written; the halves of a pair by "|", the routing number first."""
        written = [text[start:end] for start, end in self.parts]
        if len(written) == 2:
            return pair_shape(*written)
        return shape_of(written[0], self.finding.category)


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
    readings = decode(text)
    if any(_SPOKEN.search(reading.how) for reading in readings):
        return Refused("spoken")
    settled = readings[-1]  # with its transport layers undone
    if "base64" in settled.how:
        return Refused("escaped")
    chosen = _choose(settled, category)
    if isinstance(chosen, Refused):
        return chosen
    subject = chosen[0]
    found = [part for one in chosen for part in _taken_of(settled.text, one, subject)]
    taken = sorted(found, key=lambda part: part.start)
    board = Board()
    spans = [(part.start, part.end) for part in taken]
    working, _ = _replaced(settled.text, spans, [board.put(part.slot) for part in taken])
    begun = Cut(
        category=subject.finding.category,
        text=working,
        cue=subject.finding.cue,
        shape=subject.shape(settled.text),
        taken=tuple(taken),
    )
    return _finished(begun, settled, subject.parts, board, original=text, strict=strict)


def from_template(text: str) -> Cut | Refused:
    """Cut a template: its placeholders become slots; REASONS say why not."""
    places = [Span(_name(match), *match.span()) for match in _MARK.finditer(text)]
    return _of_places(text, places, is_written=False)


def from_spans(text: str, spans: Sequence[Span]) -> Cut | Refused:
    """Cut a text whose file says what stands where; what it doesn't say is scrubbed as ever."""
    places = sorted(spans, key=lambda one: (one.start, one.end))
    return _of_places(text, places, is_written=True)


def is_template(text: str) -> bool:
    """Whether a text has placeholders: double-braced ones, or single ones that the table knows."""
    return any(match[1] or _entity(_name(match)) for match in _MARK.finditer(text))


def _name(match: re.Match[str]) -> str:
    return match[match.lastindex or 0]


def _entity(name: str) -> str:
    """Return what an entity's name stands for in the table, "" where it isn't there.

    >>> _entity("US_SSN"), _entity("Phone Number"), _entity("first_name_2"), _entity("nothing")
    ('ssn', 'phone', '{{name}}', '')
    """
    folded = re.sub(r"[\s\-]+", "_", name.strip()).lower()
    return _ENTITIES.get(folded) or _ENTITIES.get(re.sub(r"_?[0-9]+$", "", folded), "")


def _of_places(text: str, places: Sequence[Span], *, is_written: bool) -> Cut | Refused:
    """Cut a text where its entities stand; the cue is read with a filler in each place."""
    spans = [(place.start, place.end) for place in places]
    names = [_entity(place.entity) for place in places]
    if not all(names) or any(start < end for (_, end), (start, _) in pairwise(spans)):
        return Refused("unknown_slot")
    if len(text) > LONGEST:
        return Refused("too_long")
    if HOLE.search(text):
        return Refused("signs")
    filled, filler_at = _replaced(text, spans, list(map(_filler_of, names)))
    subject, category, cue = _subject(filled, names, filler_at)
    if not category:
        return Refused("no_value")
    paired = category == "bank_account"
    slots = list(_slots(names, subject, paired=paired))
    written = [text[start:end] if is_written else "" for start, end in spans]
    board = Board()
    working, _ = _replaced(text, spans, [board.put(slot) for slot in slots])
    begun = Cut(
        category=category,
        text=working,
        cue=cue,
        shape="" if paired else shape_of(written[subject], category),
        taken=tuple(
            Taken(
                slot, name, shape_of(value, name), cue if slot == "{{value}}" else Cue.NEUTRAL,
                False, *span, key_of(value),
            )
            for name, slot, span, value in zip(names, slots, spans, written, strict=True)
            if name in CATEGORIES
        ),
        names=tuple(filter(None, written)),
    )  # fmt: skip
    return _finished(begun, Reading(filled, "plain"), filler_at[subject : subject + 1], board)


def _subject(
    filled: str, names: Sequence[str], places: Sequence[tuple[int, int]]
) -> tuple[int, str, Cue]:
    """Return which place the text is about, its category and its cue: a confirmed one first."""
    best: tuple[int, str, Cue] = (0, "", Cue.NONE)
    for at, name in enumerate(names):
        category = name
        if name == "routing" and "account" in names:
            category = "bank_account"
        if category not in CATEGORIES:
            continue
        cue = cue_in(filled, *places[at], category)
        if cue is not Cue.NONE and (not best[1] or (best[2] is not Cue.CONFIRM is cue)):
            best = (at, category, cue)
    return best


def _slots(names: Sequence[str], subject: int, *, paired: bool) -> Iterator[str]:
    """Yield the slot of each place, whose name is a category, routing, account or a slot."""
    account = names.index("account") if "account" in names else -1
    for at, name in enumerate(names):
        if at == subject:
            yield PAIR_SLOTS[0] if paired else "{{value}}"
        elif paired and at == account:
            yield PAIR_SLOTS[1]
        elif name in CATEGORIES:
            yield f"{{{{other:{name}}}}}"
        else:
            yield _PAIRED.get(name, name)


def _finished(
    begun: Cut,
    read: Reading,
    spans: Sequence[tuple[int, int]],
    board: Board,
    *,
    original: str = "",
    strict: bool = True,
) -> Cut | Refused:
    """Scrub a text whose values are `board`'s signs already, and prove that its cue is left in it.

    `read` is how it reads with its values, or fillers, and `spans` where its subject stands there.
    """
    text, how = read.text, read.how
    is_line = is_log_line(text)
    done = scrub(begun.text, board, is_line=is_line, strict=strict)
    if isinstance(done, Refused):
        return done
    if how != "plain" and is_line and not _stands_in(original, done.text):
        return Refused("escaped")
    (start, end), final = spans[0], board.fill(done.text)
    before, after = text[:start], text[spans[-1][1] :]
    words = cue_words(before, after, text[start:end], begun.category, begun.cue)
    made = replace(
        begun,
        text=final,
        # a bank pair's cue is of two halves, each with a name of its own
        cue_words=() if begun.category == "bank_account" else words,
        language=language_of(_SLOT_WORDS.sub(" ", final)),
        notation=_notation(text, start, how),
        names=(*done.names, *begun.names),
    )
    return made if _keeps_cue(made) else Refused("cue_lost")


def _replaced(
    text: str, spans: Sequence[tuple[int, int]], written: Sequence[str]
) -> tuple[str, list[tuple[int, int]]]:
    """Return the text with `written` in the places of `spans`, and where they stand then."""
    out, places, at, size = [], [], 0, 0
    for (start, end), new in zip(spans, written, strict=True):
        out += [text[at:start], new]
        size += start - at + len(new)
        places.append((size - len(new), size))
        at = end
    return "".join([*out, text[at:]]), places


def _keeps_cue(cut: Cut) -> bool:
    """Whether the reader sees the cue of a cut text in what is left of it."""
    slots = list(BRACED.finditer(cut.text))
    fillers = [_filler(slot[1], cut.category) for slot in slots]
    text, places = _replaced(cut.text, [slot.span() for slot in slots], fillers)
    values = (at for slot, at in zip(slots, places, strict=True) if slot[1].startswith("value"))
    return cue_in(text, *next(values, (0, 0)), cut.category) is cut.cue


def _filler(slot: str, category: str) -> str:
    """Return what stands in a slot ("value", "other:phone", "digits:4", "name")."""
    name, _, detail = slot.partition(":")
    if name == "digits":
        return "7" * int(detail)
    if name == "value":
        return FILLERS[detail or category]
    return FILLERS.get(detail, "0") if name == "other" else _WORDS[name]


def _filler_of(entity: str) -> str:
    """Return what stands in an entity's place while the cue is read."""
    if entity.startswith("{{digits:"):
        return "0" * int(entity[9:-2])
    if entity in {"{{date}}", "{{time}}"}:
        return _WORDS[entity.strip("{}")]
    return FILLERS.get(entity, "Springfield" if entity == "{{city}}" else "Someone")


def is_log_line(text: str) -> bool:
    """Whether a text is a log line, not speech: pairs with =, JSON keys, a URL, a level, a time."""
    return PATTERNS["log_line"].search(text) is not None


def _notation(text: str, start: int, how: str) -> str:
    """Return how a value at `start` is to be escaped: form or percent in a query, json, raw."""
    before = text[max(0, start - 200) : start]
    if _PAIR.search(before) and _QUERY.search(text[max(0, start - 200) : start + 200]):
        return "percent" if "percent" in how and "%20" in how else "form"
    if text.count('"', 0, start) % 2 and _JSON.search(text[:start]):
        return "json"
    return "percent" if "percent" in how else "json" if "escape" in how else "raw"


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


def _choose(settled: Reading, category: str = "") -> list[_Found] | Refused:
    """Return the values of a settled text that don't overlap, the subject first.

    The subject is of `category`, where one is given, and may then be of any cue; without one it
    is the value that its cue or form makes surest.
    """
    candidates: list[Finding] = []
    masked = False
    for asked in CATEGORIES:
        for finding in find(settled.text, asked):
            masked = masked or (finding.reason in _HIDDEN and finding.cue is Cue.CONFIRM)
            rank = _rank(finding, category)
            if rank == _NOTHING or is_version(settled.text, finding):
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
    return [subjects[0], *(one for one in chosen if one is not subjects[0])]


def _rank(finding: Finding, category: str) -> int:
    """Return how sure it is that a finding is a value of its category: 0 is best."""
    if finding.reason in {"masked", "shape"} or finding.cue is Cue.NONE:
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


def is_version(text: str, finding: Finding) -> bool:
    """Whether a number is a version, an address of a computer, or a part of a browser's name.

    By its form: at most four groups in dots, one of them behind the first of a single digit, or two
    such in more; or four of at most three digits. By its place: an item of the remarks in brackets
    behind a product, which are parted by semicolons. Or by what stands before it: the name of a
    product and a stroke (RFC 9110, 10.1.5), where that name is none for the category
    ("Chrome/143.0", not "phone/415.555").
    """
    if finding.category not in _IN_DOTS:
        return False
    start, end = finding.snippet_start, finding.snippet_end
    while start and (text[start - 1].isdigit() or text[start - 1] == "."):
        start -= 1
    behind = _MORE_DIGITS.match(text, end)
    end = behind.end() if behind else end
    remark = _REMARK.fullmatch(text[text.rfind("(", 0, start) + 1 : (text + ")").find(")", end)])
    if remark and text.rfind("(", 0, start) >= 0 and text[end : end + 1] in {";", ")"}:
        return text[:start].endswith(("; ", "("))
    if not _DOTTED.fullmatch(text, start, end):
        return False
    groups = text[start:end].split(".")
    single = sum(len(group) == 1 for group in groups[1:])
    if single > (len(groups) > _MOST_GROUPS) and text[start - 1 : start] != "+":
        return True
    if len(groups) == _MOST_GROUPS and all(len(group) <= _OCTET for group in groups):
        return True
    product = _PRODUCT.search(text[max(0, start - 64) : start])
    if product is None:
        return False
    filler = FILLERS[finding.category]
    named = f"{product[1]}: "
    where = len(named), len(named) + len(filler)
    return cue_in(named + filler, *where, finding.category) is not Cue.CONFIRM


def _apart(text: str, candidates: Iterable[Finding]) -> Iterator[_Found]:
    """Yield the candidates that stand in no better one's place."""
    spans: list[tuple[int, int]] = []
    for finding in candidates:
        parts = _parts(text, finding)
        if parts and not any(a < end and start < b for a, b in parts for start, end in spans):
            spans += parts
            yield _Found(finding, parts)


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


def _taken_of(text: str, found: _Found, subject: _Found) -> Iterator[Taken]:
    """Yield a value, or both halves of a pair, each with its own slot, shape and key."""
    one, is_subject = found.finding, found is subject
    slots: tuple[str, ...] = ("{{value}}" if is_subject else f"{{{{other:{one.category}}}}}",)
    if len(found.parts) == 2:
        slots = PAIR_SLOTS if is_subject else ("{{digits:9}}", "{{digits:10}}")
    shapes = found.shape(text).split("|") if len(slots) == 2 else [found.shape(text)]
    keys = one.key.split("|")
    for at, (start, end) in enumerate(found.parts):
        shape = shapes[at] if at < len(shapes) else ""
        yield Taken(slots[at], one.category, shape, one.cue, one.valid, start, end, keys[at])
