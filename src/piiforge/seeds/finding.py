"""Chooses among what the reader finds in a text, over all nine categories at once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from piiforge.reader import Finding, Reading, decode, find
from piiforge.seeds.records import CATEGORIES, Refused
from piiforge.seeds.shapes import pair_shape, shape_of
from piiforge.types import Cue, key_of

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
