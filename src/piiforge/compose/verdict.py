"""How sure the stated verdict is and why: by rule, from the evidence, never repeating the value.

The score is confidence in the verdict, positive or negative. It starts near one and falls with what
makes the row harder to judge: no cue, a disguise, a mask, text that argues back. What each costs
and how it is told stands in `data/verdicts.yaml`.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from piiforge import files
from piiforge.compose.spec import FIELDS, TEXT, TURNS, Spec
from piiforge.types import COMBINED, Category, Cue, Disguise, Verdict

_START, _FLOOR = 0.99, 0.6
_NO_CUE_COST, _NO_CHECK_COST, _INJECTION_COST = 0.06, 0.02, 0.02
_NAMERS = {FIELDS: "key", TEXT: "sentence", TURNS: "turn"}
_PLACES = {"form_submit": "form", "page_view": "pageview", "xhr": "request", "chat_message": "chat"}
_TABLES = cast(
    "Mapping[str, Mapping[str, tuple[float, str]]]",  # (cost, words) by name
    files.shipped_yaml("piiforge.compose", "data/verdicts.yaml"),
)
_DISGUISES, _NEGATIVES = _TABLES["disguises"], _TABLES["negatives"]


def decide(
    spec: Spec,
    label: bool,
    cue: Cue,
    asked: Category,
    noun: str,
    worn: Sequence[Disguise],
    *,
    answers: bool = False,
) -> Verdict:
    """Return the verdict of a row: `label` as decided, the score by rule, the reason in words."""
    groups = [disguise.group for disguise in worn]
    place, namer = _PLACES[spec.event], "question" if answers else _NAMERS[spec.carrier]
    cost = sum(_DISGUISES[group][0] for group in groups)
    if label:
        cost += _NO_CUE_COST if cue is Cue.NEUTRAL else 0.0
        cost += 0.0 if asked.checked else _NO_CHECK_COST
        look = _DISGUISES[COMBINED if len(groups) > 1 else groups[0]][1]
        named = f"named by its {namer}" if cue is Cue.CONFIRM else "clear by its form"
        reason = f"{look} {asked.title} {named} in the {place}.".lstrip()
    else:
        cost = cost / 2 + _NEGATIVES[spec.variant][0]
        kind = spec.kind.replace("_", " ")
        reason = _NEGATIVES[spec.kind if spec.kind in _NEGATIVES else spec.variant][1].format(
            title=asked.title,
            place=place,
            namer=namer,
            kind=kind.replace("0000", "zeros").replace("atin", "ATIN group"),
            noun=noun.replace("_", " "),
        )
    cost += _INJECTION_COST if spec.injection else 0.0
    score = round(max(_FLOOR, _START - cost), 2)
    return Verdict(label, score, reason[:1].upper() + reason[1:])
