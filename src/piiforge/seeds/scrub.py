"""Takes everything out of a text that could be a trace of somebody, apart from the values.

In this order: dates, what stands under a person's key (`user=`, "city":), hosts, opaque tokens,
digits, and last the words. What can't be taken out without doubt refuses the text.

In log lines an unknown word refuses the line, capital or not: there it is a user, a host or a
project as likely as a name. In speech an unknown word with a capital becomes `{{name}}`, after
"in" or "from" `{{city}}`, before "Inc" `{{company}}`.

While it is being cut, a slot is one sign that no text has (`Board`): of Unicode's private use area,
so no rule for words or digits ever matches one, and a slot is never cut again.

The second pass (`Traces`) proves that no five characters in a row of any value are left in a seed.
Every value that was seen in the run is broken into its runs of five, as written and as key (without
separators), in lower case: those of refused and of double texts too, and the names, tokens and
numbers that became slots. A seed is refused if its text, cue words, shape or source holds one;
slots are no text. A run that lies wholly inside one word of our vocabulary is no trace: the
vocabulary was written before any file was read, so that "phone" or "support" in a seed says nothing
about an address that holds the same word. Neither is the host that stands for every host, since it
comes from us.

>>> trace = Traces()
>>> trace.add("Zqxjkv@example.com")
>>> trace.left_in("write to zqxjk now"), trace.left_in("an example number")
(True, False)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from piiforge.reader import decode
from piiforge.seeds.records import BRACED, Refused, Seed
from piiforge.seeds.words import HAN, INITIALISMS, PATTERNS, WORD, all_han, also_a_name, known

EXAMPLE_HOST = "example.com"
"""What stands for every host: nobody's, RFC 2606."""
HOLE = re.compile("[\ue000-\uf8ff]")
RUN = 5
_FIRST, _MOST = 0xE000, 64
_NAMES = re.compile(r"\{\{name\}\}(?:,? \{\{name\}\})+")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?")
_MEASURED = re.compile(r"([0-9]{2,12})(ms|us|ns|s|px|k|kb|mb|gb)", re.IGNORECASE)
_COUNTED = re.compile(r"([A-Za-z]{3,})[0-9]")
_DIGITS = re.compile(r"[0-9]+(?:[ \-./()+:_,·*#–]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_LONE = re.compile(r"(?<![0-9])[0-9](?![0-9])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_LONE, _MOST_IN_LINE = 4, 12
_TOKEN_DIGITS = 7
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ'’]+")
_STOPS = frozenset(".!?:;\n\"“”'«»(")
_INTO = frozenset(["in", "from", "near", "at", "en", "desde", "à", "vers", "au", "depuis", "de"])
_FIRM = frozenset(["inc", "llc", "ltd", "corp", "co", "gmbh", "sarl", "sas", "sa"])
_LINK = re.compile(r"(?: |-|\. ?|['’]| (?:de|de la|del|van|von|y|of|da|di|al|bin|le|la) )")
_INITIALS = re.compile(r"(?:\b[A-Z]\.? )+$")
_LOOK_BACK = 24
_MOST_NAMES = 4
_NUMBER = re.compile(r"[0-9]+(?:[ \-./()+:_,·–]{1,3}[0-9]+)*")
_PIECE = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[\w.+\-']{0,64}@[\w.\-]{1,253}")
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{4}[\-/][0-9]{2}[\-/][0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2})(?![0-9])"
)
_OURS = re.compile(rf"{re.escape(EXAMPLE_HOST)}|[^\W\d_]+")
_SPREAD = re.compile(r"(?<=[0-9])[^\w]{1,3}(?=[0-9])")
_MOST_READ = 20_000


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


@dataclass(slots=True)
class Scrubbed:
    """A text without traces, its slots still as signs, and the words that were taken for names."""

    text: str
    names: list[str] = field(default_factory=list)


def scrub(text: str, board: Board, *, is_line: bool, strict: bool) -> Scrubbed | Refused:
    """Take out all that may be a trace of somebody; values stand as `board`'s signs already.

    `strict`: a word that no vocabulary of ours knows refuses the text. Without it (for a text that
    a model wrote) small words stay; names, digits, hosts and tokens go in either case.
    """
    if PATTERNS["control"].search(text):
        return Refused("signs")
    dated = PATTERNS["date"].sub(partial(_dated, board), text)
    out = Scrubbed(PATTERNS["spoken_date"].sub(lambda _: board.put("{{date}}"), dated))
    if _take_fields(out, board):
        return Refused("address")
    out.text = PATTERNS["scheme_host"].sub(rf"\1://{EXAMPLE_HOST}", out.text)
    out.text = PATTERNS["host"].sub(EXAMPLE_HOST, out.text)
    if "@" in out.text:
        return Refused("handle")
    _take_tokens(out, board)
    out.text = _DIGITS.sub(partial(_numbered, board), out.text)
    reason = _doubts(out.text, is_line=is_line) or _take_words(
        out, board, is_line=is_line, strict=strict
    )
    if not reason and board.is_full():
        reason = "too_many"
    return Refused(reason) if reason else out


