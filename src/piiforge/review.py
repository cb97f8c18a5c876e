"""Review: a person confirms a sample of labels, and the decisions are counted.

Half and a little more of a sample goes to rows where somebody disagrees with the label (the
independent reading, the model that wrote the line), as far as there are any; the rest is drawn from
the others, so that a fault that nobody noticed can be seen too. Both parts go round every category
and label.

`review.jsonl` holds the rows to be looked at and what was said of them, one JSON object a line.
Every line has these eleven keys and no other, in this order, as UTF-8:

| key | value |
|---|---|
| `id` | of the row in the data set; no two lines share one |
| `category` | what was asked about |
| `content` | the whole line, as in the data set |
| `label` | true or false: what the data set says |
| `explanation` | why it says so |
| `language`, `event`, `cue` | as in the data set |
| `why` | who disagrees with the label and how; "" where nobody does |
| `decision` | "" open, "right", "wrong" or "unsure": the only key to be changed by a person |
| `note` | free text of that person, "" where there is none |

Terminal, editor and page all work on this file. A line stands for itself (nothing refers to another
file), the order is the order to be shown in, and an id names a line for good, so that a page can
show the rows as they come and give back no more than an id, a decision and a note (`decide`).
`content` is untrusted text: whoever shows it escapes it and makes visible what would not show.

The share of wrong labels is of the rows that were looked at, and those lean towards disagreements,
so it is as a rule higher than the whole set's. The rows that nobody disputed are counted apart.

>>> rows = [Sample(f"{n:02}", "ssn", "ssn: none", n % 2 == 0, "No number.") for n in range(70)]
>>> picked = sample(rows, {"03": "the reader finds nothing"}, count=50, seed=1)
>>> len(picked), sum(row.label for row in picked), sum(bool(row.why) for row in picked)
(50, 24, 1)
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from html import unescape
from itertools import zip_longest
from math import sqrt
from pathlib import Path

from piiforge import files, page
from piiforge.errors import AskedWrongly, BadRecord, near
from piiforge.rng import digest
from piiforge.types import Cue

FILE = "review.jsonl"
BOUND = 0.02  # share of wrong labels, where no manifest says another
LEAST, MOST = 50, 100  # rows of one review: enough to see a fault, few enough to be read
DISPUTED = 0.6  # share of the places that rows with a `why` have, where there are so many


class Decision(StrEnum):
    """What a person said of a row's label. OPEN until somebody has looked."""

    OPEN = ""
    RIGHT = "right"
    WRONG = "wrong"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Sample:
    """One row for a person to confirm.

    `label` and `explanation` are what the data set says of `content` for `category`. `why` says
    who disagrees and how, "" where nobody does. `note` is the person's own, free text.
    """

    id: str
    category: str
    content: str
    label: bool
    explanation: str
    language: str = ""
    event: str = ""
    cue: Cue = Cue.NONE
    why: str = ""
    decision: Decision = Decision.OPEN
    note: str = ""


_KEYS = tuple(field.name for field in fields(Sample))
_TAG = re.compile("<(/?)[^>]+>")
_Z = 1.959963984540054  # the normal distribution's 97.5 % point: a two-sided 95 % interval
Facet = Callable[[Sample], object]
_CELL: tuple[Facet, ...] = (lambda row: row.category, lambda row: row.label)
_DISPUTED: tuple[Facet, ...] = (*_CELL, lambda row: row.why)
_OTHERS: tuple[Facet, ...] = (*_CELL, lambda row: row.event, lambda row: row.language)


def sample(
    rows: Iterable[Sample], why: Mapping[str, str], *, count: int, seed: int
) -> list[Sample]:
    """Return `count` of `rows`, or all where there are fewer; the order of `rows` is no matter.

    `why` maps a row's id to who disagrees and how; it takes the place of the row's own. Any head
    of the result is mixed as well, so that a review broken off half-way is still a fair one.

    Raises:
        AskedWrongly: `count` is not LEAST to MOST.
        ValueError: two rows have one id.
    """
    if not LEAST <= count <= MOST:
        hint = f"A review has {LEAST} to {MOST}."
        raise AskedWrongly(f"a review of {count} rows was asked for.", hint)
    known = [replace(row, why=why.get(row.id, row.why)) for row in rows]
    if len({row.id for row in known}) < len(known):
        raise ValueError("two rows have one id")
    disputed = _mixed([row for row in known if row.why], seed, _DISPUTED)
    others = _mixed([row for row in known if not row.why], seed, _OTHERS)
    places = max(round(count * DISPUTED), count - len(others))
    chosen = disputed[:places] + others[: count - min(places, len(disputed))]
    return _mixed(chosen, seed, _CELL)


