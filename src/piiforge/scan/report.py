"""What a scan came to: the summary, its page, and redaction settings made of the keys that leaked.

None of it shows a value of anything. The page needs no network and no script, and the same findings
give the same bytes. Settings are for Google Analytics 4 and for OpenTelemetry: only the names of
keys stand in them, and only those that are surely names. What leaked without a key, or under one
that can't be shown, is not covered; the summary counts it as `keyless`.

Sources:
    https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/DataRedactionSettings
    https://support.google.com/analytics/answer/13544947
    https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/redactionprocessor
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from itertools import accumulate
from pathlib import Path

import orjson
import yaml
from markupsafe import Markup

from piiforge import __version__, logs, page
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.scan.known import Known, form
from piiforge.scan.state import OTHER_KEYS, WHOLE, Counted, Found, Scan, Tally, is_name

MOST_FILES = 200
MOST_KEYS = 200
PLACES = {"parameter": "query or form", "field": "field", WHOLE: "whole part", "": ""}
_MAPPED = 24
_MOST, _NAMED = 0.8, 4  # of findings, that few keys may have; keys that a sentence names
_KEYS_SHOWN = 20  # in a notebook
FIRST = 8  # findings that a terminal shows
_SPECIAL = frozenset("\\.+*?()|[]{}^$")  # what RE2 reads as a sign
_PLAIN = frozenset("-_.~")  # what no encoder of addresses touches, beside letters and digits
_NOTE = """\
# Keys under which `piiforge scan` found personal data.
# An attribute is masked by its own name or the last part of a dotted one; in an address, a query
# or a body that stands in an attribute, the key is masked together with its value.
"""


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
class Sight:
    """A finding as a terminal may show it. `masked` is its key and value, "" where none is known.

    `more` are the other rows that look the same: category, key and masked value are equal.
    """

    file: str
    row: int
    category: str
    masked: str
    more: int = 0


def masked(text: str) -> str:
    """Return a pair with every letter and digit of its value masked: what stays is its form.

    What stands before the first = and is not surely the name of a key is masked as well.

    >>> masked("tel=+1 (202) 555-0123")
    'tel=+# (###) ###-####'
    """
    key, sign, value = text.partition("=")
    return f"{key}={form(value)}" if sign and logs.UNSAFE not in logs.shown([key]) else form(text)


def sights(found: Iterable[Found], known: Sequence[Sight], most: int) -> tuple[Sight, ...]:
    """Return `known` with the findings of `found`, equal ones as one, `most` different at most."""
    kept = {(one.category, one.masked): one for one in known}
    for one in found:
        if one.kind != "finding":
            continue
        place = one.category, shown_of(one)
        if place[1] and place in kept:
            kept[place] = replace(kept[place], more=kept[place].more + 1)
        elif len(kept) < most:
            kept.setdefault(place, Sight(one.file, one.row, *place))
    return tuple(kept.values())


def shown_of(found: Found) -> str:
    """Return what a finding's keys and values look like, masked; "" where no key is known."""
    texts = [masked(pair.text) if pair.text else pair.key for pair in found.keys]
    return ", ".join(texts)


