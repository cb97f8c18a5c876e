r"""Shapes: most rows of a log are passed by a few look-ups, before the text tests read them.

Logs repeat their words and the forms of their numbers. A row is taken apart into words (runs of
letters and digits, each digit as 0) and gaps (what stands between letters, each digit as 0), and
what each can be part of is remembered: nothing, or something to be looked at. A row is clear where
all of its parts are, alone and beside one another; then the text tests say "certainly nothing" for
every category. Any doubt sends a row their way, so that the store never changes an answer:
`clear(row)` implies that `TextTests().possible(row, CATEGORIES)` is empty.

Why it does. The text tests read a content decoded, without its benign fields, in lower case. Here
it is decoded the same way, and only such benign fields are cut as no other field can reach into;
the others stay, with all of their digits and words. What the tests would find beside a field that
they cut is found where the field stays, too, as long as it does not depend on what stands to its
side: forms that do are sought here without that. Values decide only where digits stand as a card, a
routing number, an SSN or a telephone number could: such gaps are looked at with their digits.

A row with a word that may name a category is looked at with the tests' own words; one beyond ASCII,
or with anything hidden, is left to them. A part that is new costs what the tests cost for its few
letters; there are at most `MOST` of a kind, and a full store begins anew.

>>> shapes = Shapes()
>>> line = '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /a?q=shoes HTTP/1.1" 200 8397 "-" "-"'
>>> shapes.clear(line), shapes.clear(line.replace("shoes", "jo@mail-box.org"))
(True, False)
>>> shapes.clear(line.replace("q=shoes", "n=000-12-3456")), shapes.clear("ssn=666123456")
(True, False)
"""

import re
from collections.abc import Sequence
from functools import reduce
from itertools import compress
from operator import or_
from typing import TypeVar

from piiforge.predict import prefilter, rules
from piiforge.predict.prefilter import CATEGORIES, CUT, LONGEST, WORDS
from piiforge.text import atoms, flatten, hidden, undone

Kind = TypeVar("Kind")

MOST = 60_000
"""Parts of one kind that are kept; with one more that store begins anew."""
_LONGEST_KEPT = 48  # bytes; a longer part is looked at each time
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_BLANKS = b" \t\n\r\x0b\x0c"
_KEPT_BLANKS = b"\x01\x02\x03\x04\x05\x06"  # blanks in a gap, which is cut at letters alone
_ZEROS = bytes.maketrans(_DIGITS, b"0" * 10)
_TO_BLANKS = bytes.maketrans(_KEPT_BLANKS, _BLANKS)


def _only(kept: bytes) -> bytes:
    """Return a table that keeps these signs and makes a blank of every other."""
    return bytes(sign if sign in kept else 32 for sign in range(256))


def _gaps() -> bytes:
    """Return a table that makes a blank of letters but x, which masks and multiplies."""
    table = bytearray(range(256))
    for blank, kept in zip(_BLANKS, _KEPT_BLANKS, strict=True):
        table[blank] = kept
    for letter in _LETTERS:
        table[letter] = ord("x") if letter in b"xX" else 32
    return bytes(table)


_WORDS = _only(_LETTERS + _DIGITS).translate(_ZEROS)
_GAPS = _gaps()
_GAP_SHAPES = _GAPS.translate(_ZEROS)
_RUNS = _only(_LETTERS + _DIGITS + b"+/_-")  # what base64 may be made of
_RUN_SHAPES = _RUNS.translate(_ZEROS)

# What a word may be part of. Positions are looked at only in rows that have one of these.
_HUMP, _HUMPS, _WORDY, _OPEN, _SIGN, _BANK, _TAKEN, _AT, _PIECE, _BEFORE_DIGITS = (
    1 << bit for bit in range(10)
)
_FIRST, _LAST, _STOP = (1 << bit for bit in range(10, 13))
_LOOKED_BESIDE = _OPEN | _SIGN | _PIECE | _BEFORE_DIGITS
_CARD_FEWEST = 13

