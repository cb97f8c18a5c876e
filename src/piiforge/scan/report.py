"""Redaction settings made of the keys that leaked: for Google Analytics 4, for OpenTelemetry.

Only the names of keys stand in them, and only those that are surely names. What leaked without a
key, or under one that can't be shown, is not covered; the summary counts it as `keyless`.

Sources:
    https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/DataRedactionSettings
    https://support.google.com/analytics/answer/13544947
    https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/redactionprocessor
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import orjson
import yaml
from markupsafe import Markup

from piiforge import __version__, logs, page
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.scan.state import OTHER_KEYS, WHOLE, Counted, Scan, Tally, is_name

# What a scan came to: by category, by key, by file, and what was not scanned.


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


# The report of a scan: one page that says what leaked where, and shows no value of anything.
#
# It needs no network and no script, and the same findings give the same bytes.


MOST_FILES = 200
MOST_KEYS = 200
_MAPPED = 24
PLACES = {"parameter": "query or form", "field": "field", WHOLE: "whole part", "": ""}


def render(done: Scanned, asked: Scan) -> str:
    """Return the page of a scan."""
    counts = done.by_key()
    files = done.by_file()
    return page.render(
        "scan_report.html",
        version=__version__,
        done=done,
        asked=asked,
        total=done.tally.total,
        bars=_bars(done),
        keys=_key_map(done, counts),
        counts=counts[:MOST_KEYS],
        more_keys=max(0, len(counts) - MOST_KEYS),
        places=PLACES,
        files=files[:MOST_FILES],
        file_map=_file_map(done),
        more_files=max(0, len(files) - MOST_FILES),
        reasons=done.by_reason(),
        unread=_unread(done),
        other_keys=OTHER_KEYS,
    )


def _bars(done: Scanned) -> Markup:
    total = done.tally.total.findings
    bars = [
        page.Bar(name, float(count), f"{count:,}", tone="positive" if count else "neutral")
        for name, count in sorted(done.by_category().items(), key=lambda each: -each[1])
    ]
    return page.bars(bars, caption=f"{total:,} findings by category", corner="category")


def _key_map(done: Scanned, counts: Sequence[KeyCount]) -> Markup | None:
    """Return findings by key and category, of the keys with most; None without any key."""
    if not counts:
        return None
    cells: dict[tuple[str, str], int] = {}
    for one in counts:
        place = (one.key, one.category)
        cells[place] = cells.get(place, 0) + one.findings
    rows = list(dict.fromkeys(one.key for one in counts))[:_MAPPED]
    shown = [name for name in done.categories if any((row, name) in cells for row in rows)]
    matrix = page.Matrix(rows, shown, {place: cells[place] for place in cells if place[0] in rows})
    caption = "Findings by key and category"
    caption += f", the {_MAPPED} keys with most" if len(rows) == _MAPPED else ""
    return page.heat_map(matrix, caption=caption, corner="key", tone="positive")


def _file_map(done: Scanned) -> Markup | None:
    """Return findings by file and category, of the files with most; None for one file alone."""
    files = [name for name, each in done.by_file() if each.findings][:_MAPPED]
    if len(done.tally.files) < 2 or not files:
        return None
    cells = {place: count for place, count in done.tally.categories.items() if place[0] in files}
    shown = [name for name in done.categories if any((file, name) in cells for file in files)]
    matrix = page.Matrix(files, shown, cells)
    caption = "Findings by file and category"
    caption += f", the {_MAPPED} files with most" if len(files) == _MAPPED else ""
    return page.heat_map(matrix, caption=caption, corner="file", tone="positive")


def _unread(done: Scanned) -> list[tuple[str, str, int]]:
    """Return what was not scanned by file and reason: the most first, at most MOST_FILES."""
    found = [(file, reason, count) for (file, reason), count in done.tally.reasons.items()]
    return sorted(found, key=lambda each: (-each[2], each[0], each[1]))[:MOST_FILES]


_SPECIAL = frozenset("\\.+*?()|[]{}^$")  # what RE2 reads as a sign
_PLAIN = frozenset("-_.~")  # what no encoder of addresses touches, beside letters and digits
_NOTE = """\
# Keys under which `piiforge scan` found personal data.
# An attribute is masked by its own name or the last part of a dotted one; in an address, a query
# or a body that stands in an attribute, the key is masked together with its value.
"""


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a file of settings, and how many keys it covers."""

    text: str
    keys: int


