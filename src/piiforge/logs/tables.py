"""Tables: CSV, TSV and their kin, record by record, in the dialect that their first lines show.

A record is one by RFC 4180 as spreadsheets read it, and goes on while a quote is open. Where it
passes the row limit or the file's end so, or comes to other fields than a record of several lines
may have, it ends with its first line: one broken quote costs nothing.
"""

import csv
import io
import re
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import cast

from piiforge import files
from piiforge.logs.records import Item, Manner, Mark, Passage, Reason, Row, Unread, item, marked
from piiforge.logs.rows import Line, cut, line_again, written
from piiforge.types import Edit, applied

_DELIMITERS = ",;\t|^~\x01\x1f"
_LOOK_LINES, _LOOK_BYTES = 24, 256 * 1024  # by these a table and its dialect are told
_SEP = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)  # what Excel writes and obeys
_FIELDS_LINE = re.compile(r"#\s?Fields:\s*(\S.*)")  # W3C extended log format
_COMMENT_HEAD = re.compile(r"#\S")
_COLUMN_NAME = re.compile(r"\s*[\"']?[^\W\d_][\w .#/()\-]{0,47}[\"']?\s*")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.#/()\-]*(?: [\w.#/()\-]+){0,2}")
_VALUE = re.compile(r"[^@\s]@[^@\s]+\.\w|\d:\d\d|\d\.\d+\.\d+\.\d|\d(?:[ ().-]?\d){6}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_Fields = tuple[str, ...] | Reason


def is_table(lines: list[bytes]) -> bool:
    """Whether the first line names columns, and those behind have as many fields under them.

    >>> is_table([b"id;mail", b"1;a", b"2;b"]), is_table([b"INFO;up", b"INFO;down", b"WARN;up"])
    (True, False)
    """
    texts = [line.decode(errors="replace") for line in lines[:_LOOK_LINES] if line.strip()]
    if len(texts) < 2:
        return False
    for delimiter in _DELIMITERS:
        try:
            names, *records = csv.reader(texts, delimiter=delimiter)
        except csv.Error:
            return False
        named = all(_PLAIN_NAME.fullmatch(name) for name in names) and len(names) == len(set(names))
        if len(names) < 2 or not named or len(names) + len(records) < 4:
            continue
        if not records[-1:] or len(records[-1]) != len(names):
            records = records[:-1]  # a quoted field may go on behind the lines that were taken
        alike = all(len(record) == len(names) for record in records) and records
        if alike and not any(name in column for name, *column in zip(names, *records, strict=True)):
            return True
    return False


def rows(
    stream: io.BufferedReader, manner: Manner, start: Mark, *, delimiter: str = ""
) -> Iterator[Item]:
    """Yield what stands before the records of a CSV as row 0, its head last, then the records.

    The delimiter is told by the first lines, where `delimiter` or a line such as `sep=;` doesn't.
    With `manner.header` the first record names the columns, wherever reading begins, unless it
    holds values: then columns are called by their place.
    """
    whole = _Records(stream, manner.row_limit_bytes, delimiter)
    before, every = whole.opened()
    preamble = [said for said in map(Line.text, before) if said not in {"", whole.obeyed}]
    records: Iterator[tuple[_Fields, int]] = (
        (one.fields, one.end) for one in every if one.fields is not None
    )
    fields, end = next(records, (None, 0))
    said = (marked(text) for text in preamble if isinstance(text, str))
    listed = next((each for text in said if (each := _FIELDS_LINE.match(text))), None)
    is_head = manner.header and not listed and isinstance(fields, tuple) and _is_head(fields)
    names = listed[1].split() if listed else _names(fields or (), header=is_head)
    if manner.column and fields is not None and manner.column not in names:
        yield Unread(0, Reason.COLUMN)
        return
    if start.end:
        behind = whole.behind(start)
        records = ((one.fields, one.end) for one in behind if one.fields is not None)
    else:
        # without an end: the file can't be entered behind them, where its head is still to come
        shown = (text for text in preamble if isinstance(text, Reason) or not manner.column)
        yield from filter(None, (item(0, text) for text in shown))
        if fields is not None and not is_head:
            records = chain([(fields, end)], records)
        elif isinstance(fields, tuple) and not manner.column:
            yield from filter(None, [item(0, whole.delimiter.join(fields), end=end)])
    told = files.told_apart(names)
    for number, (fields, end) in enumerate(records, start.row + 1):
        if content := item(number, _content(fields, names, told, manner.column), end=end):
            yield content


def _names(fields: _Fields, *, header: bool) -> list[str]:
    """Return a name for each column: as the head has it, else by its place."""
    listed = () if isinstance(fields, Reason) else map(marked, fields)
    shown = [name.strip().strip("'").lstrip("# ") if header else "" for name in listed]
    return [name or f"column_{at}" for at, name in enumerate(shown, 1)]


def _content(
    fields: _Fields, names: Sequence[str], told: Sequence[str], column: str
) -> str | Reason:
    """Return a record as an object under the names `told` apart, or what stands under `column`."""
    if isinstance(fields, Reason):
        return fields
    if not any(fields):
        return ""
    if not column:
        if len(fields) > len(told):
            wide = (f"column_{at}" for at in range(len(told) + 1, len(fields) + 1))
            told = files.told_apart([*names, *wide])
        return written(dict(zip(told, fields, strict=False)))
    found = [field for name, field in zip(names, fields, strict=False) if name == column]
    return written(found if len(found) > 1 else found[0]) if found else Reason.COLUMN


def _is_head(fields: Sequence[str]) -> bool:
    """Whether a first record may name columns: no value stands there, and most have letters.

    >>> _is_head(["id", "mail", "2026-01-31"]), _is_head(["1", "192.0.2.1", "GET"])
    (True, False)
    """
    filled = [field.strip() for field in fields if field.strip()]
    numbers = sum(not any(map(str.isalpha, field)) for field in filled)
    values = (field for field in filled if not _DATE.fullmatch(field))
    return 2 * numbers <= len(filled) and not any(map(_VALUE.search, values))


def _are_names(fields: Sequence[str]) -> bool:
    """Whether fields are surely names of columns: several short words, all different."""
    return 1 < len(set(fields)) == len(fields) and all(map(_COLUMN_NAME.fullmatch, fields))


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How fields are quoted. `escaped`: by a backslash; `padded`: blanks may stand outside."""

    quote: str = '"'
    escaped: bool = False
    padded: bool = False

    def inside(self) -> re.Pattern[str]:
        """Return what matches the inside of quotes, and the one that ends it, if there is one."""
        other = r"|\\." if self.escaped else ""
        sign = "\\\\" if self.escaped else ""
        return re.compile(
            f"((?:[^{self.quote}{sign}]|{self.quote * 2}{other})*+)({self.quote}?)", re.DOTALL
        )

    def said(self, inner: str) -> str:
        """Return what stands between quotes as it is meant."""
        inner = inner.replace(self.quote * 2, self.quote)
        return re.sub(r"\\([\"'\\])", r"\1", inner) if self.escaped else inner


_PLAIN = _Dialect()
_OTHERS = (_Dialect(escaped=True), _Dialect(padded=True), _Dialect("'"))


@dataclass(frozen=True, slots=True)
class _Taken:
    """The lines of one record, and its fields; `whole`: each quote ends where its field does.

    `closed`: each ends. Where one does not, its field is not among the fields. A line that is cut
    at every delimiter has no dialect, a blank one no fields, and one that can't be read a reason.
    """

    lines: Sequence[Line]
    fields: _Fields | None
    whole: bool
    closed: bool
    dialect: _Dialect | None = None

    @property
    def width(self) -> int:
        """How many fields it has."""
        return len(self.fields) if isinstance(self.fields, tuple) else 0

    @property
    def end(self) -> int:
        """The byte behind it."""
        return self.lines[-1].end


class _Records:
    """The records of one CSV, as spreadsheets read them.

    A quote is one at the beginning of a field alone; quotes inside are doubled. Where a record is
    none by that, or not as wide as the others, it may be one with backslashes before its quotes,
    blanks around them, or single quotes; if it is none either, its first line is cut at every
    delimiter and reading goes on with the next line: a quote that is never closed costs nothing.
    """

    def __init__(self, stream: io.BufferedReader, limit_bytes: int, delimiter: str) -> None:
        self._stream, self._limit_bytes = stream, limit_bytes
        self.delimiter = delimiter
        self.obeyed = ""  # the line that names the delimiter
        self._widths: set[int] = set()  # fields that a record may have: those of the first lines

    def opened(self) -> tuple[list[Line], Iterator[_Taken]]:
        """Return the lines before the head, and the records from the head on, as `behind` does."""
        source = cut(self._stream, self._limit_bytes, Mark())
        first: list[Line] = []
        size = 0
        for line in islice(source, _LOOK_LINES):
            first.append(line)
            size += len(line.raw or b"")
            if size > _LOOK_BYTES:
                break
        texts = [_looked(line) for line in first]
        at = next((at for at, text in enumerate(texts) if text), 0)
        begin = 0
        if given := _SEP.fullmatch(texts[at]) if texts else None:
            self.delimiter, begin = given[1], at + 1
            texts = texts[begin:]
        filled = [text for text in texts if text and not text.startswith("#")]
        if not any(self.delimiter in text for text in filled) or not self.delimiter:
            self.delimiter = _delimiter_of(filled) or self.delimiter or _DELIMITERS[0]
        counts = Counter(len(self._split(text)) for text in filled)
        width = max(counts, key=lambda each: counts[each], default=1)
        begin += self._before_head(texts, width)
        self.obeyed = given[0] if given else ""
        if len(counts) and counts[width] > 1:
            self._widths.add(width)
        return first[:begin], self._records(deque(first[begin:]), source)

    def _before_head(self, texts: Sequence[str], width: int) -> int:
        """Return how many of the first lines are comments or a title."""
        count = 0
        while count < len(texts) - 1:
            text, following = texts[count], [each for each in texts[count + 1 :] if each]
            if not following:
                break
            if text.startswith(("#", '"#')):
                close = _COMMENT_HEAD.match(text) or not _are_names(self._split(following[0]))
                if width > 1 and len(self._split(text)) == width and close:
                    break
            elif text and not (
                width > 1
                and len(self._split(text)) == 1
                and _are_names(next((f for f in map(self._split, following) if len(f) > 1), ()))
            ):
                break
            count += 1
        return count

    def _split(self, text: str) -> tuple[str, ...]:
        taken = _gathered(iter([Line(0, text.encode(), 0)]), self.delimiter, _PLAIN, 0)
        return taken.fields if isinstance(taken.fields, tuple) else ()

    def behind(self, start: Mark) -> Iterator[_Taken]:
        """Yield each record behind `start`, blank lines too."""
        return self._records(deque(), cut(self._stream, self._limit_bytes, start))

    def _records(self, again: deque[Line], source: Iterator[Line]) -> Iterator[_Taken]:
        def following() -> Iterator[Line]:
            while line := again.popleft() if again else next(source, None):
                yield line

        for line in following():
            text = line.text()
            if isinstance(text, Reason):
                yield _Taken((line,), text, whole=False, closed=False)
                continue
            if not marked(text):
                yield _Taken((line,), Reason.HOLE if text else None, whole=False, closed=False)
                continue
            found: _Taken | None = None
            for dialect in self._dialects(text):
                lines = chain([line], following())
                taken = _gathered(lines, self.delimiter, dialect, self._limit_bytes)
                fits = not self._widths or taken.width in self._widths
                if taken.whole and fits and (dialect is _PLAIN or taken.width > 1):
                    found = taken
                    break
                if dialect is _PLAIN and taken.closed and len(taken.lines) == 1:
                    found = taken
                again.extendleft(reversed(taken.lines[1:]))
            plain = tuple(text.split(self.delimiter))
            fits = len(plain) in self._widths
            if found is None or (fits and not found.whole and found.width != len(plain)):
                found = _Taken((line,), plain, whole=False, closed=False)
            if not self._widths:
                self._widths.add(found.width)
            yield found

    def _dialects(self, text: str) -> Iterator[_Dialect]:
        """Yield the ways to read a line, the likeliest first."""
        escaped, padded, single = _OTHERS
        if '"' in text and re.search(rf"(?:^|{re.escape(self.delimiter)})[ \t]+\"", text):
            yield padded
        yield _PLAIN
        if '\\"' in text:
            yield escaped
        if "'" in text:
            yield single


def _gathered(
    following: Iterator[Line],
    delimiter: str,
    dialect: _Dialect,
    limit_bytes: int,
    spans: list[tuple[int, int]] | None = None,
) -> _Taken:
    """Return one record of a dialect; not `whole` where a quote stays open or ends too early.

    `spans` is given where each field stands, with its quotes, in the texts of its lines as one.
    """
    taken: list[Line] = []
    fields: list[str] = []
    inside = dialect.inside()
    opened: list[str] | None = None
    whole, size = True, 0
    base = begun = 0
    for line in following:
        taken.append(line)
        text = line.text()
        if isinstance(text, Reason):
            return _Taken(taken, tuple(fields), whole=False, closed=False)
        at, size = 0, size + len(line.raw or b"")
        while at <= len(text):
            if opened is None:
                blanks = len(text[at:]) - len(text[at:].lstrip(" \t")) if dialect.padded else 0
                if not text.startswith(dialect.quote, at + blanks):
                    end = text.find(delimiter, at)
                    end = len(text) if end < 0 else end
                    fields.append(text[at:end])
                    if spans is not None:
                        spans.append((base + at, base + end))
                    at = end + 1
                    continue
                opened, begun, at = [], base + at, at + blanks + 1
            match = cast("re.Match[str]", inside.match(text, at))
            opened.append(dialect.said(match[1]))
            if not match[2]:
                opened.append("\r\n" if (line.raw or b"").endswith(b"\r\n") else "\n")
                break
            end = text.find(delimiter, match.end())
            end = len(text) if end < 0 else end
            rest = text[match.end() : end]
            whole = whole and not (rest.strip(" \t") if dialect.padded else rest)
            fields.append("".join(opened) + rest.rstrip() * bool(rest.strip()))
            if spans is not None:
                spans.append((begun, base + end))
            opened, at = None, end + 1
        if opened is None or size > limit_bytes:
            break
        base += len(text) + len(_ending(line))
    closed = opened is None
    whole = whole and closed and size <= limit_bytes + 2  # the last line end
    return _Taken(taken, tuple(fields), whole, closed, dialect)


def again(stream: io.BufferedReader, manner: Manner, *, delimiter: str = "") -> Iterator[Passage]:
    """Yield all that stands in a table, as `rows` reads it, each with what writes it again.

    A record keeps its quotes, delimiters and line ends; only the fields that were changed, or can't
    be read, are written anew.
    """
    whole = _Records(stream, manner.row_limit_bytes, delimiter)
    before, records = whole.opened()
    for line in before:
        yield line_again(line, item(0, "" if line.text() == whole.obeyed else line.text()))
    told: list[str] = []
    names: list[str] = []
    said = (marked(text) for text in map(Line.text, before) if isinstance(text, str))
    listed = next((each for text in said if (each := _FIELDS_LINE.match(text))), None)
    number, begun = 0, False
    for one in records:
        if one.fields is None:
            yield Passage(None, b"".join(line.raw or b"" for line in one.lines))
            continue
        is_head = False
        if not begun:
            begun = True
            can_be = manner.header and not listed and isinstance(one.fields, tuple)
            is_head = can_be and _is_head(cast("tuple[str, ...]", one.fields))
            names = listed[1].split() if listed else _names(one.fields, header=is_head)
            told = files.told_apart(names)
        if is_head and isinstance(one.fields, tuple):
            read = item(0, whole.delimiter.join(one.fields), end=one.end)
        else:
            number += 1
            read = item(number, _content(one.fields, names, told, ""), end=one.end)
        yield Passage(read, _raw(one), partial(_written_again, one, whole.delimiter, read))


def _raw(taken: _Taken) -> bytes:
    return b"".join(line.raw or b"" for line in taken.lines)


def _written_again(
    taken: _Taken, delimiter: str, read: Item | None, edits: Sequence[Edit]
) -> bytes:
    """Return a record with `edits` made in the content that was read of it."""
    if not isinstance(read, Row) or not isinstance(taken.fields, tuple):
        return b""
    if not edits and not read.lost:
        return _raw(taken)
    fields = [marked(field) for field in taken.fields]
    if read.row:
        said = files.json_value(applied(read.content, edits))
        new = [str(each) for each in said.values()] if isinstance(said, Mapping) else []
    else:
        new, passed = [], 0
        for field in fields:
            within = [
                Edit(max(0, each.start - passed), min(len(field), each.end - passed), each.text)
                for each in edits
                if each.start < passed + len(field) and each.end > passed
            ]
            new.append(applied(field, within))
            passed += len(field) + len(delimiter)
    text = "".join(str(line.text()) + _ending(line) for line in taken.lines)
    spans: list[tuple[int, int]] = []
    dialect = taken.dialect
    if dialect is None:
        at = 0
        for field in taken.fields:
            spans.append((at, at + len(field)))
            at += len(field) + len(delimiter)
    else:
        _gathered(iter(taken.lines), delimiter, dialect, sys.maxsize, spans)
    made = [
        Edit(start, end, _quoted(said, text[start:end], delimiter, dialect))
        for said, old, (start, end) in zip(new, taken.fields, spans, strict=False)
        if said != old
    ]
    return marked(applied(text, made)).encode("utf-8", "replace")


def _quoted(said: str, old: str, delimiter: str, dialect: _Dialect | None) -> str:
    """Return a field as its table writes one: in quotes where the old had some or it needs some."""
    if dialect is None:
        return said.replace(delimiter, " ")
    quote = dialect.quote
    bare = not old.lstrip(" \t" if dialect.padded else "").startswith(quote)
    parted = any(sign in said for sign in (delimiter, "\n", "\r"))
    if bare and not parted and (quote not in said or quote in old):
        return said
    inner = said.replace("\\", "\\\\") if dialect.escaped else said
    return quote + inner.replace(quote, f"\\{quote}" if dialect.escaped else quote * 2) + quote


def _ending(line: Line) -> str:
    raw = line.raw or b""
    return "\r\n" if raw.endswith(b"\r\n") else "\n" if raw.endswith(b"\n") else ""


def _looked(line: Line) -> str:
    """Return the text of a line to tell by it what others are; "" for one that has none."""
    text = line.text()
    return "" if isinstance(text, Reason) else marked(text)


def _delimiter_of(texts: Sequence[str]) -> str:
    """Return what stands equally often in most of the lines, "" for nothing."""
    best, most = "", (0, 0)
    for sign in _DELIMITERS:
        counts = Counter(count for text in texts if (count := _bare_of(text).count(sign)))
        if counts:
            count = max(counts, key=lambda each: (counts[each], each))
            if (counts[count], count) > most:
                best, most = sign, (counts[count], count)
    return best


def _bare_of(text: str) -> str:
    """Return a line without what stands in quotes."""
    return re.sub(r'"[^"]*+"', "", text) if '"' in text else text
