"""The value as drawn. It stands in every table of disguises, so that no table has a special case.

>>> CANONICAL.apply(Part("666-12-3456"), Random(1))[0].text
'666-12-3456'
"""

from random import Random

from piiforge.types import Disguise, Part


def keep(part: Part, _rng: Random) -> tuple[Part, ...]:
    """Return the part as it is."""
    return (part,)


def text_of(parts: tuple[Part, ...]) -> str:
    """Return the text of the only part."""
    return parts[0].text


def is_written(part: Part) -> bool:
    """Say whether there is anything to write."""
    return bool(part.text)


CANONICAL = Disguise("canonical", "plain", keep, text_of, is_written, restores="text")
