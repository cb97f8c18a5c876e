"""The composer: makes the rows of a spec, label first, and again from the start where one fails.

A pair of twins shares one draft, so that its two lines differ in the value or in its name and in
nothing else.

A verdict's score (`decide`) is confidence in it, positive or negative. It starts near one and falls
with what makes the row harder to judge: no cue, a disguise, a mask, text that argues back. What
each costs and how it is told stands in `data/verdicts.yaml`.

>>> skeleton_of(Draft("QKX0QK=QVX0QV&step=3%20of%209"), ["ssn"])
'ssn={}&step=# of #'
>>> from piiforge.types import Part
>>> pour((Part("666-12-3456"),), "### ## ####")[0].text
'666 12 3456'
>>> pour((Part("666-12-3456"),), "####-####") is None
True
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from html import unescape
from itertools import chain
from operator import itemgetter
from random import Random
from string import Formatter
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from piiforge import categories, disguises, files, lines, prompt, types
from piiforge.compose import scenes
from piiforge.compose.frames import CHANGED, KEY, SHAPE, is_pair, nouns_of
from piiforge.compose.label import is_sensitive
from piiforge.compose.pools import PHRASE, Named, Pool, least
from piiforge.compose.scenes import Row, Subject
from piiforge.compose.spec import FIELDS, PLAIN, TEXT, TURNS, VALUE_TWIN, Spec, is_bare, is_hard
from piiforge.errors import QuotaUnmet
from piiforge.lines import noise
from piiforge.rng import digest, pick
from piiforge.types import Cue, Draft, Example, Format, Mention, Part, Span, Switches, Value

TRIES = 60
_TWIN_TRIES = 20
_SUITED_TRIES = 400
_LENGTH_TRIES = 30  # after which a length is met as nearly as can be
_ANY_LENGTH = "long"
_FRAME_TRIES = 12
_SPECIAL_SHARE = 0.6  # of the rows that a record of a trade could carry
_DIGIT, _LETTER = "#", "a"  # of a shape
_HAS_DIGIT = re.compile(r"\b[^\W\d]*+\d\w*+")  # possessive: never tries a word twice
_CHARREF = re.compile("&(#x?[0-9A-Fa-f]+|[a-z]+);")
_SLOT = re.compile("QVX[0-8]QV")
_AN = re.compile(r"(?i)\b(a)(?= (?:[aeiou]|SSN\b))")  # the article before a vowel
_REMARKS = files.shipped_tsv("piiforge.compose", "data/remarks.tsv")
_MOMENTS = (noise.iso_time, noise.date, noise.epoch_s, noise.epoch_ms)
_REMARK_DRAWERS: Mapping[str, Callable[[Random], str]] = {
    "moment": lambda rng: pick(_MOMENTS, rng)(rng),
    "level": lambda rng: str(1 + int(rng.random() * 9)),
    "version": noise.version,
    "sku": noise.sku,
    "price": noise.price,
    "token": scenes.draw_token,
}
_ALIKE_SHARE = 0.8  # of the ids under a misleading key, those as long as the category's values
_ALIKE_TRIES = 8
# An e-mail address is no id, and a number under "member id" might be the plan's
_NO_IDS = frozenset({"email", "member_id"})
_START, _FLOOR = 0.99, 0.6
_NO_CUE_COST, _NO_CHECK_COST, _INJECTION_COST = 0.06, 0.02, 0.02
_ENCODED_MARKS = ("b64", "b64", "base64", "encoded")
_ESCAPES = frozenset(d.name for d in disguises.ALL if d.group == "encoded") - {"base64"}
_NAMERS = {FIELDS: "key", TEXT: "sentence", TURNS: "turn"}
_PLACES = {"form_submit": "form", "page_view": "pageview", "xhr": "request", "chat_message": "chat"}
_TABLES = cast(
    "Mapping[str, Mapping[str, Any]]", files.shipped_yaml("piiforge.compose", "data/verdicts.yaml")
)
_DISGUISES: Mapping[str, tuple[float, str]] = _TABLES["disguises"]  # cost and word
_POSITIVES: Mapping[str, Sequence[str]] = _TABLES["positives"]
_NEGATIVES: Mapping[str, tuple[float, Sequence[str]]] = _TABLES["negatives"]  # cost and reasons


def bounds_of(spec: Spec, content: int | None) -> tuple[float, float]:
    """Return the tokens that a content of `spec` has: above the first, at most the second.

    What others wrote has the length that it has.
    """
    low, high = types.LENGTHS[spec.length] if spec.length and not spec.frame else (0.0, math.inf)
    return low, min(high, content or math.inf)


class Composer:
    """Makes rows for one split. Not shared between processes; holds no random state.

    `content` is the most tokens that a content may have.
    """

    def __init__(
        self, pool: Pool, switches: Switches, seed: int, content: int | None = None
    ) -> None:
        self._pool, self._switches, self._seed, self._content = pool, switches, seed, content

    def compose(self, spec: Spec, rng: Random) -> tuple[Example, ...]:
        """Make the row of `spec`, or its two twins, positive first.

        Raises:
            QuotaUnmet: nothing drawn in TRIES tries is what the spec asks for.
        """
        low, high = bounds_of(spec, self._content)
        aim = low + (high - low) * rng.random() if high < math.inf and spec.length else None
        for attempt in range(TRIES):
            if spec.frame and attempt == _FRAME_TRIES:  # it does not go with this frame
                spec = replace(spec, frame="")
                low, high = bounds_of(spec, self._content)
            if attempt == _LENGTH_TRIES:  # escapes of a format made it longer than was foreseen
                low, high = bounds_of(replace(spec, length=_ANY_LENGTH), self._content)
                low = 0.0
            if not (written := self._try(spec, rng, aim, attempt)):
                continue
            size = max([prompt.tokens(one.filled.content) for one in written])
            if low < size <= high:
                return tuple([self._example(one) for one in written])
            aim = (high if aim is None else aim) + (low + min(high, 2 * size)) / 2 - size
        cell = f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind}/{'+'.join(spec.disguises)}"
        why = f"no {spec.language} {spec.event} line came out in {TRIES} tries"
        raise QuotaUnmet(cell, why, "Drop the disguise or the variant from the recipe.")

    def _try(self, spec: Spec, rng: Random, aim: float | None, attempt: int) -> "Sequence[_Line]":
        """Try once to write the lines of `spec`, of about `aim` tokens if given; () if in vain."""
        frame = self._pool.frames.get(spec.frame)
        shape = frame.shape if frame else ""
        subject = draw(spec, rng, shape)
        if subject is None:
            return ()
        if frame and frame.kind == SHAPE and shape_of(subject.texts[0]) != shape:
            return ()  # a frame that is only a shape was of no use
        noun = frame.noun if frame else ""
        if not noun and spec.cue is Cue.VETO:
            noun = spec.noun or pick(nouns_of(spec.category, spec.kind), rng)
        elif not noun:
            noun = spec.kind if spec.variant == "other" else spec.category
        row = Row(self._pool, spec, rng, frame, subject, noun, tries=attempt)
        if aim is not None:
            row.room = aim - sum(map(prompt.tokens, subject.texts))
        if not _drafted(row):
            return ()
        names = _names(row, spec.cue)
        if spec.kind == "misleading_key":
            subject = subject._replace(texts=(draw_remark(names.words[0], spec.category, rng),))
        own = self._line(row, subject, names, spec.cue, spec.label)
        if not spec.twin or own is None:
            return (own,) if own else ()
        twin: Subject | None = subject
        if spec.twin == VALUE_TWIN:
            twin = _twin(row, shape)
        else:
            names = _names(row, Cue.CONFIRM)
        positive = self._line(row, twin, names, Cue.CONFIRM, True) if twin else None
        return (positive, own) if positive else ()

    def _line(
        self, row: Row, subject: Subject, names: Named, cue: Cue, label: bool
    ) -> "_Line | None":
        """Write a line; None where the label by the policy is not the one that was planned."""
        asked = categories.get(row.spec.category)
        if is_sensitive(asked, subject.value, subject.disguises, cue, self._switches) is not label:
            return None
        texts = [*row.texts]
        texts[: len(subject.texts)] = subject.texts
        texts[scenes.WORD_SLOT] = names.word
        draft, family = row.draft, row.family
        if said := row.said.get(label):
            slot, text = lines.SLOTS[scenes.SAID_SLOT], lines.encode(said.text, draft.value_chain)
            draft, family = replace(draft, text=draft.text.replace(slot, text)), said.family
        filled = lines.fill(draft, names.written, texts)
        return _Line(row, subject, names, cue, label, draft, family, filled)

    def _example(self, line: "_Line") -> Example:
        """Finish the row of a line: its verdict, and what is known of it."""
        row, subject, names, cue, label, draft, family, filled = line
        spec, frame, worn = row.spec, row.frame, subject.disguises
        answers = bool(row.texts[scenes.ASK_SLOT])
        variant = spec.variant
        if label and spec.twin:
            first, *others = worn
            variant = types.COMBINED if others else first.group
        twin_id = digest(self._seed, "twin", spec.split, spec.number) if spec.twin else None
        return Example(
            id=f"{digest(self._seed, spec.split, spec.number, label, cue):016x}",
            split=spec.split,
            category=spec.category,
            content=filled.content,
            verdict=decide(
                spec,
                label,
                cue,
                categories.get(spec.category),
                worn,
                Told(_called(row.noun), names, answers=answers, at=self._seed + spec.turn),
            ),
            language=spec.language,
            event=spec.event,
            format=row.format.name,
            family=f"{row.format.name}/{family}" if row.in_fields else family,
            skeleton=skeleton_of(draft, names.written),
            variant=variant,
            disguises=tuple([disguise.name for disguise in worn]),
            cue=cue,
            key_names=names.words,
            values=_mentions(row, subject, filled.spans),
            twin_id="" if twin_id is None else f"{twin_id:016x}",
            hard=is_hard(spec, label, cue),
            injection=spec.injection,
            source=frame.source if frame else types.RULES,
            frame=frame.family if frame else "",
        )


@cache
def _called(noun: str) -> str:
    """Return the English words for a noun of the bank; any other is its own."""
    bank = lines.load().nouns.get(noun)
    name = noun.replace("_", " ")
    known = bank.words["en"] if bank else (name,)
    if any(word.endswith(f" {name}") for word in known):  # "Twitter handle" is a handle
        return name
    plain = [word for word in known if name in word and word[-1].isalnum()]
    return min(plain, key=len, default=known[0])


class _Line(NamedTuple):
    """One line of a row, written, with what it was written from; nothing is told of it yet."""

    row: Row
    subject: Subject
    names: Named
    cue: Cue
    label: bool
    draft: Draft
    family: str
    filled: lines.Filled


def draw(spec: Spec, rng: Random, shape: str = "") -> Subject | None:
    """Draw what `spec` is about; None where the drawn value can't wear the disguises.

    Other separators than the usual are those of `shape`, where the value fits it.
    """
    if spec.variant in {"absent", "benign"}:
        return Subject()
    if spec.variant == "misleading":  # a remark is drawn later, to suit its key
        return Subject(texts=(scenes.draw_token(rng) if spec.kind == "hashed" else "?",))
    owner = spec.kind if spec.variant == "other" else spec.category
    value = draw_suited(_drawer(owner, spec.kind), spec.disguises, rng)
    while value.telling and is_bare(spec.category, spec.variant):
        value = categories.get(owner).draw(rng)
    return wear(value, spec.disguises, rng, shape)


@cache
def _drawer(category: str, kind: str) -> Callable[[Random], Value]:
    """Return what draws the category's lookalike of a kind, its values where it has none such."""
    asked = categories.get(category)
    return next((look.draw for look in asked.lookalikes if look.kind == kind), asked.draw)


