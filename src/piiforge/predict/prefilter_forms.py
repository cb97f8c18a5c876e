r"""Forms of numbers that tell by themselves what a value is, without a word that names it.

Each function says whether a form of its category could stand in a folded text. Separators are taken
generously (one to four signs of any kind), check digits and ranges exactly: they prove absence.

Sources:
    SSN: https://www.ssa.gov/employer/randomization.html · ITIN: IRS Publication 1915
    cards: ISO/IEC 7812-1 · routing numbers: ABA key to routing numbers, Nacha entry detail
    MBI: CMS, Understanding the MBI Format · phones: ITU-T E.123, NANPA

>>> ssn("of 000-12-3456"), itin("of 900-70-0001"), is_card("4242424242424242")
(False, True, True)
>>> phone_number("+1 212 555 0123"), phone_number("size 1920 rate 0.25")
(True, False)
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from piiforge.predict import rules_numbers

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
    return any(rules_numbers.ssn("".join(found.groups())) for found in _NINE.finditer(text))


def itin(text: str) -> bool:
    """Say whether nine digits stand as 3-2-4 in the ranges of an ITIN."""
    return any(rules_numbers.itin("".join(found.groups())) for found in _NINE.finditer(text))


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
        and rules_numbers.luhn(digits)
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
    return any(rules_numbers.aba(found[1]) for found in _ENTRY.finditer(text))


def routing_among(runs: Sequence[str]) -> bool:
    """Say whether a run of digits, or neighbours together, make up a valid routing number."""
    ends = [0, *accumulate(map(len, runs))]
    starts = frozenset(ends)
    whole = "".join(runs)
    return any(
        rules_numbers.aba(whole[end - _ROUTING_SIZE : end])
        for end in ends
        if end - _ROUTING_SIZE in starts
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
