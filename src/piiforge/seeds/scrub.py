"""Takes everything out of a text that could be a trace of somebody, apart from the values.

In this order: dates, what stands under a person's key (`user=`, "city":), hosts, opaque tokens,
digits, and last the words. What can't be taken out without doubt refuses the text.

In log lines an unknown word refuses the line, capital or not: there it is a user, a host or a
project as likely as a name. In speech an unknown word with a capital becomes `{{name}}`, after
"in" or "from" `{{city}}`, before "Inc" `{{company}}`.

>>> trace = Traces()
>>> trace.add("Zqxjkv@example.com")
>>> trace.left_in("write to zqxjk now"), trace.left_in("an example number")
(True, False)
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from piiforge.reader import decode
from piiforge.seeds.records import BRACED, Refused, Seed
from piiforge.seeds.words import EXAMPLE_HOST, HOLE, Board, also_a_name, known, take_words

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_ZONE = re.compile(r" ?[+\-][0-9]{2}:?[0-9]{2}$")
_MONTH = re.compile(_MONTHS)
_DATES = re.compile(
    rf"(?<![\w\-.:/])(?:[0-9]{{4}}[\-/][0-9]{{2}}[\-/][0-9]{{2}}"
    rf"(?:[T ]{_TIME})?(?:Z(?!\w)| ?[+\-][0-9]{{2}}:?[0-9]{{2}})?"
    rf"|[0-9]{{1,2}}/(?:{_MONTHS})/[0-9]{{4}}:{_TIME}(?: [+\-][0-9]{{4}})?"
    rf"|(?:{_MONTHS}) [ 0-9][0-9] {_TIME}"
    rf"|[0-9]{{1,2}}([/.\-])[0-9]{{1,2}}\1(?:[0-9]{{4}}|[0-9]{{2}})"
    rf"|{_TIME})(?![\w\-]|[./:][0-9])"
)
_FIELD = re.compile(
    r"(?i)(?<![a-z])((?:(?:user|login|nick|first|last|given|family|full|sur|middle|display|customer"
    r"|contact|account|card)?[_\-. ]?names?|user(?:id)?|login|nick|owner|author|fname|lname"
    r"|usuario|apellidos?"
    r"|nombres?|nom|prenom|prénom|utilisateur|patient|employee|agent|assignee|姓名|用户名)"
    r"|city|town|ciudad|ville|城市|company|employer|organi[sz]ation|empresa|entreprise|公司"
    r"|address(?:_?(?:line)?_?[12])?|addr|street|direccion|dirección|calle|adresse|rue|地址)"
    r"(\"?\s{0,2}[=:]\s{0,2})(\"[^\"]{1,80}\"|'[^']{1,80}'|[^\s\"'&,;{}\[\]<>|]{1,80})"
)
_PLACES = re.compile(r"(?i)city|town|ciudad|ville|城市")
_FIRMS = re.compile(r"(?i)company|employer|organi|empresa|entreprise|公司")
_STREETS = re.compile(r"(?i)addr|street|direcc|calle|adresse|rue|地址")
_SCHEME_HOST = re.compile(
    r"(?i)\b(https?|wss?|ftp|app)://[\w\-.]{1,253}(?::[0-9]{1,5})?(?=[/?#\s\"'<>)\]},;]|$)"
)
_HOST = re.compile(
    r"(?i)(?<![\w.\-@/])(?:[a-z0-9\-]{1,63}\.){1,8}(?:com|net|org|io|co|us|uk|es|fr|mx|cn|de|ca|eu|edu|gov|mil"
    r"|info|biz|dev|app|local|lan|internal|corp|cloud|ai|me|shop|online|site)(?::[0-9]{1,5})?(?![\w.\-]*[\w@])"
)
_OPAQUE = re.compile(r"(?<![\w\-])(?=[A-Za-z_\-]*[0-9])[\w\-]{10,200}(?![\w\-])", re.ASCII)
_MIXED = re.compile(r"[A-Za-z0-9]*(?:[A-Za-z][0-9]|[0-9][A-Za-z])[A-Za-z0-9]*")
_PLAIN_MIXED = re.compile(
    r"(?i)[a-z][0-9]|[0-9][a-z]|utf8|base64|b64|sha(?:1|256|512)|md5|mp[34]|h26[45]|http2|ipv[46]|oauth2"
    r"|win64|x64|x86|w10|x11|[0-9](?:st|nd|rd|th|am|pm|px|ms|kb|mb|gb)"
)
_MEASURED = re.compile(r"([0-9]{2,12})(ms|us|ns|s|px|k|kb|mb|gb)", re.IGNORECASE)
_COUNTED = re.compile(r"([A-Za-z]{3,})[0-9]")
_DIGITS = re.compile(r"[0-9]+(?:[ \-./()+:_,·*#–]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_LONE = re.compile(r"(?<![0-9])[0-9](?![0-9])")
_SPELLED = re.compile(r"(?<!\w)[A-Za-z](?:[ \-.,_/]{1,2}[A-Za-z]){3,}(?!\w)")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_NUMBER_WORD = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|double|triple|cero|uno|dos|tres|cuatro|cinco"
    "|seis|siete|ocho|nueve|diez|doble|zéro|un|deux|trois|quatre|cinq|sept|huit|neuf|dix"
)
_COUNTING = re.compile(
    rf"(?i)(?<![a-zà-ÿ])(?:(?:{_NUMBER_WORD})[ \-.,/_]{{0,2}}){{2}}(?:{_NUMBER_WORD})(?![a-zà-ÿ])"
    rf"|[\ue000-\uf8ff][\-.]?(?:{_NUMBER_WORD})(?![a-zà-ÿ])|(?<![a-zà-ÿ])(?:{_NUMBER_WORD})[\-.]?[\ue000-\uf8ff]"
)
"""Digits in words: three in a row, or one that is tied to a number."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STREET = re.compile(
    r"(?:\b[0-9]+[A-Za-z]?,? |[\ue000-\uf8ff],? )(?:[NSEW]\.? )?(?:[\w'’\ue000-\uf8ff]+\.? ){0,3}"
    r"(?i:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|pl"
    r"|terrace|square|highway|hwy|rue|avenida|calle|bis)\b"
    r"|(?i:\b(?:calle|avenida|av|rue|avenue|boulevard|plaza|paseo|carrera|chemin|apartado"
    r"|p\.? ?o\.? box)\.? )"
    r"(?:(?i:de|del|la|las|los|du|des|l') ?){0,2}[A-ZÀ-Þ0-9\ue000-\uf8ff]"
    r"|[路街巷弄][ 0-9\ue000-\uf8ff]{1,4}[号弄]"
)
_MOST_LONE, _MOST_IN_LINE = 4, 12
_TOKEN_DIGITS = 7


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
    if _CONTROL.search(text):
        return Refused("signs")
    out = Scrubbed(text)
    out.text = _DATES.sub(lambda match: _dated(match[0], board), out.text)
    reason = _take_fields(out, board)
    if reason:
        return Refused(reason)
    out.text = _SCHEME_HOST.sub(rf"\1://{EXAMPLE_HOST}", out.text)
    out.text = _HOST.sub(EXAMPLE_HOST, out.text)
    if "@" in out.text:
        return Refused("handle")
    _take_tokens(out, board)
    out.text = _DIGITS.sub(_number_slots(board), out.text)
    reason = _doubts(out.text, is_line=is_line) or take_words(
        out, board, is_line=is_line, strict=strict
    )
    if not reason and board.is_full():
        reason = "too_many"
    return Refused(reason) if reason else out


