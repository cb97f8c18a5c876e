"""Values that are written over two or three fields, as the keys of these say.

`ssn_part1=000&ssn_part2=12-3456`: what the keys have in common names the value, what is left of
each says which part it is. The fields may stand in a form, in JSON, in markup, in rows of key and
value, in a path or under the header of a small table. The words for parts stand in
data/parts.yaml.

>>> [(part.stem, part.value) for part in next(parts("ssn_part1=000&ssn_part2=12-3456"))]
[('ssn', '000'), ('ssn', '12-3456')]
>>> [part.value for part in next(parts('{"idHead": "000", "idTail": "1234"}'))]
['000', '1234']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict, cast

from piiforge import files
from piiforge.text import fold


class _Table(TypedDict):
    before: list[str]
    places: list[list[str]]


_PARTS = cast("_Table", files.shipped_yaml("piiforge.reader", "data/parts.yaml"))
_RANKS = {word: rank for rank, words in enumerate(_PARTS["places"]) for word in words}
_WORDS = tuple(_RANKS)


def _longest_first(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_SIGNS = r"[ _.\-+\[]"
# matched on the folded key; the search for its end begins where the longest ending may
_ENDING = re.compile(
    rf"{_SIGNS}{{0,3}}(?:(?:{_longest_first(_PARTS['before'])}){_SIGNS}{{0,2}})?"
    rf"({_longest_first(list(_RANKS))})[\] ]{{0,2}}$"
)
_LONGEST_ENDING, _SHORTEST_STEM = 18, 2
_BORDER = re.compile(
    r"(?=[\\\"'\s,;=:>/|\-v]|[cart](?:ontent|nswer|esponse|ext))"  # most places are passed at once
    r"(?<=[\w\]])\\?[\"']?(?:[\s,;]{0,8}[\"']?(?:value|content|answer|response|val|v|text)[\"']?)?"
    r" ?(?:=>|[=:>,;\t/]|\|(?= )|-(?= ))[\t ]{0,3}\\?[\"']?"
    r"(?=([^\s\"'&,;=<>{}|/\\](?:[^\"'&,;=<>{}|\n\t/\\]{0,63})))"
)
_KEY_REVERSED = re.compile(r"[\w.\-\[\]+ ]{1,60}")
_MOST_APART = 120
_LONGEST_ROW = 1500
_CELL = re.compile(r"(?:\"([^\"\n]*)\"|([^,;\t\n]*))([,;\t]|$)")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a value: what its key names, the how-manieth it is, and where it stands.

    Offsets are those of the value, half-open; `rank` counts from 0.
    """

    stem: str
    rank: int
    value: str
    start: int
    end: int


@lru_cache(maxsize=64)  # one text is read for one category after another
def _parts(text: str) -> tuple[tuple[Part, ...], ...]:
    found = sorted((*_in_fields(text), *_in_rows(text)), key=lambda part: part.start)
    groups: list[tuple[Part, ...]] = []
    last: dict[str, tuple[Part, ...]] = {}
    for part in found:
        group = last.get(part.stem, ())
        group = (*group, part) if group and _follows(group[-1], part) else (part,)
        last[part.stem] = group
        if len(group) > 1:
            groups.append(group)
    return tuple(groups)


def parts(text: str) -> Iterator[tuple[Part, ...]]:
    """Yield each run of two parts or more that belong to one value, in their order."""
    yield from _parts(text)


def _follows(before: Part, after: Part) -> bool:
    return after.rank == before.rank + 1 and after.start - before.end <= _MOST_APART + len(
        after.stem
    )


@lru_cache(maxsize=4096)
def part_named(key: str) -> tuple[str, int] | None:
    """Return what a key names and which part of it, or nothing.

    >>> part_named("ssnPart2"), part_named("clave_fin"), part_named("total")
    (('ssn', 1), ('clave', 1), None)
    """
    folded = fold(key.rstrip())
    if not folded.rstrip("] ").endswith(_WORDS):  # few do; the pattern would look at each place
        return None
    ending = _ENDING.search(folded, max(0, len(folded) - _LONGEST_ENDING))
    if ending is None or ending.start() < _SHORTEST_STEM:
        return None
    return key[: ending.start()].strip(" _.-["), _RANKS[ending[1]]


def _in_fields(text: str) -> Iterator[Part]:
    """Yield the parts whose value stands behind its key."""
    for border in _BORDER.finditer(text):
        key = _KEY_REVERSED.match(text[max(0, border.start() - 60) : border.start()][::-1])
        if key is None:
            continue
        written = key[0][::-1].lstrip(" -.+")
        named = part_named(written.rpartition(" ")[2] if border[0].startswith("=") else written)
        if named is not None:
            value = border[1].strip()
            start = border.start(1)
            yield Part(*named, value, start, start + len(value))


def _in_rows(text: str) -> Iterator[Part]:
    """Yield the parts of a small table: the header in the first line names the cells below."""
    end = text.find("\n")
    if not 0 < end < _LONGEST_ROW:
        return
    header = [named and part_named(named) for named, *_ in _cells(text, 0, end)]
    if sum(named is not None and named != "" for named in header) < 2:
        return
    while end >= 0:
        begin, end = end + 1, text.find("\n", end + 1)
        stop = end if end >= 0 else len(text)
        if stop - begin > _LONGEST_ROW:
            return
        for named, (value, start, finish) in zip(header, _cells(text, begin, stop), strict=False):
            if named:
                yield Part(*named, value, start, finish)


def _cells(text: str, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield the cells of a line with where they stand, quotes left off."""
    for cell in _CELL.finditer(text, begin, end):
        group = 1 if cell[1] is not None else 2
        yield cell[group].strip(), cell.start(group), cell.end(group)
        if not cell[3]:
            return
