r"""Groups of digits as they stand in a text, and the ways to read several groups as one number.

The pattern is a tokenizer: possessive, and it can't fail after a digit, so a scan is linear in
the text whatever it holds. Explicit digit and letter borders are used, not `\b`, which sees none
between a Chinese character and a digit.

>>> ssn_reason("666123456"), itin_reason("900930000"), card_reason("4111111111111111")
('area', 'group', 'placeholder')
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from stdnum import luhn
from stdnum.us import rtn

from piiforge.reader.folding import word_set

# Whether a number can be what it is taken for, and why not: rules 4, 5 and 8 of the policy.
#
# Each function takes letters and digits without separators and returns "valid" or a reason.
#
# Sources: SSA (number randomization), IRS Publication 1915, ISO/IEC 7812, ABA routing numbers,
# CMS (format of the Medicare Beneficiary Identifier), the test cards that payment firms publish.


_SAMPLE_SSNS = frozenset({"078051120", "219099999", "457555462", "123456789"})
_TEST_CARDS = word_set(
    """
    4111111111111111 4242424242424242 4012888888881881 4222222222222 4000056655665556
    4000000000000002 4000000000009995 4000000000000069 4000000000000127 4000000000000119
    4000002500003155 4000002760003184 4000003800000446 4000000000003220 4000000000000077
    4000000000000341 4000000000000259 4000000000009987 4000000000009979 4000000000000101
    4462030000000000 4988438843884305 4166676667666746 4646464646464644 4000620000000007
    4000060000000006 4293189100000008 4988080000000000 4001590000000001 4000180000000002
    4977949494949497 4871049999999910 4917610000000000 4444333322221111 4917300800000000
    4263982640269299 4005519200000004 4009348888881881 4012000033330026 4012000077777777
    4217651111111119 4500600000000061 4005550000000001 5555555555554444 5105105105105100
    5200828282828210 2223003122003222 2223000048400011 2222400010000008 2222400030000004
    2222400050000009 2222400060000007 5100060000000002 5100290029002909 5500000000000004
    5577000055770004 5136333333333335 5585558555855583 5454545454545454 5555444433331111
    5555341244441115 5424000000000015 5425233430109903 2222990905257051 2223007648726984
    2223577120017656 5111010030175156 5185540810000019 5204230080000017 5204740009900014
    5420923878724339 5455330760000018 5506900490000436 5506900490000444 5506900510000234
    5506920809243667 5506922400634930 5506927427317625 5553042241984105 5555553753048194
    378282246310005 371449635398431 378734493671000 370000000000002 374251018720018
    374101000000608 375987000000062 6011111111111117 6011000990139424 6011981111111113
    6445644564456445 6011601160116611 6011000000000004 6011000000000012 6011000400000000
    3056930009020004 36227206271667 30569309025904 38520000023237 36006666333344 36700102000000
    3566002020360505 3530111333300000 3569990010095841 3566111111111113 6200000000000005
    6200000000000047 6205500000000000004 6243030000000001 6250946000000016
    """
)
_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)
_SAME_RUN = re.compile("|".join(f"{digit}{{6}}" for digit in range(10)))
"""Six times in a row: hardly ever by chance, and the rule in test cards."""
_SAMPLE_MBIS = frozenset({"1EG4TE5MK72", "1EG4TE5MK73", "1EG4TE5MK74"})
_UP = "01234567890123456789012345678901234567890"
_DOWN = _UP[::-1]


def filler(digits: str) -> bool:
    """Whether digits were typed to fill a form: all the same, or counting up or down.

    >>> filler("7777777"), filler("23456789"), filler("7319450")
    (True, True, False)
    """
    return len(set(digits)) <= 1 or (len(digits) <= 20 and (digits in _UP or digits in _DOWN))


def ssn_reason(digits: str) -> str:
    """Area 001-665 or 667-899, group 01-99, serial 0001-9999."""
    if digits in _SAMPLE_SSNS or digits.startswith("98765432") or filler(digits):
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
    """Whether some network issues cards of `length` digits that begin with `prefix` (6 digits)."""
    head = int(prefix[:6].ljust(6, "0"))
    two, four = head // 10_000, head // 100
    if two // 10 == 4:
        return length in {13, 16, 19}
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in {34, 37}:
        return length == 15
    if two in {36, 38, 39} or 3000 <= four <= 3059:
        return 14 <= length <= 19
    if 3528 <= four <= 3589 or four == 6011 or 6440 <= four <= 6599 or two == 62:
        return 16 <= length <= 19
    return two in {50, 56, 57, 58, 63, 67} and 12 < length <= 19  # Maestro


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
    lettered = digits is not text and len(digits) != len(text)
    shape = {("A", 7): "CA", ("", 9): "NY", ("", 8): "TX"}.get(
        ("A" if lettered else "", len(digits)), ""
    )
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


_RUN = re.compile(r"[0-9]++(?:[ \-./()+_·]{1,3}+[0-9]++)*+")
_GROUP = re.compile(r"[0-9]++")
_MASKED = re.compile(r"[0-9*xX•●#∗█▪]++(?:[ \-.()/]{1,2}+[0-9*xX•●#∗█▪]++)*+")
_MASK_GAPS = str.maketrans("", "", " -.()/")
_SHORTEST_MASK = 6
_MASK_SIGNS = "*xX•●#∗█▪"
_MASK_HINTS = ("*", "xx", "XX", "##", "x x", "X X", "x-x", "X-X", "# #")
_WIDE_MASK_HINTS = tuple("•●∗█▪")
_HIDING = frozenset("*•●∗█▪")
_TIGHT = "-./_"


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


@dataclass(frozen=True, slots=True)
class Mask:
    """A number written with some of its characters hidden, e.g. 4000 00** **** 0002."""

    text: str
    start: int
    end: int
    head: str
    tail: str
    length: int


def runs(text: str, fewest: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the groups (start, end) of each run with at least `fewest` digits."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < fewest:
            continue
        if run[0].isdigit():
            yield [(start, end)]
        else:
            groups = [group.span() for group in _GROUP.finditer(text, start, end)]
            if sum(b - a for a, b in groups) >= fewest:
                yield groups


def numbers(text: str, lengths: range, shapes: Sequence[tuple[int, ...]] = ()) -> Iterator[Number]:
    """Yield every reading of the digits in `text` whose count is in `lengths`, without repeats.

    Read as one: a single group, neighbours with one separator throughout, a whole run, and
    neighbours whose lengths are one of `shapes`.
    """
    for groups in runs(text, lengths.start):
        if len(groups) == 1:
            yield from _kept(text, groups, 0, 1, lengths)
            continue
        for first, last in sorted(_windows(text, groups, lengths, shapes)):
            yield from _kept(text, groups, first, last, lengths)


def masks(text: str) -> Iterator[Mask]:
    """Yield numbers that are partly hidden: two digits or more, three mask signs or more."""
    hints = _MASK_HINTS if text.isascii() else _MASK_HINTS + _WIDE_MASK_HINTS
    if not any(map(text.__contains__, hints)):
        return
    for match in _MASKED.finditer(text):
        if match.end() - match.start() < _SHORTEST_MASK or match[0].isdigit():
            continue
        squeezed = match[0].translate(_MASK_GAPS)
        head = _leading_digits(squeezed)
        tail = _leading_digits(squeezed[::-1])[::-1]
        hidden = sum(sign in _MASK_SIGNS for sign in squeezed)
        if hidden >= 3 and len(head) + len(tail) >= 2 and _free(text, *match.span()):
            yield Mask(match[0], *match.span(), head, tail, len(squeezed))


def told_apart(number: Number) -> bool:
    """Whether the groups make a date, a decimal number or a dotted row, so no identifier.

    >>> [told_apart(n) for n in numbers("2026-03-05 1418.69 10.0.0.7", range(5, 9))]
    [True, True, True]
    """
    shape, between, digits = number.shape, number.between, number.digits
    if between == "." and (len(shape) == 2 or (len(shape) == 4 and max(shape) <= 3)):
        return True
    if shape[:3] == (4, 2, 2) and len(shape) <= 4:
        return digits[:2] in {"19", "20"} and digits[4:6] <= "12" and digits[6:] <= "31"
    return (
        shape == (2, 2, 4)
        and between in {"-", "/", "."}
        and digits[4:6] in {"19", "20"}
        and max(digits[0], digits[2]) <= "3"
    )


def _leading_digits(text: str) -> str:
    for place, character in enumerate(text):
        if not character.isdigit():
            return text[:place]
    return text


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
    text: str, groups: list[tuple[int, int]], first: int, last: int, lengths: range
) -> Iterator[Number]:
    """Yield the number of groups `first` to `last` unless it is a piece of something longer."""
    start, end = groups[first][0], groups[last - 1][1]
    digits = "".join(text[begin:stop] for begin, stop in groups[first:last])
    if len(digits) not in lengths or not _free(text, start, end):
        return
    gaps = {text[groups[at][1] : groups[at + 1][0]] for at in range(first, last - 1)}
    between = "" if not gaps else next(iter(gaps)) if len(gaps) == 1 else "mixed"
    if first and _joins(text[groups[first - 1][1] : start], between):
        return
    if last < len(groups) and _joins(text[end : groups[last][0]], between):
        return
    shape = tuple(stop - begin for begin, stop in groups[first:last])
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
