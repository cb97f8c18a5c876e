"""Checks of lines that a language model wrote: each gives a reason against one, or "".

Nothing the model says of a line is believed. `value` looks at its text with neutral words in the
slots, `language` and `event` compare it with what was asked for, `cue` reads the finished line
independently: the value that our generator put there must be found, with the claimed cue, and no
other that nothing explains. `Echo` knows the prompt, `Alike` the earlier lines.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus
from zlib import crc32

from piiforge import reader
from piiforge.reader import Finding
from piiforge.types import Cue

NEAR = 0.9  # Jaccard similarity of 5-grams from which two lines are one
LONGEST = 900  # characters
NOT_FOUND = "the value is not found"
CATEGORIES = (
    *("ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport"),
    *("drivers_license", "member_id"),
)
_GRAM, _ECHO_WORDS = 5, 8
_LONG_NUMBER = re.compile(r"\d{7}")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ESCAPED_CHAR = re.compile(r"\\u([0-9a-fA-F]{4})")
_LOCALE = re.compile(r"(?i)\b(?:zh|cn|hk|tw)\b|/zh|zh[-_]")
_STRUCTURE = re.compile(r"[\w\])\"']\s?[=:]\s?\S|<\w+|/\w|\[\d|\w\t")
_ADDRESS = re.compile(r"(?i)/|%2f|page|url|href|view|screen|title|path|cookie|referr?er")
_FEW_HAN = 3
_PROSE_WORDS, _PROSE_HAN = 3, 4
_STOP_WORDS = {
    "en": "the and is my for you your with this that not have from please it on of can was are",
    "es": "el la los las de que mi por para con no una es está su se del al gracias quiero usted",
    "fr": "le la les des mon ma est pour avec pas une sur vous je votre merci du dans ne bonjour",
}
_STOPS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}


def value(text: str) -> str:
    """Say where a value stands in a text whose slots are neutral words; any category counts."""
    settled = reader.decode(text)
    if any(_LONG_NUMBER.search(reading.text) for reading in settled):
        return "a run of seven digits or more"
    for category in CATEGORIES:
        if any(_stands(finding) for finding in reader.find(text, category)):
            return f"a value of {category}"
    return ""


def length(text: str) -> str:
    """Say that a line is too long."""
    return f"{len(text)} characters, over {LONGEST}" if len(text) > LONGEST else ""


def language(text: str, asked: str) -> str:
    """Say that a text is plainly not in the language asked for: by its script and stop-words.

    Key names and code are English on many a site, so only words of another language count.
    """
    shown = _readable(text)
    han = len(_HAN.findall(shown))
    if asked == "zh":
        return "" if han >= 2 or _LOCALE.search(shown) else "no Chinese in it"
    if asked == "mixed":
        return ""
    if han > _FEW_HAN:
        return "Chinese in it"
    words = [word.lower() for word in _WORD.findall(shown)]
    counts = {name: sum(word in stops for word in words) for name, stops in _STOPS.items()}
    best = max(counts, key=counts.__getitem__)
    if counts[best] >= _PROSE_WORDS and counts[asked] * 2 < counts[best]:
        return f"reads as {best}"
    return ""


def event(text: str, asked: str) -> str:
    """Say that a text has not the form of the event asked for."""
    shown = _readable(text)
    if asked == "chat_message":
        return "" if _speaks(shown) else "nobody speaks in it"
    if not _STRUCTURE.search(shown):
        return "no field, path or tag in it"
    if asked == "page_view" and not _ADDRESS.search(shown):
        return "no page in it"
    return ""


def cue(text: str, category: str, key: str, expected: Cue) -> str:
    """Say how an independent reading of a finished line differs from the cue that it claims.

    `key` is that of the value put into the line (`types.key_of`, pairs joined by "|"). NOT_FOUND
    where the reader sees no such value: it looks for some only where their category is named.
    """
    findings = reader.find(text, category)
    if reader.judge(finding for finding in findings if not _same(finding.key, key)):
        return "a value that nothing explains"
    own = next((finding for finding in findings if _same(finding.key, key)), None)
    if own is not None and own.cue is expected and not own.valid:
        return f"the value reads as invalid: {own.reason}"
    return _differs(own, expected)


def cue_of(text: str, category: str, key: str, expected: Cue) -> str:
    """Say how the cue of one value of a finished line is not the expected; others are let be."""
    findings = reader.find(text, category)
    return _differs(next((f for f in findings if _same(f.key, key)), None), expected)


def quiet(text: str, category: str) -> str:
    """Say that a finished line that holds no real value reads as if it did."""
    return "a value that nothing explains" if reader.judge(reader.find(text, category)) else ""


class Echo:
    """Finds the words of the prompt in an answer."""

    def __init__(self, prompt: str) -> None:
        self._runs = frozenset(_runs(prompt))

    def problem(self, text: str) -> str:
        """Say that eight words in a row stand in the prompt too."""
        return "" if self._runs.isdisjoint(_runs(text)) else "it repeats the prompt"


class Alike:
    """Earlier lines of one category: the same text again, or nearly the same, is a duplicate.

    Exact, not estimated: two sets of 5-grams of Jaccard similarity t share one of the first
    (1 - t) n + 1 grams in any fixed order, so only lines that meet there are compared.

    Source:
        Bayardo, Ma & Srikant 2007, Scaling up all pairs similarity search, 3.
    """

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._grams: list[frozenset[str]] = []
        self._at: dict[str, list[int]] = {}

    def problem(self, text: str) -> str:
        """Say that an earlier line is the same, or remember this one."""
        plain = _SPACE.sub(" ", text.lower()).strip()
        if plain in self._texts:
            return "the same text"
        grams = frozenset(plain[at : at + _GRAM] for at in range(max(1, len(plain) - _GRAM + 1)))
        prefix = sorted(grams, key=_order)[: len(grams) - int(NEAR * len(grams) + 0.999) + 1]
        met = {at for gram in prefix for at in self._at.get(gram, ())}
        if any(_jaccard(grams, self._grams[at]) >= NEAR for at in met):
            return "nearly the same text"
        for gram in prefix:
            self._at.setdefault(gram, []).append(len(self._grams))
        self._texts.add(plain)
        self._grams.append(grams)
        return ""


def _stands(finding: Finding) -> bool:
    """Say whether a finding may be somebody's value: a screen size is none, whatever its form."""
    named = finding.cue in {Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER}
    return finding.valid and (named or finding.telling)


