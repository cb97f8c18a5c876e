"""From what a model delivered to a record with slots: as it wrote them, or cut out by our knife.

Mode slots: the slots must be those of the claimed cue. Mode full: `seeds.cut` takes every value out
and says how it was written and what names it. Where it reads another cue than the claimed one, the
line is dropped; the label is decided by the policy over the values that were cut.
"""

from dataclasses import dataclass, replace

from piiforge import categories, compose, seeds
from piiforge.compose import writer, written
from piiforge.rng import child
from piiforge.types import Cue

_SUBJECT = "value"


@dataclass(frozen=True, slots=True)
class Read:
    """A line as a record, or the reason why there is none. `label` is ours, mode full only."""

    line: written.WrittenLine | None
    reason: str = ""
    detail: str = ""
    label: bool | None = None


def as_slots(found: writer.Delivered, call: writer.Call) -> Read:
    """Read a line with typed slots."""
    noun = found.noun if found.cue is Cue.VETO else ""
    reason = slot_problem(call.category, found.text, found.cue, noun)
    if reason:
        return Read(None, reason)
    subject = written.subject_of(found.text, found.cue, noun)
    line = written.WrittenLine(
        id=written.id_of(call.category, found.text),
        mode=written.SLOTS_MODE,
        category=call.category,
        cue=found.cue,
        noun=noun,
        language=found.language,
        event=found.event,
        text=found.text,
        notation=writer.notation_of(found.text, subject[0].start) if subject else "raw",
        call=call.name,
    )
    return Read(line)


def as_cut(found: writer.Delivered, call: writer.Call, switches: compose.Switches) -> Read:
    """Read a whole line with values in it; none of them is kept."""
    cut = seeds.cut(found.text, call.category)
    if isinstance(cut, seeds.Refused):
        if cut.reason != "no_value":
            return Read(None, "uncut", cut.reason)
        cut = None
    text = cut.text if cut else found.text
    cue = cut.cue if cut and any(s.name == _SUBJECT for s in written.slots_of(text)) else Cue.NONE
    if cue is not found.cue:
        return Read(None, "uncut", f"reads {cue}, not {found.cue}")
    noun = found.noun if cue is Cue.VETO else ""
    if noun not in {"", *written.nouns_of(call.category)} or bool(noun) is not (cue is Cue.VETO):
        return Read(None, "uncut", "no noun of the category is given for a veto")
    if cue is Cue.VETO:
        text = written.plain(text, lambda slot: _renamed(slot, noun))
    if slot_problem(call.category, text, cue, noun, most_digits=0):
        return Read(None, "uncut", "what was cut is not one value of the category")
    line = written.WrittenLine(
        id=written.id_of(call.category, text),
        mode=written.FULL_MODE,
        category=call.category,
        cue=cue,
        noun=noun,
        language=found.language,
        event=found.event,
        text=text,
        shape=cut.shape if cut and cue is not Cue.NONE else "",
        notation=cut.notation if cut else "raw",
        claimed=found.label,
        call=call.name,
    )
    return Read(line, label=_label(line, cut, switches))


def slot_problem(
    category: str, text: str, cue: Cue, noun: str, *, most_digits: int = writer.SHORT_DIGITS
) -> str:
    """Return what is wrong with the slots of a text under its cue, "" where nothing is.

    `most_digits` bounds a {{digits:N}}; 0 leaves it to the grammar.
    """
    slots = written.slots_of(text)
    if written.is_broken(text) or not all(slot.is_known for slot in slots):
        return "unknown_slot"
    subject = written.subject_of(text, cue, noun)
    if not subject and cue is not Cue.NONE:
        return "no_slot"
    if not written.subject_fits(category, subject, cue):
        return "wrong_slot"
    beside = [slot for slot in slots if slot not in subject]
    own = any(s.name == _SUBJECT or (s.name, s.detail) == ("other", category) for s in beside)
    long = any(s.name == "digits" and int(s.detail) > most_digits > 0 for s in beside)
    return "wrong_slot" if own or long else ""


def _renamed(slot: written.Slot, noun: str) -> str:
    if slot.name == _SUBJECT:
        return f"{{{{lookalike:{noun}}}}}"
    return f"{{{{{slot.name}{':' + slot.detail if slot.detail else ''}}}}}"


def _label(line: written.WrittenLine, cut: seeds.Cut | None, switches: compose.Switches) -> bool:
    """Return the policy's label of the line as it was delivered.

    Whether the value that was cut is a possible one is the reader's word; one of ours stands in
    for it before the policy. It tells by its form where it was written with separators.
    """
    taken = [one for one in cut.taken if one.slot.startswith("{{value")] if cut else []
    if cut is None or not taken:
        return False
    asked = categories.get(line.category)
    drawn = asked.draw(child(0, "stand-in", line.category))
    value = replace(drawn, telling=bool(set(cut.shape) - set("#a|")))
    possible = all(one.valid for one in taken)
    return possible and compose.is_sensitive(asked, value, (), line.cue, switches)
