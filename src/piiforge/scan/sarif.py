"""What a scan found as SARIF 2.1.0, the form in which code hosts and editors take findings.

A result is a leak: a category under the same keys in one file, at the first row that has it, with
how many there are. So a log with a million rows is a handful of results. Rules are the categories
that were asked. What a person suppressed carries the reason, what a baseline has is "unchanged";
an unsure verdict is for review, no failure. Rows that were not scanned are notifications, no
results. No value stands in it. Code hosts show 5,000 results of a run at most, so no more are
written; how many findings are left out stands in the run's properties.

Fingerprints are of category, keys and the log's name, without what a rotation changes: the next
scan of the log gives the same ones.

Sources:
    https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
    https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import cast
from urllib.parse import quote

import orjson

from piiforge import __version__, files, predict
from piiforge.scan.known import leak_of, log_of
from piiforge.scan.report import Scanned
from piiforge.scan.state import Scan

MOST_RESULTS = 5_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_KINDS = {"finding": "fail", "known": "fail", "suppressed": "fail", "unsure": "review"}
_MORE_ROWS = 10  # that a result names beside its first
_HELP = (
    "A row of the log holds {what}. Take it out where it is written: drop the key, or mask its "
    "value. `piiforge scan --emit ga4=FILE` and `--emit otel=FILE` write settings that do so on "
    "the way. If nobody's data stands there, add an entry to a file for `--suppress`."
)


@dataclass(slots=True)
class _Leak:
    """A result in the making: its first record, the rows after it, how many there are."""

    record: Mapping[str, object]
    rows: list[int] = field(default_factory=list)
    count: int = 0


def write(path: Path, records: Iterable[Mapping[str, object]], asked: Scan, done: Scanned) -> int:
    """Write the findings of a scan, as `state.read` gives them; return how many are left out."""
    leaks: dict[tuple[object, ...], _Leak] = {}
    left_out = 0
    for record in records:
        if record["kind"] not in _KINDS:
            continue
        keys = tuple(cast("list[str]", record["keys"]))
        why = record["reason"]
        place = (record["kind"], record["category"], record["file"], record["part"], keys, why)
        if place not in leaks and len(leaks) >= MOST_RESULTS:
            left_out += 1
            continue
        leak = leaks.setdefault(place, _Leak(record))
        leak.count += 1
        if leak.count > 1 and len(leak.rows) < _MORE_ROWS:
            leak.rows.append(cast("int", record["row"]))
    rules = predict.knows(asked.system, done.categories)
    order = list(rules)
    results = [_result(leak, order, done) for leak in leaks.values()]
    unread = [
        {"level": "warning", "message": {"text": f"{rows:,} rows not scanned: {reason}"}}
        for reason, rows, _ in done.by_reason()
    ]
    run = {
        "tool": {
            "driver": {
                "name": "piiforge",
                "version": __version__,
                "rules": [_rule(name, text) for name, text in rules.items()],
            }
        },
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": unread}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"findings_left_out": left_out, "system": done.system},
    }
    with files.draft(path) as part:
        told = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
        part.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return left_out


def _rule(name: str, description: str) -> dict[str, object]:
    text = _HELP.format(what=description)
    return {
        "id": name,
        "name": name,
        "shortDescription": {"text": f"Personal data in a log: {name.replace('_', ' ')}"},
        "fullDescription": {"text": f"{description[0].upper()}{description[1:]}"},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "privacy"], "security-severity": "7.0"},
    }


def _result(leak: _Leak, order: list[str], done: Scanned) -> dict[str, object]:
    record = leak.record
    category, kind, file = (str(record[name]) for name in ("category", "kind", "file"))
    keys = ", ".join(cast("list[str]", record["keys"])) or "no key"
    more = f", in {leak.count:,} rows of it" if leak.count > 1 else ""
    sure = "No stage is sure whether this is" if kind == "unsure" else "Found"
    print_ = leak_of(record, "key")
    told: dict[str, object] = {
        "ruleId": category,
        "ruleIndex": order.index(category),
        "kind": _KINDS[kind],
        "level": "error" if _KINDS[kind] == "fail" else "none",  # as the standard has it
        "message": {"text": f"{sure} {category} under {keys}{more}."},
        "locations": [_location(file, cast("int", record["row"]))],
        "occurrenceCount": leak.count,
        "partialFingerprints": {"leak/v1": print_, "primaryLocationLineHash": f"{print_[:16]}:1"},
        "properties": {"key": keys, "log": log_of(file), "part": record["part"] or ""},
    }
    if leak.rows:
        told["relatedLocations"] = [_location(file, row) for row in leak.rows]
    if done.leaks is not None:
        told["baselineState"] = "unchanged" if kind == "known" else "new"
    if kind == "suppressed":
        told["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": record["reason"]}
        ]
    return told


def _location(file: str, row: int) -> dict[str, object]:
    """Return where a row stands: a file of the working folder by its relative path."""
    path = PurePath(file.partition("!")[0])
    here = Path.cwd()
    if path.is_absolute() and path.is_relative_to(here):
        path = path.relative_to(here)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    # row 0 is a file's head, or the whole file: a region begins at line 1
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, row)}}
    }
