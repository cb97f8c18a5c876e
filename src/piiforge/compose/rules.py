"""Which rows count as hard: by rule, so that a slice means the same in every build."""

from piiforge.compose import variants
from piiforge.compose.spec import Spec
from piiforge.types import Cue

EASY_POSITIVES = frozenset({"plain", "separators", "encoded", "phone_writing"})


def is_hard(spec: Spec, label: bool, cue: Cue) -> bool:
    """Say whether a row is hard.

    A negative is hard where its value passes for one of the category or its key sounds like it. A
    positive is hard where the value is disguised beyond separators and one encoding, where nothing
    names it, or where the line argues about the label.
    """
    if spec.injection:
        return True
    if not label:
        return spec.variant in variants.HARD
    return cue is Cue.NEUTRAL or len(spec.disguises) > 1 or spec.variant not in EASY_POSITIVES
