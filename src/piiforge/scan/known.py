"""What is known of findings already: what a person accepted, and what an earlier scan found.

A known finding is written and counted as "suppressed" or "known"; it is no finding. A suppression
says what it covers by key, path, shape or reference, never by a value. It stands in YAML (a list)
or JSONL, an entry each:

| name | value |
|---|---|
| `category` | of the finding, or "all" |
| `key` | of what leaked, as the scan calls it; "(no key)" |
| `path` | of the file, as the scan calls it; without a slash, its name alone |
| `shape` | of the value: # for digits, x for letters, other signs as they are |
| `reference` | of the content, by the scan's --reference-key |
| `why`, `who` | the reason, and who answers for it |
| `until` | the last day, ISO 8601; without one it holds for ever |

All that an entry names has to fit; `*` stands for any signs, `?` for one. Where several keys leaked
in a row, each has to be covered. Records of a false alarm, as `piiforge review` writes them, stand
among them as they are.

A baseline is what an earlier scan wrote. By "key" a leak is the same where category and keys are,
in whatever file and row; without a key, where the log is, whatever a rotation did to its name. By
"shape" the values have to look the same, too, and by "content" the references are equal.

>>> log_of("logs/access.log.2.gz"), log_of("app-2026-01-21.log!x"), log_of("access.log-20260121")
('access.log', 'x', 'access.log')
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote_plus

import orjson
import yaml

from piiforge import files, logs
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.scan import state
from piiforge.scan.state import Found

ALL = "all"
_HINT = "An entry has category, why and who, and one of key, path, shape and reference."
_NO_VALUE = "A value never stands in it: name its key, its shape (###-##-####) or a reference."
_ALARM = "false-alarm"
_MASKED = 40  # characters of a value shown
_PACKED = re.compile(r"(?:\.(?:gz|tgz|zst|bz2|xz|zip|tar))+$")
_VALUE = re.compile(r"<[^<>]*>([^<]*)|[^=:{}\[\]]{0,80}?(?:=>?|:)\s*(.*)", re.S)
_TURNED = re.compile(r"(?:[._-]#)+$")  # what a rotation puts behind a name


@dataclass(frozen=True, slots=True)
class Suppression:
    """An entry; see the table above. `place` is its file and line."""

    category: str
    why: str
    who: str
    key: str = ""
    path: str = ""
    shape: str = ""
    reference: str = ""
    until: date | None = None
    place: str = ""

    @property
    def said(self) -> str:
        """Where it stands, and why."""
        return f"{self.place} {self.why}"

    def covers(self, found: Found) -> frozenset[tuple[str, str]]:
        """Return those of what leaked, as key and shape, that it covers."""
        covered = frozenset(
            (key, shape)
            for key, shape in _leaked(found)
            if _fits(self.key, key) and _fits(self.shape, shape)
        )
        of_it = covered and _fits(self.reference, found.reference or "") and self._is_of(found.file)
        return covered if of_it else frozenset()

    def _is_of(self, file: str) -> bool:
        return _fits(self.path, file) or ("/" not in self.path and _fits(self.path, _name(file)))


@dataclass(frozen=True, slots=True)
class _Alarm:
    """A record of `piiforge review`: what a person called a false alarm."""

    kind: Literal["false-alarm"]
    category: str
    file: str
    key: str = ""
    reference: str = ""
    time: str = ""
    reviewer: str = ""
    reason: str = ""

    @property
    def meant(self) -> tuple[str, ...]:
        """What a finding has to be to be the one."""
        if self.reference:
            return self.category, self.reference
        return self.category, self.file, self.key


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a scan. `baseline` are the leaks of an earlier one, by `new_by`.

    `expired` says which entries no longer hold, `entries` are those that do.
    """

    entries: tuple[Suppression, ...] = ()
    alarms: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    expired: tuple[str, ...] = ()
    baseline: frozenset[str] | None = None
    new_by: str = "key"
    by_category: Mapping[str, Sequence[Suppression]] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        """What is equal where two scans would sort alike."""
        leaks = None if self.baseline is None else sorted(self.baseline)
        parts = (self.entries, sorted(self.alarms.items()), self.new_by, leaks)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def sort(self, found: Sequence[Found]) -> list[Found]:
        """Return the findings, those that are known as such."""
        return [self._sorted(one) for one in found]

    def unused(self, used: Mapping[tuple[str, str], int]) -> list[str]:
        """Return the entries that nothing was suppressed by, of `used` by category and entry."""
        said = {entry for _, entry in used}
        return [entry.place for entry in self.entries if entry.said not in said]

    def _sorted(self, one: Found) -> Found:
        if one.kind not in {"finding", "unsure"}:
            return one
        why = self._why(one)
        leak = ""
        if self.baseline is not None and one.kind == "finding":
            leak = leak_of(one.record(), self.new_by)
            leak = leak if leak in self.baseline else ""
        if why:
            return replace(one, known="suppressed", reason=why, leak=leak)
        return replace(one, known="known", leak=leak) if leak else one

    def _why(self, one: Found) -> str:
        """Return the entry that covers all that leaked, or the first of those that do together."""
        if self.alarms:
            key = one.keys[0].key if one.keys else ""
            alarm = self.alarms.get((one.category, one.reference or "")) if one.reference else None
            alarm = alarm or self.alarms.get((one.category, one.file, key))
            if alarm:
                return alarm
        left, why = set(_leaked(one)), ""
        for entry in self.by_category.get(one.category, self.by_category.get(ALL, ())):
            covered = left & entry.covers(one)
            why = why or (entry.said if covered else "")
            left -= covered
            if not left:
                return why
        return ""


