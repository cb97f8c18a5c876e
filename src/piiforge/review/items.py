"""What can be reviewed, opened: each as items that say one thing a person can confirm.

| file | an item says | yes, no |
|---|---|---|
| `review.jsonl`, or a folder that has one | the label of a row of a data set | right, wrong |
| findings of `piiforge scan` | this category stands in this row | right, a false alarm |
| `.missed.jsonl` of `scan --estimate-missed` | this row was called clean | clean, missed |
| JSONL with id, category, content | nothing, or its `label` | sensitive, not |

Findings hold no content. File and row are read again, through the summary that stands beside them:
it says how the files were read, how large they were and when they were changed. Where that is no
longer so, or a reference differs, the item is refused: it shows why and can't be decided.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from piiforge import files
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.review import samples
from piiforge.review.journal import Decision, Journal, journal_of
from piiforge.rng import digest
from piiforge.types import Span

if TYPE_CHECKING:
    from piiforge import logs

SAMPLES, FINDINGS, MISSED, LINES = "samples", "findings", "missed", "lines"
MOST_ITEMS = 10_000  # of one review: contents lie in memory, and nobody looks at more
ROWS_FILE = "rows.parquet"
REFERENCE_BYTES = 16
STDIN = "-"
MISSED_END = ".missed.jsonl"
_AGAIN = "Scan again, then review what that finds."


class Place(NamedTuple):
    """Where a content stands: a file as the scan called it, the row, the part of a record."""

    file: str
    row: int
    part: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be confirmed.

    `label` is what is claimed of `content` for `category`, None where nothing is. `category` "" is
    any of the review's. `refused` says why the content can't be shown. `facts` are told beside it,
    name and text. `spans` say where the value stands, None where nobody knows; `value_key` is its
    `types.key_of`, "" unknown. `decision` is what the file itself says. `keys` and `reference` are
    a finding's; `stratum` is one of a draw's, of so many rows (`of`).
    """

    id: str
    category: str
    label: bool | None
    content: str = ""
    refused: str = ""
    why: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    spans: tuple[Span, ...] | None = None
    twin: "Item | None" = None
    decision: Decision = Decision.OPEN
    place: Place | None = None
    value_key: str = ""
    keys: tuple[str, ...] = ()
    reference: str | None = None
    stratum: str = ""
    of: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A review: the file, what kind it is, its items; `left_out` more are in the file.

    `categories` are those that were asked about.
    """

    path: Path
    kind: str
    items: tuple[Item, ...]
    categories: tuple[str, ...]
    left_out: int = 0

    @property
    def journal(self) -> Path:
        """Where the decisions stand."""
        return journal_of(self.path)

    def settled(self, journal: Journal) -> list[Item]:
        """Return the items with what counts of what was said."""
        found: list[Item] = []
        for item in self.items:
            said = journal.settled(item.id)
            found.append(item if said is None else replace(item, decision=said.decision))
        return found

    def lost(self, journal: Journal) -> int:
        """Return how many rows were decided that are not in the file."""
        if self.left_out:
            return 0
        known = {item.id for item in self.items}
        return sum(row_id not in known for row_id in journal.ids())


def open(place: Path, *, reference_key: bytes = b"", shown: bool = True) -> Opened:
    """Open what `place` is or, being a folder, holds.

    `shown` False leaves the logs alone: enough to count decisions, not to show a finding.

    Raises:
        AskedWrongly: nothing that can be reviewed; or no item of it can be shown.
        BadRecord: a line is off; names it.
    """
    if place.is_dir() or not place.exists():
        return _of_samples(samples.find(place))
    if place.suffix == ".parquet":
        return _of_findings(place, _parquet(place), reference_key, shown=shown)
    first = next(files.numbered(place), (0, {}))[1]
    if not first:
        raise AskedWrongly(f"{place} is empty: there is nothing to review.", "Name another file.")
    if "kind" in first and "file" in first:
        return _of_findings(place, files.numbered(place), reference_key, shown=shown)
    if "explanation" in first and "decision" in first:
        return _of_samples(place)
    return _of_lines(place)


def _of_samples(path: Path) -> Opened:
    rows = samples.load_only(path)
    beside = _rows_of(path.with_name(ROWS_FILE), rows)
    items: list[Item] = []
    for row in rows:
        known = (row.event, row.language, f"cue {row.cue}")
        facts = (
            ("because", row.explanation),
            ("disputed", row.why),
            ("row", ", ".join(filter(None, known))),
            ("note", row.note),
        )
        item = Item(
            row.id, row.category, row.label, row.content, why=row.why, decision=row.decision,
            facts=tuple((name, text) for name, text in facts if text),
        )  # fmt: skip
        found = beside.get(row.id)
        same = found is not None and found.content == row.content
        items.append(
            replace(item, spans=found.spans, value_key=found.value_key, twin=found.twin)
            if found and same
            else item
        )
    return Opened(path, SAMPLES, tuple(items), tuple(dict.fromkeys(row.category for row in rows)))


def _rows_of(path: Path, rows: Sequence[samples.Sample]) -> dict[str, Item]:
    """Return the built rows of that name, by id, each with its twin; none without a table."""
    if not path.is_file():
        return {}
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["id", "twin_id", "category", "content", "label", "explanation", "values"]

    def table(name: str, wanted: Iterable[str]) -> list[dict[str, object]]:
        found = pq.read_table(path, columns=columns, filters=[(name, "in", list(wanted))])
        return cast("list[dict[str, object]]", found.to_pylist())

    try:
        told = table("id", [row.id for row in rows])
        twins = table("twin_id", {str(each["twin_id"]) for each in told if each["twin_id"]} or {""})
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise AskedWrongly(f"{path} is not a table of rows.", "Build it again.") from error
    by_twin: dict[str, list[Item]] = defaultdict(list)
    for each in twins:
        by_twin[str(each["twin_id"])].append(_built(each))
    found: dict[str, Item] = {}
    for each in told:
        item = _built(each)
        others = [one for one in by_twin[str(each["twin_id"])] if one.id != item.id]
        found[item.id] = replace(item, twin=others[0] if each["twin_id"] and others else None)
    return found


def _built(record: Mapping[str, object]) -> Item:
    values = cast("Sequence[Mapping[str, object]]", record["values"])
    places = cast("Sequence[Sequence[int]]", values[0]["spans"] if values else ())
    spans = tuple(Span(start, end) for start, end in places)
    return Item(
        str(record["id"]), str(record["category"]), bool(record["label"]), str(record["content"]),
        facts=(("because", str(record["explanation"])),), spans=spans,
        value_key=str(values[0]["key"]) if values else "",
    )  # fmt: skip


def _of_lines(path: Path) -> Opened:
    """Open labelled or unlabelled lines; two that share a `twin` stand beside each other."""
    items: dict[str, Item] = {}
    twins: dict[str, list[str]] = defaultdict(list)
    total = 0
    for number, record in files.numbered(path):
        total += 1
        texts = [record.get(name) for name in ("id", "category", "content")]
        if not all(isinstance(text, str) and text for text in texts):
            hint = "A line to be labelled has id, category and content, and may have a label."
            raise BadRecord(path, number, "id, category or content is no text.", hint)
        row_id, category, content = map(str, texts)
        label = record.get("label")
        if label is not None and not isinstance(label, bool):
            raise BadRecord(path, number, "label is not true or false.", "Leave it off if open.")
        if row_id in items:
            raise BadRecord(path, number, "has the id of an earlier line.", "Rename one.")
        if len(items) < MOST_ITEMS:
            items[row_id] = Item(row_id, category, label, content)
            if twin := record.get("twin"):
                twins[str(twin)].append(row_id)
    for pair in twins.values():
        if len(pair) == 2:
            first, second = items[pair[0]], items[pair[1]]
            items |= {first.id: replace(first, twin=second), second.id: replace(second, twin=first)}
    asked = tuple(dict.fromkeys(item.category for item in items.values()))
    return Opened(path, LINES, tuple(items.values()), asked, total - len(items))


def _of_findings(
    path: Path,
    lines: Iterable[tuple[int, Mapping[str, object]]],
    reference_key: bytes,
    *,
    shown: bool,
) -> Opened:
    """Open what a scan found, or rows that it called clean."""
    found: list[Item] = []
    kind = FINDINGS
    summary = _summary(path)
    stamps = _stamps(summary)
    for number, record in lines:
        said = record.get("kind")
        if said not in {"finding", "unsure", "clean"}:
            continue
        kind = MISSED if said == "clean" else FINDINGS
        try:
            found.append(_finding(record, stamps))
        except (KeyError, TypeError, ValueError) as error:
            hint = "`piiforge scan` writes such lines."
            raise BadRecord(path, number, "no finding of a scan.", hint) from error
    if not found:
        raise AskedWrongly(
            f"{path} has no finding.",
            "There is nothing to review; its report says what was not scanned.",
        )
    if len({item.id for item in found}) < len(found):
        raise AskedWrongly(f"{path} has a finding twice.", "It was put together; scan again.")
    facets = (
        lambda item: item.why,
        lambda item: item.category,
        lambda item: item.keys[:1],
        lambda item: item.stratum,
    )
    chosen = samples.mixed(found, 0, facets)[:MOST_ITEMS]
    lacking = [item for item in chosen if shown and not item.content]
    if lacking and not summary:
        problem = f"{_summary_of(path)} is not there, and the findings hold no content."
        raise AskedWrongly(problem, "Keep what a scan wrote together; or scan with --show-values.")
    items = _with_contents(chosen, summary, reference_key) if lacking else chosen
    if all(item.refused for item in items):
        (why, _), *_others = Counter(item.refused for item in items).most_common()
        raise AskedWrongly(f"no row of {path} can be shown: {why}", _AGAIN)
    told = summary.get("by_category", {})
    asked = tuple(cast("Mapping[str, int]", told)) or tuple(
        dict.fromkeys(item.category for item in found)
    )
    return Opened(path, kind, tuple(items), asked, len(found) - len(items))


def decided_findings(missed: Path) -> tuple[int, int]:
    """Return how many findings of the scan that `missed` was drawn from were called right, wrong.

    (0, 0) where the findings are not there, or nobody looked at them.
    """
    stem = missed.name.removesuffix(MISSED_END)
    for end in (".jsonl", ".parquet"):
        path = missed.with_name(f"{stem}{end}")
        if path.is_file() and journal_of(path).is_file():
            lines = files.numbered(path) if end == ".jsonl" else _parquet(path)
            journal, stamps = Journal(journal_of(path)), _stamps(_summary(path))
            ids = (_finding(each, stamps).id for _, each in lines if each["kind"] == "finding")
            said = Counter(one.decision for one in map(journal.settled, ids) if one)
            return said[Decision.RIGHT], said[Decision.WRONG]
    return 0, 0


def rows_found(missed: Path) -> int:
    """Return how many rows of the scan that `missed` was drawn from hold a finding."""
    return cast("int", files.read_json(_summary_of(missed))["rows_found"])


def _parquet(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(path).iter_batches()
        rows = (record for batch in batches for record in batch.to_pylist())
        yield from enumerate(rows, 1)
    except (OSError, pa.ArrowInvalid) as error:
        raise AskedWrongly(f"{path} can't be read as Parquet.", _AGAIN) from error


def _finding(record: Mapping[str, object], stamps: Mapping[str, str]) -> Item:
    """Return a line of a scan as an item.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    file, row, part = str(record["file"]), int(cast("int", record["row"])), record["part"]
    place = Place(file, row, str(part or ""))
    category = str(record.get("category") or "")
    keys = tuple(map(str, cast("Sequence[str]", record.get("keys") or ())))
    told = record.get("p_sensitive")
    share = "" if told is None else f"{float(cast('float', told)):.3f}"
    unsure = record["kind"] == "unsure"
    clean = record["kind"] == "clean"
    stratum = str(record["stratum"]) if clean else ""
    stamp = stamps.get(file) or next(
        (told for name, told in stamps.items() if file.startswith(f"{name}!")), ""
    )
    facts = (
        ("place", f"{file}:{row}" + (f" ({part})" if part else "")),
        ("key", ", ".join(keys)),
        ("decided by", str(record.get("decided_by") or "")),
        ("p", share),
        ("drawn as", stratum),
    )
    return Item(
        # a decision on a row is none on another row of that place, in tomorrow's file of the name
        id=":".join(filter(None, (file, stamp, str(row), place.part, category))),
        category=category,
        label=bool(record.get("verdict", not clean)) if not clean else False,
        content=str(record.get("content") or ""),
        why="no stage was sure" if unsure else "",
        facts=tuple((name, text) for name, text in facts if text),
        place=place,
        keys=keys,
        reference=cast("str | None", record.get("reference")),
        stratum=stratum,
        of=int(cast("int", record["of"])) if clean else 0,
    )


