"""The composer: makes the rows of a spec, label first, and again from the start where one fails.

A pair of twins shares one draft, so that its two lines differ in the value or in its name and in
nothing else.

>>> skeleton_of(Draft("QKX0QK=QVX0QV&step=3%20of%209"), ["ssn"])
'ssn={}&step=# of #'
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import unescape
from random import Random
from urllib.parse import unquote

from piiforge import categories
from piiforge.compose.frames import KEY, SHAPE, Frame
from piiforge.compose.label import Switches, is_sensitive
from piiforge.compose.pools import Named, Namer, Pool
from piiforge.compose.scenes import FIRST_BYSTANDER, WORD_SLOT, Setup, Stage, is_number
from piiforge.compose.spec import FIELDS, VALUE_TWIN, Spec, is_hard, worn_as
from piiforge.compose.subject import AS_DRAWN, Drawer, Subject, draw_remark, shape_of
from piiforge.compose.verdict import decide
from piiforge.errors import QuotaUnmet
from piiforge.lines import SLOTS, Filled, draw_key, fill
from piiforge.rng import digest, pick
from piiforge.types import Category, Cue, Draft, Example, Format, Mention

# Skeletons: a line without its values, decoded, so that the same structure reads the same.


_HAS_DIGIT = re.compile(r"\b[^\W\d]*+\d\w*+")  # possessive: never tries a word twice
_CHARREF = re.compile("&(#x?[0-9A-Fa-f]+|[a-z]+);")
_SLOT = re.compile("QVX[0-7]QV")


def skeleton_of(draft: Draft, names: Sequence[str]) -> str:
    """Return the line decoded, its values as {}, every word with a digit in it as #."""
    text = _SLOT.sub("{}", draft.text)
    for at, name in enumerate(names):
        text = text.replace(f"QKX{at}QK", name)
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = _CHARREF.sub(_unescaped, text)
    return _HAS_DIGIT.sub("#", text)


def _unescaped(reference: re.Match[str]) -> str:
    return unescape(reference[0])


TRIES = 60
RULES = "rules"
_TWIN_TRIES = 20
_FRAME_TRIES = 12
_SPECIAL_SHARE = 0.25  # of a pair's form rows, those in a record made for pairs