def load(asked: state.Scan, today: date) -> Known:
    """Read what `asked.suppress` and `asked.baseline` hold.

    Raises:
        AskedWrongly: a file is not there, or the baseline can't be compared so.
        BadRecord: an entry is off; names its line.
    """
    entries: list[Suppression] = []
    alarms: dict[tuple[str, ...], str] = {}
    for path in asked.suppress:
        for line, record in _records(path):
            told = {name: value for name, value in record.items() if value is not None}
            place = f"{path}:{line}"
            if told.get("kind") == _ALARM:
                alarm = files.parsed(told, _Alarm, path, line, "`piiforge review` writes it.")
                alarms[alarm.meant] = f"{place} {alarm.reason or 'a false alarm'}"
            else:
                entries.append(replace(_entry(told, path, line), place=place))
    alive = tuple(one for one in entries if one.until is None or one.until >= today)
    expired = [f"{one.place} until {one.until}" for one in entries if one not in alive]
    by_category: dict[str, list[Suppression]] = defaultdict(list)
    for name in {one.category for one in alive}:
        by_category[name] += (one for one in alive if one.category in {name, ALL})
    return Known(
        alive, alarms, tuple(expired), _baseline(asked) if asked.baseline else None,
        asked.new_by, dict(by_category),
    )  # fmt: skip


def shape(pair: logs.Pair) -> str:
    """Return what the value of a pair looks like, without its key; "" of a whole row.

    >>> shape(logs.Pair("user.tel", "field", '{"user":{"tel":"+1 202 555-0123"}}'))
    '+# ### ###-####'
    """
    text = pair.text
    if text[:1] in {"{", "["}:
        with suppress(ValueError):
            value = files.json_value(text)
            while isinstance(value, dict | list) and len(value) == 1:
                value = next(iter(value.values() if isinstance(value, dict) else value))
            text = value if isinstance(value, str) else text if value is None else str(value)
    elif found := _VALUE.match(text):
        text = found[1] or found[2] or ""
    return form(unquote_plus(text) if pair.place == logs.PARAMETER else text)


def form(value: str) -> str:
    """Return a value with # for its digits, x for its letters; over 40 characters it is cut.

    >>> form("+1 (202) 555-0123")
    '+# (###) ###-####'
    """
    shown = "".join(
        "#" if char.isdigit() else "x" if char.isalnum() else char if char.isprintable() else "?"
        for char in value[:_MASKED]
    )
    return shown + ("..." if len(value) > _MASKED else "")


def leak_of(record: Mapping[str, object], new_by: str) -> str:
    """Return what tells one leak from another, of a line of findings; "" where it can't."""
    if new_by == "content":
        told = [record["category"], record["reference"]] if record["reference"] else []
    else:
        keys = sorted(cast("Sequence[str]", record["keys"]))
        told = [record["category"], keys or log_of(str(record["file"]))]
        if new_by == "shape":
            told.append(sorted(cast("Sequence[str]", record["shapes"])))
    return hashlib.sha256(orjson.dumps(told)).hexdigest()[:32] if told else ""


def log_of(file: str) -> str:
    """Return what a file is called without what a rotation, a date or a number put in its name."""
    name = _PACKED.sub("", re.sub(r"\d+", "#", _name(file)))
    return _TURNED.sub("", name) or name