@cache
def _worn(names: tuple[str, ...]) -> tuple[types.Disguise, ...]:
    return tuple(map(disguises.get, names))


def draw_suited(drawer: Callable[[Random], Value], names: tuple[str, ...], rng: Random) -> Value:
    """Draw a value that people would write in the named disguises, if one comes in time."""
    suits = [suit for disguise in _worn(names) if (suit := disguise.suits)]
    value = drawer(rng)
    for _ in range(_SUITED_TRIES if suits else 0):
        if all(suit(part) for suit in suits for part in value.parts):
            break
        value = drawer(rng)
    return value


def wear(value: Value, names: tuple[str, ...], rng: Random, shape: str = "") -> Subject | None:
    """Write `value` in the named disguises; None where one of them doesn't fit."""
    worn, parts = _worn(names), value.parts
    if names != PLAIN:
        if not disguises.takes(parts, worn):
            return None
        poured = pour(parts, shape) if names == CHANGED else None
        parts = poured or disguises.write(parts, worn, rng)
    return Subject(value, tuple([part.text for part in parts]), worn)


def shape_of(text: str) -> str:
    """Return the shape of a text: # for a digit, a for a letter, the rest as it stands."""
    return "".join(_DIGIT if c.isdigit() else _LETTER if c.isalpha() else c for c in text)


