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
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Protocol

from piiforge.reader import find
from piiforge.types import Cue

# A text with holes: while it is being cut, a slot is one sign that no text has.
#
# The signs are of Unicode's private use area, so no rule for words or digits ever matches one,
# and a slot is never cut again.


EXAMPLE_HOST = "example.com"
"""What stands for every host: nobody's, RFC 2606."""
HOLE = re.compile("[\ue000-\uf8ff]")
_FIRST, _MOST = 0xE000, 64
_NAMES = re.compile(r"\{\{name\}\}(?:,? \{\{name\}\})+")


class Board:
    """The slots of one text, in the order in which they were cut.

    >>> board = Board()
    >>> board.fill(f"call {board.put('{{name}}')} at {board.put('{{value}}')}")
    'call {{name}} at {{value}}'
    """

    def __init__(self) -> None:
        self._slots: list[str] = []

    def put(self, slot: str) -> str:
        """Take a slot ("{{name}}"); return the sign that stands for it."""
        self._slots.append(slot)
        return chr(_FIRST + len(self._slots) - 1)

    def digits(self, count: int) -> str:
        """Take a slot of so many digits, at most 20; return its sign."""
        return self.put(f"{{{{digits:{min(count, 20)}}}}}")

    def is_full(self) -> bool:
        """Whether there are more slots than a seed may have."""
        return len(self._slots) > _MOST

    def fill(self, text: str) -> str:
        """Return the text with slots for signs; neighbouring names become one."""
        filled = HOLE.sub(lambda match: self._slots[ord(match[0]) - _FIRST], text)
        return _NAMES.sub("{{name}}", filled)


_COMMENT = "#"


def _read(name: str) -> frozenset[str]:
    """Read one vocabulary; lines that begin with # are comments."""
    text = (files(__package__) / "vocabulary" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith(_COMMENT))
    return frozenset(word for line in lines for word in line.split())


ENGLISH, SPANISH, FRENCH = map(_read, ("english", "spanish", "french"))
ALSO_NAMES, INITIALISMS, _HAN_WORDS = map(_read, ("also_names", "initialisms", "han"))
_LONGEST_HAN = max(map(len, _HAN_WORDS))
_LANGUAGES = (("en", ENGLISH), ("es", SPANISH), ("fr", FRENCH))
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


@lru_cache(maxsize=65_536)
def known(word: str) -> bool:
    """Whether a word, or each word of a camelCase one, stands in a vocabulary; accents may lack."""
    if _listed(word):
        return True
    pieces = _CAMEL.sub(" ", word).split()
    return len(pieces) > 1 and all(len(piece) > 1 and _listed(piece.lower()) for piece in pieces)


def also_a_name(word: str) -> bool:
    """Whether a word that we know is somebody's name as well."""
    return _plain(word) in ALSO_NAMES


def all_han(run: str) -> bool:
    """Whether a run of Chinese characters falls into listed words, longest first."""
    at = 0
    while at < len(run):
        for length in range(min(_LONGEST_HAN, len(run) - at), 0, -1):
            if run[at : at + length] in _HAN_WORDS:
                at += length
                break
        else:
            return False
    return True


def language_of(text: str) -> str:
    """Return en, es, fr or zh: the language that most of the words are of; en where none is.

    >>> language_of("mi número de pasaporte es"), language_of("护照号"), language_of("order_id")
    ('es', 'zh', 'en')
    """
    if _HAN.search(text):
        return "zh"
    words = [word.lower() for word in _WORDS.findall(text)]
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
    for ending in ("'s", "'ll", "'ve", "'re", "'d", "'m", "n't"):
        lowered = lowered.removesuffix(ending)
    lowered = re.sub(r"^(?:[djlmnst]|qu)'", "", lowered)
    if lowered.isascii():
        return lowered
    parts = unicodedata.normalize("NFD", lowered)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_KNOWN = frozenset(
    {_plain(word) for _, listed in _LANGUAGES for word in listed} | INITIALISMS | set("aeioyàu")
)


# The words of a text: which stay, which become `{{name}}`, `{{city}}` or `{{company}}`.


