r"""The text tests, first in the cascade: they may say only "certainly nothing of this here".

One content is read once, however many categories are asked. For each category a value must leave
something behind, whatever its disguise: a form that tells by itself (a card's check digit, an @,
the groups of a telephone number), or enough digits close together *and* a word that names the
category. Where neither stands, nobody else is asked. What is not understood is passed on: a
content that is very long or could not be decoded to the bottom, a category that is not known here.

Forms are sought in the text as it is read: encodings undone, letters flattened, and what is known
to hold nothing cut out. Separators are taken generously (one to four signs of any kind), check
digits and ranges exactly: they prove absence. All of it is linear in the length of the content.

Sources:
    SSN: https://www.ssa.gov/employer/randomization.html · ITIN: IRS Publication 1915
    cards: ISO/IEC 7812-1 · routing numbers: ABA key to routing numbers, Nacha entry detail
    MBI: CMS, Understanding the MBI Format · phones: ITU-T E.123, NANPA

>>> tests = TextTests()
>>> line = '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /a?q=shoes HTTP/1.1" 200 8397 "-" "-"'
>>> any(tests.may_hold(category, line) for category in CATEGORIES)
False
>>> tests.may_hold("email", "write to jo at example dot com"), tests.may_hold("mine", line)
(True, True)

>>> without_noise(line)
'\x1f - - [\x1f] "GET /a?q=shoes \x1f "-" "-"'
>>> without_noise("ts=1700000000&n=1700000000&id=123e4567-e89b-12d3-a456-426614174000")
'\x1f&n=1700000000&id=\x1f'
>>> read("q=%2530%2531&amp;key=MDAwLTEyLTM0NTY").text
'q=01&key=mdaw ltey ltm0nty\n000-12-3456'

>>> named("passport", "traveler passport a=7681"), named("passport", "path=/password")
(True, False)
>>> [named("drivers_license", cues(text)) for text in ("dl=https://x", "user dl id a=1")]
[False, True]
>>> [cluster.digits for cluster in clusters("id 12-34 b 5", atoms("id 12-34 b 5"))]
[4, 1]

>>> mailbox("logo@2x.png vue@3.4.1/dist https://social.example/@jo"), mailbox("jo@example.com")
(False, True)
>>> mailbox("jo [at] example [dot] com"), mailbox("look at this.html")
(True, False)
>>> grouped(rules.ssn, "of 000-12-3456"), is_card("4242424242424242")
(False, True)
>>> phone_number("+1 212 555 0123"), phone_number("size 1920 rate 0.25")
(True, False)
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from itertools import accumulate, pairwise
from typing import TypedDict, cast

from piiforge import files, plugins, reader
from piiforge.predict import rules
from piiforge.text import (
    CUT,
    Atom,
    Cluster,
    atoms,
    chained,
    clusters,
    densest,
    encodings,
    flatten,
    hidden,
    undone,
)

LONGEST = 65_536  # characters; a longer content is not looked into
NEAR = 250  # characters over which the digits of one number may be spread: halves in two fields
NEAR_PAIR = 500  # and those of a routing and an account number
_TOGETHER = 128  # contents that are read together
_SPOKEN = 3  # words that make a cluster a spoken number
_DRAWN = 50  # values of a plug-in's category, to see what is seen of them
_HALVES_APART = 24  # clusters between the halves of a number: digits of the keys


class TextTests:
    """The prefilter. Several threads may ask it; the last content's evidence is kept."""

    def __init__(self) -> None:
        self._turn = threading.local()

    def may_hold(self, category: str, content: str) -> bool:
        """Return False only where `content` certainly holds no value of `category`."""
        return self._evidence(content).may_hold(category)

    def possible(self, content: str, categories: Iterable[str]) -> frozenset[str]:
        """Return those of `categories` of which `content` may hold a value."""
        found = self._evidence(content)
        return frozenset(category for category in categories if found.may_hold(category))

    def each_possible(self, contents: Sequence[str]) -> list[tuple[str, ...]]:
        """Return for each content those of `CATEGORIES` of which it may hold a value.

        Many are asked together, step by step: a third faster than one after the other. What was
        seen of those that may hold any is kept until contents are asked together again.
        """
        every: list[Evidence] = []
        for at in range(0, len(contents), _TOGETHER):
            some = contents[at : at + _TOGETHER]
            read_ = readings([each if len(each) <= LONGEST else "" for each in some])
            told = [
                Evidence(reading if len(each) <= LONGEST else _UNREAD)
                for each, reading in zip(some, read_, strict=True)
            ]
            for category in CATEGORIES:
                for each in told:
                    each.may_hold(category)
            every += told
        pairs = zip(contents, every, strict=True)
        self._turn.together = {content: each for content, each in pairs if any(each.held.values())}
        return [tuple(name for name, holds in each.held.items() if holds) for each in every]

    def _evidence(self, content: str) -> "Evidence":
        together: Mapping[str, Evidence] = getattr(self._turn, "together", {})
        if content in together:
            return together[content]
        kept: tuple[str, Evidence] | None = getattr(self._turn, "kept", None)
        if kept is None or kept[0] != content:
            kept = content, Evidence(_UNREAD if len(content) > LONGEST else read(content))
            self._turn.kept = kept
        return kept[1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a content says. `text` is flat; `opaque` where it could not be read to the bottom."""

    text: str
    opaque: bool = False


_UNREAD = Reading("", opaque=True)


@dataclass(frozen=True)
class Evidence:
    """What stands in one content, found when it is first asked for."""

    reading: Reading
    held: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def said(self) -> int:
        """What the words of the text say."""
        return said(self.reading.text)

    @cached_property
    def most_digits(self) -> int:
        """No fewer digits than the whole text can mean: a number word has one a letter at most."""
        text = self.reading.text
        if self.said & SPOKEN:
            return len(text)
        return len(text) - len(text.encode("ascii", "replace").translate(None, b"0123456789"))

    @cached_property
    def atoms(self) -> list[Atom]:
        """The runs of digits and the number words."""
        return atoms(self.reading.text, spoken=bool(self.said & SPOKEN))

    @cached_property
    def speaks(self) -> bool:
        """Whether a number word stands in one cluster with other atoms."""
        return bool(self.said & SPOKEN) and any(
            each.words and len(each.atoms) > 1 for each in self.clusters
        )

    @cached_property
    def clusters(self) -> list["Cluster"]:
        """The atoms by cluster."""
        return clusters(self.reading.text, self.atoms)

    @cached_property
    def chains(self) -> list[list[str]]:
        """The runs of digits by chain, of those that are long enough for a routing number."""
        return list(chained(self.reading.text, _ROUTING))

    @cached_property
    def digits_near(self) -> int:
        """The most digits within NEAR characters."""
        return densest(self.atoms, NEAR)

    @cached_property
    def cues(self) -> str:
        """The text in which words that name a category are sought."""
        return cues(self.reading.text) if self.said & TAKEN else self.reading.text

    @cached_property
    def names(self) -> int:
        """What the words of the cues say."""
        return said(self.cues) if self.said & TAKEN else self.said

    @cached_property
    def has_sentence(self) -> bool:
        """Whether a whole sentence stands here: it may name anything."""
        return sentence(self.reading.text)

    def named(self, category: str) -> bool:
        """Say whether anything here may name `category`."""
        names = self.names
        if names & _NAMED[category]:
            return True
        parted = names & names >> len(_PARTINGS) & _PARTED_BITS[category]
        if parted and _parted_names(category, parted).search(self.cues):
            return True
        return self.has_sentence

    def may_hold(self, category: str) -> bool:
        """Say whether a value of `category` may stand here."""
        if category not in self.held:
            holds = _HOLDS.get(category)
            self.held[category] = self.reading.opaque or holds is None or holds(self)
        return self.held[category]


NESTED = 2  # base64 within base64


class _Benign(TypedDict):
    pieces: Mapping[str, str | list[str]]
    begins: Mapping[str, list[str]]
    fields: Mapping[str, str | list[str]]


def _noise() -> re.Pattern[str]:
    """Return an expression for the fields of data/benign.yaml, at a sign those that may begin."""
    table = cast("_Benign", files.shipped_yaml("piiforge.predict", "data/benign.yaml"))

    def whole(begin: Callable[[str], bool]) -> str:
        found = "|".join("".join(lines) for name, lines in table["fields"].items() if begin(name))
        for name, lines in table["pieces"].items():
            found = found.replace(f"<{name}>", "".join(lines))
        return found

    digit, hexadecimal = (frozenset(table["begins"][kind]) for kind in ("digit", "hexadecimal"))
    of_digits = whole((digit | hexadecimal).__contains__)
    of_letters = whole(lambda name: name not in digit | hexadecimal)
    of_both = whole(lambda name: name not in digit)
    return re.compile(
        f"(?<![0-9A-Za-z])(?:(?=[0-9])(?:{of_digits})|(?=[A-Fa-f])(?:{of_both})"
        f"|(?=[G-Zg-z_-])(?:{of_letters}))"
    )


_NOISE = _noise()
_PADDED = re.compile("(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,4096}==(?=[\\s\"'&;,]|$)")


def read(content: str) -> Reading:
    """Read `content` to the bottom; what base64 or hexadecimal text hides is written behind it."""
    return readings([content])[0]


def readings(contents: Sequence[str]) -> list[Reading]:
    """Read contents, each step of all of them before the next: its code and tables stay at hand."""
    undoings = [undone(content) for content in contents]
    plain = [encodings.uncoloured(text) for text, _ in undoings]
    hiding = [hidden(text) for text in plain]
    kept = [without_noise(text) for text in plain]
    return [
        Reading(flatten(text), deep or unclear)
        if not inner
        else _with(text, inner, deep or unclear)
        for text, (inner, unclear), (_, deep) in zip(kept, hiding, undoings, strict=True)
    ]


def _with(text: str, inner: str, opaque: bool) -> Reading:
    """Return a text with what it hides, and what that hides."""
    layers = [text]
    while inner:
        layers.append(without_noise(inner))
        if len(layers) > NESTED:
            break
        inner, unclear = hidden(inner)
        opaque = opaque or unclear
    return Reading(flatten("\n".join(layers)), opaque)


def without_noise(text: str) -> str:
    """Return `text` with each benign field as one `CUT`."""
    text = text[: reader.served(text)]
    return _NOISE.sub(CUT, _PADDED.sub(CUT, text) if "==" in text else text)


class _Names(TypedDict):
    shared: Mapping[str, list[str]]
    categories: Mapping[str, Mapping[str, list[str]]]


def _words() -> dict[str, list[str]]:
    """Return the words that may name each category, with those that it shares with others.

    A number whose form tells nothing counts only where something names it (policy, rule 7): where
    none of these words stands anywhere in the content, such a number can be ruled out.
    """
    table = cast("_Names", files.shipped_yaml("piiforge.predict", "data/names.yaml"))
    return {
        category: [
            *net["words"],
            *(word for name in net.get("of", ()) for word in table["shared"][name]),
        ]
        for category, net in table["categories"].items()
    }


def _net(words: Sequence[str]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the words to be sought as they are, and a pattern of those with edges or gaps."""
    patterns = [word for word in words if set(word) & set("<>~")]
    plain = tuple(word for word in words if word not in patterns)
    return plain, re.compile("|".join(map(_written, patterns)))


def _written(word: str) -> str:
    """Write a word as a pattern that begins with its first letter: others are passed quickly."""
    body = re.escape(word.strip("<>")).replace("\\~", "~").replace("~", "[^a-z0-9]{0,2}")
    before = f"(?<![a-z]{body[0]})" if word[0] == "<" else ""
    return body[0] + before + body[1:] + ("(?![a-z])" if word[-1] == ">" else "")


WORDS: Mapping[str, Sequence[str]] = _words()
_NETS = {category: _net(words) for category, words in WORDS.items()}
# Six words, or six Chinese characters, with no more than punctuation between them: a sentence may
# name a thing in words that are in no list, with mistakes or by a company's name
_SENTENCE = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]{1,20}[^\w\s+\x1f]{0,3}[\s+]){5}[^\W\d_]"
    r"|(?:[\u4e00-\u9fff][，。？！、：]?){6}"
)
_FOUR_WORDS = re.compile(r"[\s+](?:[^\W\d_]{1,20}[^\w\s+\x1f]{0,3}[\s+]){4}[^\W\d_]")
# What a tag's own names and the pages of any site hold, and what names nobody's number there.
_NOT_CUES = re.compile(
    r"(?<![a-z])dl(?==https?:)|\.txt(?![a-z])|iphone(?!s? ?(?:n|#|:|is))"
    r"|utm_(?:medium|source|campaign)=[a-z_.-]*"
    r"|(?:privacy|cookies?)[-_ ]?policy|/health(?:z\b|[-_ ]?check|(?=[/?\" ]))"
)


