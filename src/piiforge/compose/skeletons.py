"""Skeletons: a line without its values, decoded, so that the same structure reads the same.

>>> skeleton_of(Draft("QKX0QK=QVX0QV&step=3%20of%209"), ["ssn"])
'ssn={}&step=# of #'
"""

import re
from collections.abc import Sequence
from html import unescape
from urllib.parse import unquote

from piiforge.types import Draft

_HAS_DIGIT = re.compile(r"\b[^\W\d]*+\d\w*+")  # possessive: never tries a word twice
_CHARREF = re.compile("&(#x?[0-9A-Fa-f]+|[a-z]+);")
_SLOT = re.compile("QVX[0-7]QV")


def skeleton_of(draft: Draft, names: Sequence[str]) -> str:
    """Return the line decoded, its values as {}, every word with a digit in it as #."""
    text = _SLOT.sub("{}", draft.text)
    for at, name in enumerate(names):
        text = text.replace(f"QKX{at}QK", name)
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = _CHARREF.sub(_unescaped, text)
    return _HAS_DIGIT.sub("#", text)


def _unescaped(reference: re.Match[str]) -> str:
    return unescape(reference[0])
