r"""The cascade: a prefilter before the model, which may say only "certainly nothing of this here".

One content is read once, however many categories are asked. For each category a value must leave
something behind, whatever its disguise: a form that tells by itself (a card's check digit, an @,
the groups of a telephone number), or enough digits close together *and* a word that names the
category. Where neither stands, the model is not asked. What is not understood goes to the model: a
content that is very long or could not be decoded to the bottom, a category that is not known here.

>>> cascade = Cascade()
>>> line = '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /a?q=shoes HTTP/1.1" 200 8397 "-" "-"'
>>> any(cascade.may_hold(category, line) for category in CATEGORIES)
False
>>> cascade.may_hold("email", "write to jo at example dot com"), cascade.may_hold("mine", line)
(True, True)

>>> mailbox("logo@2x.png vue@3.4.1/dist https://social.example/@jo"), mailbox("jo@example.com")
(False, True)
>>> mailbox("jo [at] example [dot] com"), mailbox("look at this.html")
(True, False)

>>> ssn("of 000-12-3456"), itin("of 900-70-0001"), is_card("4242424242424242")
(False, True, True)
>>> phone_number("+1 212 555 0123"), phone_number("size 1920 rate 0.25")
(True, False)
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

from piiforge.predict import rules
from piiforge.predict.prefilter import (
    Atom,
    Cluster,
    Reading,
    atoms,
    clusters,
    densest,
    named,
    plain,
    read,
    sentence,
)
from piiforge.predict.rules import aba, luhn

# What an e-mail address must leave in a line: an @, or words for one and for a dot.
#
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
    """Say whether a mailbox could stand in a folded text."""
    if "@" in text and "@" in _NO_MAILBOX.sub("", text):
        return True
    dots = [found.start() for found in _SAID_DOT.finditer(text)]
    return any(
        _is_dot_within(dots, found.end()) or _is_domain_at(text, found.end())
        for found in _SAID_AT.finditer(text)
    )


def half(text: str) -> bool:
    """Say whether a domain stands as a whole field, or with its dots spoken: half a mailbox."""
    return _FIELD.search(text) is not None or _SAID_DOT.search(text) is not None


def _is_dot_within(dots: list[int], start: int) -> bool:
    at = bisect_left(dots, start)
    return at < len(dots) and dots[at] - start < _BEYOND


def _is_domain_at(text: str, start: int) -> bool:
    found = _DOMAIN.match(text, start)
    return found is not None and found[1] not in _FILES


# Forms of numbers that tell by themselves what a value is, without a word that names it.
#
# Each function says whether a form of its category could stand in a folded text. Separators are
# taken generously (one to four signs of any kind), check digits and ranges exactly: they prove
# absence.
#
# Sources:
#     SSN: https://www.ssa.gov/employer/randomization.html · ITIN: IRS Publication 1915
#     cards: ISO/IEC 7812-1 · routing numbers: ABA key to routing numbers, Nacha entry detail
#     MBI: CMS, Understanding the MBI Format · phones: ITU-T E.123, NANPA


_SIGNS = "[^a-z0-9\x1f]{1,4}"
_NINE = re.compile(rf"(?<![0-9])(?=([0-9]{{3}}){_SIGNS}([0-9]{{2}}){_SIGNS}([0-9]{{4}})(?![0-9]))")
_MBI = re.compile(
    r"(?<![a-z0-9])[1-9][a-z][a-z0-9][0-9][^a-z0-9]{0,3}[a-z][a-z0-9][0-9][^a-z0-9]{0,3}"
    r"[a-z]{2}[0-9]{2}(?![a-z0-9])"
)

_MASK = "x*•#·…●∙█∗⁎×"
_MASKED_CARD = re.compile(
    rf"[0-9](?:[ +_./-]{{0,2}}[0-9]){{5}}[ +_./-]{{0,2}}(?:[{_MASK}][ +_./-]{{0,2}}){{2,20}}"
    r"[0-9](?:[ +_./-]{0,2}[0-9]){3}"
)
_CARD_SIZES = range(13, 20)
_LONG_RUN = 20
_ENTRY = re.compile(r"(?<![0-9])6[0-9]{2}([0-9]{9})(?=[0-9 ]{8})")
_ROUTING_SIZE = 9

_PLUS = re.compile(r"(?<![0-9])\+ ?[0-9](?:[ ()./-]{0,3}[0-9]){6,14}")
_PARENTHESES = re.compile(r"\(\+?[0-9]{1,5}\)(?:[^a-z0-9]{0,3}[0-9]){5,12}")
_GROUPS = re.compile("(?<![0-9])[0-9]+(?:[ +./·_‐-―−-]{1,3}[0-9]+)+")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\.[0-9]+")
_DIGITS = re.compile("[0-9]+")
_VANITY = re.compile(
    r"(?<![a-z0-9])[2-9][0-9]{2}[ +().·‐-―-]{0,3}(?:[2-9][0-9]{2}[ +.·‐-―-]{0,2}[a-z]{4}|[a-z]{7})"
    r"(?![a-z0-9])"
)
_CHINESE_MOBILE = re.compile("(?<![0-9a-z])1[3-9][0-9]{9}(?![0-9a-z])")
_HAN = re.compile("[\u4e00-\u9fff]")
_PHONE_SIZES = range(8, 16)
_LONGEST_FIRST, _SHORTEST_GROUP, _LONGEST_GROUP = 5, 2, 11


def ssn(text: str) -> bool:
    """Say whether nine digits stand as 3-2-4 in the ranges of an SSN."""
    return any(rules.ssn("".join(found.groups())) for found in _NINE.finditer(text))


def itin(text: str) -> bool:
    """Say whether nine digits stand as 3-2-4 in the ranges of an ITIN."""
    return any(rules.itin("".join(found.groups())) for found in _NINE.finditer(text))


def mbi(text: str) -> bool:
    """Say whether eleven characters stand as a Medicare identifier does, with dashes or without."""
    return _MBI.search(text) is not None


def masked_card(text: str) -> bool:
    """Say whether a card number stands with its first six and last four digits shown."""
    return _MASKED_CARD.search(text) is not None


def is_card(digits: str) -> bool:
    """Say whether the digits have an issuer's first digits and the check digit of a card.

    A run longer than any card's may hold one anywhere: that is not looked into.
    """
    if len(digits) >= _LONG_RUN:
        return True
    return (
        len(digits) in _CARD_SIZES
        and (digits[0] in "23456" or digits[:2] in {"81", "82", "97"})
        and luhn(digits)
    )


def card_among(runs: Sequence[str]) -> bool:
    """Say whether a run of digits, or neighbours together, make up a card number."""
    if any(len(run) >= _LONG_RUN for run in runs):
        return True
    whole = "".join(runs)
    ends = [0, *accumulate(map(len, runs))]
    return any(
        is_card(whole[start:end])
        for at, start in enumerate(ends)
        for end in ends[at + 1 : at + _LONG_RUN]
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
    return any(aba(found[1]) for found in _ENTRY.finditer(text))


def routing_among(runs: Sequence[str]) -> bool:
    """Say whether a run of digits, or neighbours together, make up a valid routing number."""
    ends = [0, *accumulate(map(len, runs))]
    starts = frozenset(ends)
    whole = "".join(runs)
    return any(
        aba(whole[end - _ROUTING_SIZE : end]) for end in ends if end - _ROUTING_SIZE in starts
    )


def phone_number(text: str) -> bool:
    """Say whether a number stands with a plus, parentheses, groups, or letters for its end.

    In a Chinese text the eleven digits of a mobile number tell it too.
    """
    return (
        _PLUS.search(text) is not None
        or _PARENTHESES.search(text) is not None
        or _VANITY.search(text) is not None
        or (_CHINESE_MOBILE.search(text) is not None and _HAN.search(text) is not None)
        or any(_is_grouped(found[0]) for found in _GROUPS.finditer(text))
    )


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


NEAR = 250  # characters over which the digits of one number may be spread: halves in two fields
NEAR_PAIR = 500  # and those of a routing and an account number
_FEWEST = {"ssn": 9, "itin": 9, "passport": 8, "drivers_license": 7, "phone": 7, "member_id": 5}
_ACCOUNT_FEWEST, _ROUTING = 4, 9
_CARD_FEWEST = 13
_SPOKEN = 3  # words that make a cluster a spoken number
_HALVES_APART = 24  # clusters between the halves of a number: digits of the keys


@dataclass(frozen=True)
class Evidence:
    """What stands in one content, found when it is first asked for."""

    reading: Reading
    said: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def atoms(self) -> list[Atom]:
        """The runs of digits and the number words."""
        return atoms(self.reading.text)

    @cached_property
    def clusters(self) -> list[Cluster]:
        """The atoms by cluster."""
        return clusters(self.reading.text, self.atoms)

    @cached_property
    def runs(self) -> list[str]:
        """The runs of digits."""
        return [atom.text for atom in self.atoms if not atom.is_word]

    @cached_property
    def digits_near(self) -> int:
        """The most digits within NEAR characters."""
        return densest(self.atoms, NEAR)

    @cached_property
    def digits_near_pair(self) -> int:
        """The most digits within NEAR_PAIR characters."""
        return densest(self.atoms, NEAR_PAIR)

    @cached_property
    def cues(self) -> str:
        """The text in which words that name a category are sought."""
        return plain(self.reading.text)

    @cached_property
    def has_sentence(self) -> bool:
        """Whether a whole sentence stands here: it may name anything."""
        return sentence(self.reading.text)

    @cached_property
    def spoken(self) -> int:
        """The most digits of a cluster with words for digits in it."""
        return max((each.digits for each in self.clusters if each.words >= _SPOKEN), default=0)

    def named(self, category: str) -> bool:
        """Say whether anything here may name `category`."""
        return self.has_sentence or named(category, self.cues)

    def may_hold(self, category: str) -> bool:
        """Say whether a value of `category` may stand here."""
        if category not in self.said:
            holds = _HOLDS.get(category)
            self.said[category] = self.reading.opaque or holds is None or holds(self)
        return self.said[category]


LONGEST = 65_536  # characters; a longer content is not looked into


class Cascade:
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

    def _evidence(self, content: str) -> Evidence:
        kept: tuple[str, Evidence] | None = getattr(self._turn, "kept", None)
        if kept is None or kept[0] != content:
            long = len(content) > LONGEST
            kept = content, Evidence(Reading("", opaque=True) if long else read(content))
            self._turn.kept = kept
        return kept[1]


def _named_number(category: str, found: Evidence) -> bool:
    """Say whether enough digits stand close together and something names `category`."""
    return found.digits_near >= _FEWEST[category] and found.named(category)


def _ssn(found: Evidence) -> bool:
    return ssn(found.reading.text) or _named_number("ssn", found)


def _itin(found: Evidence) -> bool:
    return itin(found.reading.text) or _named_number("itin", found)


def _credit_card(found: Evidence) -> bool:
    """Look for a check digit that fits, a mask, a spoken number, or halves under a card's name."""
    text = found.reading.text
    if found.digits_near < _CARD_FEWEST and not masked_card(text):
        return False
    return (
        any(each.words and each.digits >= _CARD_FEWEST for each in found.clusters)
        or any(card_among(_runs(each)) for each in found.clusters)
        or masked_card(text)
        or (_halves_of_a_card(found) and found.named("credit_card"))
    )


