"""Cells: which variant, kind, disguise, language and event may stand together in one row.

A row key is "variant|kind|disguise", then "|language" and "|event" as they are decided.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from piiforge.compose import variants
from piiforge.compose.spec import CHAT, CUE_TWIN, FIELDS, NO_TWIN, VALUE_TWIN, Spec
from piiforge.types import Category, Cue

SEP = "|"
TWIN_OF = {
    "impossible": VALUE_TWIN,
    "placeholder": VALUE_TWIN,
    "vetoed": CUE_TWIN,
    "uncued": CUE_TWIN,
}


def speakable(
    rows: Mapping[str, int], options: Sequence[str], room: dict[str, int]
) -> dict[str, int]:
    """Move rows of disguises whose language has no room left to others of the same group.

    `room` is the rows left by language; what is used is taken from it. Matters in small sets only.
    """
    found: Counter[str] = Counter()
    for name, number in rows.items():
        if not variants.language_of((name,)):
            found[name] += number
            continue
        group = variants.group_of(name)
        same = [name, *(other for other in options if variants.group_of(other) == group)]
        for _ in range(number):
            chosen = next((n for n in same if _has_room(n, room)), name)
            bound = variants.language_of((chosen,))
            if bound:
                room[bound] = room.get(bound, 0) - 1
            found[chosen] += 1
    return dict(found)


def _has_room(name: str, room: Mapping[str, int]) -> bool:
    bound = variants.language_of((name,))
    return not bound or room.get(bound, 0) > 0


def speaks(row: str, language: str) -> bool:
    """Say whether a row key (variant, kind, disguise) can be a line in `language`."""
    bound = variants.language_of(row.split(SEP, 3)[2:3])
    return not bound or language in {bound, "mixed"}


def happens(row: str, event: str) -> bool:
    """Say whether a row key (variant, kind, disguise, language) can be a line of `event`."""
    variant, kind, worn, *_ = row.split(SEP)
    if event == CHAT:
        return not needs_fields(variant, kind, (worn,)) and kind != "benign_fields"
    return True


def needs_fields(variant: str, kind: str, worn: Sequence[str]) -> bool:
    """Say whether the row makes sense only where a key stands beside the value."""
    only = {"empty_field", "benign_fields"}
    return variant == "misleading" or kind in only or bool({"base64", "split_fields"} & set(worn))


def cue_of(variant: str, category: Category, kind: str) -> Cue:
    """Return what a negative of the variant and kind has around it."""
    if variant in {"absent", "benign"}:
        return Cue.NONE
    if variant == "other":
        return Cue.OTHER
    kinds = variants.negative_kinds(category)[variant]
    return next((found.cue for found in kinds if found.name == kind), Cue.CONFIRM)


def twin_kind(spec: Spec) -> str:
    """Return how a negative may be one of twins, "" where it can't."""
    twin = TWIN_OF.get(spec.variant, NO_TWIN)
    # a sentence that names nothing has no word to exchange for a name
    return NO_TWIN if spec.variant == "uncued" and spec.carrier != FIELDS else twin


def worn_as(spec: Spec) -> str:
    """Return the disguise of a spec as quotas count it."""
    return variants.COMBINED if len(spec.disguises) > 1 else spec.disguises[0]
