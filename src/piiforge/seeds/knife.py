"""Cuts one text: its values become slots, whatever else may be a trace of somebody goes.

>>> done = cut("Hi, my social security number is 000-12-3456, thanks", "ssn")
>>> done.text, done.shape
('Hi, my social security number is {{value}}, thanks', '###-##-####')
>>> str(done.cue), done.cue_words
('confirm', ('social', 'security'))
"""

import re
from collections.abc import Iterator

from piiforge.errors import UnknownName
from piiforge.reader import Reading
from piiforge.seeds.cuewords import cue_words
from piiforge.seeds.fillers import keeps_cue
from piiforge.seeds.finding import Found, choose, settle
from piiforge.seeds.records import BRACED, CATEGORIES, Cut, Refused, Taken
from piiforge.seeds.scrub import scrub
from piiforge.seeds.slots import EXAMPLE_HOST, HOLE, Board
from piiforge.seeds.words import language_of

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
    taken = [part for found in chosen for part in _parts(text, found, is_subject=found is subject)]
    taken.sort(key=lambda part: part.start)
    out, at = [], 0
    for part in taken:
        out += [text[at : part.start], board.put(part.slot)]
        at = part.end
    return "".join([*out, text[at:]]), tuple(taken)


def _parts(text: str, found: Found, *, is_subject: bool) -> Iterator[Taken]:
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
