"""A written line as a finished row: filled with drawn values and labelled by the policy.

For the samples that a person reviews and the verdicts that a judge gives. Of a line held back, the
label is what it would be if its claimed cue were true.
"""

from dataclasses import dataclass

from piiforge import categories, disguises
from piiforge.compose.frames import from_written
from piiforge.compose.label import Switches, is_sensitive
from piiforge.compose.spec import Spec
from piiforge.compose.verdict import decide
from piiforge.compose.writer_fill import draw_subject, finish, texts_of
from piiforge.compose.written import WrittenLine
from piiforge.rng import child
from piiforge.types import Cue, Value


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
