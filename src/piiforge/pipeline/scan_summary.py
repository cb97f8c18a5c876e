"""What a scan came to: by category, by key, by file, and what was not scanned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from piiforge.pipeline.scan_records import Counted, Scan, Tally, is_name


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How often a category was found under a key, over all files. `files` of them had it."""

    key: str
    place: str
    category: str
    findings: int
    files: int

    @property
    def is_name(self) -> bool:
        """Whether this is the name of one key, and may stand in settings."""
        return is_name(self.key, self.place)


@dataclass(frozen=True, slots=True)
class Scanned:
    """The summary. Counts of findings are of (row, category); none of it holds a value.

    `rows_per_s` is this run's own, None where nothing was left to do; no file has it.
    """

    out: Path
    report: Path
    system: str
    categories: tuple[str, ...]
    tally: Tally
    emitted: Mapping[str, Path]
    rows_per_s: float | None = None

    def by_category(self) -> dict[str, int]:
        """Return the findings of every category that was asked, none included."""
        found: Counter[str] = Counter()
        for (_, category), count in self.tally.categories.items():
            found[category] += count
        return {name: found[name] for name in self.categories}

    def by_key(self) -> list[KeyCount]:
        """Return the keys that leaked, the most frequent first."""
        counts: Counter[tuple[str, str, str]] = Counter()
        files: Counter[tuple[str, str, str]] = Counter()
        for (_, key, place, category), count in self.tally.keys.items():
            counts[key, place, category] += count
            files[key, place, category] += 1
        found = [KeyCount(*each, count, files[each]) for each, count in counts.items()]
        return sorted(found, key=lambda one: (-one.findings, one.key, one.category, one.place))

    def by_file(self) -> list[tuple[str, Counted]]:
        """Return the files with their counts, the most findings first."""
        return sorted(self.tally.files.items(), key=lambda each: (-each[1].findings, each[0]))

    def by_reason(self) -> list[tuple[str, int, int]]:
        """Return why rows were not scanned: the reason, rows, files; the most frequent first."""
        counts: Counter[str] = Counter()
        files: Counter[str] = Counter()
        for (_, reason), count in self.tally.reasons.items():
            counts[reason] += count
            files[reason] += 1
        found = [(reason, count, files[reason]) for reason, count in counts.items()]
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        total = self.tally.total
        return {
            "out": str(self.out),
            "report": str(self.report),
            "system": self.system,
            "files": len(self.tally.files),
            "rows": total.rows,
            "rows_found": total.rows_found,
            "findings": total.findings,
            "unscanned": total.unscanned,
            "repeated": self.tally.repeated,
            "keyless": self.tally.keyless,
            "rows_per_s": self.rows_per_s,
            "by_category": self.by_category(),
            "by_key": [_key(one) for one in self.by_key()],
            "by_file": [_file(name, each) for name, each in self.by_file()],
            "by_file_key_category": self._crossed(),
            "unscanned_by_reason": [
                {"reason": reason, "rows": rows, "files": files}
                for reason, rows, files in self.by_reason()
            ],
            "emitted": {kind: str(path) for kind, path in self.emitted.items()},
        }

    def _crossed(self) -> list[dict[str, object]]:
        return [
            {"file": file, "key": key, "place": place, "category": category, "findings": count}
            for (file, key, place, category), count in sorted(self.tally.keys.items())
        ]


def summarised(
    asked: Scan, categories: Sequence[str], tally: Tally, rows_per_s: float | None = None
) -> Scanned:
    """Return the summary of what `tally` counted."""
    return Scanned(
        asked.out,
        report_of(asked.out),
        asked.system,
        tuple(categories),
        tally,
        asked.emit,
        rows_per_s,
    )


def report_of(out: Path) -> Path:
    """Return where the report of the findings in `out` stands."""
    return out.with_suffix(".report.html")


def _key(one: KeyCount) -> dict[str, object]:
    return {
        "key": one.key,
        "place": one.place,
        "category": one.category,
        "findings": one.findings,
        "files": one.files,
    }


def _file(name: str, each: Counted) -> dict[str, object]:
    return {
        "file": name,
        "rows": each.rows,
        "rows_found": each.rows_found,
        "findings": each.findings,
        "unscanned": each.unscanned,
    }
