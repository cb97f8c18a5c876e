r"""`rules`: patterns, check digits and context words, as a good engineer would write them by hand.

The yardstick that everyone has already: English context words, no decoding, no spelled-out numbers.
It was written from the published number rules, without looking at rows and without the
generator's code: validators of its own, no word that made or checked the data. A score is coarse
and not calibrated:

    0.95  form or check digit, and named            0.75  named, form too common to tell alone
    0.85  form or check digit, not named            0.30  right form, but named as another thing
    0.00  nothing

Every pattern is bounded, and looks at most a fixed distance to either side: linear in the text.
`decode` is a small decoding front for every baseline, so that no comparison flatters a trained
model: percent signs, HTML entities, JSON's \uXXXX, NFKC and zero-width characters, at most twice
each (double encoding). It is what an engineer puts before a detector in an afternoon.

Sources:
    SSN: https://www.ssa.gov/employer/randomization.html · ITIN: IRS Publication 1915
    cards: ISO/IEC 7812-1 (Luhn, Annex B) · routing numbers: ABA key to routing numbers
    MBI: CMS, Understanding the Medicare Beneficiary Identifier Format · phones: NANPA

>>> decode("q=jo%2540example.com&amp;tel=５５５‑0100")
'q=jo@example.com&tel=555-0100'
>>> decode("rate 100% and a\\\\u0040b")
'rate 100% and a@b'

>>> luhn("4111111111111111"), aba("123456780"), ssn("666123456"), itin("900500000")
(True, True, False, True)
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import unquote

from piiforge import files
from piiforge.errors import UnknownName
from piiforge.predict.ask import Predictor
from piiforge.types import Case, Prediction

NAMED_AND_SURE = 0.95
SURE = 0.85
NAMED = 0.75
DENIED = 0.3
_TABLES = cast(
    "Mapping[str, Mapping[str, list[str]]]",
    files.shipped_yaml("piiforge.predict", "data/rules.yaml"),
)
# By what is said near the value: that it is one, that it is something else, or nothing
_SURE_STEPS = {True: NAMED_AND_SURE, False: DENIED, None: SURE}
_STEPS = {True: NAMED, False: 0.0, None: 0.0}
THRESHOLD = 0.5
NAME = "rules"
_WHY = {
    NAMED_AND_SURE: "its form or check digit tells it, and it is named",
    SURE: "its form or check digit tells it",
    NAMED: "it is named, and its form fits",
    DENIED: "the form fits, but it is named as another thing",
    0.0: "nothing has its form",
}


class Rules(Predictor):
    """The predictor. It has no state."""

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        for case in cases:
            found = score(case.category, case.content)
            why = f"Rule {case.category}: {_WHY[found]}."
            yield Prediction(
                case.id, found >= THRESHOLD, found, max(found, 1 - found), why, decided_by=NAME
            )


def score(category: str, content: str) -> float:
    """Return how surely `content` holds a value of `category`: one of the module's steps.

    Raises:
        UnknownName: the rules have no such category.
    """
    if category not in _SCORERS:
        raise UnknownName("category", category, _SCORERS, "rules")
    return _SCORERS[category](_COLOUR.sub("", content))


ROUNDS = 2
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_LONG_REFERENCE = re.compile("&#([0-9]{8,});?")  # Python refuses to read a number of 4,301 digits
_ESCAPE = re.compile(r"\\{1,4}u([0-9a-fA-F]{4})")  # bounded: a run of backslashes stays linear
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")  # of any script; NFKC leaves them alone


def decode(text: str) -> str:
    """Return `text` with its encodings undone. What is no valid UTF-8 becomes U+FFFD."""
    for _ in range(ROUNDS):
        before = text
        text = html.unescape(_LONG_REFERENCE.sub(_short, unquote(text, errors="replace")))
        text = _ESCAPE.sub(_character, text)
        if text == before:
            break
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _DASHES.sub("-", _FOREIGN_DIGIT.sub(lambda digit: str(int(digit[0])), text))


def _short(reference: re.Match[str]) -> str:
    """Return a character reference without its leading zeros; one past Unicode is no character."""
    number = reference[1].lstrip("0")
    return f"&#{number};" if len(number) < len("1114112") + 1 else "\ufffd"


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code <= 0xDFFF else chr(code)


_COLOUR = re.compile(r"(?:\x1b|\\(?:e|033|x1[bB]|u001[bB]))\[[0-9;]{0,24}m")
_CARDS = re.compile(  # an issuer's first digits with the lengths of its cards
    r"4(?:\d{12}|\d{15}|\d{18})|3[47]\d{13}|62\d{14,17}"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|(?:6011|64[4-9]\d|65\d\d|35(?:2[89]|[3-8]\d))\d{12,15}|3(?:[689]\d|0[0-5])\d{11,16}"
)
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
    return fits and luhn(digits) and digits not in _TABLES["samples"]["card"] and not dull(digits)


def ssn(digits: str) -> bool:
    """Say whether these nine digits could be issued as an SSN and are no known sample."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    issued = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return (
        len(digits) == 9 and issued and digits not in _TABLES["samples"]["ssn"] and not dull(digits)
    )