def _mixed(rows: Sequence[Sample], seed: int, facets: Sequence[Facet]) -> list[Sample]:
    """Go round the values of the first facet, within each round those of the next, and so on."""
    if not facets:
        return sorted(rows, key=lambda row: digest(seed, "review", row.id))
    groups: dict[object, list[Sample]] = defaultdict(list)
    for row in rows:
        groups[facets[0](row)].append(row)
    names = sorted(groups, key=lambda name: digest(seed, "review", name))
    tiers = zip_longest(*(_mixed(groups[name], seed, facets[1:]) for name in names))
    return [row for tier in tiers for row in tier if row is not None]


def card(row: Sample, at: int, total: int) -> str:
    """Return the row as a terminal shows it: what it is, who disagrees, the content.

    `at` is from 1. The content is untrusted: nothing in it moves a cursor.
    """
    said = "sensitive" if row.label else "not sensitive"
    known = ", ".join(filter(None, (row.event, row.language, f"cue {row.cue}")))
    notes = (("because", row.explanation), ("disputed", row.why), ("note", row.note))
    lines = [f"[{at}/{total}] {row.category}: {said} ({known})"]
    lines += [f"{name:<9} {text}" for name, text in notes if text]
    return "\n".join([*map(visible, lines), "", visible(row.content), ""])


def visible(text: str) -> str:
    r"""Write `text` so that every character of it shows, without HTML.

    >>> visible("a\x1b[2Jb\u200b<c>")
    'a⟨U+001B⟩[2Jb⟨ZWSP⟩<c>'
    """
    # What `page.visible` returns is escaped, so that every tag in it is a badge's own.
    shown = _TAG.sub(lambda tag: "⟩" if tag[1] else "⟨", str(page.visible(text)))
    return unescape(shown)


def find(place: Path) -> Path:
    """Return the review file that `place` is or, being a folder, holds.

    Raises:
        AskedWrongly: there is none.
    """
    path = place / FILE if place.is_dir() else place
    if not path.is_file():
        what = f"{place} holds no {FILE}." if place.is_dir() else f"{place} is not there."
        raise AskedWrongly(what, "Name a folder that `piiforge write` or `piiforge build` wrote.")
    return path


def keep(path: Path, found: "Tally") -> Path:
    """Write what a count of the review file at `path` came to beside it; return where.

    `piiforge build` takes no written lines from a folder whose last count failed.
    """
    place = path.with_name(files.TALLY)
    with files.draft(place) as part:
        files.write_json(part, found.record())
    return place


def write(path: Path, rows: Iterable[Sample]) -> int:
    """Write `rows` in place of `path`, or of what it links to, whole or not at all; how many."""
    with files.draft(path.resolve()) as part:
        return files.write(part, map(asdict, rows))


def load(path: Path) -> list[Sample]:
    """Read a review file.

    Raises:
        AskedWrongly: it is not there.
        BadRecord: a line is not a row, or has the id of an earlier one; names the line.
    """
    rows: dict[str, Sample] = {}
    for number, record in files.numbered(path):
        problem, hint = _problem(record)
        if not problem and record["id"] in rows:
            problem, hint = "has the id of an earlier line.", "Every row stands in the file once."
        if problem:
            raise BadRecord(path, number, problem, hint)
        row = files.parsed(record, Sample, path, number)
        rows[row.id] = row
    return list(rows.values())


def _problem(record: Mapping[str, object]) -> tuple[str, str]:
    """Say what is off about a line and what to do, in the words of a person who edits it."""
    for key in record:
        if key not in _KEYS:
            return "has a key that is none of a review's.", near(key, _KEYS)
    for key in _KEYS:
        if key not in record:
            return f"{key} is missing.", f"Every line has {', '.join(_KEYS)}."
        if key != "label" and not isinstance(record[key], str):
            return f"{key} is not a text.", "Write it in quotes."
    if not isinstance(record["label"], bool):
        return "label is not true or false.", "It is the data set's own: leave it as it was."
    decision, cue = str(record["decision"]), str(record["cue"])
    said, cues = list(map(str, filter(None, Decision))), list(map(str, Cue))
    if decision not in ("", *said):
        problem = f'decision is none of {", ".join(said)} and "" (open).'
        return problem, near(decision.strip().lower(), said)
    return ("", "") if cue in cues else ("cue is none that piiforge knows.", near(cue, cues))


def decide(path: Path, row_id: str, decision: Decision, note: str | None = None) -> None:
    """Write one decision into the file at once; a `note` of None leaves the note as it is.

    The file is read again first, so that what others wrote meanwhile into other rows is kept.

    Raises:
        AskedWrongly: the file no longer has that row.
    """
    rows = {row.id: row for row in load(path)}
    if row_id not in rows:
        raise AskedWrongly(f"{path} no longer has the row {row_id!r}.", "Start the review again.")
    row = rows[row_id]
    rows[row_id] = replace(row, decision=decision, note=row.note if note is None else note)
    write(path, rows.values())