def _dated(written: str, board: Board) -> str:
    """Write a date or a time of the same form, whose last digits are slots.

    The day of a birth, a visit or a payment says more of a person than it is worth. What stays of a
    number is the same in every seed: 202# for a year, 0# for the first of two digits, the month
    in most forms, 1# for others; so a date that is filled in later is nearly always one.
    """
    found = _ZONE.search(written) if ":" in written else None
    zone = found[0] if found else ""
    written = written.removesuffix(zone)
    firsts = iter("0")

    def number(match: re.Match[str]) -> str:
        width = len(match[0])
        if width == 4:
            return board.put("202{{digits:1}}")
        if width == 2:
            return board.put(next(firsts, "1") + "{{digits:1}}")
        return board.digits(width)

    shown = _MONTH.sub("Jan", _GROUP.sub(number, written))
    if not zone:
        return shown
    hours = "0{{digits:1}}:00" if ":" in zone else "0{{digits:1}}00"
    return f"{shown}{zone.rstrip('0123456789:')}{board.put(hours)}"


def _take_fields(out: Scrubbed, board: Board) -> str:
    """Take what stands under a person's key; a street is a reason to refuse."""
    reasons: list[str] = []

    def taken(match: re.Match[str]) -> str:
        key, sign, value = match.groups()
        bare = value.strip("\"'")
        if HOLE.search(bare) or not any(map(str.isalpha, bare)) or _is_plain(bare):
            return match[0]
        if _STREETS.match(key):
            reasons.append("address")
            return match[0]
        out.names.append(bare)
        slot = "{{name}}"
        if _PLACES.match(key):
            slot = "{{city}}"
        elif _FIRMS.match(key):
            slot = "{{company}}"
        quote = value[0] if value[0] in "\"'" else ""
        return f"{key}{sign}{quote}{board.put(slot)}{quote}"

    out.text = _FIELD.sub(taken, out.text)
    return reasons[0] if reasons else ""


