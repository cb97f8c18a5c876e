"""The cue of a candidate: what the nearest words say that it is, seen from a category.

The nearest noun wins: first in the words before it, then right behind it, then its key, then the
turn or sentence before. A misleading phrase ("phone model", `ssn_status`) is told by the word
that follows the category's name.
"""

import re
from functools import lru_cache

from piiforge.reader.fields import Place
from piiforge.reader.folding import fold, word_set
from piiforge.reader.lexicon import ENDINGS, concept, han_concept, is_attribute, names_issuer
from piiforge.types import Cue

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]++|[0-9]++|[\u3400-\u9fff]++")
_NEAR = 80
_LONGEST = 4
_VETO_WORDS = 5
_FOR = word_set("for para pour")
_IS = word_set("is es est was")
_DEFINES = re.compile(
    r"[\s\"')+]{0,3}(?:,? ?(?:that|this|it)(?:['’]?s| is| was)|is|was|as|es|era|est|,? ?c['’ ]?est"
    r"|como|comme|[，,]?(?:这|那)?[是为])(?![a-z])"
)
_DEFINED = 48
_CLAUSE = re.compile(r"[\s\"'(\[（)\-–—:]{0,4}[^,;.!?\n，。；！？、]*")
_DATE = re.compile(r"(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})(?![0-9])")
_OTHERS_KEY = re.compile(r"\"[\w .\-]{1,40}\" ?: ?(?=\")")
"""The key of a text that stands before: it names that text, not the value behind it."""
_FEW = 6
_SPENT = 5
"""How many digits behind a name make it spent: these were its value."""
_LINKS = word_set("or and y o e et ou to not no now instead a ext x extension 或 和 或者")
_LINES = word_set("office home work oficina casa trabajo bureau domicile")
"""What is said right behind a number of which line it is: "…-Office", "… (home)"."""
_LABELS = word_set("number no num numero nr 号码")
_IN_FIELDS = re.compile(r"[\"&{}<=]")
_ID_KEYS = re.compile(
    r"[\w.\-\[\]+ ]{0,60}(?:id|number|num|no|nr|numero|card|policy|code|_[ab12])[\w\]]{0,8}"
    r"[\"']{0,2}(?:\s?[=:>]| (?:value|content)=|, ?[\"'](?:value|content|answer|response)|,[\"'])"
)
_ISSUED_CARDS = frozenset({"passport", "member_id", "member", "drivers_license", "ssn"})
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
    if named == "member" and not has_issuer(f"{place.key} {place.sentence} {place.after}"):
        nearby = _ID_KEYS.sub(" ", fold(nearby))  # a neighbour's own id says nothing of this one
    return _seen_from(category, named, nearby)


def name_of(place: Place) -> str:
    """Return the concept that names the value, "attribute" for a misleading one, or ""."""
    defined = _DEFINES.match(fold(place.after[:_DEFINED]))
    if defined:
        named = first(place.after[defined.end() : _DEFINED])
        if named:
            return named
    named = nearest(place.sentence[-_NEAR:]) if place.sentence else ""
    if named:
        return named
    key = name_of_key(place.key) if place.key else ""
    if key:
        return key
    behind = first(place.after[:_DEFINED])
    if behind:
        return behind
    if place.prior and _asks(place):
        return nearest(_OTHERS_KEY.sub(" ", place.prior[-2 * _NEAR :]))
    return ""


@lru_cache(maxsize=4096)
def name_of_key(key: str) -> str:
    """Return the concept that a key names; keys come again and again, so answers are kept."""
    return nearest(_CAMEL.sub(" ", key))


def nearest(text: str) -> str:
    """Return the last concept in `text`; what follows a "for" yields to the noun before it.

    A veto counts only within five words of the value: "my order ... reach me on" is no veto. A
    name that has a value of its own behind it is spent: it says nothing of the next one.

    >>> nearest("call me, my order number is "), nearest("phone model"), nearest("as agreed")
    ('veto', 'attribute', '')
    >>> nearest("my ssn is 000-12-3456, I ordered "), nearest("my phone, as of 2024-05-06, is ")
    ('', 'phone')
    """
    words = _WORD.findall(_DATE.sub(" ", fold(text)))
    digits, linked, apart = 0, False, False
    for end in range(len(words), 0, -1):
        word = words[end - 1]
        if word[0].isdigit():
            digits += len(word)
            continue
        if digits >= _SPENT and (apart or not linked):
            return ""
        found = _at(words, end)
        if found and found != "idle" and (found != "veto" or len(words) - end <= _VETO_WORDS):
            return _head(words, end) or found
        linked = linked or word in _LINKS
        apart = apart or (digits < _SPENT and word not in _LINKS)
    return ""


def _at(words: list[str], end: int) -> str:
    """Return the concept that ends before `end`, "attribute" where it is only talked about."""
    word = words[end - 1]
    if word >= "\u3400":
        return han_concept(word)[0]
    if end > 1 and is_attribute(word) and _ending(words, end - 1) in _ABOUT:
        return "attribute"
    return _ending(words, end)


def _head(words: list[str], end: int) -> str:
    """Return the noun before a "for": of "order number for my phone is" the order number."""
    if _IS.isdisjoint(words[end:]):
        return ""
    for at in range(end - 2, max(0, end - 5), -1):
        if words[at] in _FOR:
            return _ending(words, at) or (_ending(words, at - 1) if words[at - 1] in _IDS else "")
    return ""


def first(text: str) -> str:
    """Return the first concept in the clause that `text` begins with: for "… is my passport".

    >>> first(" is my ssn, the order"), first(", the order")
    ('ssn', '')
    """
    clause = _CLAUSE.match(fold(text))
    words = _WORD.findall(clause[0])[:_FEW] if clause else []
    if words and words[0] in _LINES:
        return "phone"
    for end in range(1, len(words) + 1):
        word = words[end - 1]
        found = han_concept(word)[0] if word >= "\u3400" else _ending(words, end)
        if found and found != "idle":
            longer = _ending(words, end + 1) if end < len(words) else ""
            return longer or found
    return ""


def has_issuer(text: str) -> bool:
    """Whether the text speaks of health cover: an insurer, a plan, Medicare, in any language."""
    return names_issuer(fold(text))


def _ending(words: list[str], end: int) -> str:
    """Return the concept of the longest known phrase that ends before `end`.

    A passport card and the like is no payment card, whatever "card number" may say alone.
    """
    if words[end - 1] not in ENDINGS:
        return ""
    for start in range(max(0, end - _LONGEST), end):
        found = concept(" ".join(words[start:end]))
        if found == "credit_card" and start and words[start] == "card":
            other = _ending(words, start)
            return other if other in _ISSUED_CARDS else found
        if found:
            return found
    return ""


def speaks(key: str) -> bool:
    """Whether a key is that of speech or free text, or says nothing ("Number")."""
    words = _WORD.findall(fold(key))
    return not words or words[-1] in _SPEAKING or _LABELS.issuperset(words)


def _asks(place: Place) -> bool:
    """Whether what precedes may speak for the value: a bare sentence, or a turn of a talk."""
    words = _WORD.findall(fold(place.key))
    if words and _LABELS.issuperset(words):
        return _IN_FIELDS.search(place.prior[-_NEAR // 2 :]) is None
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
