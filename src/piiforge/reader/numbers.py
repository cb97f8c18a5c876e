r"""Numbers: groups of digits as they stand in a text, and whether they can be what they seem.

The pattern is a tokenizer: possessive, and it can't fail after a digit, so a scan is linear in
the text whatever it holds. Explicit digit and letter borders are used, not `\b`, which sees none
between a Chinese character and a digit.

A function whose name ends in `reason` takes letters and digits without separators and returns
"valid" or why not: rules 4, 5 and 8 of the policy.

Sources: SSA (number randomization), IRS Publication 1915, ISO/IEC 7812, ABA routing numbers,
CMS (format of the Medicare Beneficiary Identifier), the test cards that payment firms publish,
NANPA (numbering resources, 555 line numbers), ITU-T E.164, Ofcom, ARCEP, BNetzA, ACMA (numbers for
drama).

>>> ssn_reason("666123456"), itin_reason("900930000"), card_reason("4111111111111111")
('area', 'group', 'placeholder')
>>> [(number.digits, number.shape) for number in numbers("tel 212-555-0100", range(9, 11))]
[('2125550100', (3, 3, 4))]
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import cast

import phonenumbers
from stdnum import luhn
from stdnum.us import rtn

from piiforge import files

_NEAR_SAMPLES = ("98765432", "07805112")  # published with every last digit
_SAMPLE_SSNS = frozenset({"111223333", "078051120", "219099999", "457555462", "123456789"})
_TEST_CARDS = frozenset(
    card for row in files.shipped_tsv("piiforge.reader", "data/test_cards.tsv") for card in row
)
_ISSUERS = tuple(
    (int(first), int(last), frozenset(map(int, lengths.split())))
    for _, first, last, lengths in files.shipped_tsv("piiforge.reader", "data/issuers.tsv")
)
_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)
_SAME_RUN = re.compile("|".join(f"{digit}{{6}}" for digit in range(10)))
"""Six times in a row: hardly ever by chance, and the rule in test cards."""
_SAMPLE_MBIS = frozenset({"1EG4TE5MK72", "1EG4TE5MK73", "1EG4TE5MK74"})
_PHONES = cast(
    "Mapping[str, Mapping[str, str]]", files.shipped_yaml("piiforge.reader", "data/phones.yaml")
)
_AT_HOME = {region: re.compile(shape) for region, shape in _PHONES["at_home"].items()}
_FEWEST_AT_HOME = 8
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_WORLD_DRAMA = tuple(
    code + head for code, heads in _PHONES["kept_for_drama"].items() for head in heads
)
_DRAMA = tuple("0" + head for heads in _PHONES["kept_for_drama"].values() for head in heads)
_SAMPLE_PHONES = frozenset({"13800138000", "8613800138000"})
_CHINESE_MOBILE = re.compile(r"(?:86)?138([0-9]{8})")
_UP = "01234567890123456789012345678901234567890"
_DOWN = _UP[::-1]


def is_day(digits: str) -> bool:
    """Whether eight digits are a day, written YYYYMMDD.

    >>> is_day("20260131"), is_day("20261331")
    (True, False)
    """
    return _DAY.fullmatch(digits) is not None


def filler(digits: str) -> bool:
    """Whether digits were typed to fill a form: all the same, or counting up or down.

    >>> filler("7777777"), filler("23456789"), filler("7319450")
    (True, True, False)
    """
    return len(set(digits)) <= 1 or (len(digits) <= 20 and (digits in _UP or digits in _DOWN))


def ssn_reason(digits: str) -> str:
    """Area 001-665 or 667-899, group 01-99, serial 0001-9999."""
    if digits in _SAMPLE_SSNS or digits.startswith(_NEAR_SAMPLES) or filler(digits):
        return "placeholder"
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in {"000", "666"} or area[0] == "9":
        return "area"
    if group == "00":
        return "group"
    return "serial" if serial == "0000" else "valid"


def itin_reason(digits: str) -> str:
    """Nine first; the middle digits 50-65, 70-88, 90-92 or 94-99."""
    if digits.startswith("98765432") or filler(digits):
        return "placeholder"
    if digits[0] != "9":
        return "area"
    group = int(digits[3:5])
    issued = 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99
    return "valid" if issued else "group"


def card_reason(digits: str) -> str:
    """An issuer's prefix, its length, and Luhn's check digit."""
    if digits in _TEST_CARDS or filler(digits) or _SAME_RUN.search(digits):
        return "placeholder"
    if not issued_length(digits, len(digits)):
        return "prefix"
    return "valid" if luhn.is_valid(digits) else "luhn"


def issued_length(prefix: str, length: int) -> bool:
    """Whether some network issues cards of `length` digits that begin with `prefix`."""
    head = int(prefix[:4])
    return any(first <= head <= last and length in lengths for first, last, lengths in _ISSUERS)


def routing_reason(digits: str) -> str:
    """A prefix that the Federal Reserve assigns, and the weighted checksum."""
    if filler(digits):
        return "placeholder"
    prefix = int(digits[:2])
    if max(map(digits.count, digits)) >= len(digits) - 2:
        return "placeholder"  # 110000000, as printed in samples
    if not (prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80):
        return "prefix"
    return "valid" if rtn.is_valid(digits) else "checksum"


def account_reason(digits: str) -> str:
    """Four to seventeen digits; the rest is context."""
    if not 4 <= len(digits) <= 17:
        return "shape"
    return "placeholder" if filler(digits) else "valid"


def passport_reason(text: str) -> str:
    """Nine digits, or a letter and eight."""
    digits = text[1:] if text[:1].isalpha() else text
    if len(text) != 9 or not digits.isdigit():
        return "shape"
    return "placeholder" if filler(digits) else "valid"


def licence_reason(text: str, state: str) -> str:
    """California: a letter and seven digits; New York: nine digits; Texas: eight.

    `state` is the one named nearby, else "": then any of the three shapes will do.
    """
    digits = text[1:] if text[:1].isalpha() else text
    if is_day(text):
        return "day"
    shapes = {(True, 7): "CA", (False, 9): "NY", (False, 8): "TX"}
    shape = shapes.get((text[:1].isalpha(), len(digits)), "")
    if not shape or not digits.isdigit():
        return "shape"
    if filler(digits):
        return "placeholder"
    return "state" if state and state != shape else "valid"


def is_mbi(text: str) -> bool:
    """Whether `text` has the published form of a Medicare Beneficiary Identifier.

    >>> is_mbi("1EG4TE5MK73"), is_mbi("1SG4TE5MK73")
    (True, False)
    """
    return _MBI.fullmatch(text.upper()) is not None


def member_reason(text: str) -> str:
    """Six to twenty letters and digits, at least four of them digits."""
    upper = text.upper()
    digits = "".join(filter(str.isdigit, upper))
    if upper in _SAMPLE_MBIS:
        return "placeholder"
    if not 6 <= len(upper) <= 20 or len(digits) < 4:
        return "shape"
    return "placeholder" if filler(digits) else "valid"


def is_sample(digits: str) -> bool:
    """Whether a number is a published sample, or one of China's sample prefix that only counts."""
    mobile = _CHINESE_MOBILE.fullmatch(digits)
    return digits in _SAMPLE_PHONES or (mobile is not None and filler(mobile[1]))