def named(category: str, text: str) -> bool:
    """Say whether a word of `category` stands in a text's `cues`."""
    plain, pattern = _NETS[category]
    return any(word in text for word in plain) or pattern.search(text) is not None


@lru_cache(maxsize=4096)
def _parted_names(category: str, parted: int) -> re.Pattern[str]:
    """Return an expression for the names of `category` that are parted as these bits say."""
    some = (names for bit, names in _PARTED[category].items() if parted & bit)
    return re.compile("|".join(sorted({_written(name) for names in some for name in names})))


def cues(text: str) -> str:
    """Return a flat text without what looks like a cue in every log."""
    return _NOT_CUES.sub("", text)


def sentence(text: str) -> bool:
    """Say whether a whole sentence stands in a flat text. Most are dismissed by their blanks."""
    return (_FOUR_WORDS.search(text) is not None or not text.isascii()) and (
        _SENTENCE.search(text) is not None
    )


# What a word says, in bits: for each category a name; nothing but numbers, an at that may be an @,
# something that is no cue in every log; for each place where a name of several words may be parted,
# that it ends there, and that it goes on there.
_NAMED = {category: 1 << at for at, category in enumerate(_NETS)}
SPOKEN, AT, TAKEN = (1 << len(_NETS) + at for at in range(3))