def _runs(cluster: Cluster) -> list[str]:
    return [atom.text for atom in cluster.atoms if not atom.is_word]


def _halves_of_a_card(found: Evidence) -> bool:
    for at, first in enumerate(found.clusters):
        for second in found.clusters[at + 1 : at + 1 + _HALVES_APART]:
            if second.atoms[0].start - first.atoms[-1].end > NEAR:
                break
            if first.digits + second.digits >= _CARD_FEWEST and _is_card_in_two(first, second):
                return True
    return False


def _is_card_in_two(first: Cluster, second: Cluster) -> bool:
    if first.words or second.words:
        return True
    return card_in_two(_runs(first), _runs(second))


def _bank_account(found: Evidence) -> bool:
    """Look for a routing number beside another: valid, or spoken or cut in two under a name."""
    text = found.reading.text
    if found.digits_near_pair < _ROUTING + _ACCOUNT_FEWEST:
        return False
    return (
        ach_entry(text)
        or any(map(aba, (run for run in found.runs if len(run) == _ROUTING)))
        or (_may_route(found) and found.named("bank_account"))
    )


def _may_route(found: Evidence) -> bool:
    """Say whether a cluster, or two that stand together, may be a routing number."""
    if any(routing_among(_runs(each)) for each in found.clusters):
        return True
    return any(
        each.digits + after.digits >= _ROUTING and (each.words or after.words)
        for each, after in pairwise(found.clusters)
    ) or any(each.words and each.digits >= _ROUTING for each in found.clusters)


def _phone(found: Evidence) -> bool:
    text = found.reading.text
    fewest = _FEWEST["phone"]
    return (
        found.spoken >= fewest
        or (found.digits_near >= 3 and phone_number(text))
        or _named_number("phone", found)
    )


def _email(found: Evidence) -> bool:
    text = found.reading.text
    return mailbox(text) or (half(text) and found.named("email"))


def _passport(found: Evidence) -> bool:
    return _named_number("passport", found)


def _drivers_license(found: Evidence) -> bool:
    return _named_number("drivers_license", found)


def _member_id(found: Evidence) -> bool:
    return mbi(found.reading.text) or _named_number("member_id", found)


_HOLDS: Mapping[str, Callable[[Evidence], bool]] = {
    "ssn": _ssn,
    "itin": _itin,
    "credit_card": _credit_card,
    "bank_account": _bank_account,
    "phone": _phone,
    "email": _email,
    "passport": _passport,
    "drivers_license": _drivers_license,
    "member_id": _member_id,
}
CATEGORIES: Sequence[str] = tuple(_HOLDS)
