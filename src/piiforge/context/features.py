"""What is seen of one content for one category: names of features, hashed into slots.

Three groups, each by itself and crossed with the category:

- what the reader found: valid, why, under which cue, how decoded, how many, in what shape;
- the words before and behind the best finding, with the value left out and digits as 0;
- where nothing valid was found, whether number words and digits stand together that could make a
  value, and whether any word may name the category.

Pieces of words and the text as a whole were tried and left out: they helped on our own test rows,
not on lines of others (docs/log.md).

>>> found = reader.find("ssn: 666-12-3456", "ssn")
>>> names = seen("ssn: 666-12-3456", "ssn", found)
>>> [name for name in names if name.startswith(("reason", "before"))]
['reason=area', 'before=n:ssn', 'before=n::', 'before=n:ssn :']
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from piiforge import reader
from piiforge.reader import Finding
from piiforge.text import flatten, fold, groups

SLOTS = 1 << 16
_BEFORE, _AFTER = 80, 50  # characters
_WORDS_BEFORE, _WORDS_AFTER = 12, 8
_WORD = re.compile(r"[a-z]+|0+|[\u3400-\u9fff]|[^\sa-z0]")
_DIGIT, _DIGITS, _LETTERS = (re.compile(each) for each in ("[0-9]", "[0-9]+", "[^\\W\\d_]+"))
_LONGEST_SHAPE = 24
_SEARCHED = 4000  # characters in which digits that stand together are sought
_GAP = 6  # characters between two atoms of one number
_SIGNS = {
    "ssn": range(9, 13),
    "itin": range(9, 13),
    "credit_card": range(13, 23),
    "bank_account": range(13, 30),
    "phone": range(8, 19),
    "passport": range(8, 13),
    "drivers_license": range(7, 13),
    "member_id": range(6, 24),
}
"""How many digits could make a value, counted loosely: a number word may mean several."""
_FEWEST = min(signs.start for signs in _SIGNS.values())


def seen(content: str, category: str, found: Sequence[Finding]) -> list[str]:
    """Return the names of what is seen, without repeats, in a fixed order."""
    best = found[0] if found else None
    text = reader.text_of(content, best) if best else reader.settled(content)
    valid = best is not None and best.valid
    general = ["any", f"found={min(len(found), 3)}", *_near(text, category, valid=valid)]
    own: list[str] = []
    if best is not None:
        general += _found(best, text)
        for other in found[1:3]:
            general.append(f"other={other.valid},{other.cue},{other.reason}")
        own = list(_around(best, text))
    crossed = [f"{category}:{name}" for name in (*general, *own)]
    steps = list(_steps(best, text)) if best else []
    return list(dict.fromkeys((*general, *own, *crossed, *steps)))


def slots(names: Sequence[str]) -> list[int]:
    """Return the slot of each name, in order, each slot once."""
    hashed = (zlib.crc32(name.encode("utf-8", "replace")) % SLOTS for name in names)
    return sorted(set(hashed))


def _found(best: Finding, text: str) -> Iterator[str]:
    yes = reader.judge([best])
    yield f"yes={yes}"
    yield f"valid={best.valid}"
    yield f"reason={best.reason}"
    yield f"cue={best.cue}"
    yield f"telling={best.telling}"
    yield f"reading={best.reading}"
    yield f"form={best.valid},{best.cue}"
    yield f"form={best.valid},{best.cue},{best.telling},{best.reason}"
    written = text[best.snippet_start : best.snippet_end]
    shape = _LETTERS.sub("a", _DIGITS.sub(lambda run: str(len(run[0])), written))
    yield f"shape={shape[:_LONGEST_SHAPE]}"


def _sides(best: Finding, text: str) -> tuple[list[str], list[str]]:
    """Return the words before the finding and those behind it."""
    start, end = best.snippet_start, best.snippet_end
    before = _DIGIT.sub("0", fold(text[max(0, start - _BEFORE) : start]))
    after = _DIGIT.sub("0", fold(text[end : end + _AFTER]))
    return _WORD.findall(before)[-_WORDS_BEFORE:], _WORD.findall(after)[:_WORDS_AFTER]


def _around(best: Finding, text: str) -> Iterator[str]:
    before, after = _sides(best, text)
    side = "y" if best.valid else "n"
    for word in before:
        yield f"before={side}:{word}"
    for word in before[-3:]:
        yield f"right before={side}:{word}"
    for word in after:
        yield f"after={side}:{word}"


def _steps(best: Finding, text: str) -> Iterator[str]:
    """Yield the pairs of neighbouring words, of any category."""
    side = "y" if best.valid else "n"
    for name, words in zip(("before", "after"), _sides(best, text), strict=True):
        for one, other in pairwise(words):
            yield f"{name}={side}:{one} {other}"


def _near(text: str, category: str, *, valid: bool) -> Iterator[str]:
    named = reader.names(category, text)
    most = 0
    if category in _SIGNS and not valid:
        signs = _SIGNS[category]
        most = min(4, sum(digits in signs for digits in _spoken(text[:_SEARCHED])))
    yield f"named={named},{valid}"
    yield f"spoken={most > 0},{named},{valid}"
    yield f"spoken={most},{named},{valid}"


@lru_cache(maxsize=64)  # one text is seen for one category after another
def _spoken(text: str) -> Sequence[int]:
    """Return how many digits each group of number words and digits that stand together means."""
    return groups(flatten(text), _GAP, _FEWEST)
