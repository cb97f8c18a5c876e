"""A written line as a finished row: filled with drawn values, read back, labelled by the policy.

Before a line is accepted, its cue is a claim of the model. Several values of its category are put
into it, as drawn and without their separators, and the independent reader must find each of them
with the claimed cue (`cue_problem`). Test values are such as the reader knows in the plainest of
lines ("SSN: ..."), so that what is tested is the line. Some values it finds only where their
category is named; then a veto and a silence are tested with a number that it always finds.

`finished_row` is what a person reviews and a judge sees. Of a line held back, its label is what it
would be if the claimed cue were true.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from types import MappingProxyType

from piiforge import categories, checks, compose, disguises, lines, reader, review
from piiforge.compose import Spec, WrittenLine, frames
from piiforge.reader import Finding
from piiforge.rng import child, pick
from piiforge.types import Category, Cue, Part, Switches, Value

NOT_FOUND = "the value is not found"
_NAMES = {"name": "first_names", "city": "cities", "company": "companies"}
_UNDRAWN_DIGITS = 10  # of a noun that no category draws
_DRAWS, _TRIES = 3, 40
_ALWAYS_FOUND = "ssn"  # with its dashes
_PLAINEST: Mapping[str, str] = MappingProxyType(
    {
        "bank_account": "routing number: {0}, account number: {1}",
        "member_id": "health insurance member id: {0}",
    }
)


def finish(line: WrittenLine, texts: Sequence[str], rng: Random) -> str:
    """Return the line with `texts` in the slots of its subject, in reading order.

    Every other slot gets what is drawn for it from `rng`. Texts and draws are escaped as the line's
    notation wants.
    """
    subject = frames.subject_of(line.text, line.cue, line.noun)
    own = {slot.start: text for slot, text in zip(subject, texts, strict=True)}
    encode = lines.ENCODERS[line.notation]

    def word(slot: frames.Slot) -> str:
        return encode(own[slot.start] if slot.start in own else _beside(slot, line, rng))

    return frames.plain(line.text, word)


def _beside(slot: frames.Slot, line: WrittenLine, rng: Random) -> str:
    """Draw what a slot holds that is not the subject's. Of a pair only the first part stands."""
    if slot.name in _NAMES:
        names = lines.load().names
        kind = _NAMES[slot.name]
        return pick(names[kind, line.language] or names[kind, "en"], rng)
    if slot.name in {"date", "time"}:
        return lines.draw_noise(slot.name, lines.load(), line.language, rng)
    if slot.name == "digits":
        return _digits(int(slot.detail), rng)
    if slot.name == "lookalike":
        return draw_noun(slot.detail, categories.get(line.category), rng).parts[0].text
    return categories.get(slot.detail).draw(rng).parts[0].text


def _digits(count: int, rng: Random) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def draw_subject(line: WrittenLine, rng: Random) -> Value | None:
    """Draw what the line is about: a value of its category or what its noun names, or None."""
    if line.cue is Cue.NONE:
        return None
    if line.cue is Cue.VETO:
        return draw_noun(line.noun, categories.get(line.category), rng)
    return draw_value(line, rng)


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


def draw_noun(noun: str, asked: Category, rng: Random) -> Value:
    """Draw what `noun` names: like a value of `asked` where that can be, else as others draw it."""
    own = [look.draw for look in asked.lookalikes if noun in look.nouns]
    if not own and noun in asked.vetoable:
        return asked.draw(rng)
    others = [
        look.draw
        for category in categories.ALL
        for look in category.lookalikes
        if noun in look.nouns
    ]
    for draw in (*own, *others):
        return draw(rng)
    return Value(asked.id, noun, (Part(_digits(_UNDRAWN_DIGITS, rng)),))


def texts_of(line: WrittenLine, value: Value | None, *, bare: bool = False) -> tuple[str, ...]:
    """Return the texts of a value in the order of the line's subject slots; bare, unseparated.

    >>> from piiforge.types import Part
    >>> line = WrittenLine("", "slots", "ssn", Cue.CONFIRM, "", "en", "xhr", "ssn={{value}}")
    >>> texts_of(line, Value("ssn", "area_000", (Part("000-12-3456"),)), bare=True)
    ('000123456',)
    """
    texts = [_bare(part.text) if bare else part.text for part in value.parts] if value else []
    subject = frames.subject_of(line.text, line.cue, line.noun)
    if subject and subject[0].detail == "account":
        texts.reverse()
    return tuple(texts)


def _bare(text: str) -> str:
    return text if "@" in text else "".join(filter(str.isalnum, text))


