"""Check digits, ranges and placeholders of the rule baseline, from the published rules.

Written for this room alone: the baseline may not borrow what made or checked the data.

Sources:
    SSN: https://www.ssa.gov/employer/randomization.html · ITIN: IRS Publication 1915
    cards: ISO/IEC 7812-1 (Luhn, Annex B) · routing numbers: ABA key to routing numbers
    MBI: CMS, Understanding the Medicare Beneficiary Identifier Format · phones: NANPA

>>> luhn("4111111111111111"), aba("123456780"), ssn("666123456"), itin("900500000")
(True, True, False, True)
"""

import re

_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d+|3[47]\d{13}"
    r"|(?:6011|64[4-9]|65)\d+|3(?:[689]|0[0-5])\d+|35(?:2[89]|[3-8]\d)\d+|62\d+"
)
_SAMPLE_CARDS = frozenset(
    {
        *("4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556"),
        *("5555555555554444", "5105105105105100", "5200828282828210", "2223003122003222"),
        *("378282246310005", "371449635398431", "6011111111111117", "6011000990139424"),
        *("30569309025904", "38520000023237", "3530111333300000", "3566002020360505"),
    }
)
_SAMPLE_SSNS = frozenset({"078051120", "219099999", "457555462", "123456789"})
_MBI = re.compile(r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y]"
                  r"[0-9AC-HJKMNP-RT-Y]\d[AC-HJKMNP-RT-Y]{2}\d\d")  # fmt: skip
_NANP = re.compile(r"1?([2-9]\d\d)([2-9]\d\d)(\d{4})")
_RUNS = ("01234567890123456789", "98765432109876543210")


def luhn(digits: str) -> bool:
    """Say whether the Luhn check digit is right."""
    doubled = (2 * int(each) for each in digits[-2::-2])
    total = sum(each - 9 if each > 9 else each for each in doubled)
    return (total + sum(map(int, digits[-1::-2]))) % 10 == 0


def card(digits: str) -> bool:
    """Say whether these are a payment card's digits: issuer, length, Luhn, no sample."""
    fits = 13 <= len(digits) <= 19 and _CARDS.fullmatch(digits) is not None
    return fits and luhn(digits) and digits not in _SAMPLE_CARDS and not dull(digits)


def ssn(digits: str) -> bool:
    """Say whether these nine digits could be issued as an SSN and are no known sample."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    issued = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return len(digits) == 9 and issued and digits not in _SAMPLE_SSNS and not dull(digits)


def itin(digits: str) -> bool:
    """Say whether these nine digits are in the ranges of ITINs."""
    group = int(digits[3:5]) if len(digits) == 9 else 0
    in_range = 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99
    return digits.startswith("9") and in_range


def aba(digits: str) -> bool:
    """Say whether these nine digits are a routing number by prefix and check digit."""
    if len(digits) != 9:
        return False
    prefix = int(digits[:2])
    if not (prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80):
        return False
    weights = (3, 7, 1) * 3
    return sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 10 == 0 and any(
        each != "0" for each in digits
    )


def mbi(text: str) -> bool:
    """Say whether the text, without dashes and in upper case, has the form of an MBI."""
    return _MBI.fullmatch(text) is not None


def north_american(digits: str) -> bool:
    """Say whether 10 digits (or 11 from 1) could be dialled in North America.

    Area and exchange from 2, neither ends in 11, and no 555-01xx, which is kept for fiction.
    """
    found = _NANP.fullmatch(digits)
    if found is None:
        return False
    area, exchange, line = found.groups()
    fiction = exchange == "555" and line.startswith("01")
    return not (area.endswith("11") or exchange.endswith("11") or fiction or dull(digits))


def dull(digits: str) -> bool:
    """Say whether the digits are all one, or count up or down: somebody's filler.

    >>> dull("000000000"), dull("123456789"), dull("120000000")
    (True, True, False)
    """
    return len(set(digits)) == 1 or any(digits in run for run in _RUNS)
