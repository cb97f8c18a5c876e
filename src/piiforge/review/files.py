"""review.jsonl: the rows to be looked at and what was said of them, one JSON object a line.

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
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from itertools import islice
from pathlib import Path
from typing import NoReturn

from piiforge import jsonl
from piiforge.errors import AskedWrongly, BadRecord, near
from piiforge.review.samples import Decision, Sample
from piiforge.types import Cue

FILE = "review.jsonl"
BOUND = 0.02  # share of wrong labels, where no manifest says another
_KEYS = tuple(field.name for field in fields(Sample))
_DECISIONS = tuple(decision.value for decision in Decision)
_CUES = tuple(cue.value for cue in Cue)


class _Off(Exception):
    """What is off about a record, within this module: problem and hint of the BadRecord."""


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
    """Write `rows` in place of `path`, whole or not at all; return how many."""
    target = path.resolve()
    draft = target.with_name(f".{target.name}.part")
    try:
        count = jsonl.write(draft, map(asdict, rows))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def load(path: Path) -> list[Sample]:
    """Read a review file.

    Raises:
        AskedWrongly: it is not there.
        BadRecord: a line is not a row, or has the id of an earlier one; names the line.
    """
    rows: dict[str, Sample] = {}
    for at, record in enumerate(jsonl.read(path)):
        try:
            row = _sample(record)
            if row.id in rows:
                _refuse("has the id of an earlier line.", "Every row stands in the file once.")
        except _Off as error:
            problem, hint = error.args
            raise BadRecord(path, _line(path, at), problem, hint) from error
        rows[row.id] = row
    return list(rows.values())


def decide(path: Path, row_id: str, decision: Decision, note: str | None = None) -> None:
    """Write one decision into the file at once; a `note` of None leaves the note as it is.

    The file is read again first, so that what others wrote meanwhile into other rows is kept.

    Raises:
        AskedWrongly: the file no longer has that row.
    """
    rows = load(path)
    places = [at for at, row in enumerate(rows) if row.id == row_id]
    if not places:
        raise AskedWrongly(f"{path} no longer has the row {row_id!r}.", "Start the review again.")
    row = rows[places[0]]
    rows[places[0]] = replace(row, decision=decision, note=row.note if note is None else note)
    write(path, rows)


def recorded_bound(path: Path) -> float:
    """Return the share of wrong labels that the manifest beside `path` allows, else BOUND.

    It stands under `wrong_labels`, or where the recipe has it: `recipe.writing.wrong_labels`.

    Raises:
        AskedWrongly: the manifest can't be read, or its bound is no number from 0 to 1.
    """
    beside = path.parent / jsonl.MANIFEST
    if not beside.is_file():
        return BOUND
    manifest = jsonl.read_json(beside)
    asked = _below(_below(manifest, "recipe"), "writing").get("wrong_labels", BOUND)
    bound = manifest.get("wrong_labels", asked)
    if not isinstance(bound, int | float) or isinstance(bound, bool) or not 0 <= bound <= 1:
        problem = f"{beside}: wrong_labels is no number from 0 to 1."
        raise AskedWrongly(problem, "Say the bound with --bound.")
    return float(bound)


def _below(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = tree.get(key)
    return found if isinstance(found, Mapping) else {}


def _sample(record: Mapping[str, object]) -> Sample:
    for key in record:
        if key not in _KEYS:
            _refuse("has a key that is none of a review's.", near(key, _KEYS))
    texts: dict[str, str] = {}
    for key in _KEYS:
        if key not in record:
            _refuse(f"{key} is missing.", f"Every line has {', '.join(_KEYS)}.")
        found = record[key]
        if key != "label":
            if not isinstance(found, str):
                _refuse(f"{key} is not a text.", "Write it in quotes.")
            texts[key] = found
    label = record["label"]
    if not isinstance(label, bool):
        _refuse("label is not true or false.", "It is the data set's own: leave it as it was.")
    return _made(texts, label)


def _made(texts: Mapping[str, str], label: bool) -> Sample:
    decision, cue = texts["decision"], texts["cue"]
    if decision not in _DECISIONS:
        said = [name for name in _DECISIONS if name]
        problem = f'decision is none of {", ".join(said)} and "" (open).'
        _refuse(problem, near(decision.strip().lower(), said))
    if cue not in _CUES:
        _refuse("cue is none that piiforge knows.", near(cue, _CUES))
    rest = {key: text for key, text in texts.items() if key not in {"decision", "cue"}}
    return Sample(**rest, label=label, decision=Decision(decision), cue=Cue(cue))


def _refuse(problem: str, hint: str) -> NoReturn:
    raise _Off(problem, hint)


def _line(path: Path, nth: int) -> int:
    """Return the number, from 1, of the `nth` line (from 0) that is not blank."""
    with path.open("rb") as lines:
        filled = (number for number, line in enumerate(lines, 1) if line.strip())
        return next(islice(filled, nth, None))