def cue_problem(line: WrittenLine, seed: int) -> str:
    """Say how the reading of the finished line differs from the cue that it claims, "" if not."""
    vetoable = categories.get(line.category).vetoable
    # No real value may stand in it: an address is one whatever it is called
    holds_none = line.cue is Cue.NONE or (line.cue is Cue.VETO and not vetoable)
    for number in range(_DRAWS):
        rng = child(seed, "read", line.id, number)
        problem = "" if holds_none else _read(line, rng)
        if not problem and line.cue in {Cue.VETO, Cue.NONE}:
            content = finish(line, texts_of(line, draw_subject(line, rng)), rng)
            problem = quiet(content, line.category)
        if problem:
            return problem
    return ""


def _read(line: WrittenLine, rng: Random) -> str:
    """Read the line with a real value in it, as drawn and bare."""
    value = readable(partial(draw_value, line), categories.get(line.category), rng)
    for bare in (False, True):
        content = finish(line, texts_of(line, value, bare=bare), rng)
        problem = cue(content, line.category, value.key, line.cue)
        if problem == NOT_FOUND and line.cue is not Cue.CONFIRM:
            problem = _read_by_another(line, rng)
        if problem:
            return problem
    return ""


def _read_by_another(line: WrittenLine, rng: Random) -> str:
    """Read the cue of each subject slot with numbers that the reader finds under any cue."""
    asked = categories.get(_ALWAYS_FOUND)
    count = 2 if frames.is_pair(line.category) else 1
    keys = [readable(asked.draw, asked, rng).key for _ in range(count)]
    content = finish(line, [f"{key[:3]}-{key[3:5]}-{key[5:]}" for key in keys], rng)
    findings = reader.find(content, asked.id)
    problems = (_differs(_own(findings, key), line.cue) for key in keys)
    return next(filter(None, problems), "")


def readable(draw: Callable[[Random], Value], asked: Category, rng: Random) -> Value:
    """Draw a value that the reader knows where nothing else disturbs it, with separators and bare.

    Raises:
        RuntimeError: the reader knows none of many: it and the category have come apart.
    """
    frame = _PLAINEST.get(asked.id, f"{asked.title}: {{0}}")
    for _ in range(_TRIES):
        value = draw(rng)
        texts = [part.text for part in value.parts]
        plainest = (frame.format(*texts), frame.format(*map(_bare, texts)))
        if not any(cue(text, asked.id, value.key, Cue.CONFIRM) for text in plainest):
            return value
    raise RuntimeError(f"the reader finds no drawn value of {asked.id}")


def cue(text: str, category: str, key: str, expected: Cue) -> str:
    """Say how an independent reading of a finished line differs from the cue that it claims.

    The value that our generator put there must be found, with that cue, and no other that nothing
    explains. `key` is that value's (`types.key_of`, pairs joined by "|"). NOT_FOUND where the
    reader sees no such value: it looks for some only where their category is named.
    """
    findings = reader.find(text, category)
    if reader.judge(finding for finding in findings if not checks.row.is_same(finding.key, key)):
        return "a value that nothing explains"
    own = _own(findings, key)
    if own is not None and own.cue is expected and not own.valid:
        return f"the value reads as invalid: {own.reason}"
    return _differs(own, expected)


def quiet(text: str, category: str) -> str:
    """Say that a finished line that holds no real value reads as if it did."""
    return "a value that nothing explains" if reader.judge(reader.find(text, category)) else ""


def _own(findings: Sequence[Finding], key: str) -> Finding | None:
    return next((finding for finding in findings if checks.row.is_same(finding.key, key)), None)


def _differs(own: Finding | None, expected: Cue) -> str:
    if own is None:
        return NOT_FOUND
    return "" if own.cue is expected else f"reads {own.cue}, not {expected}"


def finished_row(line: WrittenLine, switches: Switches, seed: int) -> review.Sample:
    """Return a line as a row. The same seed always draws the same values for it."""
    rng = child(seed, "review", line.id)
    value = draw_subject(line, rng)
    content = finish(line, texts_of(line, value), rng)
    asked = categories.get(line.category)
    label = compose.is_sensitive(asked, value, (), line.cue, switches)
    kind = value.kind if value else ""
    variant = "absent" if value is None else "uncued"
    if label:
        variant = "plain"
    elif line.cue is Cue.VETO:
        variant = "vetoed" if kind == "valid" else "named"
    spec = Spec(
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
        carrier=frames.from_written(line).carrier,
    )
    worn = [disguises.get("canonical")]
    reason = compose.decide(spec, label, line.cue, asked, worn, compose.Told(line.noun)).explanation
    return review.Sample(
        line.id, line.category, content, label, reason, line.language, line.event, line.cue
    )