_DIGEST = re.compile(
    r"(?=[0-9A-Fa-f]{16,128}\Z)(?![0-9A-Fa-f]{0,120}[0-9]{8})(?:[0-9]{0,7}[A-Fa-f]){4}[0-9A-Fa-f]*"
)
_STANDS_ALONE = re.compile(rb"[^0-9 \x1f][=\"_,(\[{?&;-]\Z|[^0-9 \x1fnbrylgptvcP]/\Z")
"""What may stand before digits that no date, time or version can take from the word behind it."""
_MBI_FIRST = re.compile(r"0[a-z][a-z0]0(?:[a-z][a-z0]0)?")
_MBI_LAST = re.compile(r"0*(?:[a-z][a-z0]0)?[a-z]{2}00")
_MBI_WHOLE = re.compile(r"0[a-z][a-z0]0[a-z][a-z0]0[a-z]{2}00")
_ZONED = re.compile("0Z[A-Za-z]")  # a time's zone may be cut off the word behind it
_HUMP_AT = re.compile("[a-z][A-Z]")
_SAID_AT = re.compile("arr?oba|arobas")
_TAKEN_WORD = re.compile("policy|healthz?|iphone|i phone|dl")
_JOINS = re.compile("[a-z](?:iphone|txt|utm|dl|privacy|cookie)|(?:iphone|txt|dl)[a-z]")
"""What the tests take out of a text, so that the words beside it come together."""