def pour(parts: Sequence[Part], shape: str) -> tuple[Part, ...] | None:
    """Write a value of one part in `shape`; None where its characters don't fit or nothing changes.

    Digits must meet # and letters a, all of them, in order. A leading + is part of the value, and
    so are the marks of an e-mail address, which is never poured.
    """
    if len(parts) != 1 or not shape or "@" in parts[0].text:
        return None
    text = parts[0].text
    left = [one for one in text if one.isalnum()]
    written: list[str] = []
    for mark in shape:
        if mark not in {_DIGIT, _LETTER}:
            written.append(mark)
        elif not left or left[0].isdigit() is not (mark == _DIGIT):
            return None
        else:
            written.append(left.pop(0))
    poured = "".join(written)
    if left or poured == text or ("+" in text) is not ("+" in shape):
        return None
    return (replace(parts[0], text=poured),)


def _drafted(row: Row) -> bool:
    """Draw the format, set the scene and write the draft; False where the pool has none that do."""
    form = _format(row)
    if form is None:
        return False
    row.format = form
    if row.room is not None:
        row.room = max(0.0 if row.in_fields else PHRASE, row.room - least(form))
    if not scenes.set_scene(row):
        return False
    if not row.is_whole:
        row.draft = form.draft(row.scene, row.rng)
    keys = lines.KEYS if form.names else ()  # a record that names its value has no key for it
    return all(each in row.draft.text for each in row.needs if each not in keys)