def itin(digits: str) -> bool:
    """Say whether these nine digits are in the ranges of ITINs and are no known sample."""
    if digits.startswith("98765432"):  # printed with every last digit
        return False
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


BEFORE = 48
BEHIND = 24
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINTS = re.compile(r"[_\-./+]+|%20")
_PATTERNS = {
    kind: re.compile(rf"(?<![a-z])(?:{'|'.join(words)}){end}")
    for group, end in (("whole", "(?![a-z])"), ("beginning", ""))
    for kind, words in _TABLES[group].items()
}
_ISSUERS = re.compile(
    r"health|medic|insur|hmo|ppo|benefi|coverage|(?:blue\s?(?:cross|shield))|aetna|cigna|humana"
    r"|kaiser|mbi|subscriber|\bplan\b"
)


def named(kind: str, text: str, start: int, end: int) -> bool | None:
    """Say what the words near text[start:end] call it: `kind` True, another thing False, or None.

    `kind` is a name of words in data/rules.yaml. Of its own words and those that name something
    else, the one nearest before the value wins; words of the kind behind the value count where none
    stand before.
    """
    before = words(text[max(0, start - BEFORE) : start])
    own, other = _last(_PATTERNS[kind], before), _last(_PATTERNS["other"], before)
    if own >= 0 or other >= 0:
        return own >= other
    return True if _PATTERNS[kind].search(words(text[end : end + BEHIND])) else None


def issued(text: str, start: int, end: int) -> bool:
    """Say whether a health plan, insurer or public programme is spoken of near text[start:end]."""
    near = text[max(0, start - 4 * BEFORE) : end + 4 * BEHIND]
    return _ISSUERS.search(words(near)) is not None


def words(text: str) -> str:
    """Return the text in lower case, keys taken apart: `memberId` and `member_id` alike.

    >>> words("driverLicense_no=")
    'driver license no='
    """
    return _JOINTS.sub(" ", _CAMEL.sub(" ", text)).lower()


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, -1 for none."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


# ASCII: a number may stand right behind a Han character, which is a letter to Python's \w.
_NINE = re.compile(r"(?<![\w.*-])\d{3}([. ]?)\d{2}\1\d{4}(?![\w*]|[-.]\d)", re.ASCII)
_DASHED = re.compile(r"(?<![\w.*-])\d{3}-\d{2}-\d{4}(?![\w*]|[-.]\d)", re.ASCII)
_CARD = re.compile(r"(?<![\w*.])(?<![\s:=,(\[]-)\d(?:[ -]?\d){12,18}(?![\w*]|[-.]\d)", re.ASCII)
_MASKED_CARD = re.compile(r"(?<!\d)\d{4}[ -]?\d\d[ -]?(?:[*xX•#][ -]?){5,9}\d{4}(?!\d)", re.ASCII)
_DIGITS = re.compile(r"(?<![\w.*])\d{4,17}(?![\w*]|\.\d)", re.ASCII)
_ABROAD = re.compile(r"(?<![\w+])\+\d{1,3}(?:[ .()/-]{0,2}\d){6,13}(?!\d)", re.ASCII)
_HOME = re.compile(
    r"(?<![\w.+*/-])(?:1[-. ])?(?:\(\d{3}\)[ -]?\d{3}[-. ]|\d{3}([-.])\d{3}\1)\d{4}"
    r"(?![\w*]|[-.]\d)",
    re.ASCII,
)
_BARE_PHONE = re.compile(r"(?<![\w.*-])\d{9,13}(?![\w*]|\.\d)", re.ASCII)
_GROUPED = re.compile(  # any country's own way of writing: counts only where it is named
    r"(?<![\w.*:/-])\(?\d{1,5}\)?(?:[ .-]\d{2,8}){1,5}(?![\w*:/]|[-.]\d)", re.ASCII
)
_FICTION = re.compile(r"1\d{3}55501\d\d")
_MAILBOX = re.compile(
    r"(?<![\w.+@%-])([\w.+%'-]{1,64})@((?:[\w-]{1,63}\.){1,5}([A-Za-z]{2,24}))(?![\w@-])"
)
_PASSPORT = re.compile(r"(?<![\w*-])(?:[A-Za-z]\d{8}|\d{9})(?![\w*-])", re.ASCII)
_LICENSE = re.compile(r"(?<![\w*-])(?:[A-Za-z]\d{7}|\d{8,9})(?![\w*-])", re.ASCII)
_MEMBER = re.compile(
    r"(?<![\w*])(?=[A-Za-z-]{0,8}\d)[A-Za-z0-9][A-Za-z0-9-]{5,19}(?![\w*])", re.ASCII
)
_NOBODY = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost|local|prod)$",
    re.IGNORECASE,
)
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "html", "json"})
_STATES = {re.compile(state): re.compile(form) for state, form in _TABLES["states"].values()}
# How a value is written, what its letters and digits must pass, and whether it then tells by itself
_Form = tuple[re.Pattern[str], Callable[[str], bool], bool]