def _partings() -> list[tuple[str, str, frozenset[tuple[str, str]]]]:
    """Return how a word ends where a name is parted, how the next begins, and whose names they are.

    Two pieces of a name may also stand without anything between them: then they are one word.
    """
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for category, names in WORDS.items():
        for name in filter(str.isascii, names):
            pieces = [piece for piece in re.split("[^a-z]+", name) if piece]
            lettered = name[-1].isalpha()  # else the word ends, or a digit or a sign follows
            for at in range(1, len(pieces)):
                end = f"{'^' if name[0] == '<' else ''}{''.join(pieces[:at])}$"
                parts = [f"{''.join(pieces[at:upto])}$" for upto in range(at + 1, len(pieces))]
                begin = "|".join((f"{''.join(pieces[at:])}{'' if lettered else '$'}", *parts))
                found.setdefault((end, f"^(?:{begin})"), set()).add((category, name))
            if not lettered and name[-1] != ">":
                end = f"{'^' if name[0] == '<' else ''}{''.join(pieces)}$"
                found.setdefault((end, end), set()).add((category, name))
    return [(*parting, frozenset(whose)) for parting, whose in found.items()]


_PARTINGS = _partings()
_FIRST = len(_NETS) + 3
_PIECES = [
    (re.compile(piece), 1 << _FIRST + at + side * len(_PARTINGS))
    for at, parting in enumerate(_PARTINGS)
    for side, piece in enumerate(parting[:2])
]
_PARTED = {
    category: {
        1 << _FIRST + at: names
        for at, (_, _, whose) in enumerate(_PARTINGS)
        if (names := [name for one, name in whose if one == category])
    }
    for category in _NETS
}
_PARTED_BITS = {category: sum(names) for category, names in _PARTED.items()}
_ANY_PIECE = re.compile("|".join(sorted({piece.pattern for piece, _ in _PIECES})))
_ANY_NAME = re.compile(
    "|".join(sorted({_written(name) for names in WORDS.values() for name in names}))
)
_LETTERS = bytes(sign if 96 < sign < 123 else 32 for sign in range(256))
_LONGEST_WORD = 48
_NOT_CUE_WORDS = re.compile("(?:dl|utm)$|^txt$|iphone|policy|^health")
_AT_WORDS = re.compile("^at?$|arr?oba|arobas")