@dataclass(frozen=True, slots=True, repr=False)
class Scanned:
    """The summary. Counts of findings are of (row, category); none of it holds a value.

    `rows_per_s` and `first`, the first findings of all, are this run's own: no file has them.
    `expired` and `unused` are entries of a suppression that hold no longer, and that nothing was
    suppressed by. `leaks` are how many the baseline has, None without one. `is_whole`: all was
    read of which the baseline could speak. `left_out` findings are not in the SARIF.
    """

    out: Path
    report: Path
    system: str
    categories: tuple[str, ...]
    tally: Tally
    emitted: Mapping[str, Path]
    rows_per_s: float | None = None
    first: tuple[Sight, ...] = ()
    expired: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    leaks: int | None = None
    is_whole: bool = True
    left_out: int = 0

    @property
    def known(self) -> int:
        """How many findings the baseline had already."""
        return self.tally.known.total()

    @property
    def suppressed(self) -> int:
        """How many findings and unsure verdicts a person accepted."""
        return self.tally.suppressed.total()

    @property
    def gone(self) -> int | None:
        """How many leaks of the baseline were not seen; None where nobody can tell."""
        if self.leaks is None or not self.is_whole:
            return None
        return max(0, self.leaks - len(self.tally.leaks))

    def __repr__(self) -> str:
        return f"<Scanned by {self.system}: {self.headline}>"

    def _repr_html_(self) -> str:
        """Show what the scan came to in a notebook, by category and key; no value."""
        counts = [(name, "", count) for name, count in self.by_category().items() if count]
        counts += [(one.category, one.key, one.findings) for one in self.by_key()[:_KEYS_SHOWN]]
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td><code>{escape(key)}</code></td><td>{count:,}</td></tr>"
            for name, key, count in counts
        )
        return f"<p>{escape(self.headline)}</p><table>{rows}</table>"

    @property
    def headline(self) -> str:
        """Say how many of the rows that could be scanned hold something."""
        total = self.tally.total
        scanned = max(0, total.rows - total.unscanned)
        unsure = f", {total.unsure:,} unsure" if total.unsure else ""
        unread = f"; {total.unscanned:,} unscanned" if total.unscanned else ""
        what = "personal data" if self.leaks is None else "new personal data"
        apart = f"; {self.suppressed:,} suppressed" if self.suppressed else ""
        apart += "" if self.leaks is None else f"; {self.known:,} known before"
        return (
            f"{total.rows_found:,} of {scanned:,} scanned rows hold {what}: "
            f"{total.findings:,} findings{unsure}{unread}{apart}."
        )

    def by_category(self) -> dict[str, int]:
        """Return the findings of every category that was asked, none included."""
        found = _over_files(self.tally.categories.items())
        return {name: found.get((name,), (0, 0))[0] for name in self.categories}

    def by_unsure(self) -> dict[str, int]:
        """Return the unsure verdicts of each category that has any."""
        return {
            name: count for (name,), (count, _) in _over_files(self.tally.unsure.items()).items()
        }

    def by_key(self) -> list[KeyCount]:
        """Return the keys that leaked, the most frequent first."""
        counts = _over_files(self.tally.keys.items())
        found = [
            KeyCount(key, place, category, *each) for (key, place, category), each in counts.items()
        ]
        return sorted(found, key=lambda one: (-one.findings, one.key, one.category, one.place))

    def by_file(self) -> list[tuple[str, Counted]]:
        """Return the files with their counts, the most findings first."""
        return sorted(self.tally.files.items(), key=lambda each: (-each[1].findings, each[0]))

    def by_reason(self) -> list[tuple[str, int, int]]:
        """Return why rows were not scanned: the reason, rows, files; the most frequent first."""
        found = [
            (reason, *each) for (reason,), each in _over_files(self.tally.reasons.items()).items()
        ]
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        total = self.tally.total
        return {
            "out": str(self.out),
            "report": str(self.report),
            "system": self.system,
            "files": len(self.tally.files),
            **asdict(total),
            "repeated": self.tally.repeated,
            "keyless": self.tally.keyless,
            "rows_per_s": self.rows_per_s,
            "by_category": self.by_category(),
            "unsure_by_category": self.by_unsure(),
            "by_key": [asdict(one) for one in self.by_key()],
            "by_file": [{"file": name, **asdict(each)} for name, each in self.by_file()],
            "by_file_key_category": [
                {"file": file, "key": key, "place": place, "category": category, "findings": count}
                for (file, key, place, category), count in sorted(self.tally.keys.items())
            ],
            "unscanned_by_reason": [
                {"reason": reason, "rows": rows, "files": files}
                for reason, rows, files in self.by_reason()
            ],
            "suppressed": self.suppressed,
            "suppressed_by": [
                {"entry": entry, "category": category, "findings": count}
                for (category, entry), count in sorted(self.tally.suppressed.items())
            ],
            "expired": list(self.expired),
            "unused": list(self.unused),
            "baseline": None
            if self.leaks is None
            else {
                "new": total.findings,
                "known": self.known,
                "gone": self.gone,
                "leaks": self.leaks,
            },
            "emitted": {kind: str(path) for kind, path in self.emitted.items()},
        }