def _summary_of(path: Path) -> Path:
    """Return where the summary of findings, or of rows drawn from the same scan, stands."""
    if path.name.endswith(MISSED_END):
        return path.with_name(f"{path.name.removesuffix(MISSED_END)}.summary.json")
    return path.with_suffix(".summary.json")


def _summary(path: Path) -> Mapping[str, object]:
    """Return the summary beside `path`; {} where there is none."""
    beside = _summary_of(path)
    return files.read_json(beside) if beside.is_file() else {}


def _stamps(summary: Mapping[str, object]) -> dict[str, str]:
    """Return what tells a file that was scanned from a later one of its name, by name."""
    told = cast("Sequence[tuple[str, int, int]]", summary.get("sources") or ())
    return {name: f"{digest(name, size, changed):016x}"[:8] for name, size, changed in told}


def _with_contents(
    items: Sequence[Item], summary: Mapping[str, object], reference_key: bytes
) -> list[Item]:
    """Return the items with their contents, read again; refused where that can't be."""
    from piiforge import logs

    told = summary.get("manner"), summary.get("sources")
    if not all(told):
        problem = "the summary beside the findings says nothing of the files that were read."
        raise AskedWrongly(problem, "An earlier version wrote it: scan again.")
    manner = logs.Manner(**cast("dict[str, str]", told[0]))  # type: ignore[arg-type]
    sources = cast("Sequence[tuple[str, int, int]]", told[1])
    by_file: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if not item.content and item.place:
            by_file[item.place.file].append(item)
    read: dict[str, Item] = {}
    for name, size, changed in sources:
        inside = [each for each in by_file if each == name or each.startswith(f"{name}!")]
        wanted = [item for each in inside for item in by_file.pop(each)]
        if not wanted:
            continue
        source, why = _same(name, size, changed)
        contents = {} if source is None else _contents(source, manner, wanted)
        for item in wanted:
            read[item.id] = _filled(item, contents, why, reference_key)
    return [read.get(item.id, item if item.content else _refuse(item)) for item in items]