class _Said(dict[bytes, int]):
    """What words say, remembered: logs repeat theirs. With `most` of them it begins anew."""

    def __init__(self, most: int = 60_000) -> None:
        super().__init__()
        self._most = most

    def __missing__(self, word: bytes) -> int:
        text, said = word.decode(), 0
        if _ANY_NAME.search(text):
            said = sum(bit for category, bit in _NAMED.items() if named(category, text))
        if _ANY_PIECE.search(text):
            said |= sum(bit for piece, bit in _PIECES if piece.search(text))
        said |= SPOKEN if atoms(text) else 0
        said |= AT if _AT_WORDS.search(text) else 0
        said |= TAKEN if _NOT_CUE_WORDS.search(text) else 0
        if len(word) <= _LONGEST_WORD:
            if len(self) >= self._most:
                self.clear()
            self[word] = said
        return said


_SAID = _Said()
_NO_ASCII = {name: [one for one in words if not one.isascii()] for name, words in WORDS.items()}


def said(text: str) -> int:
    """Return what the words of a flat text say, together; also those that are no ASCII."""
    found = 0
    if not text.isascii():
        named = (name for name, words in _NO_ASCII.items() if any(map(text.__contains__, words)))
        found = SPOKEN | AT | sum(map(_NAMED.__getitem__, named))
    words = text.encode("ascii", "replace").translate(_LETTERS).split()
    for each in set(map(_SAID.__getitem__, words)):
        found |= each
    return found


