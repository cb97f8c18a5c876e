"""Rows that a scan called clean, drawn by risk for a person to judge: what did it miss?

The scanned files are read once more, without any judging. Every row without a finding, an unsure
verdict or a reason not to have been scanned falls into one stratum by what its text holds, the
first of `STRATA` that fits; a stratum that may hide more gets more of the draw, by its weight and
the root of its size. Within a stratum all rows are equally likely, by a digest of where they stand:
the same scan gives the same draw. Each drawn row says how many there were to draw from, so that
what a person finds among them can be counted up to all.

>>> [stratum(text) for text in ("to=jo%40mail", "10.0.0.1 tel 212 555 0100", "user logged in")]
['an address sign', 'nine digits', 'plain words']
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import cast

from piiforge import files, logs
from piiforge.errors import AskedWrongly
from piiforge.rng import digest
from piiforge.scan import state

LEAST = 10
# By risk: what is looked for in a row, and how much it weighs
STRATA: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("an address sign", re.compile(r"@|%40|\\u0040|&#(?:64|x40);|\b(?:at|arroba) ?\w+ ?dot\b"), 4),
    ("nine digits", re.compile(r"\d(?:[ \-./()_]{0,2}\d){8}"), 4),
    (
        "encoded",
        re.compile(
            r"(?:%[0-9A-Fa-f]{2}[^%]{0,40}){3}|[A-Za-z0-9+/_-]{24}|\\[ux][0-9a-fA-F]{2}|&#|[^\x00-\x7f]"
        ),
        3,
    ),
    ("some digits", re.compile(r"\d{4}|\d\D\d\D\d\D\d"), 2),
    ("plain words", re.compile(""), 1),
)
_TIMES = re.compile(  # and addresses of machines: most rows of a log have them
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d"
    r"|\b1[4-9]\d{8}(?:\.?\d{3})?\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)
_EACH = 2  # of every stratum, where there are so many
_Place = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class DrawnRows:
    """What was drawn: `rows` of `clean` ones, in `path`."""

    path: Path
    rows: int
    clean: int


def stratum(content: str) -> str:
    """Return the stratum of a content, by what would make it easy to have missed something."""
    text = _TIMES.sub(" ", content)
    return next(name for name, sign, _ in STRATA if sign.search(text))


def missed_of(out: Path) -> Path:
    """Return where the rows drawn from the scan to `out` stand."""
    return out.with_suffix(".missed.jsonl")


def refuse_draw(asked: state.Scan, count: int) -> None:
    """Raise AskedWrongly where no draw could follow the scan, before it begins."""
    if count < LEAST:
        raise AskedWrongly(f"--estimate-missed {count} is too few.", f"Draw at least {LEAST} rows.")
    if logs.STDIN in asked.paths:
        problem = "--estimate-missed reads the files again, and standard input can't be."
        raise AskedWrongly(problem, "Scan a file.")


def draw(asked: state.Scan, count: int, *, seed: int = 0) -> DrawnRows:
    """Draw `count` of the rows that the finished scan `asked` called clean; write where.

    Raises:
        AskedWrongly: a file is no longer what was scanned, or no row was clean.
    """
    told = files.read_json(state.summary_of(asked.out))
    manner = logs.Manner(**cast("dict[str, str]", told["manner"]))  # type: ignore[arg-type]
    sizes: Counter[str] = Counter()
    kept: dict[str, list[tuple[int, _Place]]] = defaultdict(list)
    found = _places(asked.out)
    next_found = next(found, None)
    for source in _sources(told):
        with logs.Log(source, manner) as log:
            for item in log.items():
                name = f"{source.name}!{item.member}" if item.member else source.name
                place = (name, item.row, item.part)
                if place == next_found:
                    next_found = next(found, None)
                    continue
                if isinstance(item, logs.Unread):
                    continue
                at = stratum(item.content)
                sizes[at] += 1
                drawn = (-digest(seed, "missed", *place), place)
                if len(kept[at]) < count:
                    heapq.heappush(kept[at], drawn)
                else:
                    heapq.heappushpop(kept[at], drawn)
    if next_found is not None:
        raise _changed(next_found[0])
    if not sizes:
        raise AskedWrongly("no row was called clean: none can have been missed.", "All is found.")
    path = missed_of(asked.out)
    with files.draft(path) as part:
        rows = files.write(part, _records(sizes, kept, allocated(sizes, count)))
    return DrawnRows(path, rows, sizes.total())


def allocated(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many rows of each stratum are drawn: by weight and the root of its size.

    >>> allocated({"plain words": 10_000, "nine digits": 400, "encoded": 1}, 20)
    {'plain words': 10, 'nine digits': 9, 'encoded': 1}
    """
    weights = {name: weight for name, _, weight in STRATA}
    wanted = {name: weights[name] * size**0.5 for name, size in sizes.items()}
    given = {name: min(size, _EACH) for name, size in sizes.items()}
    while sum(given.values()) < min(count, sum(sizes.values())):
        # the next goes where the share that was asked for is least met
        open_ = [name for name, size in sizes.items() if given[name] < size]
        name = min(open_, key=lambda name: (given[name] / wanted[name], name))
        given[name] += 1
    return given


def _records(
    sizes: Mapping[str, int], kept: Mapping[str, list[tuple[int, _Place]]], given: Mapping[str, int]
) -> Iterator[Mapping[str, object]]:
    for name, *_ in STRATA:
        for _, (file, row, part) in sorted(kept.get(name, ()), reverse=True)[: given.get(name, 0)]:
            yield {
                "kind": "clean",
                "file": file,
                "row": row,
                "part": part or None,
                "stratum": name,
                "drawn": given[name],
                "of": sizes[name],
                "p_drawn": given[name] / sizes[name],
            }


def _sources(told: Mapping[str, object]) -> Iterator[logs.Source]:
    """Yield the files as the scan read them, in its order."""
    for name, size, changed in cast("list[tuple[str, int, int]]", told["sources"]):
        (source,) = logs.find([name])
        if (source.size_bytes, source.changed_ns) != (size, changed):
            raise _changed(name)
        yield source


def _changed(name: str) -> AskedWrongly:
    hint = "Scan again: what is drawn has to be what was scanned."
    return AskedWrongly(f"{name} was changed since it was scanned.", hint)


def _places(out: Path) -> Iterator[_Place]:
    """Yield where the scan wrote something, in its order, each place once."""

    def place(record: Mapping[str, object]) -> _Place:
        part = cast("str | None", record["part"]) or ""
        return str(record["file"]), cast("int", record["row"]), part

    yield from (at for at, _ in groupby(map(place, state.read(out))))