def _differs(own: Finding | None, expected: Cue) -> str:
    if own is None:
        return NOT_FOUND
    return "" if own.cue is expected else f"reads {own.cue}, not {expected}"


def _order(gram: str) -> tuple[int, str]:
    return crc32(gram.encode()), gram


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.lower())
    return (tuple(words[at : at + _ECHO_WORDS]) for at in range(len(words) - _ECHO_WORDS + 1))


def _readable(text: str) -> str:
    """Return a text without its URL and Unicode escapes: what a person would read in it."""
    shown = _ESCAPED_CHAR.sub(lambda found: chr(int(found[1], 16)), text)
    return unquote_plus(shown) if "%" in shown or "+" in shown else shown


def _speaks(shown: str) -> bool:
    """Say whether there is a sentence in a text: some words with blanks between, or Chinese."""
    for piece in re.split(r"[\"&=<>{}|\n]", shown):
        words = [word for word in piece.split() if _WORD.search(word)]
        if len(words) >= _PROSE_WORDS or len(_HAN.findall(piece)) >= _PROSE_HAN:
            return True
    return False


def _same(found: str, known: str) -> bool:
    """Compare keys: a country code left off is still the same value."""
    longer = len(found) >= 7 and len(known) >= 7 and (found in known or known in found)
    return found == known or longer
