"""The second look: does a reading that knows nothing of how the row was made agree with its label?

`reader` undoes what disguises it can find, validates by rules of its own, reads the cue and gives
its own verdict. Dropped is what it can prove wrong: a value it calls impossible in a positive, a
value in a negative that the generator did not put there, or one that it reads as confirmed. Kept,
and listed for review, is what it only fails to follow: a disguise it can't undo (the disguise's
own inverse could), a veto or a naming that its lexicon misses. Dropping those would take out just
the hardest rows.
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
    own = [finding for finding in findings if _is_own(finding, example)]
    if example.verdict.is_sensitive:
        return _positive(own, [f for f in findings if f not in own], sensitive)
    return _negative(example, own, findings, switches) if sensitive else Look()


def _positive(own: Sequence[Finding], others: Sequence[Finding], sensitive: bool) -> Look:
    if any(_counts(finding) for finding in others):
        return Look("the reader finds a value that was not put there")
    if own and not any(finding.valid for finding in own):
        return Look(f"the reader calls the value invalid: {own[0].reason}")
    return Look(review=not (own and sensitive))


def _negative(
    example: Example, own: Sequence[Finding], findings: Sequence[Finding], switches: Switches
) -> Look:
    """Judge a negative that the reader would call sensitive."""
    others = [finding for finding in findings if finding not in own]
    if reader.judge(others, partial_mask=switches.partial_mask, role_mailbox=switches.role_mailbox):
        return Look("the reader finds a value that nothing explains")
    if example.cue not in _AGAINST | {Cue.NEUTRAL} and any(finding.valid for finding in own):
        return Look("the reader calls the value valid")
    if any(finding.valid and finding.cue is Cue.CONFIRM for finding in own):
        return Look("the reader takes the value for one of the category")
    return Look(review=True)


def _counts(finding: Finding) -> bool:
    """Say whether a finding would make a line sensitive by itself."""
    named = finding.cue is Cue.CONFIRM or (finding.telling and finding.cue not in _AGAINST)
    return finding.valid and named


def _is_own(finding: Finding, example: Example) -> bool:
    """Say whether the reader found the value that the row is about, or the visible part of it."""
    if not example.values:
        return False
    masked = any(name.startswith("mask_") for name in example.disguises)
    if masked and finding.reason == "partial_mask":
        return True
    return _same(finding.key, example.values[0].key)


def _same(found: str, known: str) -> bool:
    """Compare keys: a country code left off or an extension read along is still the same value."""
    return found == known or (
        len(found) >= 7 and len(known) >= 7 and (found in known or known in found)
    )