def _dated(board: Board, match: re.Match[str]) -> str:
    """Make slots of a date, a time of the day, or both; a zone and a joining sign stay.

    The day of a birth, a visit or a payment says more of a person than it is worth. Whoever fills
    a seed puts a day and an hour there that exist, in a form of his own.
    """
    time = _TIME.search(match[0])
    if time is None:
        return board.put("{{date}}")
    clock = board.put("{{time}}")
    day = match[0][: time.start()]
    joint = "T" if day.endswith("T") else " "
    zone = "Z" if match[0].endswith("Z") else ""
    return f"{board.put('{{date}}')}{joint}{clock}{zone}" if day else f"{clock}{zone}"


def _take_fields(out: Scrubbed, board: Board) -> bool:
    """Take what stands under a person's key; say whether a street stands under one."""
    streets: list[str] = []

    def taken(match: re.Match[str]) -> str:
        key, sign, value = match.groups()
        bare = value.strip("\"'")
        if HOLE.search(bare) or not any(map(str.isalpha, bare)):
            return match[0]
        # words of ours that are nobody's name ("name": "phone number")
        plain = all(known(word) and not also_a_name(word) for word in WORD.findall(bare))
        if plain and not any(map(str.isdigit, bare)):
            return match[0]
        if PATTERNS["street_key"].match(key):
            streets.append(key)
            return match[0]
        out.names.append(bare)
        slot = "city" if PATTERNS["place"].match(key) else ""
        slot = slot or ("company" if PATTERNS["firm"].match(key) else "name")
        quote = value[0] if value[0] in "\"'" else ""
        return f"{key}{sign}{quote}{board.put(f'{{{{{slot}}}}}')}{quote}"

    out.text = PATTERNS["field"].sub(taken, out.text)
    return bool(streets)


def _take_tokens(out: Scrubbed, board: Board) -> None:
    """Put digits for ids, hashes and whatever else has letters and digits in one."""

    def opaque(match: re.Match[str]) -> str:
        words = re.findall(r"[A-Za-z]{2,}", match[0])
        if sum(map(str.isdigit, match[0])) < 2 or all(map(known, words)):
            return match[0]
        out.names.append(match[0])
        return board.digits(_TOKEN_DIGITS)

    def mixed(match: re.Match[str]) -> str:
        counted = _COUNTED.fullmatch(match[0])
        measured = _MEASURED.fullmatch(match[0])
        if measured:
            return f"{board.digits(len(measured[1]))}{measured[2]}"
        if PATTERNS["plain_mixed"].fullmatch(match[0]) or (counted and known(counted[1])):
            return match[0]
        out.names.append(match[0])
        return board.digits(max(3, min(len(match[0]), _TOKEN_DIGITS)))

    out.text = PATTERNS["mixed"].sub(mixed, PATTERNS["opaque"].sub(opaque, out.text))


def _numbered(board: Board, match: re.Match[str]) -> str:
    """Make slots of digits: of all but a single one that stands by itself."""
    if sum(map(str.isdigit, match[0])) < 2:
        return match[0]
    return _GROUP.sub(lambda group: board.digits(len(group[0])), match[0])


def _doubts(text: str, *, is_line: bool) -> str:
    """Return why a text may still hold a trace, before its words are looked at; "" if not."""
    if len(_LONE.findall(text)) > (_MOST_IN_LINE if is_line else _MOST_LONE):
        return "digits"
    if PATTERNS["spelled"].search(text):
        return "spelled"
    if PATTERNS["counting"].search(_CAMEL.sub(" ", text)):
        return "spoken"
    return "address" if not is_line and PATTERNS["street"].search(text) else ""


def _take_words(out: Scrubbed, board: Board, *, is_line: bool, strict: bool) -> str:
    """Make slots of the names in `out`; return a reason to refuse the text, or ""."""
    names: list[tuple[int, int, str]] = []
    for match in _TOKEN.finditer(out.text):
        word = match[0]
        if HAN.search(word):
            if not all(map(all_han, HAN.findall(word))) or not all(
                map(known, HAN.sub(" ", word).split())
            ):
                return "name_left"
            continue
        if not _LATIN.fullmatch(word):
            return "script"
        verdict = _verdict(out.text, match, is_line=is_line)
        if verdict == "name":
            _join(out.text, names, match)
        elif verdict and (strict or verdict == "name_left"):
            return verdict
    if len(names) > _MOST_NAMES:
        return "name_left"
    for start, end, slot in reversed(names):
        out.names.append(out.text[start:end])
        out.text = out.text[:start] + board.put(slot) + out.text[end:]
    return ""


