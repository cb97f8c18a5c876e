"""Sentinels stand in a draft for what is put in later: key names and the parts of values.

They are plain ASCII letters and digits, which no encoder of `encoders` changes. One sentinel may
stand in a draft more than once; each place is filled and, for a slot, reported as a span.

>>> draft = Draft("QKX0QK=QVX0QV&again=QVX0QV", ("form",), ("form",))
>>> fill(draft, ["e-mail"], ["name@example.com"]).content
'e-mail=name%40example.com&again=name%40example.com'
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from piiforge.lines.encoders import encode
from piiforge.types import Draft, Span

KEYS: tuple[str, ...] = tuple(f"QKX{at}QK" for at in range(8))
SLOTS: tuple[str, ...] = tuple(f"QVX{at}QV" for at in range(8))

_SENTINEL = re.compile("(QKX[0-7]QK|QVX[0-7]QV)")


class Filled(NamedTuple):
    """A finished content. `spans[i]` has every place of slot i, in order, empty where it has none.

    A span covers the value as it is written there, that is, encoded.
    """

    content: str
    spans: tuple[tuple[Span, ...], ...]


def fill(draft: Draft, keys: Sequence[str], texts: Sequence[str]) -> Filled:
    """Put `keys[i]` for KEYS[i] and `texts[i]` for SLOTS[i], encoded by the draft's chains.

    Raises:
        IndexError: the draft names a key or slot that was not given.
    """
    key_chain, value_chain = draft.key_chain, draft.value_chain
    pieces = _SENTINEL.split(draft.text)
    spans: list[tuple[Span, ...]] = [()] * len(texts)
    start = 0
    for at in range(1, len(pieces), 2):
        mark = pieces[at]
        index = int(mark[3])
        start += len(pieces[at - 1])
        if mark[1] == "K":
            pieces[at] = piece = encode(keys[index], key_chain)
        else:
            pieces[at] = piece = encode(texts[index], value_chain)
            spans[index] += (Span(start, start + len(piece)),)
        start += len(piece)
    return Filled("".join(pieces), tuple(spans))


def around(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to `text` without its sentinels.

    >>> around("Call ME: QVX0QV", str.lower)
    'call me: QVX0QV'
    """
    pieces = _SENTINEL.split(text)
    pieces[::2] = map(change, pieces[::2])
    return "".join(pieces)
