"""Where in a content the value stands, by asking the detector itself.

A verdict says that a content holds a value, not where. So the content is cut into pieces (the
values of key=value and JSON, the words of a sentence; a key is no piece, and groups of digits
beside each other are one) and asked again with pieces blanked out:

1. Each piece alone is blanked. Those that turn the verdict are where the value stands.
2. None does where there are two values, since the other one still stands. Then the shortest
   beginning that is sensitive alone ends where a value ends, and the shortest end of that begins
   where it begins. The rest is asked again.

A content of more than 16 pieces is first cut into 16 groups of neighbours, and what decides is cut
again. What is returned always suffices: with it blanked, the detector no longer says yes. Where
nothing smaller does, that is the whole content.

>>> content = "page=/pay&ssn=666-12-3456&plan=gold"   # an area that is never issued
>>> found = located(content, lambda asked: ["3456" in each for each in asked])
>>> [content[span.start : span.end] for span in found]
['666-12-3456']
"""

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from piiforge.predict import Detection
from piiforge.types import Span

# What Presidio calls our categories.
#
# A category of anyone's own is its name in capitals. Where Presidio has two names for what is one
# category here (a Medicare number is a member id), either may be asked for and the first is said.
#
# Source: presidio-analyzer 2.2.366, the supported entities of its predefined recognizers.


ENTITIES: Mapping[str, tuple[str, ...]] = {
    "ssn": ("US_SSN",),
    "itin": ("US_ITIN",),
    "credit_card": ("CREDIT_CARD",),
    "bank_account": ("US_BANK_NUMBER", "ABA_ROUTING_NUMBER"),
    "phone": ("PHONE_NUMBER",),
    "email": ("EMAIL_ADDRESS",),
    "passport": ("US_PASSPORT",),
    "drivers_license": ("US_DRIVER_LICENSE",),
    "member_id": ("US_HEALTH_INSURANCE_MEMBER_ID", "US_MBI"),
}


def entity_of(category: str) -> str:
    """Return Presidio's name for `category`.

    >>> entity_of("ssn"), entity_of("badge_number")
    ('US_SSN', 'BADGE_NUMBER')
    """
    return ENTITIES.get(category, (category.upper(),))[0]


def entities_of(categories: Iterable[str]) -> list[str]:
    """Return Presidio's names for `categories`, in their order.

    >>> entities_of(["itin", "email"])
    ['US_ITIN', 'EMAIL_ADDRESS']
    """
    return [entity_of(category) for category in categories]


def category_of(entity: str, categories: Iterable[str]) -> str | None:
    """Return the one of `categories` that `entity` stands for, None where none does.

    >>> category_of("US_MBI", ["ssn", "member_id"])
    'member_id'
    >>> category_of("PERSON", ["ssn", "member_id"]) is None
    True
    """
    return next((each for each in categories if entity in _names(each)), None)


def _names(category: str) -> tuple[str, ...]:
    return ENTITIES.get(category, (category.upper(),))


# What we tell Presidio of ourselves: a name and a score.


NAME = "PiiforgeRecognizer"


def score_of(found: Detection) -> float:
    """Return the probability of a positive, its confidence without one, 1 without either.

    >>> score_of(Detection("ssn", True, 0.93, 0.9)), score_of(Detection("ssn", True))
    (0.93, 1.0)
    """
    said = found.p_sensitive if found.p_sensitive is not None else found.confidence_score
    return 1.0 if said is None else said


MOST_PARTS = 16
MOST_QUESTIONS = 128
_Said = Sequence[bool | None]
Search = Generator[list[str], _Said, list[Span]]
_Group = tuple[Span, ...]