def _verdict(text: str, match: re.Match[str], *, is_line: bool) -> str:
    """Return "" for a word that may stay, "name", or the reason to refuse."""
    word, start = match[0], match.start()
    capital = word[0].isupper()
    introduced = bool(PATTERNS["introduces"].search(text[max(0, start - _LOOK_BACK) : start]))
    if len(word) == 1:  # an initial ("J. Doe") goes with its name, other letters are harmless
        initial = capital and text[match.end() : match.end() + 1] == "."
        return "name" if introduced and initial else ""
    if known(word):
        if not also_a_name(word) or (is_line and not introduced):
            return ""
        if introduced:
            return "name" if capital else "name_left"
        before = text[:start].rstrip(" ")
        begins = not before or before[-1] in _STOPS  # a sentence, a field or a quotation
        return "name" if capital and not begins and not word.isupper() else ""
    if word.isupper() and word.lower() in INITIALISMS:
        return ""
    if capital and not is_line and (word[1:].islower() or word.isupper() or "'" in word):
        return "name"
    return "unknown_word"


def _join(text: str, names: list[tuple[int, int, str]], match: re.Match[str]) -> None:
    """Add a name, as a part of the last one where only initials or particles are between."""
    start, end = match.span()
    if (initial := _INITIALS.search(text[max(0, start - 12) : start])) and (
        initial[0].strip() not in {"I", "A"}
    ):
        start -= len(initial[0])
    if names and (start <= names[-1][1] or _LINK.fullmatch(text[names[-1][1] : start])):
        names[-1] = (names[-1][0], end, names[-1][2])
        return
    before = text[max(0, match.start() - 12) : match.start()].rstrip().rpartition(" ")[2].lower()
    behind = text[end : end + 8].strip(" ,.").partition(" ")[0].strip(".,").lower()
    slot = "company" if behind in _FIRM else "city" if before in _INTO else "name"
    names.append((start, end, f"{{{{{slot}}}}}"))


class Traces:
    """The runs of five of every value seen so far."""

    def __init__(self) -> None:
        self._runs: set[str] = set()

    def add(self, value: str) -> None:
        """Remember a value, as written and without its separators."""
        folded = value.casefold()
        self._runs.update(_runs(folded))
        self._runs.update(_runs("".join(filter(str.isalnum, folded))))

    def add_words(self, taken: str) -> None:
        """Remember what became a slot without being a value: each of its words that isn't ours."""
        for word in _PIECE.findall(taken):
            if not known(word):
                self.add(word)

    def left_in(self, text: str) -> bool:
        """Whether a run of some value is left in `text`, outside slots and words of ours."""
        return any(map(self._left, BRACED.split(text)[::2]))

    def left_in_seed(self, seed: Seed) -> bool:
        """Whether a run of some value is left in any part of a seed."""
        parts = (seed.text, " ".join(seed.cue_words), seed.shape, seed.source)
        return any(map(self.left_in, parts))

    def _left(self, text: str) -> bool:
        ours = [
            match.span()
            for match in _OURS.finditer(text)
            if match[0] == EXAMPLE_HOST or known(match[0])
        ]
        folded = text.casefold()
        exempt = ours if len(folded) == len(text) else []
        for start, run in enumerate(_runs(folded)):
            if run in self._runs and not any(a <= start <= b - RUN for a, b in exempt):
                return True
        # the numbers without what separates their digits
        numbers = re.findall(r"[0-9]{5,}", _SPREAD.sub("", folded))
        return any(run in self._runs for number in numbers for run in _runs(number))


def traces_in(text: str) -> Iterator[str]:
    """Yield whatever in a text may be somebody's, whether or not the knife found it.

    In every reading of it (what is spelled out counts as the digits it says): numbers, words that
    no vocabulary has, and what stands around an @. Days and hours are none: only their form is
    kept. Of a text over 20,000 characters, which gives no seed, only the beginning is looked at.
    Chinese words are none: a name is two or three characters, too short for a run, and the knife
    lets none through.
    """
    for reading in decode(text[:_MOST_READ]):
        bare = _DATE.sub(" ", reading.text)
        yield from (match[0] for match in _NUMBER.finditer(bare) if len(match[0]) >= RUN)
        yield from (
            w for w in WORD.findall(bare) if len(w) >= RUN and w[0] < "\u2e80" and not known(w)
        )
        yield from _ADDRESS.findall(bare)


def _runs(text: str) -> Iterator[str]:
    return (text[start : start + RUN] for start in range(len(text) - RUN + 1))