_SIGNS = "[^a-z0-9\x1f]{1,4}"
_NINE = re.compile(
    rf"([0-9](?<![0-9][0-9])[0-9]{{2}}){_SIGNS}([0-9]{{2}}){_SIGNS}([0-9]{{4}})(?![0-9])"
)
_MBI = re.compile(
    r"[1-9](?<![a-z0-9][1-9])[a-z][a-z0-9][0-9][^a-z0-9]{0,3}[a-z][a-z0-9][0-9][^a-z0-9]{0,3}"
    r"[a-z]{2}[0-9]{2}(?![a-z0-9])"
)

# The machine-readable line of a passport, and what airlines send of one
_TRAVEL = re.compile(r"p(?<![a-z0-9]p)<[a-z]{3}[a-z<]|/p/[a-z]{2,3}/")

_MASK = "x*•#·…●∙█∗⁎×"
_MASKED_CARD = re.compile(
    rf"[0-9](?:[ +_./-]{{0,2}}[0-9]){{5}}[ +_./-]{{0,2}}(?:[{_MASK}][ +_./-]{{0,2}}){{2,20}}"
    r"[0-9](?:[ +_./-]{0,2}[0-9]){3}"
)
_CARD_SIZES = range(13, 20)
_MASKS = re.compile(f"[{_MASK}][ +_./-]{{0,2}}[{_MASK}]")
_ENTRY = re.compile(r"6(?<![0-9]6)[0-9]{2}([0-9]{9})(?=[0-9 ]{8})")
_ROUTING_SIZE = 9
_NINE_DIGITS = re.compile("[0-9](?<![0-9][0-9])[0-9]{8}(?![0-9])")

_PLUS = re.compile(r"\+(?<![0-9]\+) ?[0-9](?:[ ()./-]{0,3}[0-9]){6,14}")
_PARENTHESES = re.compile(r"\(\+?[0-9]{1,5}\)(?:[^a-z0-9]{0,3}[0-9]){5,12}")
_GROUPS = re.compile("[0-9](?<![0-9][0-9])[0-9]*(?:[ +./·_‐-―−-]{1,3}[0-9]+)+")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\.[0-9]+")
_DIGITS = re.compile("[0-9]+")
_VANITY = re.compile(
    r"[2-9](?<![a-z0-9][2-9])[0-9]{2}[ +().·‐-―-]{0,3}"
    r"(?:[2-9][0-9]{2}[ +.·‐-―-]{0,2}[a-z]{4}|[a-z]{7}"
    r"|(?<=[.‐-―-])[a-z]{2,5}[.‐-―-][a-z]{2,6})(?![a-z0-9])"
)
_CHINESE_MOBILE = re.compile("1(?<![0-9a-z]1)[3-9][0-9]{9}(?![0-9a-z])")
_HAN = re.compile("[\u4e00-\u9fff]")
_PHONE_SIZES = range(8, 16)
_LONGEST_FIRST, _SHORTEST_GROUP, _LONGEST_GROUP = 5, 2, 11