def _format(row: Row) -> Format | None:
    """Draw the format, None where the pool has none; of a whole line it is the frame's own."""
    spec, pool = row.spec, row.pool
    if row.is_whole:
        return Format(f"{spec.event}_line", spec.event, _is_written)
    if _may_be_record(row):
        special = [
            form
            for form in pool.special.get(spec.category, ())
            if form.event == spec.event and spec.carrier in form.carries
        ]
        if special and row.rng.random() < _SPECIAL_SHARE:
            return pick(special, row.rng)
    # nobody types an escape
    escaping = spec.carrier != FIELDS and not _ESCAPES.isdisjoint(spec.disguises)
    rack = pool.rack(spec.event, spec.carrier, escaping=escaping)
    return rack.draw(row.rng, row.room) if rack.formats else None


def _may_be_record(row: Row) -> bool:
    """Say whether a record of a trade could carry the row. It has its own names, and no frame."""
    spec = row.spec
    return (
        spec.cue is Cue.CONFIRM
        and spec.disguises == PLAIN
        and not spec.injection
        and row.frame is None
        and len(row.subject.texts) == (2 if is_pair(spec.category) else 1)
    )


def _is_written(_scene: types.Scene, _rng: Random) -> Draft:
    raise AssertionError("a whole line has its draft from its frame")


