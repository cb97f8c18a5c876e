"""Which words make the cue: the shortest phrase near a value that alone makes the reader say so.

>>> cue_words("sorry, my phone number today is ", "", "202-555-0123", "phone", Cue.CONFIRM)
('phone',)
>>> cue_words("", " is my passport no.", "000000000", "passport", Cue.CONFIRM)
('passport',)
"""

import re
from collections.abc import Iterator

from piiforge.reader import find
from piiforge.seeds.words import known
from piiforge.types import Cue

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+")
_NEAR, _WIDE, _LONGEST, _HAN_LONGEST = 80, 8, 4, 6


def cue_words(before: str, after: str, value: str, category: str, cue: Cue) -> tuple[str, ...]:
    """Return the words before a value that make its cue, else those behind it, else ()."""
    if cue in {Cue.NEUTRAL, Cue.NONE}:
        return ()
    for frame, phrases in (
        (f"{{}}: {value}", _back(_words(before[-_NEAR:])[-_WIDE:])),
        (f"{value} is my {{}}", _back(_words(after[:_NEAR])[:_WIDE][::-1], behind=True)),
    ):
        for phrase in phrases:
            if _cue(frame.format(phrase), category) is cue:
                return _trimmed(phrase.lower().split(), frame, category, cue)
    return ()


def cue_in(text: str, start: int, end: int, category: str) -> Cue:
    """Return the cue of what stands from `start` to `end`, NONE where the reader finds nothing."""
    for finding in find(text, category):
        if finding.snippet_start < end and start < finding.snippet_end:
            return finding.cue
    return Cue.NONE


def _words(text: str) -> list[str]:
    return _WORD.findall(_CAMEL.sub(" ", text))


def _back(words: list[str], *, behind: bool = False) -> Iterator[str]:
    """Yield the phrases of known words, nearest and shortest first."""
    for end in range(len(words), 0, -1):
        if words[end - 1] >= "\u3400":
            run = words[end - 1]
            yield from (run[-size:] for size in range(2, min(len(run), _HAN_LONGEST) + 1))
            continue
        for start in range(end - 1, max(-1, end - 1 - _LONGEST), -1):
            phrase = words[start:end]
            if not all(map(known, phrase)):
                break
            yield " ".join(phrase[::-1] if behind else phrase)


def _trimmed(words: list[str], frame: str, category: str, cue: Cue) -> tuple[str, ...]:
    """Return a phrase without the words at its ends that the cue doesn't need."""
    for shorter in (slice(0, -1), slice(1, None)):
        while len(words) > 1 and _cue(frame.format(" ".join(words[shorter])), category) is cue:
            words = words[shorter]
    han = words[0] if len(words) == 1 and words[0] >= "\u3400" else ""
    while len(han) > 2 and _cue(frame.format(han[:-1]), category) is cue:
        words = [han := han[:-1]]
    return tuple(words)


def _cue(text: str, category: str) -> Cue:
    findings = find(text, category)
    return findings[0].cue if findings else Cue.NONE