def _pieces() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return how a word may begin a name, how it goes on in the next word, and that word alone."""
    ends, pairs, last = set(), set(), set()
    for word in {each for words in WORDS.values() for each in words if each.isascii()}:
        pieces = [piece for piece in re.split("[^a-z]+", word.strip("<>")) if piece]
        edge = "(?<![a-z])" if word[0] == "<" else ""
        for at in range(1, len(pieces)):
            before = edge + "[^a-z]{0,2}".join(pieces[:at])
            if at > 1:
                before = f"(?:{before}|(?<![a-z]){pieces[at - 1]})"
            behind = pieces[at]
            if at + 1 < len(pieces):
                behind = f"(?:{pieces[at]}(?![a-z])|{pieces[at]}{pieces[at + 1]})"
            elif word[-1] == ">":
                behind += "(?![a-z])"
            ends.add(before)
            pairs.add(f"{before}\n{behind}")
            last.add(f"{behind}\\Z" if at + 1 < len(pieces) else behind)
    ending = f"(?:{'|'.join(sorted(ends))})\\Z"
    return (
        re.compile(ending),
        re.compile("|".join(sorted(pairs))),
        re.compile("|".join(sorted(last))),
    )


_BEGINS_NAME, _GOES_ON, _CONTINUES = _pieces()
_NAME = re.compile(
    "|".join(
        prefilter.written(word)
        for word in sorted({each for words in WORDS.values() for each in words if each.isascii()})
    )
)
_HEXADECIMAL = frozenset("0abcdef")
_HEX_NAME = re.compile(
    "|".join({
        word.strip("<>") for words in WORDS.values() for word in words
        if not set(word) - set("abcdef<>~")
    })
)  # fmt: skip
_TAKEN_NAMES = re.compile("polic|health|phone|(?<![a-z])dl")
_NUMBERED = re.compile(
    "(?:{})".format(
        "|".join({
            re.split("[^a-z]", word.strip("<>"))[0]
            for words in WORDS.values() for word in words if re.search("[0-9]", word)
        })
    )
)  # fmt: skip
_TAKEN_OUT = (b"txt", b"iphone", b"utm", b"dl", b"polic", b"priv", b"cookie", b"health")

_PHONE_WORD = re.compile(
    rb"000(?<![0A-Za-z]000)[ +().-]{0,3}(?:000[ +.-]{0,2}[A-Za-z]{4}|[A-Za-z]{7}"
    rb"|(?<=[.-])[A-Za-z]{2,5}[.-][A-Za-z]{2,6})"
)
_TRAVEL = re.compile(rb"[pP]<|/[pP]/[A-Za-z]{2,3}/")
_ENTITY = re.compile(r"&(?:#|[A-Za-z][A-Za-z0-9]{1,31};)")
_HEX = re.compile(rb"(?:[2-7][0-9A-Fa-f]){7}")
_NO_MAILBOX = re.compile(
    rb"@(?:[1-4](?:\.[0-9])?x\.(?:png|jpe?g|gif|webp|svg|avif)"
    rb"|v?[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}(?=[/?&\"]))"
)
_SENTENCE = re.compile(r"(?:[^\W\d_]{1,20}[^\w\s+\x1f]{0,3}[\s+]){5}[^\W\d_]")
_SENTENCE_GAP = re.compile(r"[^\w\s+\x1f]{0,3}[\s+]")
_SPOKEN_AT = re.compile(
    r"[(\[{<_-] {0,2}(?:at|a) {0,2}[)\]}>_-]|(?<![a-z])at(?![a-z])"
)  # fmt: skip

# Benign fields that are cut here, too: as data/benign.yaml has them, and where no other can reach
# (where one of them is cut already, a digit may have stood: it counts as one).
_END = rb"(?![0-9A-Za-z.])(?![-/_ +][0-9\x1f])"
_VERSION = rb"[0-9]{1,4}(?:\.[0-9]{1,4}){0,4}" + _END
_MOMENT = re.compile(
    rb"\[(?:0[1-9]|[12][0-9]|3[01])/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rb"/(?:19|20)[0-9]{2}:[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}(?=\])"
)
_CLOCK = rb"[0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
_DATE = re.compile(
    rb"20(?:(?<=[\n\t \"\[=]20)|(?<=s/20))(?<![0-9\x1f][-./ +]20)[0-9]{2}-(?:0[1-9]|1[0-2])"
    rb"-(?:0[1-9]|[12][0-9]|3[01])"
    rb"(?:[T +]" + _CLOCK + rb"(?:Z|[+ -][01][0-9]:?[0-5][0-9])?)?(?![0-9])(?![-./][0-9\x1f])"
)  # fmt: skip
_SYSTEM = re.compile(
    rb"(?<=Macintosh; )Intel Mac OS X [0-9]{1,2}(?:[._][0-9]{1,2}){0,3}(?![0-9._])"
)
_SPENT = re.compile(rb"(?<=\" )rt=[0-9]{1,10}(?:\.[0-9]{1,6})?" + _END)
_CLIENT = re.compile(rb"(?<==)GA1\.[0-9]\.[0-9]{1,10}\.1[0-9]{9}(?![0-9.])")
_PROTOCOL = re.compile(
    rb"(?<=[^:=\"'\\ ] )HTTP/[0-9](?:\.[0-9])?\" [1-5][0-9]{2} (?:[0-9]{1,12}|-)" + _END
)
_BROWSER = re.compile(
    rb"(?<=\) )AppleWebKit/" + _VERSION + rb"(?:( \(KHTML, like Gecko\))(?:( )(?:Chrome|Version)/"
    + _VERSION + rb"(?:( )Mobile(?:/[0-9]{2}[A-Z][0-9]{2,4}[a-z]?(?![0-9A-Za-z])|(?= Safari/)))?"
    + rb"(?:( )Safari/" + _VERSION + rb")?)?)?"
)  # fmt: skip
_IPHONE = re.compile(rb"(?<=\()iPhone; CPU iPhone OS [0-9]{1,2}(?:[._][0-9]{1,2}){0,3}(?![0-9._])")
_CLICK = re.compile(
    rb"(?:gclid=(?<=[?&]gclid=)|fbclid=(?<=[?&]fbclid=)|sid=(?:(?<=; sid=)|(?<=cookie\": \"sid=)))"
    rb"(?:s:)?(?![A-Za-z0-9_.*~-]{0,200}[0-9]{7})"
    rb"[A-Za-z0-9_.*~-]{20,300}(?![A-Za-z0-9_.*~-])"
)
_UUID = re.compile(
    rb"(?:(?<=[=\"\t])|(?<=[;,:\"] )|(?<=[^0-9\x1fP]/)(?<!(?:Jan|Feb|Mar|Apr|May|Jun)/)"
    rb"(?<!(?:Jul|Aug|Sep|Oct|Nov|Dec)/))(?=[0-9-]{0,35}[A-Fa-f])"
    rb"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
)
_PADDED = re.compile(rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,4096}==(?=[\s\"'&;,]|$)")
_PARTLY_CUT = re.compile(
    rb"HTTP/(?![0-9](?:\.[0-9])?+(?![0-9A-Za-z.]))[0-9]"
    rb"|Android [0-9]{1,2}+(?:\.[0-9]{1,2}+){0,2}+[0-9A-Za-z.]"
)
_CUTS: Sequence[tuple[bytes, re.Pattern[bytes]]] = (
    (b"-", _DATE), (b"[", _MOMENT), (b"Intel", _SYSTEM), (b" HTTP/", _PROTOCOL),
    (b"iPhone;", _IPHONE), (b" AppleWebKit/", _BROWSER), (b"id=", _CLICK), (b'" rt=', _SPENT),
    (b"=GA1.", _CLIENT),
)  # fmt: skip
_NO_CUES = (  # names as the text tests take them out of every log
    (b"&dl=https:", b"&\x1f=https:"), (b"&utm_medium=email", b"&utm_medium="),
)  # fmt: skip
_COLOURS = ("\x1b", "^[", "033[", "\\")  # how what colours a terminal begins
_BYTE_CUT = CUT.encode()

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_CLIENT_FIRST = re.compile(rf"\A\n{_IPV4}(?= )".encode())
_IN_A_GAP = re.compile(
    rf"(?<=[\s\"\[]){_IPV4}(?::[0-9]{{1,5}})?(?=[\s\",\]])"
    r"|(?<=\s)(?:[0-9]{1,4}\.[0-9]{3,6} ){3}[1-5][0-9]{2} (?:[1-5][0-9]{2}|-) [0-9]{1,10}"
    r" [0-9]{1,10}(?= \")"
)
_NUMBER_KINDS = frozenset("?cQC")
_JOINT = re.compile(  # how a date, a time, a coordinate or a system's version ends
    r"(?:0:00(?:[.,]0+)?(?:[+ -]00:?00)?|0000-00-00|\A/0000|0000/00(?:/00)?"
    r"|[=: \"'\\]-?0{1,3}\.0{1,8}|0{10}(?:\.0+)?|\A 00?(?:[._]00?){0,3})\Z"
)
_NUMBERS = re.compile("[0-9]+")
_PLUS = re.compile(r"\+ ?[0-9](?:[ ()./-]{0,3}[0-9]){6}")
_PARENTHESES = re.compile(r"\(\+?[0-9]{1,5}\)")
_NINE = re.compile(r"([0-9]{3})[^a-z0-9\x1f]{1,4}([0-9]{2})[^a-z0-9\x1f]{1,4}([0-9]{4})")


class Shapes:
    """What is remembered of the parts of rows. One thread asks it at a time."""

    def __init__(self, most: int = MOST) -> None:
        """Keep at most `most` parts of each kind."""
        self._most = most
        self._words: dict[bytes, int] = {}
        self._gaps: dict[bytes, str] = {}
        self._numbers: dict[bytes, bool] = {}
        self._pairs: dict[bytes, bool] = {}
        self._run_shapes: dict[bytes, bool | None] = {}
        self._runs: dict[bytes, bool] = {}

    def clear(self, content: str) -> bool:
        """Return True only where `content` certainly holds no value of the tests' categories."""
        if not content.isascii() or len(content) > LONGEST:
            return False
        if "%" in content or "\\" in content or ("&" in content and _ENTITY.search(content)):
            content, opaque = undone(content)
            if opaque or not content.isascii():
                return False
        if "[" in content and any(sign in content for sign in _COLOURS):
            return False
        raw = b"\n%b\n" % content.encode()
        if not self._nothing_hidden(raw):
            return False
        if b"==" in raw:
            raw = _PADDED.sub(_BYTE_CUT, raw)
        if raw[1:2].isdigit():
            raw = _CLIENT_FIRST.sub(_BYTE_CUT, raw, 1)
        for sign, field in _CUTS:
            if sign in raw:
                raw = field.sub(_cut_products if field is _BROWSER else _BYTE_CUT, raw)
        for sign, plain in _NO_CUES:
            raw = raw.replace(sign, plain)
        return self._clear(raw) or (
            raw.count(b"-") > 3 and raw != (cut := _UUID.sub(_BYTE_CUT, raw)) and self._clear(cut)
        )

    def _clear(self, raw: bytes) -> bool:
        shape = raw.translate(_ZEROS)
        words = shape.translate(_WORDS).split()
        kept = self._words
        kinds = list(map(kept.get, words))
        seen = set(kinds)
        if None in seen:
            for at, kind in enumerate(kinds):
                if kind is None:
                    kinds[at] = self._word(words[at], shape)
            seen = set(kinds)
        said: int = reduce(or_, seen, 0)
        if said & _STOP or (said & _FIRST and said & _LAST):
            return False
        if said & _LOOKED_BESIDE and not self._apart(words, kinds):  # type: ignore[arg-type]
            return False
        between = self._between(raw, shape)
        if between is None or _tells(raw, shape):
            return False
        if joints := sum(map(between.count, "jCQ")):
            apart = joints + between.count("s") + 3 * between.count("S")
            humps = sum(bool(kind and kind & _HUMP) for kind in kinds)
            if said & _HUMPS or apart + humps > 4:
                return False
        sentence = _may_be_a_sentence(between, said)
        if sentence or said & (_AT | _TAKEN | _BANK):
            return _says_nothing(raw.decode(), said, sentence=sentence)
        return True

    def _apart(self, words: Sequence[bytes], kinds: Sequence[int]) -> bool:
        """Say whether no word stands beside one that it may be joined with."""
        for at, kind in enumerate(kinds):
            if not kind & _LOOKED_BESIDE:
                continue
            beside = words[at + 1] if at + 1 < len(words) else b""
            if kind & _OPEN:
                if b"0" in beside or (at and b"0" in words[at - 1]):
                    return False
                if (kinds[at + 1] if beside else 0) & (_OPEN | _SIGN) or (
                    at and kinds[at - 1] & (_OPEN | _SIGN)
                ):
                    return False
            if kind & _SIGN and _digits_around(words, kinds, at) >= _CARD_FEWEST:
                return False
            lower = beside.lower()
            if kind & (_PIECE | _BEFORE_DIGITS) and lower.startswith(_TAKEN_OUT):
                return False
            if kind & _PIECE and self._goes_on(words[at], beside):
                return False
            if kind & _BEFORE_DIGITS and beside[:1] == b"0":
                return False
        return True

    def _goes_on(self, word: bytes, beside: bytes) -> bool:
        """Say whether a name that one word may begin goes on in the next one."""
        both = word + b"\n" + beside
        found = self._pairs.get(both)
        if found is None:
            found = bool(_GOES_ON.search(f"{flatten(word.decode())}\n{flatten(beside.decode())}"))
            if len(both) <= _LONGEST_KEPT:
                _keep(self._pairs, both, found, self._most)
        return found

    def _nothing_hidden(self, raw: bytes) -> bool:
        """Say whether no base64 or hexadecimal text stands here."""
        shapes = raw.translate(_RUN_SHAPES).split()
        kept = self._run_shapes
        looked = list(map(kept.get, shapes))
        if None in looked:
            for at, look in enumerate(looked):
                if look is None:
                    run = shapes[at]
                    looked[at] = len(run) > 5 and (run.lower() != run or len(run) > 13)
                    if len(run) <= _LONGEST_KEPT:
                        _keep(kept, run, looked[at], self._most)
        if True not in looked:
            return True
        for run in set(compress(raw.translate(_RUNS).split(), looked)).difference(self._runs):
            if run.lower() != run or _HEX.search(run):
                if hidden(f"{run.decode()}==") != ("", False):
                    return False
                if len(run) <= _LONGEST_KEPT:
                    _keep(self._runs, run, True, self._most)
        return True

    def _word(self, word: bytes, shape: bytes) -> int:
        text = word.decode()
        if len(word) > 15 and _DIGEST.fullmatch(text):
            at = shape.find(word)
            if word[:1] != b"0" or _STANDS_ALONE.search(shape, max(0, at - 2), at):
                return 0
        kind = _kind_of(text)
        if len(word) <= _LONGEST_KEPT:
            _keep(self._words, word, kind, self._most)
        return kind

    def _between(self, raw: bytes, shape: bytes) -> str | None:
        """Return a letter for each gap, None where a number may stand in one."""
        shapes = shape.translate(_GAP_SHAPES).split()
        kept = self._gaps
        try:
            kinds = "".join(map(kept.__getitem__, shapes))
        except KeyError:
            kinds = "".join(map(self._gap, shapes))
        if not _NUMBER_KINDS.isdisjoint(kinds):
            gaps = raw.translate(_GAPS).split()
            for at, kind in enumerate(kinds):
                if kind in "cC" and not _by_value(_NUMBERS.findall(gaps[at].decode())):
                    continue
                if kind in _NUMBER_KINDS and self._number(gaps[at]):
                    return None
        return kinds

    def _number(self, gap: bytes) -> bool:
        holds = self._numbers.get(gap)
        if holds is None:
            text = _IN_A_GAP.sub(CUT, gap.translate(_TO_BLANKS).decode())
            holds = _number_in(text, exact=True)
            if len(gap) <= _LONGEST_KEPT:
                _keep(self._numbers, gap, holds, self._most)
        return holds

    def _gap(self, gap: bytes) -> str:
        found = self._gaps.get(gap)
        if found is None:
            found = _kind_of_gap(gap.translate(_TO_BLANKS).decode())
            if len(gap) <= _LONGEST_KEPT:
                _keep(self._gaps, gap, found, self._most)
        return found