def grouped(issued: Callable[[str], bool], text: str) -> bool:
    """Say whether nine digits stand as 3-2-4 and could be `issued`, as an SSN or an ITIN."""
    return any(issued("".join(found.groups())) for found in _NINE.finditer(text))


def is_card(digits: str) -> bool:
    """Say whether the digits have the check digit and the first digits of a card of their length.

    A longer run is none: who writes a card parts it from other digits.
    """
    return (
        len(digits) in _CARD_SIZES
        and rules.luhn(digits)
        and reader.issued_length(digits, len(digits))
    )


def card_among(runs: Sequence[str]) -> bool:
    """Say whether a run of digits, or neighbours together, make up a card number."""
    whole = "".join(runs)
    ends = [0, *accumulate(map(len, runs))]
    return any(
        is_card(whole[start:end])
        for at, start in enumerate(ends)
        for end in ends[at + 1 : at + _CARD_SIZES.stop]
        if end - start in _CARD_SIZES
    )


def card_in_two(first: Sequence[str], second: Sequence[str]) -> bool:
    """Say whether the end of `first` and the start of `second`, runs of digits, make up a card.

    The digit of a key ("card_2 = ...") may stand before the second half.
    """
    heads = list(accumulate(first[: -_CARD_SIZES.stop : -1], lambda end, run: run + end))
    for skipped in (0, 1):
        for tail in accumulate(second[skipped : skipped + _CARD_SIZES.stop]):
            if len(tail) >= _CARD_SIZES.stop:
                break
            if any(is_card(head + tail) for head in heads if len(head) + len(tail) in _CARD_SIZES):
                return True
    return False


def ach_entry(text: str) -> bool:
    """Say whether the entry record of an ACH file stands, and its routing number is valid."""
    return any(rules.aba(found[1]) for found in _ENTRY.finditer(text))


def routes(text: str) -> bool:
    """Say whether a valid routing number stands by itself."""
    return any(map(rules.aba, _NINE_DIGITS.findall(text)))


def routing_among(runs: Sequence[str]) -> bool:
    """Say whether a run of digits, or neighbours together, make up a valid routing number."""
    ends = [0, *accumulate(map(len, runs))]
    starts = frozenset(ends)
    whole = "".join(runs)
    return any(
        rules.aba(whole[end - _ROUTING_SIZE : end]) for end in ends if end - _ROUTING_SIZE in starts
    )


def phone_number(text: str) -> bool:
    """Say whether a number stands with a plus, parentheses, groups, or letters for its end.

    In a Chinese text the eleven digits of a mobile number tell it too.
    """
    return (
        _PLUS.search(text) is not None
        or _PARENTHESES.search(text) is not None
        or _VANITY.search(text) is not None
        or (not text.isascii() and mobile(text) and _HAN.search(text) is not None)
        or any(_is_grouped(found[0]) for found in _GROUPS.finditer(text))
    )


def mobile(text: str) -> bool:
    """Say whether digits stand in a flat text that are a mobile number in a Chinese one."""
    return _CHINESE_MOBILE.search(text) is not None


def _is_grouped(number: str) -> bool:
    """Say whether neighbours among the groups of `number` have the sizes of a telephone number."""
    if _DECIMAL.fullmatch(number):
        return False
    sizes = [len(group) for group in _DIGITS.findall(number)]
    for first, size in enumerate(sizes[:-1]):
        if size > _LONGEST_FIRST:
            continue
        total = size
        for more in sizes[first + 1 : first + _PHONE_SIZES.stop]:
            total += more
            if total >= _PHONE_SIZES.stop or not _SHORTEST_GROUP <= more <= _LONGEST_GROUP:
                break
            if total in _PHONE_SIZES:
                return True
    return False


