"""Presidio's shape: what it calls our categories, where a value stands, and a recognizer for it.

    from piiforge import load, serve
    from presidio_analyzer import AnalyzerEngine
    engine = AnalyzerEngine()
    engine.registry.add_recognizer(serve.recognizer(load("rules")))

A verdict says that a content holds a value, not where. So the content is cut into pieces (the
values of key=value and JSON, the words of a sentence; a key is no piece, and groups of digits
beside each other are one) and the detector is asked again with pieces blanked out:

1. Each piece alone is blanked. Those that turn the verdict are where the value stands.
2. None does where there are two values, since the other one still stands. Then the shortest
   beginning that is sensitive alone ends where a value ends, and the shortest end of that begins
   where it begins. The rest is asked again.

A content of more than 16 pieces is first cut into 16 groups of neighbours, and what decides is cut
again. Where the reader sees a value as it stands, that is a piece of its own, whatever stands
beside it; the detector still has the word. What is returned always suffices: with it blanked, the
detector no longer says yes. Where nothing smaller does, that is the whole content.

>>> content = "page=/pay&ssn=666-12-3456&plan=gold"   # an area that is never issued
>>> found = located(content, lambda asked: ["3456" in each for each in asked])
>>> [content[span.start : span.end] for span in found]
['666-12-3456']
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, compress, pairwise
from typing import TYPE_CHECKING, NamedTuple

from piiforge.errors import MissingExtra
from piiforge.predict import Detection, Detector, places
from piiforge.types import Span

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult

NAME = "PiiforgeRecognizer"
MOST_PARTS = 16
MOST_QUESTIONS = 128
# A category of anyone's own is its name in capitals. Where Presidio has two names for what is one
# category here (a Medicare number is a member id), either may be asked for and the first is said.
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

Said = Sequence[bool | None]  # verdicts for one category; None is unread
Ask = Callable[[list[str]], Awaitable[Said]]
_Group = tuple[Span, ...]


class _Part(NamedTuple):
    """A group that holds a value while `blanked` is blanked, and holds all that is left of it."""

    blanked: _Group
    group: _Group


def recognizer(detector: Detector, *, language: str = "en") -> "EntityRecognizer":
    """Return a presidio_analyzer.EntityRecognizer that asks `detector`, which it doesn't close.

    It finds what `/analyze` of a server would. `language` is the one that Presidio will ask it for;
    make one for each.

    Raises:
        MissingExtra: the extra `presidio` is not installed.
    """
    try:
        from presidio_analyzer import EntityRecognizer, RecognizerResult
    except ImportError as error:
        raise MissingExtra("presidio-analyzer", "presidio") from error

    class PiiforgeRecognizer(EntityRecognizer):  # type: ignore[misc]  # Presidio has no types
        """Asks the detector once for all entities, then for the places of what it found."""

        def load(self) -> None:
            """Do nothing: the detector is loaded."""

        def analyze(
            self, text: str, entities: list[str], nlp_artifacts: object = None
        ) -> "list[RecognizerResult]":
            """See Presidio's EntityRecognizer.

            Raises:
                ValueError: the text was not read to its end, so nothing can be said of it.
            """
            del nlp_artifacts  # the detector reads the text itself
            said = detector.verdicts([(name, text) for name in meant(entities, detector)])
            if any(each.is_sensitive is None for each in said):
                raise ValueError("the text was not read to its end: give it in shorter pieces")
            return [
                RecognizerResult(
                    entity_type=entity_of(each.category),
                    start=span.start,
                    end=span.end,
                    score=score_of(each),
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    },
                )
                for each in said
                if each.is_sensitive
                for span in located(
                    text, partial(turned, each.category), places(each.category, text)
                )
            ]

    def turned(category: str, contents: Sequence[str]) -> Said:
        asked = [(category, content) for content in contents]
        return [each.is_sensitive for each in detector.verdicts(asked)]

    names = entities_of(detector.categories)
    return PiiforgeRecognizer(supported_entities=names, name=NAME, supported_language=language)


def entity_of(category: str) -> str:
    """Return Presidio's name for `category`.

    >>> entity_of("ssn"), entity_of("badge_number")
    ('US_SSN', 'BADGE_NUMBER')
    """
    return _names(category)[0]


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


def meant(entities: Iterable[str], detector: Detector) -> list[str]:
    """Return the categories of `detector` that `entities` stand for, each once."""
    found = (category_of(entity, detector.categories) for entity in entities)
    return list(dict.fromkeys(each for each in found if each is not None))


def _names(category: str) -> tuple[str, ...]:
    return ENTITIES.get(category, (category.upper(),))


def score_of(found: Detection) -> float:
    """Return the probability of a positive, its confidence without one, 1 without either.

    >>> score_of(Detection("ssn", True, 0.93, 0.9)), score_of(Detection("ssn", True))
    (0.93, 1.0)
    """
    said = found.p_sensitive if found.p_sensitive is not None else found.confidence_score
    return 1.0 if said is None else said


def located(
    content: str, ask: Callable[[list[str]], Said], values: Sequence[Span] = ()
) -> list[Span]:
    """Return where the value stands; `ask` judges contents for one category, at once.

    `values` are places that may be one value each, in order and apart.
    """

    async def at_once(contents: list[str]) -> Said:
        return ask(contents)

    try:
        search(content, at_once, values).send(None)
    except StopIteration as done:
        found: list[Span] = done.value
    return found


async def search(content: str, ask: Ask, values: Sequence[Span] = ()) -> list[Span]:
    """Return where the value stands; `ask` judges contents for one category.

    `values` are places that may be one value each, in order and apart.
    """
    whole = [Span(0, len(content))]
    all_pieces = tuple(pieces(content, values))
    alone = frozenset(values)
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
        narrower = await _narrower(content, part, ask, alone)
        if not narrower and part.group == all_pieces:
            return whole
        to_cut += narrower
        found += () if narrower else part.group
    ordered = sorted(found, key=lambda span: span.start)
    runs = _runs(content, [(span,) for span in ordered], alone)
    spans = [_with_bracket(content, run[0][0].start, run[-1][-1].end) for run in runs]
    (still,) = await ask([_blank(content, spans)])
    return spans if spans and still is False else whole


def pieces(content: str, values: Sequence[Span] = ()) -> list[Span]:
    """Return the pieces that may be a value or a part of one, in order; each of `values` is one.

    >>> line = '{"plan":"gold","note":"call Jo"}'
    >>> [line[span.start : span.end] for span in pieces(line)]
    ['gold', 'call', 'Jo']
    """
    borders = [each.span() for each in _BORDER.finditer(content)]
    starts = [0, *(end for _, end in borders)]
    ends = [*(start for start, _ in borders), len(content)]
    joined: list[Span] = []
    for start, end in zip(starts, ends, strict=True):
        text = content[start:end]
        if not any(map(str.isalnum, text)) or _is_key(text, content, end):
            continue
        # "(212) 555", "4111 1111": a number that goes on
        before = joined[-1] if joined and _has_digit(text) else None
        goes_on = before and _BESIDE.fullmatch(content, before.end, start)
        if before and goes_on and _has_digit(content[before.start : before.end]):
            joined[-1] = Span(before.start, end)
        else:
            joined.append(Span(start, end))
    return _around(content, joined, values) if values else joined


def _around(content: str, found: Sequence[Span], values: Sequence[Span]) -> list[Span]:
    """Return values as pieces, with what is left of the pieces that they stand in."""
    kept = list(values)
    for piece in found:
        start = piece.start
        for value in values:
            if start < value.start < piece.end:
                kept += _trimmed(content, start, value.start)
            if piece.start < value.end and value.start < piece.end:
                start = max(start, value.end)
        kept += _trimmed(content, start, piece.end)
    return sorted(kept, key=lambda span: span.start)


def _trimmed(content: str, start: int, end: int) -> list[Span]:
    """Return a stretch from its first letter or digit to its last, if it has any."""
    signs = [at for at in range(start, end) if content[at].isalnum()]
    return [Span(signs[0], signs[-1] + 1)] if signs else []


def _is_key(text: str, content: str, end: int) -> bool:
    digits = sum(map(str.isnumeric, text))
    looks_so = "@" not in text and digits < 5 and any(map(str.isalpha, text))
    return looks_so and _NAMES.match(content, end) is not None


def _has_digit(text: str) -> bool:
    return any(map(str.isnumeric, text))


async def _narrower(content: str, part: _Part, ask: Ask, alone: frozenset[Span]) -> list[_Part]:
    """Return smaller parts that hold what `part` holds, none where there are none."""
    count = min(MOST_PARTS, len(part.group))
    ends = [len(part.group) * at // count for at in range(count + 1)]
    groups = [part.group[start:end] for start, end in pairwise(ends)]
    said = await ask([_blank(content, (*part.blanked, *group)) for group in groups])
    turning = [group for group, each in zip(groups, said, strict=True) if each is False]
    if turning:
        # What turns the verdict beside a value that is seen did so because the words moved
        turning = [group for group in turning if not alone.isdisjoint(group)] or turning
        # Words that turn the verdict because they name the value ("my ssn is") are left out: where
        # a run of neighbours has a digit or an @, runs that have none go
        runs = _runs(content, turning, alone)
        texts = [[content[it.start : it.end] for it in chain(*run)] for run in runs]
        tells = [any("@" in text or _has_digit(text) for text in each) for each in texts]
        telling = list(compress(runs, tells))
        return [_Part(part.blanked, group) for run in telling or runs for group in run]
    window = await _window(content, part.blanked, groups, ask)
    if len(window) == len(groups):
        return []
    inside = tuple(chain(*window))
    outside = tuple(chain(*(each for each in groups if each not in window)))
    parts = [_Part((*part.blanked, *outside), inside)]
    (still,) = await ask([_blank(content, (*part.blanked, *inside))])
    return parts if still is False else [*parts, _Part((*part.blanked, *inside), outside)]


async def _window(content: str, blanked: _Group, groups: list[_Group], ask: Ask) -> list[_Group]:
    """Return the neighbours among `groups` that are sensitive alone and end first."""

    def only(start: int, end: int) -> str:
        return _blank(content, (*blanked, *chain(*groups[:start], *groups[end:])))

    said = await ask([only(0, end) for end in range(1, len(groups))])
    end = next((at for at, each in enumerate(said, 1) if each), len(groups))
    if end == 1:
        return groups[:1]
    said = await ask([only(start, end) for start in range(1, end)])
    start = max((at for at, each in enumerate(said, 1) if each), default=0)
    return groups[start:end]


def _runs(content: str, groups: Iterable[_Group], alone: frozenset[Span]) -> list[list[_Group]]:
    """Put groups together of which only a little punctuation stands between, none of a field.

    What is in `alone` is a value by itself.
    """
    runs: list[list[_Group]] = []
    for group in groups:
        gap = content[runs[-1][-1][-1].end : group[0].start] if runs else ""
        inner = len(gap) <= _GAP and not any(sign.isalnum() or sign in _FIELDS for sign in gap)
        if runs and inner and alone.isdisjoint((runs[-1][-1][-1], group[0])):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


def _with_bracket(content: str, start: int, end: int) -> Span:
    """Take in the bracket before an area code."""
    opens = ")" in content[start:end] and content[:start].endswith("(")
    return Span(start - opens, end)


def _blank(content: str, spans: Iterable[Span]) -> str:
    kept: list[str] = []
    done = 0
    for span in sorted(spans, key=lambda span: span.start):
        kept.append(content[done : span.start])
        done = max(done, span.end)
    return "".join([*kept, content[done:]])