_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ'’]+")
_STOPS = frozenset(".!?:;\n\"“”'«»(")
_INTO = frozenset(["in", "from", "near", "at", "en", "desde", "à", "vers", "au", "depuis", "de"])
_FIRM = frozenset(["inc", "llc", "ltd", "corp", "co", "gmbh", "sarl", "sas", "sa"])
_LINK = re.compile(r"(?: |-|\. ?|['’]| (?:de|de la|del|van|von|y|of|da|di|al|bin|le|la) )")
_INTRODUCES = re.compile(
    r"(?i)(?:\bname(?:['’]s|s)?,? (?:is |was )?|\bname: ?|\bi am |\bi['’ ]?m |\bthis is |\bcall me "
    r"|\bsigned,? "
    r"|\bme llamo |\bsoy |\bmi nombre es |\bhabla |\bje m['’]appelle |\bje suis |\bmon nom est "
    r"|\b(?:mr|mrs|ms|miss|dr|sr|sra|mme|monsieur|madame)\.? |[叫姓])$"
)
_LOOK_BACK = 24
_MOST_NAMES = 4


class Text(Protocol):
    """A text under the knife, and the words that were taken out of it."""

    text: str
    names: list[str]


@dataclass(slots=True)
class _Name:
    start: int
    end: int
    slot: str


def take_words(out: Text, board: Board, *, is_line: bool, strict: bool) -> str:
    """Make slots of the names in `out`; return a reason to refuse the text, or ""."""
    names: list[_Name] = []
    for match in _TOKEN.finditer(out.text):
        word = match[0]
        if _HAN.search(word):
            if not all(map(all_han, _HAN.findall(word))) or not _rest_known(word):
                return "name_left"
            continue
        if not _LATIN.fullmatch(word):
            return "script"
        verdict = _verdict(out.text, match, is_line=is_line)
        if verdict == "name":
            names.append(_Name(*match.span(), _slot_for(out.text, match)))
        elif verdict and (strict or verdict == "name_left"):
            return verdict
    merged = _merged(out.text, names)
    if len(merged) > _MOST_NAMES:
        return "name_left"
    for name in reversed(merged):
        out.names.append(out.text[name.start : name.end])
        out.text = out.text[: name.start] + board.put(name.slot) + out.text[name.end :]
    return ""


def _rest_known(word: str) -> bool:
    return all(map(known, _HAN.sub(" ", word).split()))


def _verdict(text: str, match: re.Match[str], *, is_line: bool) -> str:
    """Return "" for a word that may stay, "name", or the reason to refuse."""
    word = match[0]
    capital = word[0].isupper()
    introduced = bool(_INTRODUCES.search(text[max(0, match.start() - _LOOK_BACK) : match.start()]))
    if len(word) == 1:
        return _letter(text, match, introduced=introduced)
    if known(word):
        if not also_a_name(word) or (is_line and not introduced):
            return ""
        if introduced:
            return "name" if capital else "name_left"
        return "name" if capital and not _begins(text, match.start()) and not word.isupper() else ""
    if word.isupper() and word.lower() in INITIALISMS:
        return ""
    if capital and not is_line and (word[1:].islower() or word.isupper() or "'" in word):
        return "name"
    return "unknown_word"


def _letter(text: str, match: re.Match[str], *, introduced: bool) -> str:
    """Judge a single letter: an initial ("J. Doe") goes with its name, others are harmless."""
    initial = match[0].isupper() and text[match.end() : match.end() + 1] == "."
    return "name" if introduced and initial else ""


def _begins(text: str, start: int) -> bool:
    """Whether a sentence, a field or a quotation begins here."""
    before = text[:start].rstrip(" ")
    return not before or before[-1] in _STOPS


def _slot_for(text: str, match: re.Match[str]) -> str:
    before = text[max(0, match.start() - 12) : match.start()].rstrip().rpartition(" ")[2].lower()
    behind = text[match.end() : match.end() + 8].strip(" ,.").partition(" ")[0].strip(".,").lower()
    if behind in _FIRM:
        return "{{company}}"
    return "{{city}}" if before in _INTO else "{{name}}"


def _merged(text: str, names: list[_Name]) -> list[_Name]:
    """Join the parts of one name, initials and particles between and before them too."""
    merged: list[_Name] = []
    for name in names:
        start = name.start
        initial = re.search(r"(?:\b[A-Z]\.? )+$", text[max(0, start - 12) : start])
        if initial and initial[0].strip() not in {"I", "A"}:
            name.start = start - len(initial[0])
        last = merged[-1] if merged else None
        if last and (name.start <= last.end or _LINK.fullmatch(text[last.end : name.start])):
            last.end = name.end
        else:
            merged.append(name)
    return merged


# Which words make the cue: the shortest phrase near a value that alone makes the reader say so.


_CAMEL_cuewords = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
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
    return _WORD.findall(_CAMEL_cuewords.sub(" ", text))


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