def _names(row: Row, cue: Cue) -> Named:
    """Draw the key names and the word that stand for the value under `cue`."""
    spec, rng, subject, frame = row.spec, row.rng, row.subject, row.frame
    # the positive twin of a veto is named by its category
    owner = spec.category if cue is Cue.CONFIRM else row.noun
    word = row.pool.word(cue, owner, spec.language, subject.kind, rng) if row.has_word else ""
    is_empty = spec.kind == "empty_field"
    if not row.in_fields or row.format.names or not (subject.texts or is_empty):
        return Named(word=word)
    if frame and frame.kind == KEY:
        written = tuple([lines.draw_key(name, row.style, rng) for name in frame.names])
        return Named(written, frame.names, word)
    cue = Cue.CONFIRM if is_empty or spec.kind == "hashed" else cue
    roles = ["first", "second"] if subject.value else ["value"]
    if subject.value and len(subject.value.parts) == len(subject.texts):
        roles = [part.role for part in subject.value.parts]
    place = spec.language, row.style
    named = row.pool.key(cue, owner, roles, subject.kind, place, rng)._replace(word=word)
    if not any(disguise.name == "base64" for disguise in subject.disguises):
        return named
    mark = pick(_ENCODED_MARKS, rng)  # policy, rule 2: base64 counts where the key says so
    return named._replace(written=tuple([marked(name, mark, row.style) for name in named.written]))


def marked(name: str, mark: str, style: str) -> str:
    """Add to the name of a key that its value is encoded, as the name's style writes it.

    >>> marked("ssn", "b64", "snake"), marked("taxId", "base64", "camel")
    ('ssn_b64', 'taxIdBase64')
    """
    return name + lines.styled(f"x {mark}", style).removeprefix(lines.styled("x", style))


def draw_remark(key: str, category: str, rng: Random) -> str:
    """Draw what stands under a key, given as lower-case words, that misleads about a category."""
    words = f" {key} "
    said = next(said for marks, said in _REMARKS if any(m in words for m in marks.split("|")))
    if said == "id":
        alike = category not in _NO_IDS and rng.random() < _ALIKE_SHARE
        return _draw_id(category, rng) if alike else noise.counter_id(rng)
    drawer = _REMARK_DRAWERS.get(said)
    return drawer(rng) if drawer else pick(said.split("|"), rng)


def _draw_id(category: str, rng: Random) -> str:
    """Draw an id as long as a value of the category, and none itself where a rule can tell."""
    asked = categories.get(category)
    text = ""
    for _ in range(_ALIKE_TRIES):
        part = asked.draw(rng).parts[0]
        signs = filter(str.isalnum, part.text.upper())
        text = "".join([str(int(10 * rng.random())) if one.isdigit() else one for one in signs])
        if not asked.is_valid(Value(category, "", (replace(part, text=text),))):
            break
    return text


def _twin(row: Row, shape: str) -> Subject | None:
    """Draw a real value that can stand in the line of the row's subject, in the same disguises."""
    asked = categories.get(row.spec.category)
    for _ in range(_TWIN_TRIES):
        value = draw_suited(asked.draw, row.spec.disguises, row.rng)
        drawn = wear(value, row.spec.disguises, row.rng, shape)
        if drawn and _is_interchangeable(row, drawn):
            return drawn
    return None


def _is_interchangeable(row: Row, other: Subject) -> bool:
    """Say whether `other` can stand where the draft and its names were made for the subject."""
    mine, bank = row.subject, row.pool.banks.categories[row.spec.category]
    if not mine.value or not other.value or mine.value.state != other.value.state:
        return False
    widths, others = ([len(text) for text in one.texts] for one in (mine, other))
    return (
        bank.facet_of_kind(mine.kind) == bank.facet_of_kind(other.kind)
        and len(widths) == len(others)
        and (not row.format.names or widths == others)  # a record of fixed width
        and (row.format.names or not row.scene.numeric or all(map(scenes.is_number, other.texts)))
    )


def skeleton_of(draft: Draft, names: Sequence[str]) -> str:
    """Return the line decoded, its values as {}, every word with a digit in it as #.

    So the same structure reads the same.
    """
    text = _SLOT.sub("{}", draft.text)
    for at, name in enumerate(names):
        text = text.replace(lines.KEYS[at], name)
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = _CHARREF.sub(lambda reference: unescape(reference[0]), text)
    return _HAS_DIGIT.sub("#", text)


