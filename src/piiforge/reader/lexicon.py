"""Looks up what a phrase names.

A phrase of several words also counts written as one ("phonenumber"), and with a plural s.

>>> concept("social security"), concept("orderid"), concept("teapot")
('ssn', 'veto', '')
"""

import re
from collections.abc import Iterable

from piiforge.reader.folding import word_set
from piiforge.reader.phrases import HAN, LATIN

_ATTRIBUTES = word_set(
    """
    status type model brand verified valid format mask hint label required enabled template
    cover holder carrier os length last4 expiry exp country region cvv cvc bin network scheme
    subscribed optin consent validation error policy page form field present missing flag estado
    tipo marca modelo funda plantilla statut marque modele couverture etui housse state color
    colour category version renewal appointment lookup help faq guide photo fee fees plan bill
    case accessory accessories
    """
)
_HAN_ATTRIBUTES = ("状态", "类型", "型号", "品牌", "套", "模板", "壳", "封面", "夹", "格式")
_ISSUERS = """
    plan id, plan member, plan_id, planid, plan_member, assegurad, yibao, canbao,
    baoxian, insur, health plan, healthplan, health_plan, medicare, medicaid,
    aetna, cigna, humana, kaiser, anthem, blue cross, bluecross, bcbs, unitedhealth,
    united health, molina, centene, wellcare, policy holder, policyholder,
    policy_holder, coverage, copay, deductible, medi-cal, asegurad, seguro,
    afiliado, poliza, assurance, mutuelle, assure, adherent, carte vitale, ameli, 保险, 医保,
    参保, 投保, 保单, tricare, highmark, oscar health, enrollee, health net, healthfirst,
    caresource, ambetter, plan medico, plan de salud"""
_ISSUER_PIECES = tuple(" ".join(word.split()) for word in _ISSUERS.split(","))
_SHORT_ISSUERS = re.compile(r"(?<![a-z])(?:mbi|hicn|uhc|hmo|ppo|payer|payor|policy)(?![a-z])")


def names_issuer(folded: str) -> bool:
    """Whether a folded text speaks of health cover; short words count only where they stand alone.

    >>> names_issuer("our support team"), names_issuer("ppo plan"), names_issuer("uninsured")
    (False, True, True)
    """
    for piece in _ISSUER_PIECES:  # a plain loop: a pattern of them all costs ten times as much
        if piece in folded:
            return True
    return _SHORT_ISSUERS.search(folded) is not None


def may_name(named: Iterable[str], folded: str) -> bool:
    """Whether a folded text may hold a phrase for one of the concepts: a quick, loose look.

    >>> may_name(["passport"], "passport_no=1"), may_name(["passport"], "sku=1")
    (True, False)
    """
    for name in named:
        for hint in _HINTS[name]:  # a plain loop: a generator costs three times as much
            if hint in folded:
                return True
    return False


def may_name_twice(named: Iterable[str], folded: str) -> bool:
    """Whether phrases for the concepts may stand in two places: over both halves of a value.

    >>> may_name_twice(["ssn"], "ssn1=0&ssn2=1"), may_name_twice(["ssn"], "ssn=0")
    (True, False)
    """
    for name in named:
        for hint in _HINTS[name]:
            if hint in folded and folded.count(hint) > 1:
                return True
    return False


def concept(phrase: str) -> str:
    """Return what a folded phrase names, or "" where it names nothing known."""
    return _CONCEPTS.get(phrase, "")


def is_attribute(word: str) -> bool:
    """Whether a word right behind a category's name turns it into a talk about it."""
    return word in _ATTRIBUTES


def han_concept(run: str) -> tuple[str, int]:
    """Return the last concept in a run of Chinese characters and where it ends; ("", 0) if none.

    >>> han_concept("我的护照号码是"), han_concept("手机型号")
    (('passport', 6), ('attribute', 4))
    """
    for end in range(len(run), max(0, len(run) - 40), -1):
        if run.endswith(_HAN_ATTRIBUTES, 0, end) and _han_before(run, end - 1, end - 2):
            return "attribute", end
        found = _han_before(run, end)
        if found:
            return found, end
    return "", 0


def _han_before(run: str, *ends: int) -> str:
    for end in ends:
        for length in range(min(_LONGEST_HAN, end), 1, -1):
            found = _HAN_CONCEPTS.get(run[end - length : end])
            if found:
                return found
    return ""


def _entries() -> dict[str, str]:
    """Return every Latin phrase, its plural and its joined spelling, with its concept."""
    concepts: dict[str, str] = {}
    for name, phrases in LATIN.items():
        for listed in phrases.split(","):
            phrase = " ".join(listed.split())
            for spelling in (phrase, phrase.replace(" ", "")):
                concepts.setdefault(spelling, name)
                concepts.setdefault(spelling + "s", name)
    return concepts


def _hints(name: str) -> tuple[str, ...]:
    """Return pieces of which every phrase for a concept holds at least one."""
    longest = {
        max(phrase.split(), key=len) for phrase in LATIN[name].replace(",\n", ",").split(",")
    }
    pieces = sorted(longest | set(HAN[name].split() if name in HAN else ()), key=len)
    kept: list[str] = []
    for piece in pieces:
        if not any(shorter in piece for shorter in kept):
            kept.append(piece)
    return tuple(kept)


_HINTS = {name: _hints(name) for name in LATIN}
_CONCEPTS = _entries()
ENDINGS = frozenset(phrase.split()[-1] for phrase in _CONCEPTS)
"""The words that some phrase ends in: no other needs a look-up."""
_HAN_CONCEPTS = {phrase: name for name, phrases in HAN.items() for phrase in phrases.split()}
_LONGEST_HAN = max(map(len, _HAN_CONCEPTS))