def ga4(counts: Sequence[KeyCount]) -> Emitted:
    """Return DataRedactionSettings of GA4's Admin API: the keys of query strings and forms.

    Keys are matched there without regard to case and can't hold a comma. E-mail redaction, which
    looks at values, is switched on where e-mail addresses were found at all.
    """
    parameters = (one.key.lower() for one in _named(counts) if one.place == logs.PARAMETER)
    keys = sorted({key for key in parameters if "," not in key})
    settings = {
        "emailRedactionEnabled": any(one.category == "email" for one in counts),
        "queryParameterRedactionEnabled": bool(keys),
        "queryParameterKeys": keys,
    }
    text = orjson.dumps(settings, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Emitted(text.decode(), len(keys))


def otel(counts: Sequence[KeyCount]) -> Emitted:
    """Return a redaction processor of the OpenTelemetry Collector, as YAML.

    `blocked_key_patterns` mask attributes by name, also inside a log's body; `blocked_values` mask
    `key=value` where it stands in the text of an attribute (url.full, url.query).
    """
    leaves = sorted({_leaf(one) for one in _named(counts)} - {""})
    parameters = sorted({one.key for one in _named(counts) if one.place == logs.PARAMETER})
    settings = {
        "processors": {
            "redaction/piiforge": {
                "allow_all_keys": True,
                "redact_all_types": True,
                "blocked_key_patterns": [rf"(?i)(?:^|\.){_quoted(leaf)}$" for leaf in leaves],
                "blocked_values": [_in_address(key) for key in parameters],
                "summary": "silent",
            }
        }
    }
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=1000)
    return Emitted(_NOTE + text, len(leaves))


KINDS: Mapping[str, Callable[[Sequence[KeyCount]], Emitted]] = MappingProxyType(
    {"ga4": ga4, "otel": otel}
)


def emits(words: Iterable[str]) -> dict[str, Path]:
    """Return the files to write by kind, from KIND=FILE each.

    Raises:
        AskedWrongly: a word that is not KIND=FILE, or a kind twice.
        UnknownName: no such kind.
    """
    found: dict[str, Path] = {}
    for word in words:
        kind, sign, place = word.partition("=")
        if kind not in KINDS:
            raise UnknownName("kind of settings", kind, KINDS, "--emit")
        if not sign or not place or kind in found:
            raise AskedWrongly(f"--emit {kind} needs one file.", f"Write --emit {kind}=FILE.")
        found[kind] = Path(place)
    return found


def write_settings(done: Scanned) -> None:
    """Write every file of settings that was asked for."""
    counts = done.by_key()
    for kind, path in done.emitted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(KINDS[kind](counts).text, encoding="utf-8")


def _named(counts: Sequence[KeyCount]) -> list[KeyCount]:
    return [one for one in counts if one.is_name]


def _leaf(one: KeyCount) -> str:
    """Return the name that the attribute itself has: the last of a path in JSON."""
    if one.place == logs.PARAMETER:
        return one.key
    return one.key.rpartition(".")[2]


def _quoted(name: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in name)


def _in_address(key: str) -> str:
    r"""Return a pattern for `key=value` in an address, whether or not the key is encoded there.

    >>> _in_address("user[tel]")
    '(?i)\\buser(?:\\[|%5B)tel(?:\\]|%5D)=[^&;#\\s"\'<>]*'
    """
    edge = r"\b" if key[0].isascii() and (key[0].isalnum() or key[0] == "_") else ""
    return rf"(?i){edge}{''.join(map(_either, key))}=[^&;#\s\"'<>]*".replace('\\"', '"')


def _either(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in _PLAIN):
        return _quoted(char)
    coded = "".join(f"%{byte:02X}" for byte in char.encode())
    plus = r"|\+" if char == " " else ""
    return f"(?:{_quoted(char)}|{coded}{plus})"