def _cut_products(found: re.Match[bytes]) -> bytes:
    """Return a browser's name with its products cut, and what stands between them."""
    said, *blanks = found.groups(default=b"")
    return _BYTE_CUT + said + b"".join(blank + _BYTE_CUT for blank in blanks if blank)


def _keep(store: dict[bytes, Kind], part: bytes, kind: Kind, most: int) -> None:
    if len(store) >= most:
        store.clear()
    store[part] = kind


def _kind_of(word: str) -> int:
    """Say what a word may be part of, whatever its digits and whatever stands beside it."""
    if not word.strip("0"):
        return 0
    kind = (_FIRST if _MBI_FIRST.fullmatch(word.lower()) else 0) | (
        _LAST if _MBI_LAST.fullmatch(word.lower()) else 0
    )
    if "0" in word and _HEXADECIMAL.issuperset(word):
        begins = _HEX_NAME.search(word) or _BEGINS_NAME.search(word)
        if not begins and not _CONTINUES.match(word.lstrip("0")):
            return kind
    flat = flatten(word)
    if _ZONED.search(word) or _SAID_AT.search(flat) or _MBI_WHOLE.search(flat):
        return _STOP
    humps = len(_HUMP_AT.findall(word))
    kind |= (_HUMP if humps else 0) | (_HUMPS if humps > 1 else 0) | (_WORDY if humps > 4 else 0)
    kind |= _AT if flat == "a" or "at" in re.split("[^a-z]+", flat) else 0
    return kind | _spoken(flat) | _named(flat)


