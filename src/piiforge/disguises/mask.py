"""Masks: some characters of a number shown, the rest starred out.

`undo` gives the characters still shown and "*" for each hidden one. After `mask_first6_last4` that
is as long as the number; `mask_last4` may write fewer stars than it hides, so its result is to be
laid against the *end* of the number.

Source: PCI DSS 4.0, requirement 3.4.1 (at most the BIN and the last four digits are shown).

>>> write_last4("666-12-3456", Random(1))
'•••••3456'
>>> read_shown("•••-••-3456")
'*****3456'
"""

import re
from random import Random

from piiforge.disguises.surface import from_text, has_number, if_text, on_text, pick
from piiforge.types import Disguise

_CHARS = "**xX•#"
_CHARS_BESIDE_LETTERS = "***•#"  # an x could be the number's own
_SIGN = re.compile("[*•#]")
_FROM_SIGNS = str.maketrans("•#", "**")
_FROM_LETTERS = str.maketrans("xX", "**")
_NOT_SHOWN = re.compile("[^A-Za-z0-9*•#]")
_CARD = re.compile(r"[0-9][0-9 \-]+[0-9]")
_CARD_DIGITS = range(13, 20)
_LEAST = 6
_SHORT = ("****", "****", "...", "***", "**", "x", "xxxx-", "••••", "•••• ", "**** ", "XXXX")


def write_first6_last4(text: str, rng: Random) -> str:
    """Hide all digits of a card number but the first six and the last four."""
    char = pick(rng, _CHARS)
    digits = "".join(filter(str.isdigit, text))
    style = rng.random()
    if style < 0.35 and digits != text:
        return _hide(text, 6, len(digits) - 4, char)
    masked = digits[:6] + char * (len(digits) - 10) + digits[-4:]
    if style < 0.65:
        return masked
    return pick(rng, " -").join([masked[at : at + 4] for at in range(0, len(masked), 4)])


def write_last4(text: str, rng: Random) -> str:
    """Hide all characters of a number but the last four, sometimes three or two."""
    shown = pick(rng, (4, 4, 4, 4, 3, 2))
    body = "".join(filter(str.isalnum, text))
    lettered = not body.isdigit()
    style = rng.random()
    if style < 0.25 and not lettered:
        return pick(rng, _SHORT) + body[-shown:]
    char = pick(rng, _CHARS_BESIDE_LETTERS if lettered else _CHARS)
    if style < 0.75:
        return _hide(text, 0, len(body) - shown, char)
    return char * (len(body) - shown) + body[-shown:]


def read_shown(text: str) -> str:
    """Return the characters still shown, with "*" for every hidden one that is written."""
    kept = _NOT_SHOWN.sub("", text)
    return kept.translate(_FROM_SIGNS if _SIGN.search(kept) else _FROM_LETTERS)


def _hide(text: str, start: int, end: int, char: str) -> str:
    """Replace the letters and digits number `start` to `end` of `text`, its form kept."""
    written = []
    seen = 0
    for one in text:
        if one.isalnum():
            written.append(char if start <= seen < end else one)
            seen += 1
        else:
            written.append(one)
    return "".join(written)


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and sum(map(str.isdigit, text)) in _CARD_DIGITS


def _can_hide(text: str) -> bool:
    if not text.isascii() or _SIGN.search(text):
        return False
    return has_number(text) and sum(map(str.isalnum, text)) >= _LEAST


MASK_FIRST6_LAST4 = Disguise(
    "mask_first6_last4",
    "mask",
    on_text(write_first6_last4),
    from_text(read_shown),
    if_text(_is_card),
    restores="visible",
    masks=True,
)
MASK_LAST4 = Disguise(
    "mask_last4",
    "mask",
    on_text(write_last4),
    from_text(read_shown),
    if_text(_can_hide),
    restores="visible",
    masks=True,
)
ALL = (MASK_FIRST6_LAST4, MASK_LAST4)