def nanp_reason(digits: str) -> str:
    """Judge ten digits by the North American plan.

    The rules are our own: libphonenumber accepts fictional lines and exchanges that can't be.

    >>> nanp_reason("2025550123"), nanp_reason("2119234567"), nanp_reason("3721234567")
    ('fictional', 'area', 'area')
    """
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if filler(digits) or (filler(exchange + line) and filler(area)):
        return "placeholder"
    if exchange == "555" and line[:2] == "01":
        return "fictional"
    if area[0] in "01" or area[1] == "9" or area[1:] == "11" or area[:2] in {"37", "96"}:
        return "area"
    if area == "555":
        return "fictional"
    if exchange[0] in "01" or exchange[1:] == "11":
        return "exchange"
    return "valid"


@lru_cache(maxsize=8192)
def world_reason(digits: str) -> str:
    """Judge the digits of a number in E.164, its plus left off.

    All countries but North America are asked of libphonenumber, but for the numbers that regulators
    keep for drama.
    """
    if digits[0] == "1":
        return nanp_reason(digits[1:]) if len(digits) == 11 else "shape"
    unreal = _unreal(digits, _WORLD_DRAMA)
    return unreal or ("valid" if _is_valid("+" + digits) else "shape")


@lru_cache(maxsize=8192)
def national_reason(digits: str) -> str:
    """Judge a number written without its country by the countries it may come from."""
    unreal = _unreal(digits, _DRAMA)
    if unreal or len(digits) < _FEWEST_AT_HOME or is_day(digits):
        return unreal or "shape"
    homes = (region for region, shape in _AT_HOME.items() if shape.fullmatch(digits))
    return "valid" if any(_is_valid(digits, region) for region in homes) else "shape"


