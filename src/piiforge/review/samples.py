"""Samples: rows of a data set whose labels a person confirms, drawn, kept and shown.

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
| `decision` | "" open, "right", "wrong" or "unsure": what a person may write here |
| `note` | free text of that person, "" where there is none |

A line stands for itself (nothing refers to another file), the order is the order to be shown in,
and an id names a line for good. An editor changes `decision` here; terminal and page leave the file
as it is and write into the journal beside it, whose word counts where it has one for a row.
`content` is untrusted text: whoever shows it escapes it and makes visible what would not show.

>>> rows = [Sample(f"{n:02}", "ssn", "ssn: none", n % 2 == 0, "No number.") for n in range(70)]
>>> picked = sample(rows, {"03": "the reader finds nothing"}, count=50, seed=1)
>>> len(picked), sum(row.label for row in picked), sum(bool(row.why) for row in picked)
(50, 24, 1)
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from html import unescape
from itertools import count, zip_longest
from pathlib import Path
from typing import Protocol, TypeVar

from piiforge import files, page
from piiforge.errors import AskedWrongly, BadRecord, near
from piiforge.review.journal import Decision, Journal, journal_of, whoever
from piiforge.rng import digest
from piiforge.types import Cue

FILE = "review.jsonl"
BOUND = 0.02  # share of wrong labels, where no manifest says another
LEAST, MOST = 50, 100  # rows of one review: enough to see a fault, few enough to be read
DISPUTED = 0.6  # share of the places that rows with a `why` have, where there are so many


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
Facet = Callable[[Sample], object]
_CELL: tuple[Facet, ...] = (lambda row: row.category, lambda row: row.label)
_DISPUTED: tuple[Facet, ...] = (*_CELL, lambda row: row.why)
_OTHERS: tuple[Facet, ...] = (*_CELL, lambda row: row.event, lambda row: row.language)


class HasId(Protocol):
    """What can be mixed: its id is what chance goes by."""

    @property
    def id(self) -> str:
        """A name of its own."""


_Row = TypeVar("_Row", bound=HasId)


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
    disputed = mixed([row for row in known if row.why], seed, _DISPUTED)
    others = mixed([row for row in known if not row.why], seed, _OTHERS)
    places = max(round(count * DISPUTED), count - len(others))
    chosen = disputed[:places] + others[: count - min(places, len(disputed))]
    return mixed(chosen, seed, _CELL)


def mixed(
    rows: Sequence[_Row], seed: int, facets: Sequence[Callable[[_Row], object]]
) -> list[_Row]:
    """Go round the values of the first facet, within each round those of the next, and so on."""
    if not facets:
        return sorted(rows, key=lambda row: digest(seed, "review", row.id))
    groups: dict[object, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[facets[0](row)].append(row)
    names = sorted(groups, key=lambda name: digest(seed, "review", name))
    tiers = zip_longest(*(mixed(groups[name], seed, facets[1:]) for name in names))
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


def write(path: Path, rows: Iterable[Sample]) -> int:
    """Write `rows` in place of `path`, or of what it links to, whole or not at all; how many."""
    with files.draft(path.resolve()) as part:
        return files.write(part, map(asdict, rows))


def rewrite(path: Path, rows: Sequence[Sample]) -> None:
    """Write `rows` in place of `path`; what was decided there stays where the same row comes again.

    Where a row of an old name has another content now, the journal is set aside under a number: its
    words on rows that stayed are in the file, and none of the others counts for the new row.
    """
    before = {row.id: row for row in (load(path) if path.is_file() else ())}
    kept: list[Sample] = []
    for row in rows:
        old = before.get(row.id)
        same = old is not None and old.content == row.content
        kept.append(replace(row, decision=old.decision, note=old.note) if old and same else row)
    write(path, kept)
    journal = journal_of(path)
    changed = any(row.id in before and before[row.id].content != row.content for row in rows)
    if changed and journal.exists():
        names = (journal.with_suffix(f".{number}.jsonl") for number in count(1))
        journal.rename(next(name for name in names if not name.exists()))


def load(path: Path) -> list[Sample]:
    """Read a review file; where the journal beside it has a word for a row, that is what counts.

    Raises:
        AskedWrongly: it is not there.
        BadRecord: a line is not a row, or has the id of an earlier one; names the line.
    """
    journal = Journal(journal_of(path))
    found: list[Sample] = []
    for row in load_only(path):
        notes = [entry.reason for entry in journal.said(row.id).values() if entry.reason]
        said = journal.settled(row.id)
        decision = row.decision if said is None else said.decision
        found.append(replace(row, decision=decision, note=notes[-1] if notes else row.note))
    return found


def load_only(path: Path) -> list[Sample]:
    """Read a review file without its journal; errors as `load`."""
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
    """Put one decision on the disk at once; a `note` of None leaves the note as it is.

    Raises:
        AskedWrongly: the file no longer has that row.
    """
    rows = {row.id: row for row in load(path)}
    if row_id not in rows:
        raise AskedWrongly(f"{path} no longer has the row {row_id!r}.", "Start the review again.")
    Journal(journal_of(path)).say(row_id, decision, whoever(), reason=note)


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
