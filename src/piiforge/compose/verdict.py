"""How sure the stated verdict is and why: by rule, from the evidence, never repeating the value.

The score is confidence in the verdict, positive or negative. It starts near one and falls with what
makes the row harder to judge: no cue, a disguise, a mask, text that argues back. What each costs
and how it is told stands in `data/verdicts.yaml`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

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
    return _verdict(
        _Evidence(
            label,
            cue,
            spec.variant,
            spec.kind,
            spec.event,
            "question" if answers else _NAMERS[spec.carrier],
            spec.injection,
            asked.title,
            asked.checked,
            noun,
            tuple([disguise.group for disguise in worn]),
        )
    )


class _Evidence(NamedTuple):
    """All that a verdict depends on: few enough that most rows share theirs with another."""

    label: bool
    cue: Cue
    variant: str
    kind: str
    event: str
    namer: str
    injection: bool
    title: str
    checked: bool
    noun: str
    groups: tuple[str, ...]  # of the disguises worn


@lru_cache(maxsize=16384)
def _verdict(seen: _Evidence) -> Verdict:
    reason = _reason(seen)
    return Verdict(seen.label, _score(seen), reason[:1].upper() + reason[1:])


def _score(seen: _Evidence) -> float:
    cost = sum(_DISGUISES[group][0] for group in seen.groups)
    if seen.label:
        cost += _NO_CUE_COST if seen.cue is Cue.NEUTRAL else 0.0
        cost += 0.0 if seen.checked else _NO_CHECK_COST
    else:
        cost = cost / 2 + _NEGATIVES[seen.variant][0]
    cost += _INJECTION_COST if seen.injection else 0.0
    return round(max(_FLOOR, _START - cost), 2)


def _reason(seen: _Evidence) -> str:
    place = _PLACES[seen.event]
    if seen.label:
        look = _DISGUISES[COMBINED if len(seen.groups) > 1 else seen.groups[0]][1]
        named = f"named by its {seen.namer}" if seen.cue is Cue.CONFIRM else "clear by its form"
        return f"{look} {seen.title} {named} in the {place}.".lstrip()
    return _NEGATIVES[seen.kind if seen.kind in _NEGATIVES else seen.variant][1].format(
        title=seen.title,
        place=place,
        namer=seen.namer,
        kind=seen.kind.replace("_", " ").replace("0000", "zeros").replace("atin", "ATIN group"),
        noun=seen.noun.replace("_", " "),
    )
