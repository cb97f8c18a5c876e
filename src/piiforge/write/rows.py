"""A written line as a finished row: filled with drawn values and labelled by the policy.

For the samples that a person reviews and the verdicts that a judge gives. Of a line held back, the
label is what it would be if its claimed cue were true.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from piiforge import categories, disguises, lines
from piiforge.compose import (
    Slot,
    Spec,
    WrittenLine,
    decide,
    from_written,
    is_sensitive,
    plain,
    subject_of,
)
from piiforge.lines import ENCODERS
from piiforge.rng import child, pick
from piiforge.types import Category, Cue, Part, Switches, Value

# How a written line becomes a finished one: each slot filled with what our generators draw.
#
# Used to read the cue of a line before it is accepted, and for the samples that a person reviews.


_NAMES = {"name": "first_names", "city": "cities", "company": "companies"}
_TRIES = 40
_UNDRAWN_DIGITS = 10  # of a noun that no category draws


def finish(line: WrittenLine, texts: Sequence[str], rng: Random) -> str:
    """Return the line with `texts` in the slots of its subject, in reading order.

    Every other slot gets what is drawn for it from `rng`. Texts and draws are escaped as the line's
    notation wants.
    """
    subject = subject_of(line.text, line.cue, line.noun)
    own = {slot.start: text for slot, text in zip(subject, texts, strict=True)}
    encode = ENCODERS[line.notation]

    def word(slot: Slot) -> str:
        return encode(own[slot.start] if slot.start in own else _beside(slot, line, rng))

    return plain(line.text, word)


def draw_subject(line: WrittenLine, rng: Random) -> Value | None:
    """Draw what the line is about: a value of its category or what its noun names, or None."""
    asked = categories.get(line.category)
    if line.cue is Cue.NONE:
        return None
    return draw_noun(line.noun, asked, rng) if line.cue is Cue.VETO else draw_value(line, rng)


def draw_value(line: WrittenLine, rng: Random) -> Value:
    """Draw a real value of the line's category that suits its words: Medicare has its own ids."""
    asked, bank = categories.get(line.category), lines.load().categories[line.category]
    wanted = bank.facet_of(line.text)
    value = asked.draw(rng)
    for _ in range(_TRIES):
        if bank.facet_of_kind(value.kind) == wanted:
            break
        value = asked.draw(rng)
    return value


def texts_of(line: WrittenLine, value: Value, *, bare: bool = False) -> tuple[str, ...]:
    """Return the texts of a value in the order of the line's subject slots; bare, unseparated.

    >>> from piiforge.types import Part
    >>> line = WrittenLine("", "slots", "ssn", Cue.CONFIRM, "", "en", "xhr", "ssn={{value}}")
    >>> texts_of(line, Value("ssn", "area_000", (Part("000-12-3456"),)), bare=True)
    ('000123456',)
    """
    texts = [_bare(part.text) if bare else part.text for part in value.parts]
    subject = subject_of(line.text, line.cue, line.noun)
    if subject and subject[0].detail == "account":
        texts.reverse()
    return tuple(texts)


def draw_noun(noun: str, asked: Category, rng: Random) -> Value:
    """Draw what `noun` names: like a value of `asked` where that can be, else as others draw it."""
    drawers: list[Callable[[Random], Value]] = [
        look.draw
        for category in (asked, *categories.ALL)
        for look in category.lookalikes
        if noun in look.nouns
    ]
    own = [look.draw for look in asked.lookalikes if noun in look.nouns]
    if not own and noun in asked.vetoable:
        return asked.draw(rng)
    if not drawers:
        digits = "".join(str(rng.randrange(10)) for _ in range(_UNDRAWN_DIGITS))
        return Value(asked.id, noun, (Part(digits),))
    return drawers[0](rng)


def _bare(text: str) -> str:
    return text if "@" in text else "".join(filter(str.isalnum, text))


def _beside(slot: Slot, line: WrittenLine, rng: Random) -> str:
    """Draw what a slot holds that is not the subject's. Of a pair only the first part stands."""
    if slot.name in _NAMES:
        names = lines.load().names
        kind = _NAMES[slot.name]
        return pick(names[kind, line.language] or names[kind, "en"], rng)
    if slot.name == "digits":
        return "".join(str(rng.randrange(10)) for _ in range(int(slot.detail)))
    if slot.name == "lookalike":
        return draw_noun(slot.detail, categories.get(line.category), rng).parts[0].text
    return categories.get(slot.detail).draw(rng).parts[0].text


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """A row as a person or a judge sees it."""

    id: str
    category: str
    content: str
    label: bool
    explanation: str
    language: str
    event: str
    cue: Cue


def finished_row(line: WrittenLine, switches: Switches, seed: int) -> FinishedRow:
    """Return a line as a row. The same seed always draws the same values for it."""
    rng = child(seed, "review", line.id)
    value = draw_subject(line, rng)
    content = finish(line, texts_of(line, value) if value else (), rng)
    asked = categories.get(line.category)
    label = is_sensitive(asked, value, (), line.cue, switches)
    spec = _spec(line, value, label)
    worn = [disguises.get("canonical")]
    verdict = decide(spec, label, line.cue, asked, line.noun, worn)
    return FinishedRow(
        line.id,
        line.category,
        content,
        label,
        verdict.explanation,
        line.language,
        line.event,
        line.cue,
    )


def _spec(line: WrittenLine, value: Value | None, label: bool) -> Spec:
    kind = value.kind if value else ""
    if label:
        variant = "plain"
    elif line.cue is Cue.VETO:
        variant = "vetoed" if kind == "valid" else "named"
    else:
        variant = "absent" if value is None else "uncued"
    return Spec(
        number=0,
        split="",
        category=line.category,
        label=label,
        variant=variant,
        kind=kind,
        disguises=("canonical",),
        language=line.language,
        event=line.event,
        cue=line.cue,
        carrier=from_written(line).carrier,
    )
