"""How a written line is read back before it is accepted: with values of ours in its slots.

The line's cue is a claim of the model. Several values of its category are put into it, as drawn and
without their separators, and the independent reader must find each of them with the claimed cue.
Test values are such as the reader knows in the plainest of lines ("SSN: ..."), so that what is
tested is the line. Some values it finds only where their category is named; then a veto and a
silence are tested with a number that it always finds.
"""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from types import MappingProxyType

from piiforge import categories
from piiforge.checks import written as checks
from piiforge.compose import writer, written
from piiforge.rng import child
from piiforge.types import Category, Cue, Value

_DRAWS, _TRIES = 3, 40
_ALWAYS_FOUND = "ssn"  # with its dashes
_PLAINEST: Mapping[str, str] = MappingProxyType(
    {
        "bank_account": "routing number: {0}, account number: {1}",
        "member_id": "health insurance member id: {0}",
    }
)


def cue_problem(line: written.WrittenLine, seed: int) -> str:
    """Say how the reading of the finished line differs from the cue that it claims, "" if not."""
    for number in range(_DRAWS):
        rng = child(seed, "read", line.id, number)
        problem = "" if _is_bare_of_values(line) else _read(line, rng)
        if not problem and line.cue in {Cue.VETO, Cue.NONE}:
            problem = _quiet(line, rng)
        if problem:
            return problem
    return ""


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
        if not any(checks.cue(text, asked.id, value.key, Cue.CONFIRM) for text in plainest):
            return value
    raise RuntimeError(f"the reader finds no drawn value of {asked.id}")


def _is_bare_of_values(line: written.WrittenLine) -> bool:
    """Say whether no real value may stand in the line: an address is one whatever it is called."""
    asked = categories.get(line.category)
    return line.cue is Cue.NONE or (line.cue is Cue.VETO and not asked.vetoable)


def _read(line: written.WrittenLine, rng: Random) -> str:
    """Read the line with a real value in it, as drawn and bare."""
    value = readable(partial(writer.draw_value, line), categories.get(line.category), rng)
    for bare in (False, True):
        content = writer.finish(line, writer.texts_of(line, value, bare=bare), rng)
        problem = checks.cue(content, line.category, value.key, line.cue)
        if problem == checks.NOT_FOUND and line.cue is not Cue.CONFIRM:
            problem = _read_by_another(line, rng)
        if problem:
            return problem
    return ""


def _read_by_another(line: written.WrittenLine, rng: Random) -> str:
    """Read the cue of each subject slot with numbers that the reader finds under any cue."""
    asked = categories.get(_ALWAYS_FOUND)
    values = [
        readable(asked.draw, asked, rng) for _ in range(2 if written.is_pair(line.category) else 1)
    ]
    content = writer.finish(line, [_dashed(value) for value in values], rng)
    problems = (checks.cue_of(content, asked.id, value.key, line.cue) for value in values)
    return next(filter(None, problems), "")


def _quiet(line: written.WrittenLine, rng: Random) -> str:
    """Read the line with what it claims to hold: no value of the category may come out."""
    value = writer.draw_subject(line, rng)
    content = writer.finish(line, writer.texts_of(line, value) if value else (), rng)
    return checks.quiet(content, line.category)


def _bare(text: str) -> str:
    return text if "@" in text else "".join(filter(str.isalnum, text))


def _dashed(value: Value) -> str:
    digits = value.key
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"