def _is_plain(value: str) -> bool:
    """Whether a key's value is words of ours that are nobody's name ("name": "phone number")."""
    words = re.findall(r"[^\W\d_]+", value)
    return all(known(word) and not also_a_name(word) for word in words) and not any(
        map(str.isdigit, value)
    )


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
        if _PLAIN_MIXED.fullmatch(match[0]) or (counted and known(counted[1])):
            return match[0]
        out.names.append(match[0])
        return board.digits(max(3, min(len(match[0]), _TOKEN_DIGITS)))

    out.text = _MIXED.sub(mixed, _OPAQUE.sub(opaque, out.text))


def _number_slots(board: Board) -> Callable[[re.Match[str]], str]:
    """Make slots of digits: of all but a single one that stands by itself."""

    def slots(match: re.Match[str]) -> str:
        if sum(map(str.isdigit, match[0])) < 2:
            return match[0]
        return _GROUP.sub(lambda group: board.digits(len(group[0])), match[0])

    return slots


def _doubts(text: str, *, is_line: bool) -> str:
    """Return why a text may still hold a trace, before its words are looked at; "" if not."""
    if len(_LONE.findall(text)) > (_MOST_IN_LINE if is_line else _MOST_LONE):
        return "digits"
    if _SPELLED.search(text):
        return "spelled"
    if _COUNTING.search(_CAMEL.sub(" ", text)):
        return "spoken"
    return "address" if not is_line and _STREET.search(text) else ""


# The second pass: proves that no five characters in a row of any value are left in a seed.
#
# Every value that was seen in the run is broken into its runs of five, as written and as key
# (without separators), in lower case: those of refused and of double texts too, and the names,
# tokens and numbers that became slots. A seed is refused if its text, cue words, shape or source
# holds one; slots are no text. A run that lies wholly inside one word of our vocabulary is no
# trace: the vocabulary was written before any file was read, so that "phone" or "support" in a
# seed says nothing about an address that holds the same word. Neither is the host that stands for
# every host, since it comes from us.


RUN = 5
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[0-9]+(?:[ \-./()+:_,·–]{1,3}[0-9]+)*")
_PIECE = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[\w.+\-']{0,64}@[\w.\-]{1,253}")
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{4}[\-/][0-9]{2}[\-/][0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2})(?![0-9])"
)
_OURS = re.compile(rf"{re.escape(EXAMPLE_HOST)}|[^\W\d_]+")
_MOST_READ = 20_000


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
        spans = [match.span() for match in _OURS.finditer(text) if _is_ours(match[0])]
        folded = text.casefold()
        if self._hits(folded, spans if len(folded) == len(text) else []):
            return True
        digits = _squeezed(folded)
        return any(run in self._runs for piece in digits for run in _runs(piece))

    def _hits(self, text: str, exempt: list[tuple[int, int]]) -> bool:
        at = 0
        for start in range(len(text) - RUN + 1):
            if text[start : start + RUN] not in self._runs:
                continue
            while at < len(exempt) and exempt[at][1] < start + RUN:
                at += 1
            if at == len(exempt) or start < exempt[at][0]:
                return True
        return False


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
        yield from (word for word in _WORD.findall(bare) if _is_strange(word))
        yield from _ADDRESS.findall(bare)


def _is_ours(word: str) -> bool:
    return word == EXAMPLE_HOST or known(word)


def _is_strange(word: str) -> bool:
    return len(word) >= RUN and word[0] < "\u2e80" and not known(word)


def _runs(text: str) -> Iterator[str]:
    return (text[start : start + RUN] for start in range(len(text) - RUN + 1))


def _squeezed(text: str) -> list[str]:
    """Return the numbers of a text without what separates their digits."""
    return re.findall(r"[0-9]{5,}", re.sub(r"(?<=[0-9])[^\w]{1,3}(?=[0-9])", "", text))
