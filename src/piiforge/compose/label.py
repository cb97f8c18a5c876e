"""The one place where labels are decided: docs/policy.md as a function.

Generators, lines and language models never label. The truth table in `tests/compose/test_label.py`
cites the policy's rules by number.
"""

from collections.abc import Sequence

from piiforge.types import Category, Cue, Disguise, Switches, Value

SPEAKS_AGAINST = frozenset({Cue.VETO, Cue.MISLEADING, Cue.OTHER})


def is_sensitive(
    asked: Category,
    value: Value | None,
    disguises: Sequence[Disguise],
    cue: Cue,
    switches: Switches,
) -> bool:
    """Say whether a line that holds `value`, so disguised and so cued, is positive for `asked`.

    `value` is the one the line is about (a licence carries the state that the line names);
    None where the line holds none. The rules are those of docs/policy.md.
    """
    if value is None or value.category != asked.id:  # rules 1 and 3
        return False
    if cue in SPEAKS_AGAINST:  # rule 6
        return False
    if not asked.is_valid(value):  # rules 4 and 5
        return False
    if value.kind == "role_mailbox" and not switches.role_mailbox:
        return False
    for disguise in disguises:
        if disguise.masks:  # rule 8
            return switches.partial_mask and _shows_first_six_and_last_four(asked, disguises)
    return cue is Cue.CONFIRM or speaks_for_itself(asked, value, disguises)  # rules 2 and 7


def speaks_for_itself(asked: Category, value: Value, disguises: Sequence[Disguise]) -> bool:
    """Say whether the written value names its category without any cue (rule 7)."""
    if any(disguise.needs_cue for disguise in disguises):
        return False
    return asked.checked or (value.telling and not any(d.drops_form for d in disguises))


def _shows_first_six_and_last_four(asked: Category, disguises: Sequence[Disguise]) -> bool:
    names = {disguise.name for disguise in disguises if disguise.masks}
    return asked.id == "credit_card" and names == {"mask_first6_last4"}