def _unreal(digits: str, drama: tuple[str, ...]) -> str:
    if is_sample(digits) or filler(digits) or filler(digits[1:]):
        return "placeholder"
    return "fictional" if digits.startswith(drama) else ""


def _is_valid(digits: str, region: str | None = None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False


_RUN = re.compile(r"[0-9]++(?:[ \-./()+_·]{1,3}+[0-9]++)*+")
_GROUP = re.compile(r"[0-9]++")
_LONG = 13
_WHOLE = re.compile(
    r"[0-9A-Fa-f](?:"
    r"(?<=[0-9])(?<![0-9.][0-9])(?<![0-9]-[0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9])(?!\.[0-9])"
    r"|(?<![0-9A-Fa-f-][0-9A-Fa-f])[0-9A-Fa-f]{7}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
    r"(?![0-9A-Za-z-]))"
)
"""What is one thing whatever its digits come to: an IPv4 address (RFC 791), a UUID (RFC 9562)."""
_OCTETS = frozenset(map(str, range(256)))
_MASKED = re.compile(r"[0-9*xX•●#∗█▪]++(?:[ \-.()/]{1,2}+[0-9*xX•●#∗█▪]++)*+")
_MASK_GAPS = str.maketrans("", "", " -.()/")
_SHORTEST_MASK = 6
_MASK_SIGNS = "*xX•●#∗█▪"
_MASK_HINTS = ("*", "xx", "XX", "##", "x x", "X X", "x-x", "X-X", "# #")
_WIDE_MASK_HINTS = tuple("•●∗█▪")
_HIDING = frozenset("*•●∗█▪")
_TIGHT = "-./_"
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Number:
    """Digits read as one number. `start` and `end` are half-open offsets of what is written.

    `shape` has the lengths of the groups, `between` the separator where it is the same one
    throughout, else "mixed"; `before` is the character in front.
    """

    digits: str
    start: int
    end: int
    shape: tuple[int, ...]
    between: str
    before: str

    @property
    def span(self) -> tuple[int, int]:
        """Where it starts and ends."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Mask:
    """A number written with some of its characters hidden, e.g. 4000 00** **** 0002."""

    text: str
    span: tuple[int, int]
    head: str
    tail: str
    length: int


# Date, time, method, path; at the end status, substatus, Windows' status, bytes, milliseconds
_SERVED = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[ \t][0-9]{2}:[0-9]{2}:[0-9]{2}[ \t].{0,60}?[A-Z]{3,7}[ \t]/.*"
    r"[ \t](?=[0-9]*[^0-9 \t])[^ \t]+([ \t][1-5][0-9]{2}(?:[ \t][0-9]{1,10}){3,5})"
)


@lru_cache(maxsize=64)  # a text is read for one category after another
def served(text: str) -> int:
    """Return where the counts begin that a server writes at the end of a row; its length if none.

    As IIS does in the W3C extended log file format: four to six numbers with blanks between them.
    In a text of one line; the time is linear in its length.

    >>> row = "2026-03-02 10:00:00 10.0.0.1 GET /a - 443 - 192.0.2.9 curl/8 - 200 0 64 11135 2805"
    >>> row[served(row):]
    ' 200 0 64 11135 2805'
    """
    found = _SERVED.fullmatch(text) if text.startswith("20") else None
    return found.start(1) if found else len(text)


def numbers(text: str, lengths: range, shapes: Sequence[tuple[int, ...]] = ()) -> Iterator[Number]:
    """Yield every reading of the digits in `text` whose count is in `lengths`, without repeats.

    Read as one: a single group, neighbours with one separator throughout, a whole run, and
    neighbours whose lengths are one of `shapes`.
    """
    for groups in _runs(text, lengths.start):
        one = len(groups) == 1
        windows = [(0, 1)] if one else sorted(_windows(text, groups, lengths, shapes))
        for first, last in windows:
            yield from _kept(text, groups, (first, last), lengths, shapes)


def _runs(text: str, fewest: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the groups (start, end) of each run with at least `fewest` digits."""
    ends = _wholes(text)
    for run in _RUN.finditer(text, 0, served(text)):
        start, end = run.span()
        if end - start < fewest:
            continue
        groups = (
            [(start, end)]
            if run[0].isdigit()
            else [group.span() for group in _GROUP.finditer(text, start, end)]
        )
        for part in _beside(groups, ends) if ends else [groups]:
            if sum(b - a for a, b in part) >= fewest:
                yield part


@lru_cache(maxsize=64)  # one text is read for one category after another
def _wholes(text: str) -> tuple[tuple[int, int], ...]:
    """Return the end and the start of each whole, in order."""
    if text.count(".") < 3 and text.count("-") < 4:
        return ()
    return tuple(
        (match.end(), match.start())
        for match in _WHOLE.finditer(text)
        if "." not in match[0] or _OCTETS.issuperset(match[0].split("."))
    )


def _beside(
    groups: list[tuple[int, int]], wholes: tuple[tuple[int, int], ...]
) -> list[list[tuple[int, int]]]:
    """Return what is left of a run where wholes stand in it: none reaches across one."""
    at = bisect_right(wholes, (groups[0][0], groups[0][0]))
    parts: list[list[tuple[int, int]]] = [[]]
    for first, last in groups:
        while at < len(wholes) and wholes[at][0] <= first:
            at += 1
            parts.append([])
        if at == len(wholes) or first < wholes[at][1]:
            parts[-1].append((first, last))
    return [part for part in parts if part]


def _windows(
    text: str, groups: list[tuple[int, int]], lengths: range, shapes: Sequence[tuple[int, ...]]
) -> set[tuple[int, int]]:
    """Return the (first, last) of neighbouring groups whose digits are as many as asked for."""
    count = len(groups)
    sizes = tuple(end - start for start, end in groups)
    sums = (0, *accumulate(sizes))
    found = {(at, at + 1) for at in range(count) if sizes[at] in lengths}
    first, gap = 0, text[groups[0][1] : groups[1][0]]
    for at in range(1, count - 1):
        following = text[groups[at][1] : groups[at + 1][0]]
        if following != gap:
            if sums[at + 1] - sums[first] in lengths:
                found.add((first, at + 1))
            first, gap = at, following
    for start in {first, 0}:
        if sums[count] - sums[start] in lengths:
            found.add((start, count))
    for shape in shapes:
        width = len(shape)
        for at in range(count - width + 1):
            if sizes[at] == shape[0] and sizes[at : at + width] == shape:
                found.add((at, at + width))
    return found


def _kept(
    text: str,
    groups: list[tuple[int, int]],
    window: tuple[int, int],
    lengths: range,
    shapes: Sequence[tuple[int, ...]],
) -> Iterator[Number]:
    """Yield the number of groups in a window unless it is a piece of something longer.

    A long one of a known shape may have numbers beside it: the expiry of a card, a code.
    """
    first, last = window
    start, end = groups[first][0], groups[last - 1][1]
    digits = "".join(text[begin:stop] for begin, stop in groups[first:last])
    if len(digits) not in lengths or not _free(text, start, end):
        return
    gaps = {text[groups[at][1] : groups[at + 1][0]] for at in range(first, last - 1)}
    between = "" if not gaps else next(iter(gaps)) if len(gaps) == 1 else "mixed"
    shape = tuple(stop - begin for begin, stop in groups[first:last])
    beside = [text[groups[first - 1][1] : start]] if first else []
    beside += [text[end : groups[last][0]]] if last < len(groups) else []
    if len(digits) >= _LONG and shape in shapes:
        beside = [gap for gap in beside if gap.strip()]
    if any(_joins(gap, between) for gap in beside):
        return
    yield Number(digits, start, end, shape, between, text[start - 1] if start else "")


def _joins(gap: str, between: str) -> bool:
    """Whether a group beside the number belongs to it: "-", "." and ")" tie digits together."""
    return gap == between or gap[0] == ")" or (len(gap) == 1 and gap in _TIGHT)


def _free(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or tying sign stands right before or after ("-Fax" is no tie)."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if (before.isascii() and before.isalnum()) or before in _HIDING or after in _HIDING:
        return False
    if before == "#" and text[start - 2 : start - 1] == "#":
        return False
    if after.isascii() and after.isalnum() and not _extension(text, end):
        return False
    if after not in "-_":
        return True
    tied = text[end + 1 : end + 3]
    return not tied[:1].isalnum() or (tied.isalpha() and tied[-1].islower())


def _extension(text: str, end: int) -> bool:
    return text[end] in "xX" and text[end + 1 : end + 2].isdigit()


def masks(text: str) -> Iterator[Mask]:
    """Yield numbers that are partly hidden: two digits or more, three mask signs or more."""
    hints = _MASK_HINTS if text.isascii() else _MASK_HINTS + _WIDE_MASK_HINTS
    if not any(map(text.__contains__, hints)):
        return
    for match in _MASKED.finditer(text):
        if match.end() - match.start() < _SHORTEST_MASK or match[0].isdigit():
            continue
        squeezed = match[0].translate(_MASK_GAPS)
        head = squeezed.removesuffix(squeezed.lstrip(_DIGITS))
        tail = squeezed.removeprefix(squeezed.rstrip(_DIGITS))
        hidden = sum(sign in _MASK_SIGNS for sign in squeezed)
        if hidden >= 3 and len(head) + len(tail) >= 2 and _free(text, *match.span()):
            yield Mask(match[0], match.span(), head, tail, len(squeezed))


def stands_free(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit of ASCII stands right before or behind."""
    beside = text[start - 1 : start], text[end : end + 1]
    return not any(each.isascii() and each.isalnum() for each in beside)


def told_apart(number: Number) -> bool:
    """Whether the groups make a date, a decimal number or a dotted row, so no identifier.

    >>> [told_apart(n) for n in numbers("2026-03-05 1418.69 10.0.0.700", range(5, 9))]
    [True, True, True]
    """
    shape, between, digits = number.shape, number.between, number.digits
    if between == "." and (len(shape) == 2 or (len(shape) == 4 and max(shape) <= 3)):
        return True
    if between == "." and len(shape) == 4 and shape[1] == 1 < max(shape[2:]):
        return True  # a version: "120.0.6099.71"
    if shape[:3] == (4, 2, 2) and len(shape) <= 4:
        return digits[:2] in {"19", "20"} and digits[4:6] <= "12" and digits[6:] <= "31"
    return (
        shape == (2, 2, 4)
        and between in {"-", "/", "."}
        and digits[4:6] in {"19", "20"}
        and max(digits[0], digits[2]) <= "3"
    )