class Composer:
    """Makes rows for one split. Not shared between processes; holds no random state."""

    def __init__(self, pool: Pool, switches: Switches, seed: int) -> None:
        self._pool, self._switches, self._seed = pool, switches, seed
        self._namer = Namer(pool)
        self._drawer = Drawer()
        self._stage = Stage(pool, self._namer, self._drawer)
        self._categories: Mapping[str, Category] = {c.id: c for c in categories.ALL}

    def compose(self, spec: Spec, rng: Random) -> tuple[Example, ...]:
        """Make the row of `spec`, or its two twins, positive first.

        Raises:
            QuotaUnmet: nothing drawn in TRIES tries is what the spec asks for.
        """
        for attempt in range(TRIES):
            if spec.frame and attempt == _FRAME_TRIES:  # it does not go with this frame
                spec = replace(spec, frame="")
            rows = self._try(spec, rng)
            if rows:
                return rows
        cell = f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind}/{'+'.join(spec.disguises)}"
        why = f"no {spec.language} {spec.event} line came out in {TRIES} tries"
        raise QuotaUnmet(cell, why, "Drop the disguise or the variant from the recipe.")

    def _try(self, spec: Spec, rng: Random) -> tuple[Example, ...]:
        frame = self._pool.frames.get(spec.frame)
        subject = self._drawer.draw(spec, rng, frame.shape if frame else "")
        if subject is None or (frame and not _wears(subject, frame)):
            return ()
        noun = (frame.noun if frame else "") or self._noun(spec, rng)
        setup = self._stage.set(spec, subject, noun, rng)
        found = self._format(spec, subject, setup, rng)
        if setup is None or found is None:
            return ()
        draft = found.draft(setup.scene, rng)
        if not all(map(draft.text.__contains__, setup.needs)):
            return ()
        line = _Line(spec, setup, found, draft, noun, frame)
        names = self._names(line, subject, spec.cue, rng)
        if spec.kind == "misleading_key":
            subject = subject._replace(texts=(draw_remark(names.keys.words[0], rng),))
        row = self._row(line, subject, spec.cue, spec.label, names)
        if not spec.twin or row is None:
            return (row,) if row else ()
        other = subject
        if spec.twin == VALUE_TWIN:
            drawn = self._twin(line, subject, rng)
            if drawn is None:
                return ()
            other = drawn
        else:
            names = self._names(line, subject, Cue.CONFIRM, rng)
        positive = self._row(line, other, Cue.CONFIRM, True, names)
        return (positive, row) if positive else ()

    def _noun(self, spec: Spec, rng: Random) -> str:
        """Return what the value is said to be: a noun under a veto, else the owner of the name."""
        if spec.cue is not Cue.VETO:
            return spec.kind if spec.variant == "other" else spec.category
        lookalike = self._drawer.lookalike(spec.category, spec.kind)
        return pick(lookalike.nouns if lookalike else self._categories[spec.category].vetoable, rng)

    def _format(
        self, spec: Spec, subject: Subject, setup: Setup | None, rng: Random
    ) -> Format | None:
        whole = setup.draft if setup else None
        if whole is not None:
            return Format(f"{spec.event}_line", spec.event, lambda _scene, _rng: whole)
        special = self._pool.special.get(spec.category, ())
        suits = (
            spec.event == "form_submit"
            and spec.carrier == FIELDS
            and spec.cue is Cue.CONFIRM
            and len(subject.texts) == 2
            and spec.disguises == AS_DRAWN
            and not spec.injection
        )
        if special and suits and rng.random() < _SPECIAL_SHARE:
            return pick(special, rng)
        formats = self._pool.formats.get((spec.event, spec.carrier), ())
        return pick(formats, rng) if formats else None

    def _row(
        self, line: "_Line", subject: Subject, cue: Cue, label: bool, names: "_Names"
    ) -> Example | None:
        """Finish one row; None where the label by the policy is not the one that was planned."""
        spec, setup = line.spec, line.setup
        asked = self._categories[spec.category]
        decided = is_sensitive(asked, subject.value, subject.disguises, cue, self._switches)
        if decided is not label:
            return None
        filled = fill(line.draft, names.keys.written, _texts(setup, subject, names.word))
        key = digest(self._seed, spec.split, spec.number, label, cue)
        return Example(
            id=f"{key:016x}",
            split=spec.split,
            category=spec.category,
            content=filled.content,
            verdict=decide(
                spec, label, cue, asked, line.noun, subject.disguises, answers=setup.answers
            ),
            language=spec.language,
            event=spec.event,
            format=line.format.name,
            family=_family(line),
            source=line.frame.source if line.frame else RULES,
            frame=line.frame.family if line.frame else "",
            skeleton=skeleton_of(line.draft, names.keys.written),
            variant=_variant(spec, label),
            disguises=tuple([disguise.name for disguise in subject.disguises]),
            cue=cue,
            key_names=names.keys.words,
            values=_mentions(subject, setup, filled),
            twin_id=f"{digest(self._seed, 'twin', spec.split, spec.number):016x}"
            if spec.twin
            else "",
            hard=is_hard(spec, label, cue),
            injection=spec.injection,
        )

    def _names(self, line: "_Line", subject: Subject, cue: Cue, rng: Random) -> "_Names":
        """Draw the key names and the word that stand for the value under `cue`."""
        spec = line.spec
        # the positive twin of a veto is named by its category
        owner = spec.category if cue is Cue.CONFIRM else line.noun
        kind = subject.value.kind if subject.value else ""
        word = ""
        if line.setup.has_word:
            word = self._namer.word(cue, owner, spec.language, rng, kind)
        in_field = spec.carrier == FIELDS and not line.setup.draft and not line.format.names
        if not in_field or not (subject.texts or _is_empty(spec)):
            return _Names(Named((), ()), word)
        if line.frame and line.frame.kind == KEY:
            said, style = line.frame.names, line.setup.style
            return _Names(Named(tuple([draw_key(name, style, rng) for name in said]), said), word)
        cue = Cue.CONFIRM if _is_empty(spec) or spec.kind == "hashed" else cue
        roles, style = _roles(subject), line.setup.style
        return _Names(self._namer.key(cue, owner, roles, spec.language, style, rng, kind), word)

    def _twin(self, line: "_Line", subject: Subject, rng: Random) -> Subject | None:
        """Draw a real value that can stand in the line of `subject`."""
        for _ in range(_TWIN_TRIES):
            drawn = self._drawer.positive(line.spec, rng, line.frame.shape if line.frame else "")
            if drawn and self._interchangeable(line.setup, line.format, subject, drawn):
                return drawn
        return None

    def _interchangeable(self, setup: Setup, form: Format, first: Subject, second: Subject) -> bool:
        """Say whether `second` can stand where the draft and its names were made for `first`."""
        one, two = first.value, second.value
        if one is None or two is None or one.state != two.state:
            return False
        bank = self._pool.banks.categories[two.category]
        if bank.facet_of_kind(one.kind) != bank.facet_of_kind(two.kind):
            return False
        return _fits(setup, form, first, second)