def _weighed(kind: str, text: str, *forms: _Form) -> float:
    """Return the best score over the matches of forms that hold."""
    best = 0.0
    for pattern, holds, sure in forms:
        for match in pattern.finditer(text):
            if holds(_bare(match[0])):
                said = named(kind, text, *match.span())
                best = max(best, (_SURE_STEPS if sure else _STEPS)[said])
    return best


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _not_filler(bare: str) -> bool:
    digits = "".join(filter(str.isdigit, bare))
    return len(digits) >= 4 and not dull(digits)


def _credit_card(text: str) -> float:
    whole = _weighed("credit_card", text, (_CARD, card, True))
    return max(whole, NAMED if _MASKED_CARD.search(text) else 0.0)


def _bank_account(text: str) -> float:
    """Look for a routing number and an account number beside it, at least one of them named."""
    routing = 0.0
    accounts: list[bool] = []
    for match in _DIGITS.finditer(text):
        called = named("routing", text, *match.span())
        if aba(match[0]) and called is not False:
            routing = max(routing, NAMED_AND_SURE if called else SURE)
        elif not dull(match[0]):
            accounts.append(named("account", text, *match.span()) is True)
    if not routing or not accounts:
        return 0.0
    if any(accounts):
        return routing
    return NAMED if routing == NAMED_AND_SURE else DENIED


def _dialled_abroad(digits: str) -> bool:
    if digits.startswith("1"):
        return north_american(digits)
    return 8 <= len(digits) <= 15 and not digits.startswith("0") and not dull(digits)


def _dialled_somewhere(digits: str) -> bool:
    """Take ten digits from 2 as North American, others as some country's, but no 555-01xx."""
    if len(digits) == 10 and digits[0] > "1":
        return north_american(digits)
    return not (dull(digits) or _FICTION.fullmatch(digits))


def _email(text: str) -> float:
    for match in _MAILBOX.finditer(text):
        user, domain, top = match.groups()
        in_address = text[max(0, match.start() - 80) : match.start()].rpartition("://")
        login = bool(in_address[1]) and not re.search(r"[/?#\s]", in_address[2])
        remote = user == "git" and text[match.end() : match.end() + 1] == ":"
        real = top.lower() in files.top_level_domains()
        if real and not (login or remote or top.lower() in _FILES or _NOBODY.search(domain)):
            return NAMED_AND_SURE
    return 0.0


def _drivers_license(text: str) -> float:
    shapes = [shape for state, shape in _STATES.items() if state.search(text)]

    def holds(bare: str) -> bool:
        return _not_filler(bare) and (not shapes or any(s.fullmatch(bare) for s in shapes))

    return _weighed("drivers_license", text, (_LICENSE, holds, False))


def _member_id(text: str) -> float:
    best = 0.0
    for match in _MEMBER.finditer(text):
        bare = _bare(match[0])
        called = named("member_id", text, *match.span())
        if mbi(bare) and called is not False:
            best = max(best, NAMED_AND_SURE if called else SURE)
        elif called and _not_filler(bare) and issued(text, *match.span()):
            best = max(best, NAMED)
    return best


_SCORERS: Mapping[str, Callable[[str], float]] = {
    "ssn": lambda text: _weighed("ssn", text, (_DASHED, ssn, True), (_NINE, ssn, False)),
    "itin": lambda text: _weighed("itin", text, (_DASHED, itin, True), (_NINE, itin, False)),
    "credit_card": _credit_card,
    "bank_account": _bank_account,
    "phone": lambda text: _weighed(
        "phone",
        text,
        (_ABROAD, _dialled_abroad, True),
        (_HOME, north_american, True),
        (_BARE_PHONE, _dialled_somewhere, False),
        (_GROUPED, lambda bare: 9 <= len(bare) <= 13 and _dialled_somewhere(bare), False),
    ),
    "email": _email,
    "passport": lambda text: _weighed("passport", text, (_PASSPORT, _not_filler, False)),
    "drivers_license": _drivers_license,
    "member_id": _member_id,
}