# What parts values from each other, as itself or percent-encoded (once or again). No "+", which
# stands inside of mail boxes; no \u or \x, which begin an escaped character.
_BORDER = re.compile(
    r"[\s&;,|\"'<>{}\[\]()=?:/]|\\(?![ux])|%(?:25){0,3}(?:2[026CF]|3[ABDF]|5[BD]|7[BCD]|0[AD])",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(?:[\"'\\]|%(?:25){0,3}22){0,4}\s{0,4}(?:[=:]|%(?:25){0,3}3[AD])", re.I)
_BESIDE = re.compile(r"(?:[\s()./-]|%(?:25){0,3}2[0F]){1,4}")  # between groups of digits
_GAP = 4  # characters of punctuation that may stand inside of one value, but none of these:
_FIELDS = frozenset('&;=<>{}[]|"')


class _Part(NamedTuple):
    """A group that holds a value while `blanked` is blanked, and holds all that is left of it."""

    blanked: _Group
    group: _Group


def located(content: str, ask: Callable[[list[str]], Sequence[bool | None]]) -> list[Span]:
    """Return where the value stands; `ask` judges contents for one category, None is unread."""
    search = searching(content)
    try:
        asked = next(search)
        while True:
            asked = search.send(ask(asked))
    except StopIteration as done:
        found: list[Span] = done.value
        return found


def searching(content: str) -> Search:
    """Yield contents to be judged, take their verdicts, and return where the value stands."""
    whole = [Span(0, len(content))]
    all_pieces = tuple(pieces(content))
    left = MOST_QUESTIONS
    found: list[Span] = []
    to_cut: list[_Part] = [_Part((), all_pieces)]
    while to_cut:
        part = to_cut.pop()
        cost = 3 * min(MOST_PARTS, len(part.group))
        if len(part.group) < 2 or left < cost:
            found += part.group
            continue
        left -= cost
        narrower = yield from _narrower(content, part)
        if not narrower and part.group == all_pieces:
            return whole
        to_cut += narrower
        found += () if narrower else part.group
    spans = _runs(content, found)
    (still,) = yield [_blank(content, spans)]
    return spans if spans and still is False else whole


def pieces(content: str) -> list[Span]:
    """Return the pieces that may be a value or a part of one, in order.

    >>> line = '{"plan":"gold","note":"call Jo"}'
    >>> [line[span.start : span.end] for span in pieces(line)]
    ['gold', 'call', 'Jo']
    """
    borders = [(each.start(), each.end()) for each in _BORDER.finditer(content)]
    starts = [0, *(end for _, end in borders)]
    ends = [*(start for start, _ in borders), len(content)]
    joined: list[Span] = []
    for span in map(Span, starts, ends):
        text = content[span.start : span.end]
        if not any(map(str.isalnum, text)) or _is_key(content, span):
            continue
        if joined and _has_digit(text) and _is_beside(content, joined[-1], span.start):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def cut(group: _Group) -> list[_Group]:
    """Cut a group of pieces into at most MOST_PARTS of about the same number of neighbours."""
    count = min(MOST_PARTS, len(group))
    ends = [len(group) * at // count for at in range(count + 1)] if count else []
    return [group[start:end] for start, end in pairwise(ends)]


def _narrower(content: str, part: _Part) -> Generator[list[str], _Said, list[_Part]]:
    """Return smaller parts that hold what `part` holds, none where there are none."""
    groups = cut(part.group)
    said = yield [_blank(content, (*part.blanked, *group)) for group in groups]
    turning = [group for group, each in zip(groups, said, strict=True) if each is False]
    if turning:
        return [_Part(part.blanked, group) for group in _likely(content, turning)]
    window = yield from _window(content, part.blanked, groups)
    if len(window) == len(groups):
        return []
    inside, outside = _joined(window), _joined(each for each in groups if each not in window)
    parts = [_Part((*part.blanked, *outside), inside)]
    (still,) = yield [_blank(content, (*part.blanked, *inside))]
    return parts if still is False else [*parts, _Part((*part.blanked, *inside), outside)]


def _window(
    content: str, blanked: _Group, groups: list[_Group]
) -> Generator[list[str], _Said, list[_Group]]:
    """Return the neighbours among `groups` that are sensitive alone and end first."""

    def only(start: int, end: int) -> str:
        return _blank(content, (*blanked, *_joined(groups[:start]), *_joined(groups[end:])))

    said = yield [only(0, end) for end in range(1, len(groups))]
    end = next((at for at, each in enumerate(said, 1) if each), len(groups))
    if end == 1:
        return groups[:1]
    said = yield [only(start, end) for start in range(1, end)]
    start = max((at for at, each in enumerate(said, 1) if each), default=0)
    return groups[start:end]


def _joined(groups: Iterable[_Group]) -> _Group:
    return tuple(piece for group in groups for piece in group)


def _likely(content: str, turning: list[_Group]) -> list[_Group]:
    """Leave out words that turn the verdict because they name the value ("my ssn is").

    Neighbours stay together; where a run of them has a digit or an @, runs that have none go.
    """
    runs: list[list[_Group]] = []
    for part in turning:
        if runs and _is_near(content, runs[-1][-1][-1], part[0]):
            runs[-1].append(part)
        else:
            runs.append([part])
    telling = [run for run in runs if any(_tells(content, piece) for part in run for piece in part)]
    return [part for run in telling or runs for part in run]


def _runs(content: str, found: Iterable[Span]) -> list[Span]:
    """Join neighbours of which only punctuation stands between."""
    runs: list[Span] = []
    for span in sorted(found, key=lambda span: span.start):
        if runs and _is_near(content, runs[-1], span):
            runs[-1] = Span(runs[-1].start, span.end)
        else:
            runs.append(span)
    return [_with_bracket(content, run) for run in runs]


def _with_bracket(content: str, span: Span) -> Span:
    """Take in the bracket before an area code."""
    opens = ")" in content[span.start : span.end] and content[: span.start].endswith("(")
    return Span(span.start - 1, span.end) if opens else span


def _is_near(content: str, one: Span, other: Span) -> bool:
    gap = content[one.end : other.start]
    return len(gap) <= _GAP and not any(sign.isalnum() or sign in _FIELDS for sign in gap)


def _is_beside(content: str, digits: Span, start: int) -> bool:
    """Say whether what begins at `start` goes on with a number: "(212) 555", "4111 1111"."""
    gap = content[digits.end : start]
    return _has_digit(content[digits.start : digits.end]) and _BESIDE.fullmatch(gap) is not None


def _has_digit(text: str) -> bool:
    return any(map(str.isnumeric, text))


def _tells(content: str, piece: Span) -> bool:
    text = content[piece.start : piece.end]
    return "@" in text or _has_digit(text)


def _is_key(content: str, span: Span) -> bool:
    text = content[span.start : span.end]
    digits = sum(map(str.isnumeric, text))
    looks_so = "@" not in text and digits < 5 and any(map(str.isalpha, text))
    return looks_so and _NAMES.match(content, span.end) is not None


def _blank(content: str, spans: Iterable[Span]) -> str:
    kept: list[str] = []
    done = 0
    for span in sorted(spans, key=lambda span: span.start):
        kept.append(content[done : span.start])
        done = max(done, span.end)
    return "".join([*kept, content[done:]])
