"""Shapes: a value written with the separators that a seed shows.

A shape has # for a digit, a for a letter, and every separator as it stood: "(###) ###-####".

>>> from piiforge.types import Part
>>> pour((Part("666-12-3456"),), "### ## ####")[0].text
'666 12 3456'
>>> pour((Part("666-12-3456"),), "####-####") is None
True
"""

from collections.abc import Sequence
from dataclasses import replace

from piiforge.types import Part

_DIGIT, _LETTER = "#", "a"


def shape_of(text: str) -> str:
    """Return the shape of a text: # for a digit, a for a letter, the rest as it stands."""
    return "".join(_DIGIT if c.isdigit() else _LETTER if c.isalpha() else c for c in text)


def pour(parts: Sequence[Part], shape: str) -> tuple[Part, ...] | None:
    """Write a value of one part in `shape`; None where its characters don't fit or nothing changes.

    Digits must meet # and letters a, all of them, in order. A leading + is part of the value, and
    so are the marks of an e-mail address, which is never poured.
    """
    if len(parts) != 1 or not shape or "@" in parts[0].text:
        return None
    text = parts[0].text
    left = [one for one in text if one.isalnum()]
    written: list[str] = []
    for mark in shape:
        if mark not in {_DIGIT, _LETTER}:
            written.append(mark)
        elif not left or left[0].isdigit() is not (mark == _DIGIT):
            return None
        else:
            written.append(left.pop(0))
    poured = "".join(written)
    if left or poured == text or ("+" in text) is not ("+" in shape):
        return None
    return (replace(parts[0], text=poured),)