class _Names:
    """What stands for a value in one row: its key names, and the word of a sentence."""

    __slots__ = ("keys", "word")

    def __init__(self, keys: Named, word: str) -> None:
        self.keys, self.word = keys, word


class _Line:
    """One drafted line and what it was drafted for."""

    __slots__ = ("draft", "format", "frame", "noun", "setup", "spec")

    def __init__(
        self, spec: Spec, setup: Setup, form: Format, draft: Draft, noun: str, frame: Frame | None
    ) -> None:
        self.spec, self.setup, self.format, self.draft = spec, setup, form, draft
        self.noun, self.frame = noun, frame


def _wears(subject: Subject, frame: Frame) -> bool:
    """Say whether a frame that is only a shape was of use: the value stands in it."""
    return frame.kind != SHAPE or shape_of(subject.texts[0]) == frame.shape


def _texts(setup: Setup, subject: Subject, word: str) -> list[str]:
    texts = [""] * len(SLOTS)
    for slot, text in setup.texts.items():
        texts[slot] = text
    texts[: len(subject.texts)] = subject.texts
    texts[WORD_SLOT] = word
    return texts


def _roles(subject: Subject) -> Sequence[str]:
    if subject.value is None or len(subject.value.parts) == len(subject.texts):
        return [part.role for part in subject.value.parts] if subject.value else ["value"]
    return ["first", "second"]


def _is_empty(spec: Spec) -> bool:
    return spec.kind == "empty_field"


def _fits(setup: Setup, form: Format, first: Subject, second: Subject) -> bool:
    """Say whether `second` can stand where the draft was made for `first`."""
    if len(first.texts) != len(second.texts):
        return False
    if form.names:  # a record of fixed width
        return list(map(len, first.texts)) == list(map(len, second.texts))
    return not setup.scene.numeric or all(map(is_number, second.texts))


def _family(line: _Line) -> str:
    if line.spec.carrier == FIELDS and not line.setup.draft:
        return f"{line.format.name}/{line.setup.family}"
    return line.setup.family


def _variant(spec: Spec, label: bool) -> str:
    if label and spec.twin:
        return worn_as(spec.disguises)
    return spec.variant


def _mentions(subject: Subject, setup: Setup, filled: Filled) -> tuple[Mention, ...]:
    found: list[Mention] = []
    value = subject.value
    if value is not None:
        spans = filled.spans[0] if len(subject.texts) == 1 else filled.spans[0] + filled.spans[1]
        found.append(Mention(value.category, value.kind, value.key, spans))
    slot = FIRST_BYSTANDER
    for beside in setup.bystanders:
        count = len(beside.parts)
        spans = tuple([span for at in range(slot, slot + count) for span in filled.spans[at]])
        slot += count
        if spans:
            found.append(Mention(beside.category, beside.kind, beside.key, spans))
    return tuple(found)