def recorded_bound(path: Path) -> float:
    """Return the share of wrong labels that the manifest beside `path` allows, else BOUND.

    It stands under `wrong_labels`, or where the recipe has it: `recipe.writing.wrong_labels`.

    Raises:
        AskedWrongly: the manifest can't be read, or its bound is no number from 0 to 1.
    """
    beside = path.parent / files.MANIFEST
    if not beside.is_file():
        return BOUND
    manifest = files.read_json(beside)
    here: object = manifest
    for key in ("recipe", "writing", "wrong_labels"):
        here = here.get(key) if isinstance(here, Mapping) else None
    bound = manifest.get("wrong_labels", BOUND if here is None else here)
    if not isinstance(bound, int | float) or isinstance(bound, bool) or not 0 <= bound <= 1:
        problem = f"{beside}: wrong_labels is no number from 0 to 1."
        raise AskedWrongly(problem, "Say the bound with --bound.")
    return float(bound)


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval of a share: both ends 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by what was said of them. An `unsure` row was seen but is not decided."""

    right: int = 0
    wrong: int = 0
    unsure: int = 0
    open: int = 0

    @property
    def decided(self) -> int:
        """Rows whose label was called right or wrong."""
        return self.right + self.wrong

    @property
    def rows(self) -> int:
        """All of them."""
        return self.decided + self.unsure + self.open

    @property
    def share(self) -> float | None:
        """The share of wrong labels among the decided, 0 to 1; None where nothing is decided."""
        return self.wrong / self.decided if self.decided else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of that share; None where nothing is decided."""
        return wilson(self.wrong, self.decided) if self.decided else None

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        interval = asdict(self.interval) if self.interval else None
        return {**asdict(self), "share_wrong": self.share, "interval": interval}


@dataclass(frozen=True, slots=True)
class Cell:
    """The counts of one category's positives or negatives."""

    category: str
    label: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Tally:
    """All decisions of a review against the bound, a share 0 to 1.

    `disputed` counts the rows with a `why`, `undisputed` the others; `cells` go by category.
    """

    bound: float
    all: Counts
    disputed: Counts
    undisputed: Counts
    cells: tuple[Cell, ...]

    @property
    def passed(self) -> bool:
        """Whether something is decided and the share of wrong labels is not over the bound."""
        return self.all.share is not None and self.all.share <= self.bound

    @property
    def said(self) -> str:
        """The outcome as one sentence."""
        share, interval = self.all.share, self.all.interval
        if share is None or interval is None:
            return f"nothing is decided: {self.all.open} open, {self.all.unsure} unsure."
        against = "within" if self.passed else "over"
        return (
            f"{self.all.wrong} of {self.all.decided} decided labels are wrong: {share:.3f} "
            f"(95 % interval {interval.low:.3f} to {interval.high:.3f}), "
            f"{against} the bound of {self.bound:g}; "
            f"{self.all.open} still open, {self.all.unsure} unsure."
        )

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {
            "passed": self.passed,
            "bound": self.bound,
            **self.all.record(),
            "disputed": self.disputed.record(),
            "undisputed": self.undisputed.record(),
            "cells": [
                {"category": cell.category, "label": cell.label, **asdict(cell.counts)}
                for cell in self.cells
            ],
        }


def tally(rows: Iterable[Sample], bound: float) -> Tally:
    """Count the decisions of `rows` against `bound`, the highest share of wrong labels allowed."""
    known = list(rows)
    cells = sorted({(row.category, row.label) for row in known})
    return Tally(
        bound,
        _count(known),
        _count(row for row in known if row.why),
        _count(row for row in known if not row.why),
        tuple(Cell(*of, _count(row for row in known if (row.category, row.label) == of))
              for of in cells),
    )  # fmt: skip


def wilson(hits: int, total: int) -> Interval:
    """Return the 95 % Wilson score interval of `hits` in `total`, which is at least 1.

    Source: Wilson, Probable Inference (1927); method 3 of Newcombe (1998), Two-sided confidence
    intervals for the single proportion.

    >>> interval = wilson(0, 20)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.0, 0.1611)
    """
    share, square = hits / total, _Z * _Z
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    half /= 1 + square / total
    # at the ends the two terms are equal, but for the last bit
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == total else centre + half
    return Interval(low, high)


def _count(rows: Iterable[Sample]) -> Counts:
    found = Counter(row.decision for row in rows)
    order = (Decision.RIGHT, Decision.WRONG, Decision.UNSURE, Decision.OPEN)
    return Counts(*(found[decision] for decision in order))
