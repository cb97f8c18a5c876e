"""`rules`: patterns, check digits and context words, as a good engineer would write them by hand.

The yardstick that everyone has already: English context words, no decoding, no spelled-out numbers.
It was written from the published number rules, without looking at rows and without the
generator's code. A score is coarse and not calibrated:

    0.95  form or check digit, and named            0.75  named, form too common to tell alone
    0.85  form or check digit, not named            0.30  right form, but named as another thing
    0.00  nothing

Every pattern is bounded, and looks at most a fixed distance to either side: linear in the text.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from piiforge.errors import UnknownName
from piiforge.predict.latency import clocked
from piiforge.predict.rules_context import issued, named
from piiforge.predict.rules_numbers import aba, card, dull, itin, mbi, north_american, ssn
from piiforge.types import Case, Prediction

NAMED_AND_SURE = 0.95
SURE = 0.85
NAMED = 0.75
DENIED = 0.3
THRESHOLD = 0.5

# ASCII: a number may stand right behind a Han character, which is a letter to Python's \w.
_NINE = re.compile(r"(?<![\w.*-])\d{3}([-. ]?)\d{2}\1\d{4}(?![\w*]|[-.]\d)", re.ASCII)
_CARD = re.compile(r"(?<![\w*.])\d(?:[ -]?\d){12,18}(?![\w*]|[-.]\d)", re.ASCII)
_MASKED_CARD = re.compile(r"(?<!\d)\d{4}[ -]?\d\d[ -]?(?:[*xX•#][ -]?){5,9}\d{4}(?!\d)", re.ASCII)
_DIGITS = re.compile(r"(?<![\w.*])\d{4,17}(?![\w*]|\.\d)", re.ASCII)
_ABROAD = re.compile(r"(?<![\w+])\+\d{1,3}(?:[ .()/-]{0,2}\d){6,13}(?!\d)", re.ASCII)
_HOME = re.compile(
    r"(?<![\w.+*/-])(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w*]|[-.]\d)",
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
    r"(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost|local)$", re.IGNORECASE
)
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "html", "json"})
_STATES = {  # named in the content: the licence has to have that state's form
    re.compile(r"(?<![A-Za-z])(?:California|CA)(?![A-Za-z])"): re.compile(r"[A-Za-z]\d{7}"),
    re.compile(r"(?<![A-Za-z])(?:New York|NY)(?![A-Za-z])"): re.compile(r"\d{9}"),
    re.compile(r"(?<![A-Za-z])(?:Texas|TX)(?![A-Za-z])"): re.compile(r"\d{8}"),
}


class Rules:
    """The predictor. It has no state."""

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        return map(_judge, cases)

    def timed(self, case: Case) -> Prediction:
        """See Predictor."""
        return clocked(_judge, case)

    def close(self) -> None:
        """See Predictor."""


def score(category: str, content: str) -> float:
    """Return how surely `content` holds a value of `category`: one of the module's steps.

    Raises:
        UnknownName: the rules have no such category.
    """
    if category not in _SCORERS:
        raise UnknownName("category", category, _SCORERS, "rules")
    return _SCORERS[category](content)


def _judge(case: Case) -> Prediction:
    found = score(case.category, case.content)
    return Prediction(case.id, found >= THRESHOLD, found, max(found, 1 - found))


def _weighed(kind: str, text: str, found: Iterator[re.Match[str]], *, alone: float) -> float:
    """Return the best score over the matches; `alone` is for one that nothing near it names."""
    best = 0.0
    for match in found:
        said = named(kind, text, match.start(), match.end())
        named_score = NAMED_AND_SURE if alone >= SURE else NAMED
        best = max(best, alone if said is None else named_score if said else DENIED * (alone > 0))
    return best


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _kept(
    pattern: re.Pattern[str], text: str, holds: Callable[[str], bool]
) -> Iterator[re.Match[str]]:
    return (match for match in pattern.finditer(text) if holds(_bare(match[0])))


def _nine_digits(kind: str, text: str, holds: Callable[[str], bool]) -> float:
    matches = list(_kept(_NINE, text, holds))
    dashed = (match for match in matches if match[1] == "-")
    plain = (match for match in matches if match[1] != "-")
    return max(_weighed(kind, text, dashed, alone=SURE), _weighed(kind, text, plain, alone=0.0))


def _ssn(text: str) -> float:
    return _nine_digits("ssn", text, ssn)


def _itin(text: str) -> float:
    return _nine_digits("itin", text, itin)


def _credit_card(text: str) -> float:
    whole = _weighed("credit_card", text, _kept(_CARD, text, card), alone=SURE)
    return max(whole, NAMED if _MASKED_CARD.search(text) else 0.0)


def _bank_account(text: str) -> float:
    """Look for a routing number and an account number beside it, at least one of them named."""
    routing = 0.0
    accounts: list[bool] = []
    for match in _DIGITS.finditer(text):
        called = named("routing", text, match.start(), match.end())
        if aba(match[0]) and called is not False:
            routing = max(routing, NAMED_AND_SURE if called else SURE)
        elif not dull(match[0]):
            accounts.append(named("account", text, match.start(), match.end()) is True)
    if not routing or not accounts:
        return 0.0
    if any(accounts):
        return routing
    return NAMED if routing == NAMED_AND_SURE else DENIED


def _phone(text: str) -> float:
    abroad = _kept(_ABROAD, text, _dialled_abroad)
    home = _kept(_HOME, text, north_american)
    bare = _kept(_BARE_PHONE, text, _dialled_somewhere)
    grouped = _kept(
        _GROUPED, text, lambda digits: 9 <= len(digits) <= 13 and _dialled_somewhere(digits)
    )
    return max(
        _weighed("phone", text, abroad, alone=SURE),
        _weighed("phone", text, home, alone=SURE),
        _weighed("phone", text, bare, alone=0.0),
        _weighed("phone", text, grouped, alone=0.0),
    )


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
        if not (login or remote or top.lower() in _FILES or _NOBODY.search(domain)):
            return NAMED_AND_SURE
    return 0.0


def _passport(text: str) -> float:
    return _weighed("passport", text, _kept(_PASSPORT, text, _not_filler), alone=0.0)


def _drivers_license(text: str) -> float:
    shapes = [shape for state, shape in _STATES.items() if state.search(text)]
    found = _kept(
        _LICENSE,
        text,
        lambda bare: _not_filler(bare) and (not shapes or any(s.fullmatch(bare) for s in shapes)),
    )
    return _weighed("drivers_license", text, found, alone=0.0)


def _member_id(text: str) -> float:
    best = 0.0
    for match in _MEMBER.finditer(text):
        bare = _bare(match[0])
        called = named("member_id", text, match.start(), match.end())
        if mbi(bare) and called is not False:
            best = max(best, NAMED_AND_SURE if called else SURE)
        elif called and _not_filler(bare) and issued(text, match.start(), match.end()):
            best = max(best, NAMED)
    return best


def _not_filler(bare: str) -> bool:
    digits = "".join(filter(str.isdigit, bare))
    return len(digits) >= 4 and not dull(digits)


_SCORERS: Mapping[str, Callable[[str], float]] = {
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