def _named(flat: str) -> int:
    """Say what a flat word may name, alone or with the next one."""
    kind = _PIECE if _BEGINS_NAME.search(flat) else 0
    if _NAME.search(flat):
        names = [name for name in CATEGORIES if prefilter.named(name, flat)]
        if _TAKEN_WORD.fullmatch(flat):
            kind |= _TAKEN
        elif names == ["bank_account"]:
            kind |= _BANK
        else:
            return _STOP
    elif _JOINS.search(flat):
        return _STOP
    if flat[0] == "0" and _CONTINUES.match(flat.lstrip("0")):
        return _STOP  # the digits may be a time's, which is cut
    for numbered in _NUMBERED.finditer(flat):
        if flat[numbered.end() :][:1] == "0":
            return _STOP
        kind |= _BEFORE_DIGITS if numbered.end() == len(flat) else 0
    return kind


def _spoken(flat: str) -> int:
    """Say whether a number may be spoken here, or whether one may go on at an edge of the word."""
    found = atoms(flat)
    fits = prefilter.BETWEEN.fullmatch
    if not found:
        return _SIGN if fits(flat) else 0
    groups = prefilter.clusters(flat, found)
    if set(flat) - set("0x ") and any(len(each.atoms) > 1 for each in groups):
        return _STOP
    before, behind = flat[: found[0].start], flat[found[-1].end :]
    kind = 0
    for side, group in ((before, groups[0]), (behind, groups[-1])):
        if fits(side):
            kind |= _OPEN if group.words else _SIGN if side not in {"", "x"} else 0
    return kind


