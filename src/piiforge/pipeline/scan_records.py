"""What a scan is asked, what it counts on its way, and what one finding looks like in a file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from piiforge import logs
from piiforge.errors import AskedWrongly

OTHER_KEYS = "(other keys)"
NO_VERDICT = "no verdict: over the model's context, or an answer that could not be read"
MOST_KEYS = 5_000  # distinct (file, key, category) that are counted apart: the memory has an end
BATCH_RULES, BATCH = 512, 32
WHOLE = "whole"  # the place of what leaked without a key: a part or a column as a whole


@dataclass(frozen=True, slots=True)
class Scan:
    """What is asked.

    `paths` are files, folders or "-". `batch` rows are judged at once; 0 is the system's default.
    `keys`: the pairs of a positive row are asked alone, to find the key that leaked.
    `reference_key` makes a keyed digest of each found content; b"" makes none. `emit` has files to
    write redaction settings to, by their kind. `prefilter`: a model is asked only where a value
    could stand.
    """

    paths: Sequence[str]
    out: Path
    system: str = "rules"
    categories: tuple[str, ...] = ()
    manner: logs.Manner = field(default_factory=logs.Manner)
    batch: int = 0
    keys: bool = True
    show_values: bool = False
    reference_key: bytes = b""
    calibration: Path | None = None
    emit: Mapping[str, Path] = field(default_factory=dict)
    prefilter: bool = True

    @property
    def rows_at_once(self) -> int:
        """How many rows are judged at once."""
        return self.batch or (BATCH_RULES if self.system == "rules" else BATCH)


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the findings: a finding, or a row that was not scanned (`reason` says why).

    `category` "" of an unscanned one stands for all that were asked. `keys` are those that leaked,
    none where it was the whole row alone. `reference` is equal for equal contents under one key.
    """

    file: str
    row: int
    part: str = ""
    category: str = ""
    p_sensitive: float | None = None
    decided_by: str = ""
    keys: tuple[logs.Pair, ...] = ()
    reference: str | None = None
    reason: str = ""
    content: str | None = None

    def record(self) -> dict[str, object]:
        """Return it as one JSON object, with the same fields whatever it is."""
        return {
            "kind": "unscanned" if self.reason else "finding",
            "file": self.file,
            "row": self.row,
            "part": self.part or None,
            "category": self.category or None,
            "keys": list(dict.fromkeys(pair.key for pair in self.keys)),
            "p_sensitive": self.p_sensitive,
            "verdict": None if self.reason else True,
            "decided_by": self.decided_by or None,
            "reference": self.reference,
            "reason": self.reason or None,
            "content": self.content,
        }


@dataclass(slots=True)
class Counted:
    """What is known of one file. `rows` are contents: of HAR, the parts of its requests."""

    rows: int = 0
    rows_found: int = 0
    findings: int = 0
    unscanned: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of a scan so far.

    `repeated` contents stood in a batch already and were not asked again. `keyless` findings have
    no key that could be named; no settings can be made of them.
    """

    files: dict[str, Counted] = field(default_factory=dict)
    total: Counted = field(default_factory=Counted)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: int = 0
    keyless: int = 0

    def see(self, file: str, rows: int, repeated: int) -> None:
        """Count the rows of a batch."""
        self.files.setdefault(file, Counted()).rows += rows
        self.total.rows += rows
        self.repeated += repeated

    def add(self, found: Sequence[Found]) -> None:
        """Count the findings and unscanned rows of a batch."""
        for one in found:
            counted = self.files.setdefault(one.file, Counted())
            if one.reason:
                counted.unscanned += 1
                self.total.unscanned += 1
                self.reasons[one.file, one.reason] += 1
                continue
            counted.findings += 1
            self.total.findings += 1
            self.categories[one.file, one.category] += 1
            self.keyless += not any(is_name(pair.key, pair.place) for pair in one.keys)
            for key, place in dict.fromkeys((pair.key, pair.place) for pair in one.keys):
                self._count_key((one.file, key, place, one.category))
        for file, rows in _rows_found(found).items():
            self.files[file].rows_found += rows
            self.total.rows_found += rows

    def record(self) -> dict[str, object]:
        """Return the counts as one JSON object."""
        return {
            "files": {
                name: [each.rows, each.rows_found, each.findings, each.unscanned]
                for name, each in self.files.items()
            },
            "categories": [[*place, count] for place, count in self.categories.items()],
            "keys": [[*place, count] for place, count in self.keys.items()],
            "reasons": [[*place, count] for place, count in self.reasons.items()],
            "repeated": self.repeated,
            "keyless": self.keyless,
        }

    @classmethod
    def read(cls, record: Mapping[str, object]) -> "Tally":
        """Return what `record` wrote.

        Raises:
            AskedWrongly: it is not what this version writes.
        """
        try:
            files = {name: Counted(*counts) for name, counts in record["files"].items()}  # type: ignore[attr-defined]
            return cls(
                files,
                total_of(files),
                Counter({(a, b): count for a, b, count in record["categories"]}),  # type: ignore[attr-defined]
                Counter({(a, b, c, d): count for a, b, c, d, count in record["keys"]}),  # type: ignore[attr-defined]
                Counter({(a, b): count for a, b, count in record["reasons"]}),  # type: ignore[attr-defined]
                int(record["repeated"]),  # type: ignore[call-overload]
                int(record["keyless"]),  # type: ignore[call-overload]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AskedWrongly(
                "the state of the scan was not written by this version.", "Use --force."
            ) from error

    def _count_key(self, place: tuple[str, str, str, str]) -> None:
        file, _, _, category = place
        if place not in self.keys and len(self.keys) >= MOST_KEYS:
            place = (file, OTHER_KEYS, "", category)
        self.keys[place] += 1


def is_name(key: str, place: str) -> bool:
    """Say whether this is the name of one key, and may stand in settings."""
    return place in {logs.PARAMETER, logs.FIELD} and bool(key) and logs.UNSAFE not in key


def total_of(files: Mapping[str, Counted]) -> Counted:
    """Return the counts over all files."""
    return Counted(
        sum(each.rows for each in files.values()),
        sum(each.rows_found for each in files.values()),
        sum(each.findings for each in files.values()),
        sum(each.unscanned for each in files.values()),
    )


def _rows_found(found: Sequence[Found]) -> Counter[str]:
    rows = {(one.file, one.row, one.part) for one in found if not one.reason}
    return Counter(file for file, _, _ in rows)