def _mentions(row: Row, subject: Subject, spans: Sequence[tuple[Span, ...]]) -> tuple[Mention, ...]:
    value, found = subject.value, list[Mention]()
    if value:
        own = tuple(chain.from_iterable(spans[: len(subject.texts)]))
        found.append(Mention(value.category, value.kind, value.key, own))
    slot = scenes.FIRST_BYSTANDER
    for beside in row.bystanders:
        start, slot = slot, slot + len(beside.parts)
        if own := tuple(chain.from_iterable(spans[start:slot])):
            found.append(Mention(beside.category, beside.kind, beside.key, own))
    return tuple(found)


class Told(NamedTuple):
    """What a reason may tell: what the value is called, and by which words. `at` chooses one."""

    noun: str
    names: Named = Named()
    answers: bool = False  # to a question that names it
    at: int = 0


def decide(
    spec: Spec,
    label: bool,
    cue: Cue,
    asked: types.Category,
    worn: Sequence[types.Disguise],
    told: Told,
) -> types.Verdict:
    """Return the verdict of a row: `label` as decided, the score and the reason by rule.

    The reason tells the evidence in words and never repeats the value.
    """
    groups = [disguise.group for disguise in worn]
    cost = sum(_DISGUISES[group][0] for group in groups)
    slots = _slots(spec, asked, told)
    if label:
        cost += _NO_CUE_COST if cue is Cue.NEUTRAL else 0.0
        cost += 0.0 if asked.checked else _NO_CHECK_COST
        slots["look"] = _DISGUISES[types.COMBINED if len(groups) > 1 else groups[0]][1]
        namer = "key" if slots["key"] else "word" if slots["word"] else "sentence"
        reasons = _POSITIVES[namer if cue is Cue.CONFIRM else "form"]
    else:
        cost = cost / 2 + _NEGATIVES[spec.variant][0]
        reasons = _NEGATIVES[spec.kind if spec.kind in _NEGATIVES else spec.variant][1]
    cost += _INJECTION_COST if spec.injection else 0.0
    score = round(max(_FLOOR, _START - cost), 2)
    return types.Verdict(label, score, _reason(reasons, slots, told.at))


def _slots(spec: Spec, asked: types.Category, told: Told) -> dict[str, str]:
    kind = spec.kind.replace("_", " ")
    named = told.names.words[-1] if spec.carrier == FIELDS and told.names.words else ""
    is_other = spec.variant == "other"
    return {
        "title": asked.title,
        "place": _PLACES[spec.event],
        "namer": "question" if told.answers else _NAMERS[spec.carrier],
        "key": named,
        "word": "" if named else told.names.word,
        "noun": _with_article(told.noun.replace("_", " ")),
        "kind": kind.replace("0000", "zeros").replace("atin", "ATIN group"),
        "other": categories.get(spec.kind).title if is_other else "",
        "look": "",
    }


def _with_article(noun: str) -> str:
    """Put the article before a noun; two numbers have none.

    >>> _with_article("order number"), _with_article("chart and encounter numbers")
    ('a order number', 'chart and encounter numbers')
    """
    return f"a {noun}" if noun and not (" and " in noun and noun.endswith("s")) else noun


def _reason(reasons: Sequence[str], slots: Mapping[str, str], at: int) -> str:
    """Write the first of `reasons`, from place `at` on, whose slots are known and that is short."""
    told = []
    for step in range(len(reasons)):
        reason = reasons[(at + step) % len(reasons)]
        if all(map(slots.get, _asked_by(reason))):
            told.append(_worded(reason.format_map(slots)))
            if told[-1][0] <= prompt.MAX_EXPLANATION_WORDS:
                return told[-1][1]
    return min(told, key=itemgetter(0))[1]


@cache
def _asked_by(reason: str) -> Sequence[str]:
    """Return the slots that must be known for a reason to be given."""
    return [name for _, name, _, _ in Formatter().parse(reason) if name and name != "look"]


@lru_cache(maxsize=2**14)
def _worded(reason: str) -> tuple[int, str]:
    """Write a reason out, its articles right; how many words it has stands in front."""
    words = reason.split()
    text = _AN.sub(r"\1n", " ".join(words))
    return len(words), text[:1].upper() + text[1:]
