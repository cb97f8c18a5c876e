"""The cue of a candidate: what the nearest words say that it is, seen from a category.

The nearest noun wins: first in the words before it, then right behind it, then its key, then the
turn or sentence before. A misleading phrase ("phone model", `ssn_status`) is told by the word
that follows the category's name. What keys and sentences call things stands in data/phrases.yaml.

Only a bounded window around a candidate is looked at, so the cost does not grow with the text.
Known structures: key=value, "key": "value", <key>value</key>, name="key" value="v", {"name":
"key", "value": "v"} in either order, `Key: value`, arrays, CSV with a header.

>>> nearest("social security"), nearest("orderid"), nearest("teapot")
('ssn', 'veto', '')

>>> text = '{"order": 1, "contact": "my ssn is 000-12-3456"}'
>>> place = place_of(text, text.index("000"), text.index('"}'))
>>> place.key, place.sentence
('contact', 'my ssn is ')
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import TypedDict, cast

from piiforge import files, plugins
from piiforge.reader.decode import Reading
from piiforge.text import fold
from piiforge.types import Cue


class _Phrases(TypedDict):
    concepts: Mapping[str, Mapping[str, list[str]]]
    attributes: Mapping[str, list[str]]
    issuers: list[str]
    glue: list[str]
    links: list[str]
    speaking: list[str]
    counts: list[str]
    identity: list[str]


_PHRASES = cast("_Phrases", files.shipped_yaml("piiforge.reader", "data/phrases.yaml"))
OWN = {own.category.id: own for own in plugins.found().categories}
"""The categories that plug-ins bring; their words name them, whatever they name without."""
_WORD = re.compile(r"[a-z]++|[0-9]++|[\u3400-\u9fff]++")


def _own_phrases(own: plugins.OwnCategory) -> Mapping[str, list[str]]:
    """Return the phrases that name a category from outside, as data/phrases.yaml has them."""
    said = list(map(fold, plugins.cue_words(own)))
    latin = [" ".join(_WORD.findall(one)) for one in said if one < "\u3400"]
    return {"latin": latin, "han": [one for one in said if one >= "\u3400"]}


_BROUGHT = {f"own.{name}": _own_phrases(own) for name, own in OWN.items()}
_NAMED_BY = {**_BROUGHT, **_PHRASES["concepts"]}
"""The phrases for each concept; where a spelling comes twice, those from outside have it."""
_ELSE = {
    own: name
    for own, brought in _BROUGHT.items()
    for name, phrases in _PHRASES["concepts"].items()
    if any(set(phrases.get(script, ())) & {*said} for script, said in brought.items())
}
"""What a concept from outside is to our own categories, where it took one of their spellings."""


def _spellings() -> dict[str, str]:
    """Return every Latin phrase, its plural and its joined spelling, with its concept."""
    concepts: dict[str, str] = {}
    for name, phrases in _NAMED_BY.items():
        for phrase in phrases["latin"]:
            for spelling in (phrase, phrase.replace(" ", "")):
                concepts.setdefault(spelling, name)
                concepts.setdefault(spelling + "s", name)
    return concepts


def _hints(latin: Iterable[str], han: Iterable[str] = ()) -> tuple[str, ...]:
    """Return pieces of which every phrase for a concept holds at least one."""
    pieces = {max(phrase.split(), key=len) for phrase in latin} | set(han)
    kept: list[str] = []
    for piece in sorted(pieces, key=len):
        if not any(shorter in piece for shorter in kept):
            kept.append(piece)
    return tuple(kept)


_HINTS = {name: _hints(**phrases) for name, phrases in _NAMED_BY.items()}
_CONCEPTS = _spellings()
_ENDINGS = frozenset(phrase.split()[-1] for phrase in _CONCEPTS)
_OPENINGS = frozenset(phrase.split()[0] for phrase in _CONCEPTS)
"""The words that some phrase ends in: no other needs a look-up."""
_HAN_CONCEPTS = {
    phrase: name
    for name, phrases in (*_PHRASES["concepts"].items(), *_BROUGHT.items())
    for phrase in phrases.get("han", ())
}
_LONGEST_HAN = max(map(len, _HAN_CONCEPTS))
_ATTRIBUTES = frozenset(_PHRASES["attributes"]["latin"])
_HAN_ATTRIBUTES = tuple(_PHRASES["attributes"]["han"])
_ISSUERS = tuple(_PHRASES["issuers"])
_SHORT_ISSUERS = re.compile(r"(?<![a-z])(?:mbi|hicn|uhc|hmo|ppo|payer|payor|policy)(?![a-z])")


def has_issuer(text: str) -> bool:
    """Whether a text speaks of health cover: an insurer, a plan, Medicare, in any language.

    Short words count only where they stand alone.

    >>> has_issuer("our support team"), has_issuer("PPO plan"), has_issuer("uninsured")
    (False, True, True)
    """
    folded = fold(text)
    for piece in _ISSUERS:  # a plain loop: a pattern of them all costs ten times as much
        if piece in folded:
            return True
    return _SHORT_ISSUERS.search(folded) is not None


def may_name(named: Iterable[str], folded: str, *, times: int = 1) -> bool:
    """Whether a folded text may hold a phrase for one of the concepts: a quick, loose look.

    `times`: in how many places, as over both halves of a value.

    >>> may_name(["passport"], "passport_no=1"), may_name(["passport"], "sku=1")
    (True, False)
    >>> may_name(["ssn"], "ssn1=0&ssn2=1", times=2), may_name(["ssn"], "ssn=0", times=2)
    (True, False)
    """
    return _may_name(tuple(named), folded, times)


@lru_cache(maxsize=64)  # a text is asked by one step after another
def _may_name(named: tuple[str, ...], folded: str, times: int) -> bool:
    for name in named:
        for hint in _HINTS[name]:  # a plain loop: a generator costs three times as much
            if hint in folded and (times == 1 or folded.count(hint) >= times):
                return True
    return False


def han_concept(run: str) -> str:
    """Return the last concept in a run of Chinese characters, or "".

    >>> han_concept("我的护照号码是"), han_concept("手机型号")
    ('passport', 'attribute')
    """
    for end in range(len(run), max(0, len(run) - 40), -1):
        if run.endswith(_HAN_ATTRIBUTES, 0, end) and _han_before(run, end - 1, end - 2):
            return "attribute"
        found = _han_before(run, end)
        if found:
            return found
    return ""


def _han_before(run: str, *ends: int) -> str:
    for end in ends:
        for length in range(min(_LONGEST_HAN, end), 1, -1):
            found = _HAN_CONCEPTS.get(run[end - length : end])
            if found:
                return found
    return ""


_BEFORE, _AFTER = 360, 120
_OPENERS = " \"'[({<«“+\t"
# Both are matched on reversed text: a search that ends at the end would try every start.
_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,48}+(?:[ ][^\s?&;,{}=\"'<>:|]{1,24}+){0,3}")
_BARE_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,64}+")
_NAMED = re.compile(
    r"(?i)(?<![a-z])(?:name|field|key|kind|type|label|id|k|question|title|headers|标题|问题|题目|字段|名称|for|property|itemprop)[\"']?\s?[:=]\s?[\"']?"
    r"([^\"'&,;<>{}=]{1,60})"
)
_ANSWERED = re.compile(
    r"[\"', ]{1,4}[\"']field[\"']: ?\{[^{}]{0,90}[\"']ref[\"']: ?[\"']([^\"']{1,60})"
)
_VALUE_KEYS = frozenset(
    "value raw val v content answer fieldvalue field_value 答案 回答 值 内容".split()  # noqa: SIM905
)
_ROW = re.compile(r"(?:\A|\n)\"?([^\",;\t\n]{1,60})\"?[,;\t][\" ]{0,2}\Z")
"""A row of key and value: the key begins the line, and nothing stands between."""
_POSTED = re.compile(r"name=\"([^\"\n]{1,60})\"[^\n]{0,80}\n(?:[^\n]{1,80}\n)?\n\Z")
"""A field of a form that was posted in parts: the name, an empty line, the value."""
_CUT = re.compile(r"[&\"<>{}\n|]|[.;!?](?:\s|$)|[。；！？]")
_STOP = re.compile(r"[.!?](?=\s)|[。！？\n]")


@dataclass(frozen=True, slots=True)
class Place:
    """The surroundings of a candidate. `prior` is what stands before the field or sentence."""

    key: str
    sentence: str
    after: str
    prior: str


def place_of(text: str, start: int, end: int) -> Place:
    """Return the surroundings of the candidate at `start` to `end`."""
    before = text[max(0, start - _BEFORE) : start]
    after = text[end : end + _AFTER]
    defined = after[:1] in {".", ";", "。"} and _DEFINES.match(fold(after[:_DEFINED]))
    cut = _CUT.search(after, 2 if defined else 0)  # "000-12-3456. That's my ssn"
    key, sentence, prior = _field(before)
    if key.lower().rpartition(".")[2] in _VALUE_KEYS:
        key = _sibling(prior, after) or key
    elif asked := _ANSWERED.match(after):
        key = asked[1]
    if "\n" in text and (not key or before.endswith("\n\n")):
        key = _column(text, start)
        row = _ROW.search(before) if not key or fold(key) in _VALUE_KEYS else None
        key = row[1] if row else key
        if posted := _POSTED.search(before):
            key = posted[1]
    return Place(key, sentence, after[: cut.start()] if cut else after, prior)


def _field(before: str) -> tuple[str, str, str]:
    """Return the key of the field that `before` ends in, its text so far, and what precedes."""
    stop = len(before)
    while stop > 0:
        at = max(before.rfind("=", 0, stop), before.rfind(":", 0, stop), before.rfind(">", 0, stop))
        if at < 0:
            break
        rest = before[at + 1 :].lstrip(_OPENERS)
        if _broken(rest):
            return "", *_last_sentence(before)
        head = before[:at].rstrip(" \"'\\=")
        if before[at] == ">" and not before.endswith("=", 0, at):
            return _element(before[:at], rest)
        found = (_BARE_KEY if before[at] == "=" else _KEY).match(head[::-1])
        key = found[0][::-1] if found else ""
        if (key and not key[-1].isdigit()) or (key and not key.isdigit() and rest == ""):
            sentence, _ = _split_sentence(rest)
            return key, sentence, head[: len(head) - len(key)]
        stop = at
    return "", *_last_sentence(before)


def _element(head: str, rest: str) -> tuple[str, str, str]:
    """Read <key attr="x">rest."""
    opened = head.rfind("<")
    tag = head[opened + 1 :].split(" ", 1)[0] if opened >= 0 else ""
    if tag.startswith("/") or not tag:
        return "", rest, head
    if attribute := _NAMED.search(head, opened):
        return attribute[1], _split_sentence(rest)[0], head[:opened]
    return tag, _split_sentence(rest)[0], head[:opened]


def _broken(rest: str) -> bool:
    """Whether the field that began before `rest` has ended in it."""
    return any(mark in rest for mark in '&<{}"|') and not rest.startswith(('","', '", "'))


def _last_sentence(before: str) -> tuple[str, str]:
    """Return the text since the last field border, and what precedes it."""
    at = max(before.rfind(mark) for mark in '&<{}"|')
    sentence, earlier = _split_sentence(before[at + 1 :])
    return sentence, before[: at + 1] + earlier


def _split_sentence(text: str) -> tuple[str, str]:
    last = 0
    for stop in _STOP.finditer(text):
        last = stop.end()
    if not text[last:].strip():
        return text, ""
    return text[last:], text[:last]


def _sibling(prior: str, after: str) -> str:
    """Return the name given beside a value: before it in the same object or tag, else after."""
    opened = max(prior.rfind("{"), prior.rfind("<"))
    names = _NAMED.findall(prior[opened + 1 :])
    if names:
        return str(names[-1])
    closed = min((at for at in (after.find("}"), after.find(">")) if at >= 0), default=len(after))
    match = _NAMED.search(after[:closed])
    return match[1] if match else ""


def _column(text: str, start: int) -> str:
    """Return the header over a value of a small comma-separated table, or nothing."""
    line_start = text.rfind("\n", 0, start) + 1
    header_end = text.find("\n")
    if not line_start or header_end > 500 or start - line_start > 500:
        return ""
    header = text[:header_end]
    between = max(",;\t", key=header.count)
    headers = header.split(between)
    place = text.count(between, line_start, start)
    return headers[place].strip(" \"'\r") if 1 < len(headers) > place else ""


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORTEST_GLUED, _LONGEST_GLUED = 4, 40
_GLUED = {
    *_PHRASES["glue"],
    *(word for phrase in _CONCEPTS for word in phrase.split() if len(word) > 1),
}
"""The words that a key in small letters may be made of."""
_NEAR = 80
_LONGEST = 4
_VETO_WORDS = 5
_FOR = frozenset(["for", "para", "pour"])
_IS = frozenset(["is", "es", "est", "was"])
_DEFINES = re.compile(
    r"[\s\"')+]{0,3}(?:[,.;]? ?(?:hope |espero que |j.?esp[eè]re que )?"
    r"(?:that|this|it)(?:['’]?s| is| was)|is|was|as|es|era|est|[,.;]? ?c['’ ]?est"
    r"|como|comme|[，,。]?(?:这|那)?[是为])(?![a-z])"
)
_DEFINED = 48
_PURPOSE = re.compile(r" (?:pour|for|para) ")
_QUESTION = re.compile(
    r"([^?？.!。！\n\"<>{}|]{4,160}?)"
    r"(?:[?？]|,? ?(?:please|por favor|s.il (?:vous|te) pla[iî]t|麻烦发|发一下|merci|gracias))"
)
_TOWARDS = frozenset(
    """
    at to on onto with via by using through from under
    a al en con por desde mediante
    au aux sur avec par depuis chez
    """.split()  # noqa: SIM905
)
"""The words behind which it is said where something goes or what it is done with."""
_BESIDE = frozenset(
    """
    my our the this that his her their new other same old following number no num nr line one
    mi mis tu su sus el la los este esta nuevo nueva otro otra mismo siguiente numero linea
    mon ma mes notre le les ce cet cette son sa nouveau nouvelle autre suivant ligne l
    """.split()  # noqa: SIM905
)
"""What may stand between such a word and the value, and names nothing."""
_HAN_TOWARDS = re.compile(
    r"(?:(?<![改新级置调涨降增达加换为])[到至]|[给往用刷拨]|请打)[我你您他她们的这那个张新号码里]{0,6}$"
)
_ASSIGNS = frozenset(
    """
    change changed changing update updated correct corrected set reset rename renamed edit edited
    amend amended modify modified switch switched replace replaced upgrade upgraded raise raised
    increase increased bump bumped convert converted assign assigned equal equals
    refers correspond corresponds corresponde belongs linked tied attached apply applied map maps
    mapped move moved amounts amounted
    cambia cambiar cambie cambio cambiado cambiaron cambiamos actualiza actualizar actualice
    actualizado corrige corregir corregido modifica modificar modificado reemplaza reemplazar
    sustituye sustituir aumenta aumentado
    changer changez modifie modifier modifiez corriger corrigez remplace remplacer remplacez
    remplacee actualise actualiser augmente augmenter
    """.split()  # noqa: SIM905
)
"""Who says one of these gives something that value, or another one: "changed the order to ..."."""
_STANDS = frozenset(
    """
    is are was were stands starts begins start begin starting beginning ends end ending comes came
    went located listed priced valued
    es son esta estan era empieza comienza termina acaba
    est sont etait commence commencant finit termine terminant
    """.split()  # noqa: SIM905
)
_WHERE = frozenset("where who whom when donde quien cuando ou quand qui".split())  # noqa: SIM905
_WHAT_FOR = _WHERE | frozenset(
    """
    for with about once so if to please before after regarding re because since
    para con sobre si antes despues porque favor
    pour avec quand si avant apres car concernant
    """.split()  # noqa: SIM905
)
"""With one of these behind a value begins what is wanted, not what the value is."""
_ARTICLES = frozenset("the a my el la los las mi le les l".split())  # noqa: SIM905
_GIVES = frozenset("send text email mail forward give message sms tell".split())  # noqa: SIM905
_WITH = frozenset("with by under con por avec par".split())  # noqa: SIM905
_HAN_WHAT_FOR = re.compile("发(?!票)|寄(?!件)|送(?!货)|收(?!据)|付(?!款)|支付|打|问|告诉|通知|以便")
_CLAUSE = re.compile(r"[\s\"'(\[（)\-–—]{0,4}+(?![:：])[^,;.!?\n，。；！？、]*")
_DATE = re.compile(r"(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})(?![0-9])")
_DATED = re.compile(
    r"(?<![a-z])(?:date|time|datetime|timestamp|ts|fecha|hora|heure)[\"']?[ :=]{1,3}[\"']?"
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4}|[0-9]{1,2}:[0-9]{2})[0-9t:.+z]*"
)
"""A moment with its own name before it."""
_OTHERS_KEY = re.compile(r"\"[\w .\-]{1,40}\" ?: ?(?=\")")
"""The key of a text that stands before: it names that text, not the value behind it."""
_FEW = 6
_SPENT = 5
"""How many digits behind a name make it spent: these were its value."""
_LINKS = frozenset(_PHRASES["links"])
_LINES = frozenset(["office", "home", "work", "oficina", "casa", "trabajo", "bureau", "domicile"])
"""What is said right behind a number of which line it is: "…-Office", "… (home)"."""
_LABELS = frozenset(["number", "no", "num", "numero", "nr", "号码"])
_IN_FIELDS = re.compile(r"[\"&{}<=]")
_ID_KEYS = re.compile(
    r"[\w.\-\[\]+ ]{0,60}(?:id|number|num|no|nr|numero|card|policy|code|_[ab12])[\w\]]{0,8}"
    r"[\"']{0,2}(?:\s?[=:>]| (?:value|content)=|, ?[\"'](?:value|content|answer|response)|,[\"'])"
)
_ISSUED_CARDS = frozenset({"passport", "member_id", "member", "drivers_license", "ssn"})
_IDS = frozenset(["number", "no", "num", "id", "code", "numero"])
_SPEAKING = frozenset(_PHRASES["speaking"])
_COUNTS, _IDENTITY = frozenset(_PHRASES["counts"]), frozenset(_PHRASES["identity"])
_OWN_IDS = frozenset(["id", "ids", "uid", "uuid", "guid", "count", "counter"])
CONFIRMING: dict[str, tuple[str, ...]] = {
    "ssn": ("ssn", "tin"),
    "itin": ("itin", "tin"),
    "credit_card": ("credit_card",),
    "bank_account": ("routing", "account"),
    "phone": ("phone",),
    "email": ("email",),
    "passport": ("passport",),
    "drivers_license": ("drivers_license",),
    "member_id": ("member_id", "member"),
    **{name: (f"own.{name}",) for name in OWN},
}
"""The concepts that confirm each category."""
_ABOUT = {*CONFIRMING, *_BROUGHT, "member", "account", "routing"}


def cue_of(place: Place, category: str, nearby: str = "") -> Cue:
    """Return the cue of a candidate of `category` at `place`.

    `nearby` is the text in which an issuer of member ids is looked for.
    """
    named = name_of(place)
    match named if category in OWN else _ELSE.get(named, named):
        case "":
            return Cue.NEUTRAL
        case "attribute":
            return Cue.MISLEADING
        case "veto":
            return Cue.VETO
        case "member":
            if not has_issuer(f"{place.key} {place.sentence} {place.after}"):
                # a neighbour's own id says nothing of this one
                nearby = _ID_KEYS.sub(" ", fold(nearby))
            if not has_issuer(nearby):
                return Cue.VETO
            return Cue.CONFIRM if category == "member_id" else Cue.OTHER
        case "account" if category == "credit_card":
            return Cue.NEUTRAL
        case named:
            return Cue.CONFIRM if named in CONFIRMING[category] else Cue.OTHER


def name_of(place: Place) -> str:
    """Return the concept that names the value, "attribute" for a misleading one, or ""."""
    defined = _DEFINES.match(fold(place.after[:_DEFINED]))
    if defined and _PURPOSE.match(fold(place.after[:_DEFINED]), defined.end()):
        defined = None  # ", it's for a phone case"
    named = (
        (_behind(place.after[defined.end() : _DEFINED], _WHERE) if defined else "")
        or _before(place.sentence[-_NEAR:])
        or _name_of_key(place.key)
        or ("" if defined else _behind(place.after[:_DEFINED], _wanted_behind(place.sentence)))
    )
    if not named and place.prior and speaks(place.key, place.prior):
        prior = _OTHERS_KEY.sub(" ", place.prior[-2 * _NEAR :])
        named = _before(prior)
        if named in {"", "veto"}:
            return _asked(place.prior) or named
    return named


def _asked(prior: str) -> str:
    """Return what the last question before asks for, or nothing.

    >>> _asked('{"q": "What is your ssn?", "ts": 12}, {"text": "one moment. ')
    'ssn'
    """
    questions = _QUESTION.findall(prior)
    return nearest(questions[-1]) if questions else ""


@lru_cache(maxsize=4096)
def _name_of_key(key: str) -> str:
    """Return the concept that a key names; keys come again and again, so answers are kept."""
    parted = _CAMEL.sub(" ", key)
    if " " in key and _before(key) != nearest(key):
        return _before(key)  # "send the invoice to: ..."
    return nearest(parted) or nearest(_WORD.sub(_unglued, fold(parted)))


def _unglued(match: re.Match[str]) -> str:
    """Return a word of a key that is several words written as one, apart: "wireaba"."""
    word = match[0]
    if word in _ENDINGS or not _SHORTEST_GLUED <= len(word) <= _LONGEST_GLUED:
        return word
    reached: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_GLUED), end):
            if start in reached and word[start:end] in _GLUED:
                known = (*reached[start], word[start:end])
                if end not in reached or len(known) < len(reached[end]):
                    reached[end] = known
    return " ".join(reached.get(len(word), (word,)))


def _before(text: str) -> str:
    """Return the last concept in what is said right before a value.

    Where the last words say that something goes to the value, or is done with it, a veto names that
    something and not the value: only what stands before it, or else nothing, may name the value.

    >>> _before("send the invoice to "), _before("text me the tracking number at my line ")
    ('', 'phone')
    >>> _before("changed the order number to "), _before("manda la factura al ")
    ('veto', '')
    """
    named = nearest(text)
    if named != "veto":
        return named
    words = _WORD.findall(_DATE.sub(" ", fold(text)))
    if not _goes(words):
        return named
    return next((n for n in map(partial(_at, words), range(len(words), 0, -1)) if n in _ABOUT), "")


def _goes(words: Sequence[str]) -> bool:
    """Whether words before a value say that something goes to it or is done with it."""
    end = next((at for at in range(len(words), 0, -1) if words[at - 1] not in _BESIDE), 0)
    if end == 0 or not _ASSIGNS.isdisjoint(words):
        return False
    last = words[end - 1]
    if last >= "\u3400":
        return _HAN_TOWARDS.search(last) is not None
    if last not in _TOWARDS or end == 1 or words[end - 2] in _STANDS:
        return False
    return last not in _WITH or _LABELS.isdisjoint(words[end:])  # "the order with number ..."


def _wanted_behind(sentence: str) -> frozenset[str]:
    """Return the words with which begins, behind a value, what is wanted and not what it is."""
    words = _WORD.findall(fold(sentence[-_NEAR:]))
    given = words and (words[-1] in _TOWARDS or words[-1] in _GIVES)  # "text ... the order number"
    return _WHAT_FOR | _ARTICLES if given else _WHAT_FOR


def _behind(text: str, free: frozenset[str]) -> str:
    """Return the first concept behind a value, but for a veto in what one of `free` begins.

    >>> _behind(" for the tracking number", _WHAT_FOR), _behind(" order number", _WHAT_FOR)
    ('', 'veto')
    """
    named = first(text)
    if named != "veto":
        return named
    words = _WORD.findall(fold(text))
    begins = words[: 1 if free is not _WHERE else 2]  # "is where ...", "es a donde ..."
    wanted = free is not _WHERE and _HAN_WHAT_FOR.match(words[0])
    return "" if wanted or not free.isdisjoint(begins) else named


def nearest(text: str) -> str:
    """Return the last concept in `text`; what follows a "for" yields to the noun before it.

    A veto counts only within five words of the value: "my order ... reach me on" is no veto. A
    name that has a value of its own behind it is spent: it says nothing of the next one.

    >>> nearest("call me, my order number is "), nearest("phone model"), nearest("as agreed")
    ('veto', 'attribute', '')
    >>> nearest("my ssn is 000-12-3456, I ordered "), nearest("my phone, as of 2024-05-06, is ")
    ('', 'phone')
    """
    words = _WORD.findall(_DATE.sub(" ", _DATED.sub(" ", fold(text)))) if text else []
    digits, linked, apart = 0, False, False
    for end in range(len(words), 0, -1):
        word = words[end - 1]
        if word[0].isdigit():
            digits += len(word)
            continue
        if digits >= _SPENT and (apart or not linked):
            return ""
        found = _at(words, end)
        if found and found != "idle" and (found != "veto" or _denies(words, end)):
            return _head(words, end) or found
        linked = linked or word in _LINKS
        apart = apart or (digits < _SPENT and word not in _LINKS)
    return ""


def _denies(words: list[str], end: int) -> bool:
    """Whether a noun that ends before `end` says what the value behind all words is.

    Not from afar, and not where it has a value of its own and more words follow ("request 77 by
    user").
    """
    behind = words[end:]
    if len(behind) > _VETO_WORDS:
        return False
    own = len(behind) > 1 and behind[0].isdigit()
    return not (own and not behind[-1].isdigit() and not _LINKS.issuperset(behind[1:]))


def _at(words: list[str], end: int) -> str:
    """Return the concept that ends before `end`, "attribute" where it is only talked about."""
    word = words[end - 1]
    if word >= "\u3400":
        return han_concept(word)
    if end > 1 and word in _ATTRIBUTES and _ending(words, end - 1) in _ABOUT:
        return "attribute"
    if end > 1 and word in _OWN_IDS and _ending(words, end - 1) == "phone":
        return "attribute"  # of a call, a text, a device
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
        found = han_concept(word) if word >= "\u3400" else _ending(words, end)
        if found and found != "idle":
            longer = _ending(words, end + 1) if end < len(words) else ""
            return longer or found
    return ""


def _ending(words: list[str], end: int) -> str:
    """Return the concept of the longest known phrase that ends before `end`.

    A passport card and the like is no payment card, whatever "card number" may say alone.
    """
    if words[end - 1] not in _ENDINGS:
        return ""
    for start in range(max(0, end - _LONGEST), end):
        found = _CONCEPTS.get(" ".join(words[start:end]), "")
        if found == "credit_card" and start and words[start] == "card":
            other = _ending(words, start)
            return other if other in _ISSUED_CARDS else found
        if found:
            return found
    return ""


def speaks(key: str, prior: str = "") -> bool:
    """Whether a key is that of speech or free text, or says nothing ("Number").

    The latter not where `prior`, what stands before it, shows that it is one field of several.
    """
    words = _WORD.findall(fold(key))
    if words and _LABELS.issuperset(words):
        return _IN_FIELDS.search(prior[-_NEAR // 2 :]) is None
    return not words or words[-1] in _SPEAKING


_AROUND = 160
_COLUMN = 40
_VALID = frozenset({"valid", "role", "partial_mask"})
_FORMLESS = frozenset(
    ["shape", "prefix", "luhn", "domain", "local", "file", "url", "repository", "amount"]
)


def glued(text: str, start: int) -> bool:
    """Whether a letter or digit is tied to the value's front: "AB-123", "slug_123"."""
    return start > 1 and text[start - 1] in "-_" and text[start - 2].isalnum()


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate for a value of `category`, judged by its form, and the cue it stands under.

    `key` is as `types.key_of` gives it; pairs are joined by "|". `valid`: possible, no documented
    placeholder, not masked (a card showing its first six and last four is valid, with the reason
    "partial_mask"). `telling`: the form alone names it, or it has a check digit or an @.
    `cue` is NONE where not even the form fits. `reading` is how the text was decoded.
    `snippet_start` and `snippet_end` are half-open offsets in the decoded text, best effort.
    """

    category: str
    key: str
    valid: bool
    reason: str
    cue: Cue
    telling: bool
    reading: str
    snippet_start: int
    snippet_end: int


def finding(
    category: str,
    reading: Reading,
    span: tuple[int, int],
    key: str,
    reason: str,
    *,
    telling: bool = False,
    odd: bool = False,
) -> Finding:
    """Return the finding at `span` of the reading, with its cue: how finders hand out candidates.

    `odd`: it is not written as such values are, so it is one only where it is named. The cue is
    NONE, and is not looked for, where not even the form fits.
    """
    text, cue, (start, end) = reading.text, Cue.NONE, span
    if reason not in _FORMLESS:
        nearby = text[max(0, start - _AROUND) : end + _AROUND] if category == "member_id" else ""
        place = place_of(text, start, end)
        cue = cue_of(place, category, nearby)
        if cue is not Cue.CONFIRM and category != "email" and glued(text, start):
            cue = Cue.VETO
        if cue is not Cue.CONFIRM and odd:
            cue, telling = Cue.VETO, False
        unnamed = cue in {Cue.NEUTRAL, Cue.MISLEADING}
        if unnamed and category != "email" and _is_count(text, place, span, telling):
            cue = Cue.VETO
    return Finding(category, key, reason in _VALID, reason, cue, telling, reading.how, start, end)


_LONG_ID = 17
_COLUMN_BEFORE = re.compile(r"(?:\A|[ \t])(?:-|[0-9][0-9.:]*)[ \t]{1,2}\Z")
_COLUMN_AFTER = re.compile(r"[ \t]{1,2}(?:-|[0-9][0-9.:]*)(?:[ \t]|\Z)")


def _is_count(text: str, place: Place, span: tuple[int, int], telling: bool) -> bool:
    """Whether a number that nothing names stands where ids, times and counts stand.

    That is under a key that ends as theirs do, as one of a row of numbers, between two colons, or
    in brackets right behind a word. What tells by its form is none, but for the length of an id.
    """
    start, end = span
    if telling and not text[start:end].isdigit():
        return False
    if telling and end - start < _LONG_ID:
        return False
    if _counts(place.key):
        return True
    before, after = text[max(0, start - _COLUMN) : start], text[end : end + _COLUMN]
    if _COLUMN_BEFORE.search(before) and _COLUMN_AFTER.match(after):
        return True
    tight = before[-1:], after[:1]
    return tight == (":", ":") or (tight == ("(", ")") and before[-2:-1].isalnum())


@lru_cache(maxsize=4096)
def _counts(key: str) -> bool:
    """Whether a key ends in a word for an id, a time or a count, and is no person's document.

    >>> _counts("dialogId"), _counts("sent_at"), _counts("nationalId"), _counts("contact")
    (True, True, False, False)
    """
    words = _WORD.findall(fold(_CAMEL.sub(" ", key)))
    return bool(words) and words[-1] in _COUNTS and _IDENTITY.isdisjoint(words)


_GAP = 3
_TAKEN = "\x00"
_HAN_NAMES = re.compile("|".join(sorted(_HAN_CONCEPTS, key=len, reverse=True)))


def unnamed(text: str) -> str:
    """Return a text, folded, without the phrases that name a value as anything. Offsets change.

    >>> unnamed("My SSN is here, not the order number"), unnamed("我的护照号码是")
    ('my   is here, not the  ', '我的 是')
    """
    folded = fold(text)
    words = list(_WORD.finditer(folded))
    phrases = [
        (words[at].start(), words[at + size - 1].end())
        for at in range(len(words))
        if words[at][0] in _OPENINGS
        for size in range(1, min(_LONGEST, len(words) - at) + 1)
        if _is_phrase(words[at : at + size])
    ]
    phrases.sort(key=lambda place: place[0] - place[1])  # of "my social security" the longer one
    chars = list(folded)
    for start, end in phrases:
        if _TAKEN not in chars[start:end]:
            chars[start:end] = _TAKEN * (end - start)
    return _HAN_NAMES.sub(" ", re.sub(f"{_TAKEN}+", " ", "".join(chars)))


def _is_phrase(words: Sequence[re.Match[str]]) -> bool:
    apart = (after.start() - before.end() for before, after in pairwise(words))
    return " ".join(word[0] for word in words) in _CONCEPTS and all(gap <= _GAP for gap in apart)
