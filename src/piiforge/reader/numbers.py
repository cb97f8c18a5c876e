r"""Groups of digits as they stand in a text, and the ways to read several groups as one number.

The pattern is a tokenizer: possessive, and it can't fail after a digit, so a scan is linear in
the text whatever it holds. Explicit digit and letter borders are used, not `\b`, which sees none
between a Chinese character and a digit.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

_RUN = re.compile(r"[0-9]++(?:[ \-./()+_·]{1,3}+[0-9]++)*+")
_GROUP = re.compile(r"[0-9]++")
_MASKED = re.compile(r"[0-9*xX•●#∗█▪]++(?:[ \-.()/]{1,2}+[0-9*xX•●#∗█▪]++)*+")
_MASK_GAPS = str.maketrans("", "", " -.()/")
_SHORTEST_MASK = 6
_MASK_SIGNS = "*xX•●#∗█▪"
_MASK_HINTS = ("*", "xx", "XX", "##", "x x", "X X", "x-x", "X-X", "# #")
_WIDE_MASK_HINTS = tuple("•●∗█▪")
_HIDING = frozenset("*•●∗█▪")
_TIGHT = "-./_"


@dataclass(frozen=True, slots=True)
class Number:
    """Digits read as one number. `start` and `end` are half-open offsets of what is written.

    `shape` has the lengths of the groups, `between` the separator where it is the same one
    throughout, else "mixed"; `before` is the character in front.
    """

    digits: str
    start: int
    end: int
    shape: tuple[int, ...]
    between: str
    before: str


@dataclass(frozen=True, slots=True)
class Mask:
    """A number written with some of its characters hidden, e.g. 4000 00** **** 0002."""

    text: str
    start: int
    end: int
    head: str
    tail: str
    length: int


def runs(text: str, fewest: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the groups (start, end) of each run with at least `fewest` digits."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < fewest:
            continue
        if run[0].isdigit():
            yield [(start, end)]
        else:
            groups = [group.span() for group in _GROUP.finditer(text, start, end)]
            if sum(b - a for a, b in groups) >= fewest:
                yield groups


def numbers(text: str, lengths: range, shapes: Sequence[tuple[int, ...]] = ()) -> Iterator[Number]:
    """Yield every reading of the digits in `text` whose count is in `lengths`, without repeats.

    Read as one: a single group, neighbours with one separator throughout, a whole run, and
    neighbours whose lengths are one of `shapes`.
    """
    for groups in runs(text, lengths.start):
        if len(groups) == 1:
            yield from _kept(text, groups, 0, 1, lengths)
            continue
        for first, last in sorted(_windows(text, groups, lengths, shapes)):
            yield from _kept(text, groups, first, last, lengths)


def masks(text: str) -> Iterator[Mask]:
    """Yield numbers that are partly hidden: two digits or more, three mask signs or more."""
    hints = _MASK_HINTS if text.isascii() else _MASK_HINTS + _WIDE_MASK_HINTS
    if not any(map(text.__contains__, hints)):
        return
    for match in _MASKED.finditer(text):
        if match.end() - match.start() < _SHORTEST_MASK or match[0].isdigit():
            continue
        squeezed = match[0].translate(_MASK_GAPS)
        head = _leading_digits(squeezed)
        tail = _leading_digits(squeezed[::-1])[::-1]
        hidden = sum(sign in _MASK_SIGNS for sign in squeezed)
        if hidden >= 3 and len(head) + len(tail) >= 2 and _free(text, *match.span()):
            yield Mask(match[0], *match.span(), head, tail, len(squeezed))


def told_apart(number: Number) -> bool:
    """Whether the groups make a date, a decimal number or a dotted row, so no identifier.

    >>> [told_apart(n) for n in numbers("2026-03-05 1418.69 10.0.0.7", range(5, 9))]
    [True, True, True]
    """
    shape, between, digits = number.shape, number.between, number.digits
    if between == "." and (len(shape) == 2 or (len(shape) == 4 and max(shape) <= 3)):
        return True
    if shape[:3] == (4, 2, 2) and len(shape) <= 4:
        return digits[:2] in {"19", "20"} and digits[4:6] <= "12" and digits[6:] <= "31"
    return (
        shape == (2, 2, 4)
        and between in {"-", "/", "."}
        and digits[4:6] in {"19", "20"}
        and max(digits[0], digits[2]) <= "3"
    )


def _leading_digits(text: str) -> str:
    for place, character in enumerate(text):
        if not character.isdigit():
            return text[:place]
    return text


def _windows(
    text: str,
    groups: list[tuple[int, int]],
    lengths: range,
    shapes: Sequence[tuple[int, ...]],
) -> set[tuple[int, int]]:
    """Return the (first, last) of neighbouring groups whose digits are as many as asked for."""
    count = len(groups)
    sizes = tuple(end - start for start, end in groups)
    sums = (0, *accumulate(sizes))
    found = {(at, at + 1) for at in range(count) if sizes[at] in lengths}
    first, gap = 0, text[groups[0][1] : groups[1][0]]
    for at in range(1, count - 1):
        following = text[groups[at][1] : groups[at + 1][0]]
        if following != gap:
            if sums[at + 1] - sums[first] in lengths:
                found.add((first, at + 1))
            first, gap = at, following
    for start in {first, 0}:
        if sums[count] - sums[start] in lengths:
            found.add((start, count))
    for shape in shapes:
        width = len(shape)
        for at in range(count - width + 1):
            if sizes[at] == shape[0] and sizes[at : at + width] == shape:
                found.add((at, at + width))
    return found


def _kept(
    text: str, groups: list[tuple[int, int]], first: int, last: int, lengths: range
) -> Iterator[Number]:
    """Yield the number of groups `first` to `last` unless it is a piece of something longer."""
    start, end = groups[first][0], groups[last - 1][1]
    digits = "".join(text[begin:stop] for begin, stop in groups[first:last])
    if len(digits) not in lengths or not _free(text, start, end):
        return
    gaps = {text[groups[at][1] : groups[at + 1][0]] for at in range(first, last - 1)}
    between = "" if not gaps else next(iter(gaps)) if len(gaps) == 1 else "mixed"
    if first and _joins(text[groups[first - 1][1] : start], between):
        return
    if last < len(groups) and _joins(text[end : groups[last][0]], between):
        return
    shape = tuple(stop - begin for begin, stop in groups[first:last])
    yield Number(digits, start, end, shape, between, text[start - 1] if start else "")


def _joins(gap: str, between: str) -> bool:
    """Whether a group beside the number belongs to it: "-", "." and ")" tie digits together."""
    return gap == between or gap[0] == ")" or (len(gap) == 1 and gap in _TIGHT)


def _free(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or tying sign stands right before or after ("-Fax" is no tie)."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if (before.isascii() and before.isalnum()) or before in _HIDING or after in _HIDING:
        return False
    if before == "#" and text[start - 2 : start - 1] == "#":
        return False
    if after.isascii() and after.isalnum() and not _extension(text, end):
        return False
    if after not in "-_":
        return True
    tied = text[end + 1 : end + 3]
    return not tied[:1].isalnum() or (tied.isalpha() and tied[-1].islower())


def _extension(text: str, end: int) -> bool:
    return text[end] in "xX" and text[end + 1 : end + 2].isdigit()