def _over_files(
    counts: Iterable[tuple[tuple[str, ...], int]],
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return counts by all but the file, which stands first, and of how many files each is."""
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for (_, *rest), count in counts:
        counted, files = found.get(tuple(rest), (0, 0))
        found[tuple(rest)] = (counted + count, files + 1)
    return found


def summarised(
    asked: Scan,
    categories: Sequence[str],
    tally: Tally,
    before: Known,
    rows_per_s: float | None = None,
    first: tuple[Sight, ...] = (),
) -> Scanned:
    """Return the summary of what `tally` counted, and of what was known `before`."""
    place, names = report_of(asked.out), tuple(categories)
    # of a part of the files, and of what is new in them, nobody can tell what is no longer there
    whole = not (asked.shard or asked.state)
    return Scanned(
        asked.out, place, asked.system, names, tally, asked.emit, rows_per_s, first,
        before.expired,
        tuple(before.unused(tally.suppressed)) if whole else (),
        None if before.baseline is None else len(before.baseline),
        whole,
    )  # fmt: skip


def report_of(out: Path) -> Path:
    """Return where the report of the findings in `out` stands."""
    return out.with_suffix(".report.html")


def render(done: Scanned, asked: Scan) -> str:
    """Return the page of a scan."""
    counts, files, total = done.by_key(), done.by_file(), done.tally.total
    by_key: dict[tuple[str, str], int] = {}
    for one in counts:
        by_key[one.key, one.category] = by_key.get((one.key, one.category), 0) + one.findings
    keys = list(_by_key(counts))
    found_in = [name for name, each in files if each.findings] if len(files) > 1 else []
    unread = [(file, reason, count) for (file, reason), count in done.tally.reasons.items()]
    bars = [
        page.Bar(name, float(count), f"{count:,}", tone="positive" if count else "neutral")
        for name, count in sorted(done.by_category().items(), key=lambda each: -each[1])
    ]
    caption = "Findings by category, a row and a category each"
    return page.render(
        "scan_report.html",
        version=__version__,
        done=done,
        asked=asked,
        total=total,
        bars=page.bars(bars, caption=caption, corner="category", says=_most_found(done)),
        keys=_map(done, "key", keys, by_key, _few_keys(counts) if counts else ""),
        counts=counts[:MOST_KEYS],
        more_keys=max(0, len(counts) - MOST_KEYS),
        places=PLACES,
        files=files[:MOST_FILES],
        file_map=_map(
            done, "file", found_in, done.tally.categories, _worst_file(files) if files else ""
        ),
        more_files=max(0, len(files) - MOST_FILES),
        reasons=done.by_reason(),
        unread=sorted(unread, key=lambda each: (-each[2], each[0], each[1]))[:MOST_FILES],
        other_keys=OTHER_KEYS,
    )


def _most_found(done: Scanned) -> str:
    """Say which category was found most."""
    found, total = done.by_category(), done.tally.total.findings
    if not total:
        asked = f"{len(found)} categories were" if len(found) != 1 else "One category was"
        return f"Nothing was found. {asked} asked for."
    most = max(found, key=lambda name: found[name])
    return f"Most found: {most}, {found[most]:,} of {total:,} findings."


def _by_key(counts: Iterable[KeyCount]) -> dict[str, int]:
    """Return the findings under each key, the most first."""
    totals = Counter[str]()
    for one in counts:
        totals[one.key] += one.findings
    return dict(sorted(totals.items(), key=lambda each: (-each[1], each[0])))


def _few_keys(counts: Sequence[KeyCount]) -> str:
    """Say which keys hold most of what has a key that can be named.

    >>> _few_keys([KeyCount("mail", "field", "email", 8, 1), KeyCount("q", "field", "ssn", 2, 1)])
    '1 of 2 named keys has 8 of the 10 findings under one: mail.'
    """
    by_key = _by_key(one for one in counts if one.is_name)
    if not by_key:
        return "No finding has a key that can be named."
    total, names = sum(by_key.values()), list(by_key)
    held = list(accumulate(by_key.values()))
    number = 1 + sum(count < _MOST * total for count in held)
    if number > _NAMED:
        first = names[0]
        return f"Spread over {len(names):,} named keys; most under {first}: {by_key[first]:,}."
    have = "key has" if len(names) == 1 else "keys has" if number == 1 else "keys have"
    few = f"{number} of {len(names):,} named {have} {held[number - 1]:,} of the {total:,} findings"
    return f"{few} under one: {', '.join(names[:number])}."


def _worst_file(files: Sequence[tuple[str, Counted]]) -> str:
    """Say which file has most findings; `files` have the most first."""
    clean = sum(not each.findings for _, each in files)
    name, most = files[0]
    rest = f" {clean:,} of {len(files):,} files have none." if clean else ""
    return f"Most in {name}: {most.findings:,} findings in {most.rows:,} rows.{rest}"


def _map(
    done: Scanned,
    corner: str,
    rows: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    says: str,
) -> Markup | None:
    """Return findings by row and category, of the rows with most; None without any."""
    if not rows:
        return None
    shown = rows[:_MAPPED]
    cells = {place: count for place, count in counts.items() if place[0] in shown}
    columns = [name for name in done.categories if any((row, name) in cells for row in shown)]
    caption = f"Findings by {corner} and category"
    caption += f", the {_MAPPED} {corner}s with most" if len(rows) > _MAPPED else ""
    matrix = page.Matrix(shown, columns, cells)
    return page.heat_map(matrix, caption=caption, corner=corner, tone="positive", says=says)


def ga4(counts: Sequence[KeyCount]) -> str:
    """Return DataRedactionSettings of GA4's Admin API: the keys of query strings and forms.

    Keys are matched there without regard to case and can't hold a comma. E-mail redaction, which
    looks at values, is switched on where e-mail addresses were found at all.
    """
    named = (one.key.lower() for one in counts if one.is_name and one.place == logs.PARAMETER)
    keys = sorted({key for key in named if "," not in key})
    settings = {
        "emailRedactionEnabled": any(one.category == "email" for one in counts),
        "queryParameterRedactionEnabled": bool(keys),
        "queryParameterKeys": keys,
    }
    return orjson.dumps(settings, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def otel(counts: Sequence[KeyCount]) -> str:
    """Return a redaction processor of the OpenTelemetry Collector, as YAML.

    `blocked_key_patterns` mask attributes by name (of a path in JSON the last one), also inside a
    log's body; `blocked_values` mask `key=value` where it stands in the text of an attribute
    (url.full, url.query).
    """
    parameters = {one.key for one in counts if one.is_name and one.place == logs.PARAMETER}
    fields = {one.key for one in counts if one.is_name and one.place != logs.PARAMETER}
    leaves = (parameters | {key.rpartition(".")[2] for key in fields}) - {""}
    settings = {
        "processors": {
            "redaction/piiforge": {
                "allow_all_keys": True,
                "redact_all_types": True,
                "blocked_key_patterns": [
                    rf"(?i)(?:^|\.){''.join(map(_quoted, leaf))}$" for leaf in sorted(leaves)
                ],
                "blocked_values": [_in_address(key) for key in sorted(parameters)],
                "summary": "silent",
            }
        }
    }
    return _NOTE + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=1000)


def _quoted(char: str) -> str:
    return f"\\{char}" if char in _SPECIAL else char


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


SARIF = "sarif"  # made of the findings, not of the keys
KINDS: Mapping[str, Callable[[Sequence[KeyCount]], str]] = {"ga4": ga4, "otel": otel}


def emits(words: Iterable[str]) -> dict[str, Path]:
    """Return the files to write by kind, from KIND=FILE each.

    Raises:
        AskedWrongly: a word that is not KIND=FILE, or a kind twice.
        UnknownName: no such kind.
    """
    found: dict[str, Path] = {}
    for word in words:
        kind, sign, place = word.partition("=")
        if kind not in {*KINDS, SARIF}:
            raise UnknownName("kind of settings", kind, [*KINDS, SARIF], "--emit")
        if not sign or not place or kind in found:
            raise AskedWrongly(f"--emit {kind} needs one file.", f"Write --emit {kind}=FILE.")
        found[kind] = Path(place)
    return found