def _name(file: str) -> str:
    """Return the name of a file without its folder; of an archive, its member's."""
    return re.split("[/!\\\\]", file)[-1]


def _leaked(found: Found) -> list[tuple[str, str]]:
    keys = [pair.key for pair in found.keys]
    return list(zip(keys, found.shapes, strict=True)) or [(state.NO_KEY, "")]


def _fits(pattern: str, text: str) -> bool:
    """Say whether a text is as a pattern says, in which `*` is any signs and `?` one; "" is all."""
    if not pattern or pattern == text:
        return True
    signs = _pattern(pattern)
    return signs is not None and signs.fullmatch(text) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str] | None:
    if "*" not in pattern and "?" not in pattern:
        return None
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(char) or re.escape(char) for char in pattern), re.S)


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the line and the content of each entry of a file.

    Raises:
        AskedWrongly, BadRecord: it can't be read, or is no list of entries.
    """
    if path.suffix not in {".yaml", ".yml"}:
        yield from files.numbered(path)
        return
    try:
        text = path.read_text("utf-8")
        root = yaml.compose(text, yaml.SafeLoader)
        told = yaml.safe_load(text)
    except OSError as error:
        raise AskedWrongly(f"{path} can't be read.", "Check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise BadRecord(path, line, "not YAML.", _HINT) from None  # its text holds the line
    if told is None:
        return
    if not isinstance(told, list) or root is None:
        raise BadRecord(path, 1, "no list of entries.", "Begin each with `- category:`.")
    for node, record in zip(root.value, told, strict=True):
        line = node.start_mark.line + 1
        if not isinstance(record, dict) or not all(isinstance(name, str) for name in record):
            raise BadRecord(path, line, "no entry with names.", _HINT)
        yield line, record


def _entry(told: Mapping[str, object], path: Path, line: int) -> Suppression:
    """Return a person's entry.

    Raises:
        BadRecord: something lacks, or stands there in clear.
    """
    names = [name for name in Suppression.__dataclass_fields__ if name != "place"]
    if not told.keys() <= set(names):
        # it is not told which: what stands there may be anything
        raise BadRecord(path, line, "a name in it is none of an entry's.", _NO_VALUE)
    entry = files.parsed(told, Suppression, path, line, _HINT)
    if not all(text.strip() for text in (entry.category, entry.why, entry.who)):
        raise BadRecord(path, line, "category, why or who is empty.", _HINT)
    if not (entry.key or entry.path or entry.shape or entry.reference):
        raise BadRecord(path, line, "it would cover everything.", _HINT)
    if any(char.isalnum() and char != "x" for char in entry.shape):
        raise BadRecord(path, line, "shape holds letters or digits.", _NO_VALUE)
    bare = re.sub("[*?]", "", entry.key.replace(logs.UNSAFE, ""))
    if bare not in {"", state.NO_KEY, logs.shown([bare])}:
        raise BadRecord(path, line, "key is no name of a key.", _NO_VALUE)
    if entry.reference and not re.fullmatch("[0-9a-f]{32}", entry.reference):
        raise BadRecord(path, line, "reference is none of a scan's.", _NO_VALUE)
    return entry


def _baseline(asked: state.Scan) -> frozenset[str]:
    path = cast("Path", asked.baseline)
    if asked.state and path.absolute() == asked.out.absolute() and not path.exists():
        return frozenset()  # what grows is compared with what it was, and that is nothing yet
    if not path.is_file():
        raise AskedWrongly(f"--baseline {path} is not there.", "Name what a scan wrote: --out.")
    if asked.new_by == "content" and not asked.reference_key:
        problem = "--new-by content tells contents by their references, and nothing makes any."
        raise AskedWrongly(
            problem, "Give --reference-key, the one that the baseline was made with."
        )
    found: set[str] = set()
    for number, record in enumerate(state.read(path), 1):
        try:
            if record["kind"] in {"finding", "known"}:
                found.add(leak_of(record, asked.new_by))
        except (KeyError, TypeError) as error:
            hint = "A scan of an earlier version wrote it, or none: scan again."
            raise BadRecord(path, number, "no finding that can be compared.", hint) from error
    if "" in found:
        problem = f"{path} holds no references: --new-by content has nothing to compare."
        raise AskedWrongly(problem, "Scan with --reference-key, each time the same.")
    return frozenset(found)