def _refuse(item: Item, why: str = "the scan read no such file.") -> Item:
    return replace(item, refused=why)


def _same(name: str, size: int, changed: int) -> tuple["logs.Source | None", str]:
    """Return a file as the scan read it, or why it is no longer that."""
    from piiforge import logs

    if name == STDIN:
        return None, "standard input can't be read again; --show-values keeps contents."
    try:
        (source,) = logs.find([name])
    except (AskedWrongly, ValueError):
        return None, f"{name} is not there; review where the scan ran."
    if source.refused is not None:
        return None, f"{name} can't be read."
    if (source.size_bytes, source.changed_ns) != (size, changed):
        return None, f"{name} was changed since the scan."
    return source, ""


def _contents(
    source: "logs.Source", manner: "logs.Manner", wanted: Sequence[Item]
) -> dict[Place, str]:
    """Return the contents of the wanted rows of a file; reading ends with the last of them."""
    from piiforge import logs

    left = {item.place for item in wanted}
    found: dict[Place, str] = {}
    with logs.Log(source, manner) as log:
        for each in log.items():
            name = f"{source.name}!{each.member}" if each.member else source.name
            place = Place(name, each.row, each.part)
            if place in left and isinstance(each, logs.Row):
                left.discard(place)
                found[place] = each.content
                if not left:
                    break
    return found


def _filled(item: Item, contents: Mapping[Place, str], why: str, reference_key: bytes) -> Item:
    if why:
        return _refuse(item, why)
    content = contents.get(cast("Place", item.place))
    if content is None:
        return _refuse(item, "there is no such row any more.")
    if not reference_key:
        return replace(item, content=content)
    reference = reference_of(content, reference_key)
    if item.reference not in (None, reference):
        return _refuse(item, "the row is not what was scanned, or the reference key another one.")
    return replace(item, content=content, reference=reference)


def reference_of(content: str, key: bytes) -> str:
    """Return the keyed digest of a content, as `scan --reference-key` writes it."""
    text = content.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=REFERENCE_BYTES, key=key).hexdigest()
