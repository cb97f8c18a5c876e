"""Which words may stay in a seed: an allow-list, since no list of names is ever complete.

A person's name is none of the nine categories, and yet a name is a person's. So a word is kept only
where it stands in a vocabulary of ours, which was written before any file was read. A capitalised
word that doesn't is taken for a name and becomes a slot; a small one refuses the seed. A word that
is both ("will", "grace") is taken for a name where a capital stands in mid-sentence, and refuses
the seed where it follows the words that introduce somebody ("my name is will").

Chinese has no capitals and no spaces: a run of characters stays only if it falls into words that
are listed here, longest first; a name's characters are in none of them.

>>> known("Phone"), known("zyxomma"), known("téléphone"), known("paymentMethod")
(True, False, True, True)
>>> all_han("我的手机号是"), all_han("我叫王明")
(True, False)

>>> cue_words("sorry, my phone number today is ", "", "202-555-0123", "phone", Cue.CONFIRM)
('phone',)
>>> cue_words("", " is my passport no.", "000000000", "passport", Cue.CONFIRM)
('passport',)
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import cast

from piiforge import files
from piiforge.reader import find
from piiforge.types import Cue

_PIECES = cast("dict[str, list[str]]", files.shipped_yaml(__package__, "data/patterns.yaml"))
PATTERNS = {name: re.compile("".join(pieces)) for name, pieces in _PIECES.items()}


def _read(name: str) -> frozenset[str]:
    """Read one vocabulary; lines that begin with # are comments."""
    path = resources.files(__package__) / "vocabulary" / f"{name}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


ENGLISH, SPANISH, FRENCH = map(_read, ("english", "spanish", "french"))
ALSO_NAMES, INITIALISMS, _HAN_WORDS = map(_read, ("also_names", "initialisms", "han"))
_LANGUAGES = (("en", ENGLISH), ("es", SPANISH), ("fr", FRENCH))
CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
WORD = re.compile(r"[^\W\d_]+")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
# possessive: what the longest word took is not given back
_ALL_HAN = re.compile(f"(?>{'|'.join(sorted(_HAN_WORDS, key=len, reverse=True))})*+")
_ENDINGS = ("'s", "'ll", "'ve", "'re", "'d", "'m", "n't")
_CAMEL_ASCII = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CUE_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+")
_NEAR, _WIDE, _LONGEST, _HAN_LONGEST = 80, 8, 4, 6


@lru_cache(maxsize=65_536)
def known(word: str) -> bool:
    """Whether a word, or each word of a camelCase one, stands in a vocabulary; accents may lack."""
    if _listed(word):
        return True
    pieces = CAMEL.sub(" ", word).split()
    return len(pieces) > 1 and all(len(piece) > 1 and _listed(piece.lower()) for piece in pieces)


def also_a_name(word: str) -> bool:
    """Whether a word that we know is somebody's name as well."""
    return _plain(word) in ALSO_NAMES


def all_han(run: str) -> bool:
    """Whether a run of Chinese characters falls into listed words, longest first."""
    return _ALL_HAN.fullmatch(run) is not None


def language_of(text: str) -> str:
    """Return en, es, fr or zh: the language that most of the words are of; en where none is.

    >>> language_of("mi número de pasaporte es"), language_of("护照号"), language_of("order_id")
    ('es', 'zh', 'en')
    """
    if HAN.search(text):
        return "zh"
    words = [word.lower() for word in WORD.findall(text)]
    counts = {name: sum(word in listed for word in words) for name, listed in _LANGUAGES}
    return max(counts, key=lambda name: counts[name])


def _listed(word: str) -> bool:
    """Whether a word is listed, or is the plural of one; a capital makes no plural (Mr. Woods)."""
    plain = _plain(word)
    if plain in _KNOWN:
        return True
    stem = plain.removesuffix("s")
    return word.islower() and len(stem) > 2 and stem != plain and stem in _KNOWN


def _plain(word: str) -> str:
    """Return a word in lower case without accents or a possessive ending."""
    lowered = word.lower().replace("’", "'")
    for ending in _ENDINGS:
        lowered = lowered.removesuffix(ending)
    lowered = re.sub(r"^(?:[djlmnst]|qu)'", "", lowered)
    if lowered.isascii():
        return lowered
    parts = unicodedata.normalize("NFD", lowered)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_KNOWN = frozenset(
    {_plain(word) for _, listed in _LANGUAGES for word in listed} | INITIALISMS | set("aeioyàu")
)


def cue_words(before: str, after: str, value: str, category: str, cue: Cue) -> tuple[str, ...]:
    """Return the words before a value that make its cue, else those behind it, else ()."""
    if cue in {Cue.NEUTRAL, Cue.NONE}:
        return ()
    for frame, phrases in (
        (f"{{}}: {value}", _back(_cue_words_of(before[-_NEAR:])[-_WIDE:])),
        (f"{value} is my {{}}", _back(_cue_words_of(after[:_NEAR])[:_WIDE][::-1], behind=True)),
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


def _cue_words_of(text: str) -> list[str]:
    return _CUE_WORD.findall(_CAMEL_ASCII.sub(" ", text))


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
