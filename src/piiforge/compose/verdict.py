"""How sure the stated verdict is and why: by rule, from the evidence, never repeating the value.

The score is confidence in the verdict, positive or negative. It starts near one and falls with what
makes the row harder to judge: no cue, a disguise, a mask, text that argues back.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from piiforge.compose.spec import FIELDS, TEXT, TURNS, Spec
from piiforge.types import Category, Cue, Disguise, Verdict

_START, _FLOOR = 0.99, 0.6
_COSTS: Mapping[str, float] = MappingProxyType(
    {
        "separators": 0.01,
        "encoded": 0.02,
        "spelled": 0.04,
        "mixed": 0.05,
        "digits": 0.03,
        "invisible": 0.02,
        "split": 0.05,
        "mask": 0.18,
        "email_at_dot": 0.03,
        "email_at_dot_other": 0.04,
        "phone_writing": 0.01,
        "phone_extras": 0.03,
        "phone_vanity": 0.05,
    }
)
_VARIANT_COSTS: Mapping[str, float] = MappingProxyType(
    {
        "impossible": 0.04,
        "placeholder": 0.05,
        "incomplete": 0.04,
        "masked": 0.05,
        "uncued": 0.14,
        "vetoed": 0.07,
        "named": 0.05,
        "misleading": 0.04,
        "other": 0.03,
        "absent": 0.02,
        "benign": 0.0,
    }
)
_NO_CUE_COST, _NO_CHECK_COST, _INJECTION_COST = 0.06, 0.02, 0.02
# One word each, as titles have up to three and places two: an explanation has at most twelve
_WORN: Mapping[str, str] = MappingProxyType(
    {
        "plain": "",
        "separators": "reformatted",
        "encoded": "encoded",
        "spelled": "spelled-out",
        "mixed": "half-spelled",
        "digits": "foreign-digit",
        "invisible": "oddly-spaced",
        "split": "split",
        "mask": "part-masked",
        "email_at_dot": "at/dot",
        "email_at_dot_other": "at/dot",
        "phone_extras": "extended",
        "phone_vanity": "lettered",
        "combined": "twice-disguised",
    }
)
_NAMERS: Mapping[str, str] = MappingProxyType({FIELDS: "key", TEXT: "sentence", TURNS: "turn"})
_PLACES: Mapping[str, str] = MappingProxyType(
    {"form_submit": "form", "page_view": "pageview", "xhr": "request", "chat_message": "chat"}
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


@lru_cache(maxsize=16384)
def _verdict(seen: _Evidence) -> Verdict:
    return Verdict(seen.label, _score(seen), _reason(seen))


def _score(seen: _Evidence) -> float:
    cost = sum(_COSTS.get(group, 0.0) for group in seen.groups)
    if seen.label:
        cost += _NO_CUE_COST if seen.cue is Cue.NEUTRAL else 0.0
        cost += 0.0 if seen.checked else _NO_CHECK_COST
    else:
        cost = cost / 2 + _VARIANT_COSTS.get(seen.variant, 0.0)
    cost += _INJECTION_COST if seen.injection else 0.0
    return round(max(_FLOOR, _START - cost), 2)


def _reason(seen: _Evidence) -> str:
    place = _PLACES[seen.event]
    namer = seen.namer
    if seen.label:
        look = _WORN.get("combined" if len(seen.groups) > 1 else seen.groups[0], "")
        what = f"{look} {seen.title}".strip()
        named = f"named by its {namer}" if seen.cue is Cue.CONFIRM else "clear by its form"
        return f"{_cap(what)} {named} in the {place}."
    return _cap(
        _REASONS[seen.kind if seen.kind in _REASONS else seen.variant].format(
            title=seen.title,
            place=place,
            namer=namer,
            kind=seen.kind.replace("_", " ").replace("0000", "zeros").replace("atin", "ATIN group"),
            noun=seen.noun.replace("_", " "),
        )
    )


_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "impossible": "{title} in the {place} is invalid: {kind}.",
        "placeholder": "only a placeholder {title} in the {place}.",
        "incomplete": "incomplete {title} in the {place}: {kind}.",
        "masked": "the {title} in the {place} is masked.",
        "uncued": "nothing in the {place} names it as {title}.",
        "vetoed": "the {namer} names it as {noun}, not {title}.",
        "named": "the {namer} names it as {noun}, not {title}.",
        "misleading": "the {namer} sounds like {title} but holds none.",
        "hashed": "the {namer} holds a hash or token, no {title}.",
        "other": "the {place} holds another kind of data, no {title}.",
        "absent": "the {place} speaks of {title}, without a value.",
        "benign": "nothing in the {place} looks like {title}.",
    }
)


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
