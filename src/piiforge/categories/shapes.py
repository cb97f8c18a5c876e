"""Values from shapes: "#" stands for a digit, "@" for a letter, anything else for itself.

A run of five digits or more never comes out as an obvious filler (00000000, 12345678), because
such a value is a placeholder and no value at all. Every way of filling a shape is else as likely.

>>> fill(Random(7), "C-##") == fill(Random(7), "C-##")
True
>>> [len(fill(Random(seed), "@@ #####@")) for seed in (1, 2)]
[9, 9]
"""

import re
from functools import cache
from itertools import groupby
from random import Random

from piiforge.categories.digits import is_filler, pick, random_digits

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORTEST_FILLER = 5
_LETTERS_THEN_DIGITS = re.compile(r"([A-Z]*)([0-9]+)")
_TAILS = ("####", "####", "...####", "…####", "x####", "-####", "# ####", "##-####", "#####")


def fill(rng: Random, shape: str) -> str:
    """Draw a value of the given shape, its letters upper case."""
    return "".join([_fill_run(rng, sign, run) for sign, run in _runs(shape)])


def fill_tail(rng: Random) -> str:
    """Draw the last four to six digits of a number, as people write them down for short."""
    return fill(rng, pick(rng, _TAILS))


def is_placeholder(text: str) -> bool:
    """Say whether `text` is letters and a filler, or X's, N's, A's and noughts only.

    >>> is_placeholder("A12345678"), is_placeholder("XXX00000"), is_placeholder("555555555")
    (True, True, True)
    """
    found = _LETTERS_THEN_DIGITS.fullmatch(text)
    if found is None:
        return not text.strip("XNA0")
    return is_filler(found[2]) or not text.strip("X0")


@cache
def _runs(shape: str) -> tuple[tuple[str, str], ...]:
    return tuple((sign, "".join(run)) for sign, run in groupby(shape))


def _fill_run(rng: Random, sign: str, run: str) -> str:
    if sign == "@":
        return "".join([_LETTERS[int(rng.random() * 26)] for _ in run])
    if sign != "#":
        return run
    while True:
        digits = random_digits(rng, len(run))
        if len(run) < _SHORTEST_FILLER or not is_filler(digits):
            return digits
