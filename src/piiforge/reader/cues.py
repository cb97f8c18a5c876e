"""The cue of a candidate: what the nearest words say that it is, seen from a category.

The nearest noun wins: first in the words before it, then right behind it, then its key, then the
turn or sentence before. A misleading phrase ("phone model", `ssn_status`) is told by the word
that follows the category's name.
"""

import re

from piiforge.reader.fields import Place
from piiforge.reader.folding import fold, word_set
from piiforge.reader.lexicon import ENDINGS, ISSUERS, concept, han_concept, is_attribute
from piiforge.types import Cue

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]++|[0-9]++|[\u3400-\u9fff]++")
_NEAR = 80
_LONGEST = 4
_VETO_WORDS = 5
_FOR = word_set("for para pour")
_IS = word_set("is es est was")
_IDS = word_set("number no num id code numero")
_SPEAKING = word_set(
    """
    text message msg body content user visitor customer cliente usuario client utilisateur
    visiteur reply answer value val v input comment comments guest me you caller patient agent
    bot 用户 客户 访客 顾客 客服 turn say said utterance q query data payload note notes
    response respuesta reponse
    """
)
CATEGORIES = word_set(
    """
    ssn itin credit_card bank_account phone email passport drivers_license member_id
    """
)
CONFIRMING: dict[str, tuple[str, ...]] = {
    **{category: (category,) for category in sorted(CATEGORIES - {"bank_account"})},
    "ssn": ("ssn", "tin"),
    "itin": ("itin", "tin"),
    "member_id": ("member_id", "member"),
    "bank_account": ("routing", "account"),
}
"""The concepts that confirm each category."""
_ABOUT = CATEGORIES | {"member", "account", "routing"}


def cue_of(place: Place, category: str, nearby: str = "") -> Cue:
    """Return the cue of a candidate of `category` at `place`.

    `nearby` is the text in which an issuer of member ids is looked for.
    """
    named = name_of(place)
    return _seen_from(category, named, nearby)


def name_of(place: Place) -> str:
    """Return the concept that stands nearest, "attribute" for a misleading one, or ""."""
    named = nearest(place.sentence[-_NEAR:]) if place.sentence else ""
    if named:
        return named
    key = nearest(_CAMEL.sub(" ", place.key)) if place.key else ""
    if key:
        return key
    behind = first(place.after[:48])
    if behind:
        return behind
    if place.prior and _asks(place):
        return nearest(place.prior[-2 * _NEAR :])
    return ""


def nearest(text: str) -> str:
    """Return the last concept in `text`; what follows a "for" yields to the noun before it.

    A veto counts only within five words of the value: "my order ... reach me on" is no veto.

    >>> nearest("call me, my order number is "), nearest("phone model"), nearest("as agreed")
    ('veto', 'attribute', '')
    """
    words = _WORD.findall(fold(text))
    for end in range(len(words), 0, -1):
        word = words[end - 1]
        if word >= "\u3400":
            found = han_concept(word)[0]
        else:
            if end > 1 and is_attribute(word) and _ending(words, end - 1) in _ABOUT:
                return "attribute"
            found = _ending(words, end)
        if found and (found != "veto" or len(words) - end <= _VETO_WORDS):
            return _head(words, end) or found
    return ""


def _head(words: list[str], end: int) -> str:
    """Return the noun before a "for": of "order number for my phone is" the order number."""
    if _IS.isdisjoint(words[end:]):
        return ""
    for at in range(end - 2, max(0, end - 5), -1):
        if words[at] in _FOR:
            return _ending(words, at) or (_ending(words, at - 1) if words[at - 1] in _IDS else "")
    return ""


def first(text: str) -> str:
    """Return the first concept in `text`: for "… is my passport number"."""
    words = _WORD.findall(fold(text))
    for end in range(1, len(words) + 1):
        word = words[end - 1]
        found = han_concept(word)[0] if word >= "\u3400" else _ending(words, end)
        if found:
            longer = _ending(words, end + 1) if end < len(words) else ""
            return longer or found
    return ""


def has_issuer(text: str) -> bool:
    """Whether the text speaks of health cover: an insurer, a plan, Medicare, in any language."""
    folded = fold(text)
    return any(word in folded for word in ISSUERS)


def _ending(words: list[str], end: int) -> str:
    """Return the concept of the longest known phrase that ends before `end`."""
    if words[end - 1] not in ENDINGS:
        return ""
    for start in range(max(0, end - _LONGEST), end):
        found = concept(" ".join(words[start:end]))
        if found:
            return found
    return ""


def _asks(place: Place) -> bool:
    """Whether what precedes may speak for the value: a bare sentence, or a turn of a talk."""
    words = _WORD.findall(fold(place.key))
    return not words or words[-1] in _SPEAKING


def _seen_from(category: str, named: str, nearby: str) -> Cue:
    if not named:
        return Cue.NEUTRAL
    if named == "attribute":
        return Cue.MISLEADING
    if named == "member":
        return _member(category, nearby)
    if named == category or (named == "tin" and category in {"ssn", "itin"}):
        return Cue.CONFIRM
    if named == "account" and category == "credit_card":
        return Cue.NEUTRAL
    if named in {"account", "routing"}:
        return Cue.CONFIRM if category == "bank_account" else Cue.OTHER
    return Cue.VETO if named == "veto" else Cue.OTHER


def _member(category: str, nearby: str) -> Cue:
    if not has_issuer(nearby):
        return Cue.VETO
    return Cue.CONFIRM if category == "member_id" else Cue.OTHER
