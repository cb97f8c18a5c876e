"""The second look: does a reading that knows nothing of how the row was made agree with its label?

`reader` undoes what disguises it can find, validates by rules of its own, reads the cue and gives
its own verdict. Three outcomes: agreed, dropped with a reason, or kept for review (a positive whose
disguise the reader can't undo, though the disguise's own inverse could: dropping it would take out
just the hardest rows).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from piiforge import reader
from piiforge.reader import Finding
from piiforge.types import Cue, Example

_AGAINST = frozenset({Cue.VETO, Cue.MISLEADING, Cue.OTHER})


@dataclass(frozen=True, slots=True)
class Look:
    """What the second look says. `problem` is "" where the row may stay."""

    problem: str = ""
    review: bool = False


@dataclass(frozen=True, slots=True)
class Switches:
    """The policy's switches, as the reader takes them."""

    partial_mask: bool = True
    role_mailbox: bool = True


def look(example: Example, switches: Switches) -> Look:
    """Compare the row's label and values with an independent reading of its content."""
    findings = reader.find(example.content, example.category)
    sensitive = reader.judge(
        findings, partial_mask=switches.partial_mask, role_mailbox=switches.role_mailbox
    )
    if example.verdict.is_sensitive:
        return _positive(example, findings, sensitive)
    if sensitive:
        return Look("the reader finds a value that nothing explains")
    return Look()


def _positive(example: Example, findings: Sequence[Finding], sensitive: bool) -> Look:
    masked = any(name.startswith("mask_") for name in example.disguises)
    own = [
        finding
        for finding in findings
        if _same(finding.key, example.values[0].key)
        or (masked and finding.reason == "partial_mask")
    ]
    strange = [f for f in findings if f.valid and f not in own and f.cue not in _AGAINST]
    if any(f.telling or f.cue is Cue.CONFIRM for f in strange) and not own:
        return Look("the reader finds another value than the one that was put there")
    if sensitive and own:
        return Look()
    if any(not finding.valid for finding in own) and not any(f.valid for f in own):
        return Look(f"the reader calls the value invalid: {own[0].reason}")
    if own and all(finding.cue in _AGAINST for finding in own):
        return Look("the reader takes the value for something else")
    return Look(review=True)


def _same(found: str, known: str) -> bool:
    """Compare keys: a country code left off or an extension read along is still the same value."""
    return found == known or (
        len(found) >= 7 and len(known) >= 7 and (found in known or known in found)
    )