def _digits_around(words: Sequence[bytes], kinds: Sequence[int], at: int) -> int:
    """Return how many digits stand before and behind a word for a sign, to the next other word."""
    total = words[at].count(b"0")
    for step in (-1, 1):
        beside = at + step
        while 0 <= beside < len(words) and (b"0" in words[beside] or kinds[beside] & _SIGN):
            total += words[beside].count(b"0")
            beside += step
    return total


def _kind_of_gap(gap: str) -> str:
    """Return "?" where digits may be a number by their form, "c" where by their values alone.

    Else "s" where a sentence may go on from the word before, "S" for several words, "x" for a
    letter within one, "n" for nothing. It may also go on where digits end that the tests cut: "j",
    and "Q" and "C" for "?" and "c".
    """
    joint = _JOINT.search(gap) is not None
    if "0" in gap and _number_in(gap, exact=False):
        kind = "?" if _form_in(gap) or _NINE.search(gap) else "c"
        return {"?": "Q", "c": "C"}[kind] if joint or "x" in gap else kind
    if joint:
        return "j"
    pieces = gap.split("x")  # letters themselves, each of them
    apart = sum(_SENTENCE_GAP.fullmatch(piece) is not None for piece in pieces)
    if apart:
        return "s" if apart == 1 else "S"
    return "n" if any(pieces) else "x"