# An @ is no mailbox's only where its grammar says so: an image's density, a package's version, a
# handle behind a slash.
_NO_MAILBOX = re.compile(
    r"@(?:[1-4](?:\.[0-9])?x\.(?:png|jpe?g|gif|webp|svg|avif)"
    r"|v?[0-9]{1,4}(?:\.[0-9]{1,5}){0,3}(?:-(?:alpha|beta|rc|next)[0-9.]{0,6})?"
    r"(?=[/?&\"' \x1f,+]|$)"
    r"|(?:latest|next)(?=[/?&\"' ]|$))"
    r"|(?<=/)@[a-z0-9_-]{1,40}(?=[/?&\"' ]|$)"
)
_SAID_AT = re.compile(
    r"艾特|圈 ?a|arr?oba|arobas|[(\[{<_-] {0,2}(?:at|a) {0,2}[)\]}>_-]|(?<![a-z])at(?![a-z])"
)
_SAID_DOT = re.compile(r"点|點|(?<![a-z])(?:dot|punto|point|ponto|punkt)(?![a-z])")
_NAME = r"[^\W_](?:[\w.-]{0,120}[^\W_])?\.([a-z\u00a1-\uffff]{2,24})"
_DOMAIN = re.compile(rf"[\s+\"'\\]{{0,4}}{_NAME}(?![a-z0-9])")
_FIELD = re.compile(
    rf"(?:^|[=:\"'>|,(+\s\\]|(?<!/)/)[ \"'\\]{{0,3}}{_NAME}(?=[&;\"'<|,)}}+/\s\x1f\\]|$)"
)
_FILES = frozenset(
    {"html", "htm", "php", "asp", "aspx", "jsp", "js", "css", "png", "jpg", "jpeg", "gif", "svg"}
    | {"webp", "json", "xml", "pdf"}
)
_BEYOND = 160  # characters behind the @ in which a dot is sought


def mailbox(text: str) -> bool:
    """Say whether a mailbox could stand in a flat text: an @, or words for one and for a dot."""
    return ("@" in text and "@" in _NO_MAILBOX.sub("", text)) or spoken_mailbox(text)


def says_at(text: str) -> bool:
    """Say whether a word for an @ stands in a flat text."""
    return _SAID_AT.search(text) is not None


def spoken_mailbox(text: str) -> bool:
    """Say whether words for an @ and for a dot, or a domain, stand in a flat text."""
    dots = [found.start() for found in _SAID_DOT.finditer(text)]
    for found in _SAID_AT.finditer(text):
        at, domain = bisect_left(dots, found.end()), _DOMAIN.match(text, found.end())
        if at < len(dots) and dots[at] - found.end() < _BEYOND:
            return True
        if domain is not None and domain[1] not in _FILES:
            return True
    return False


def half(text: str) -> bool:
    """Say whether a domain stands as a whole field, or with its dots spoken: half a mailbox."""
    return _FIELD.search(text) is not None or _SAID_DOT.search(text) is not None


_ACCOUNT_FEWEST, _ROUTING, _PHONE_FEWEST = 4, 9, 7
_CARD_FEWEST, _SHOWN = 13, 10
_GROUP = 3


def _number(
    category: str, least: int, fewest: int, form: Callable[[str], object] | None, found: Evidence
) -> bool:
    """Look for the form, or for enough digits close together where something names `category`.

    The form has `least` digits; without it `fewest` must stand close together.
    """
    if found.most_digits < least:
        return False
    if form is not None and form(found.reading.text):
        return True
    return found.most_digits >= fewest and found.named(category) and found.digits_near >= fewest


def _credit_card(found: Evidence) -> bool:
    """Look for a check digit that fits, a mask, a spoken number, or halves under a card's name."""
    if found.most_digits < _SHOWN:
        return False
    text = found.reading.text
    if _MASKS.search(text) and _MASKED_CARD.search(text):
        return True
    if found.most_digits < _CARD_FEWEST:
        return False
    if _stands_together(found, _CARD_FEWEST, card_among):
        return True
    if found.speaks and any(each.words and each.digits >= _CARD_FEWEST for each in found.clusters):
        return True
    return (
        found.named("credit_card")
        and found.digits_near >= _CARD_FEWEST
        and _halves_of_a_card(found)
    )


def _stands_together(found: Evidence, fewest: int, are_it: Callable[[Sequence[str]], bool]) -> bool:
    """Say whether the runs of digits of a cluster, `fewest` in all, make up something.

    Clusters are looked into only where a chain may be one, or number words part its digits.
    """
    chains = (runs for runs in found.chains if sum(map(len, runs)) >= fewest)
    return (found.speaks or any(map(are_it, chains))) and any(
        are_it(each.runs) for each in found.clusters
    )


