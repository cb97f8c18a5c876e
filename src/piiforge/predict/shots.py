"""Which examples are shown to a model that was not tuned."""

from collections.abc import Sequence
from hashlib import blake2b

from piiforge.predict.records import Shot
from piiforge.types import Case

_LONGEST = 600  # characters: one long line would push the question out of a small model's sight


def choose(pool: Sequence[Shot], case: Case, count: int) -> tuple[Shot, ...]:
    """Return `count` examples for `case`, as many positives as negatives, its own category first.

    Where the category has too few, others fill up. The same case gets the same examples in the
    same order; the labels alternate in an order that the case's id decides, so that the last
    label shown tells nothing. Never the case's own content.
    """
    fitting = [shot for shot in pool if shot.content != case.content]
    fitting = [shot for shot in fitting if len(shot.content) <= _LONGEST] or fitting
    first = bool(_number(case.id, "order") % 2)
    sides = {label: _side(fitting, case, label) for label in (True, False)}
    chosen: list[Shot] = []
    while len(chosen) < count and any(sides.values()):
        label = first if len(chosen) % 2 == 0 else not first
        side = sides[label] or sides[not label]
        chosen.append(side.pop(0))
    return tuple(chosen)


def _side(pool: Sequence[Shot], case: Case, label: bool) -> list[Shot]:
    return sorted(
        (shot for shot in pool if shot.verdict.is_sensitive is label),
        key=lambda shot: (
            shot.category != case.category,
            _number(case.category, shot.category, shot.content),
        ),
    )


def _number(*words: str) -> int:
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