def _form_in(text: str) -> bool:
    """Say whether digits and signs have the form of a number, whatever the digits are."""
    if _PLUS.search(text) or _PARENTHESES.search(text) or prefilter.MASKED_CARD.search(text):
        return True
    return any(prefilter.is_grouped(found[0]) for found in prefilter.GROUPS.finditer(text))


def _number_in(text: str, *, exact: bool) -> bool:
    """Say whether digits and signs may be a number by their form; `exact`: by their values, too."""
    if _form_in(text):
        return True
    for found in _NINE.finditer(text):
        digits = "".join(found.groups())
        if not exact or rules.ssn(digits) or rules.itin(digits):
            return True
    groups = [each.runs for each in prefilter.clusters(text, atoms(text))]
    if not exact:
        return any(
            sum(map(len, runs)) >= _CARD_FEWEST or any(len(run) in {9, 12} for run in runs)
            for runs in groups
        )
    return any(prefilter.card_among(runs) or any(map(rules.aba, runs)) for runs in groups) or (
        prefilter.ach_entry(text)
    )


def _by_value(runs: Sequence[str]) -> bool:
    """Say loosely whether runs of digits may be a card, a routing number or a record with one."""
    for at, run in enumerate(runs):
        if run[0] in "2345689":
            if prefilter.card_among(runs[at:]):
                return True
            if run[0] == "6" and len(run) > 11:
                return True
        if len(run) > 19 or (len(run) == 9 and rules.aba(run)):
            return True
    return False


def _tells(raw: bytes, shape: bytes) -> bool:
    """Say whether a form with letters stands here, an @, or a field that is cut in part."""
    return (
        _PHONE_WORD.search(shape) is not None
        or ((b"HTTP/" in raw or b"Android " in raw) and _PARTLY_CUT.search(raw) is not None)
        or ((b"<" in raw or b"/p/" in raw or b"/P/" in raw) and _TRAVEL.search(raw) is not None)
        or (b"@" in raw and b"@" in _NO_MAILBOX.sub(b"", raw))
    )


def _may_be_a_sentence(between: str, said: int) -> bool:
    """Say whether six words may stand with little between them, humps of a name counted."""
    if said & _WORDY or "S" in between or "sssss" in between.replace("x", ""):
        return True
    if said & _HUMPS:
        return "s" in between
    return bool(said & _HUMP) and "ss" in between


def _says_nothing(text: str, said: int, *, sentence: bool) -> bool:
    """Say whether words that may say something don't: as a sentence, a spoken @ or a name.

    Some names are taken out where they stand as in every log; what names a bank account alone needs
    digits that may be a routing number, too.
    """
    flat = flatten(text)
    if (sentence and _SENTENCE.search(flat)) or (said & _AT and _SPOKEN_AT.search(flat)):
        return False
    if said & _TAKEN and _TAKEN_NAMES.search(prefilter.cues(flat)):
        return False
    if said & _BANK:
        numbers = atoms(flat)
        return not any(atom.is_word for atom in numbers) and not any(
            prefilter.routing_among(each.runs) for each in prefilter.clusters(flat, numbers)
        )
    return True