def _halves_of_a_card(found: Evidence) -> bool:
    # groups in fields of their own, the digits of the keys between them left out
    groups = [atom.text for atom in found.atoms if not atom.is_word and len(atom.text) >= _GROUP]
    if card_among(groups):
        return True
    for at, first in enumerate(found.clusters):
        for second in found.clusters[at + 1 : at + 1 + _HALVES_APART]:
            if second.atoms[0].start - first.atoms[-1].end > NEAR:
                break
            enough = first.digits + second.digits >= _CARD_FEWEST
            spoken = (first.words or second.words) and found.said & SPOKEN
            if enough and (spoken or card_in_two(first.runs, second.runs)):
                return True
    return False


def _bank_account(found: Evidence) -> bool:
    """Look for a routing number beside another: valid, or spoken or cut in two under a name."""
    fewest = _ROUTING + _ACCOUNT_FEWEST
    if found.most_digits < fewest:
        return False
    return (
        ach_entry(found.reading.text)
        or routes(found.reading.text)
        or (found.named("bank_account") and _may_route(found))
    ) and densest(found.atoms, NEAR_PAIR) >= fewest


def _may_route(found: Evidence) -> bool:
    """Say whether a cluster, or two that stand together, may be a routing number."""
    return _stands_together(found, _ROUTING, routing_among) or (
        bool(found.said & SPOKEN) and _may_be_spoken(found.clusters)
    )


def _may_be_spoken(found: Sequence[Cluster]) -> bool:
    return any(each.words and each.digits >= _ROUTING for each in found) or any(
        (each.words or after.words) and each.digits + after.digits >= _ROUTING
        for each, after in pairwise(found)
    )


def _phone(found: Evidence) -> bool:
    if found.speaks and any(
        each.digits >= _PHONE_FEWEST and each.words >= _SPOKEN for each in found.clusters
    ):
        return True
    return _number("phone", 3, _PHONE_FEWEST, phone_number, found)


def _email(found: Evidence) -> bool:
    text = found.reading.text
    if mailbox(text) if found.said & AT else "@" in text and "@" in _NO_MAILBOX.sub("", text):
        return True
    return found.named("email") and half(text)


@cache
def _fewest(name: str) -> int:
    """Return how many digits of a value of a plug-in's category are seen here at least.

    None are seen of one that looks like what stands in every log (a time, a UUID): then there is no
    test, and the reader looks at every row.
    """
    own = next(each for each in plugins.found().categories if each.category.id == name)
    word = plugins.cue_words(own)[0]
    frames = ("{0}={1}&page=/", '{{"{0}":"{1}"}}', "my {0} is {1}", "{1}")
    lines = [
        frame.format(word, text)
        for text in plugins.form_of(name).texts[:_DRAWN]
        for frame in frames
    ]
    return min(Evidence(read(line)).digits_near for line in lines)


def _own(name: str, found: Evidence) -> bool:
    return found.digits_near >= _fewest(name)


_HOLDS: Mapping[str, Callable[[Evidence], bool]] = {
    "ssn": partial(_number, "ssn", 9, 9, partial(grouped, rules.ssn)),
    "itin": partial(_number, "itin", 9, 9, partial(grouped, rules.itin)),
    "credit_card": _credit_card,
    "bank_account": _bank_account,
    "phone": _phone,
    "email": _email,
    "passport": partial(_number, "passport", 0, 8, _TRAVEL.search),
    "drivers_license": partial(_number, "drivers_license", 7, 7, None),
    "member_id": partial(_number, "member_id", 5, 5, _MBI.search),
    **{name: partial(_own, name) for name in plugins.names()},
}
CATEGORIES: Sequence[str] = tuple(_HOLDS)
FEWEST: Mapping[str, int] = {
    "ssn": 9, "itin": 9, "credit_card": _CARD_FEWEST, "bank_account": _ROUTING + _ACCOUNT_FEWEST,
    "phone": _PHONE_FEWEST, "email": 0, "passport": 8, "drivers_license": 7, "member_id": 5,
}  # fmt: skip
"""How many digits a content has at least that holds a value by its name, without any form."""
