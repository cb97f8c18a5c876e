"""Lines, JSON lines, CSV, TSV and Parquet, row by row.

All but Parquet are read line by line, each line within a bound.

Each reader takes a stream of UTF-8, how it is to be read and the mark to begin behind, and yields
rows with the byte at which the next begins: the longest line of a file takes no more memory.

A record of CSV is one by RFC 4180 as spreadsheets read it, and goes on while a quote is open.
Where it passes the row limit or the file's end so, or comes to other fields than a record of
several lines may have, it ends with its first line: one broken quote costs nothing.
"""

import io
import json
import re
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from typing import BinaryIO, cast

import orjson

from piiforge import files
from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread, item

_BOM = b"\xef\xbb\xbf"
_CHUNK = 64 * 1024
_DELIMITERS = ",;\t|^~\x01\x1f"
_LOOK_LINES, _LOOK_BYTES = 24, 256 * 1024  # of a table: by these its dialect is told
_SEP = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)  # what Excel writes and obeys
_FIELDS_LINE = re.compile(r"#\s?Fields:\s*(\S.*)")  # W3C extended log format
_COMMENT_HEAD = re.compile(r"#\S")
_COLUMN_NAME = re.compile(r"\s*[\"']?[^\W\d_][\w .#/()\-]{0,47}[\"']?\s*")
_VALUE = re.compile(r"[^@\s]@[^@\s]+\.\w|\d:\d\d|\d+\.\d+\.\d+\.\d|\d(?:[ ().-]?\d){6}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ESCAPED = re.compile(r"\x1b|\x9b|\[[0-9;]{1,16}m|[\\#^](?:[ux]00)?\w{0,3}\[")
_ESCAPES = re.compile(  # ECMA-48, 5.4, and how loggers write the escape character
    r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|\\e|#033|\^\[)"
    r"(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()][0-9AB]"
    r"|[=>78cMDE])"
    r"|\x9b[0-?]{0,32}[ -/]{0,4}[@-~]|\[[0-9]{1,3}(?:;[0-9]{1,3}){0,8}m"
)
_Fields = tuple[str, ...] | Reason
_PARQUET_ROWS = 512
_PARQUET_BYTES = 1 << 20


def lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line; where a column is asked for, which lines don't have, each as unread."""
    for line in _whole_lines(stream, manner, start):
        lacks = manner.column and isinstance(line, Row)
        yield Unread(line.row, Reason.COLUMN, end=line.end) if lacks else line


def json_lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line, or what stands in it under the key `manner.column`."""
    for line in _whole_lines(stream, manner, start):
        if not manner.column or isinstance(line, Unread):
            yield line
            continue
        record = parsed(line.content)
        found = dug(record, manner.column) if isinstance(record, Mapping) else Reason.JSON
        content = found if isinstance(found, Reason) else written(found)
        if told := item(line.row, content, end=line.end):
            yield told


def _whole_lines(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield each line as a row; empty ones are left out, and counted in the numbers."""
    for line in _cut(stream, manner.row_limit_bytes, start):
        text = Reason.LONG if line.raw is None else text_of(line.raw)
        if isinstance(text, Reason):
            yield Unread(line.number, text, end=line.end)
        elif text and not text.isspace():
            yield Row(line.number, text, end=line.end)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as it stands, its end included; None where it is over the limit.

    `end` is the byte behind it, counted in the stream that it was read from.
    """

    number: int
    raw: bytes | None
    end: int


def _cut(stream: io.BufferedReader, limit_bytes: int, start: Mark) -> Iterator[_Line]:
    """Yield the lines behind `start`.

    Raises:
        OSError: the stream is broken; all lines that were whole have been given.
    """
    number, end = start.row, start.end or 0
    if end:
        stream.seek(end)
    elif stream.peek(len(_BOM)).startswith(_BOM):
        end = len(stream.read(len(_BOM)))
    while raw := stream.readline(limit_bytes + 2):
        number += 1
        end += len(raw)
        closing = 2 if raw.endswith(b"\r\n") else raw.endswith(b"\n")
        if len(raw) - closing <= limit_bytes:
            yield _Line(number, raw, end)
            continue
        while not raw.endswith(b"\n") and (raw := stream.readline(_CHUNK)):
            end += len(raw)
        yield _Line(number, None, end)


def text_of(raw: bytes) -> str | Reason:
    """Return the text of a line without its end and its colours, or why it has none."""
    if raw.endswith(b"\n"):
        raw = raw[:-2] if raw.endswith(b"\r\n") else raw[:-1]
    if b"\x00" in raw and 3 * raw.count(0) >= len(raw):
        return Reason.BINARY  # UTF-16 without a mark, or a hole in a log: no reader would see it
    try:
        return uncoloured(raw.decode())
    except UnicodeDecodeError:
        return Reason.ENCODING


def uncoloured(text: str) -> str:
    r"""Return a text as a terminal shows it: without the escapes that colour it and move in it.

    >>> uncoloured("\x1b[1;31mtel\x1b[0m=5550100"), uncoloured(r"\u001b[33m5550100 #033[0m")
    ('tel=5550100', '5550100 ')
    """
    return _ESCAPES.sub("", text) if _ESCAPED.search(text) else text


def parsed(text: str) -> object:
    """Return what `text` says as JSON, every value of it; Reason.JSON where it is none."""
    try:
        return files.json_value(text, every_name=True)
    except ValueError:
        return Reason.JSON


def dug(record: Mapping[str, object], key: str) -> object:
    """Return what stands under `key`, or by its dots in the objects inside; else Reason.COLUMN.

    What stands there several times comes as a list.

    >>> dug({"request": {"url": "/a"}}, "request.url")
    '/a'
    """
    if key in record:
        return _every(record, key)
    found: object = record
    for name in key.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return Reason.COLUMN
        found = _every(found, name)
    return found


def _every(record: Mapping[str, object], name: str) -> object:
    again = record.again.get(name, ()) if isinstance(record, files.Repeated) else ()
    return [record[each] for each in (name, *again)] if again else record[name]


def written(value: object) -> str:
    """Return a value as a content: a text as it is, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # a lone surrogate inside, or an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def bounded(value: object, limit_bytes: int) -> str | Reason:
    """Return a value of a record as a content: "" for a blank one, a reason for one too long."""
    if isinstance(value, Reason):
        return value
    text = written(value)
    if len(text.encode("utf-8", "replace")) > limit_bytes:
        return Reason.LONG
    return "" if text.isspace() else text


def table(
    stream: io.BufferedReader, manner: Manner, start: Mark, *, delimiter: str = ""
) -> Iterator[Item]:
    """Yield what stands before the records of a CSV as row 0, its head last, then the records.

    The delimiter is told by the first lines, where `delimiter` or a line such as `sep=;` doesn't.
    With `manner.header` the first record names the columns, wherever reading begins, unless it
    holds values: then columns are called by their place.
    """
    whole = _Records(stream, manner.row_limit_bytes, delimiter)
    preamble, records = whole.opened()
    fields, end = next(records, (None, 0))
    listed = next((each for text in preamble if (each := _FIELDS_LINE.match(text))), None)
    is_head = manner.header and not listed and isinstance(fields, tuple) and _is_head(fields)
    names = listed[1].split() if listed else _names(fields or (), header=is_head)
    if manner.column and fields is not None and manner.column not in names:
        yield Unread(0, Reason.COLUMN)
        return
    if start.end:
        records = whole.behind(start)
    else:
        # without an end: the file can't be entered behind them, where its head is still to come
        before = () if manner.column else preamble
        yield from filter(None, (item(0, text) for text in before))
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
    listed = () if isinstance(fields, Reason) else fields
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
    """The lines of one record, and its fields; `whole`: each quote ends where its field does."""

    lines: Sequence[_Line]
    fields: tuple[str, ...]
    whole: bool


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
        self._widths: set[int] = set()  # fields that a record may have: those of the first lines

    def opened(self) -> tuple[list[str], Iterator[tuple[_Fields, int]]]:
        """Return the lines before the head, and the records from the head on, as `behind` does."""
        source = _cut(self._stream, self._limit_bytes, Mark())
        first: list[_Line] = []
        size = 0
        for line in islice(source, _LOOK_LINES):
            first.append(line)
            size += len(line.raw or b"")
            if size > _LOOK_BYTES:
                break
        texts = [_looked(line) for line in first]
        at = next((at for at, text in enumerate(texts) if text), 0)
        if texts and (given := _SEP.fullmatch(texts[at])):
            self.delimiter = given[1]
            first, texts = first[at + 1 :], texts[at + 1 :]
        filled = [text for text in texts if text and not text.startswith("#")]
        if not any(self.delimiter in text for text in filled) or not self.delimiter:
            self.delimiter = _delimiter_of(filled) or self.delimiter or _DELIMITERS[0]
        counts = Counter(len(self._split(text)) for text in filled)
        width = max(counts, key=lambda each: counts[each], default=1)
        count = self._before_head(texts, width)
        preamble = [text for text in texts[:count] if text]
        if len(counts) and counts[width] > 1:
            self._widths.add(width)
        return preamble, self._records(deque(first[count:]), source)

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
        return _gathered(iter([_Line(0, text.encode(), 0)]), self.delimiter, _PLAIN, 0).fields

    def behind(self, start: Mark) -> Iterator[tuple[_Fields, int]]:
        """Yield the fields of each record behind `start`, or why it has none, and its end."""
        return self._records(deque(), _cut(self._stream, self._limit_bytes, start))

    def _records(
        self, again: deque[_Line], source: Iterator[_Line]
    ) -> Iterator[tuple[_Fields, int]]:
        def following() -> Iterator[_Line]:
            while line := again.popleft() if again else next(source, None):
                yield line

        for line in following():
            if line.raw is None:
                yield Reason.LONG, line.end
                continue
            text = text_of(line.raw)
            if isinstance(text, Reason):
                yield text, line.end
                continue
            if not text:
                continue
            found: _Taken | None = None
            for dialect in self._dialects(text):
                lines = chain([line], following())
                taken = _gathered(lines, self.delimiter, dialect, self._limit_bytes)
                fits = not self._widths or len(taken.fields) in self._widths
                if taken.whole and fits and (dialect is _PLAIN or len(taken.fields) > 1):
                    found = taken
                    break
                if dialect is _PLAIN and len(taken.lines) == 1:
                    found = taken
                again.extendleft(reversed(taken.lines[1:]))
            plain = tuple(text.split(self.delimiter))
            fits = len(plain) in self._widths
            if found is None or (fits and not found.whole and len(found.fields) != len(plain)):
                found = _Taken((line,), plain, whole=False)
            if not self._widths:
                self._widths.add(len(found.fields))
            yield found.fields, found.lines[-1].end

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
    following: Iterator[_Line], delimiter: str, dialect: _Dialect, limit_bytes: int
) -> _Taken:
    """Return one record of a dialect; not `whole` where a quote stays open or ends too early."""
    taken: list[_Line] = []
    fields: list[str] = []
    inside = dialect.inside()
    opened: list[str] | None = None
    whole, size = True, 0
    for line in following:
        taken.append(line)
        text = Reason.LONG if line.raw is None else text_of(line.raw)
        if isinstance(text, Reason):
            return _Taken(taken, tuple(fields), whole=False)
        at, size = 0, size + len(line.raw or b"")
        while at <= len(text):
            if opened is None:
                blanks = len(text[at:]) - len(text[at:].lstrip(" \t")) if dialect.padded else 0
                if not text.startswith(dialect.quote, at + blanks):
                    end = text.find(delimiter, at)
                    end = len(text) if end < 0 else end
                    fields.append(text[at:end])
                    at = end + 1
                    continue
                opened, at = [], at + blanks + 1
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
            opened, at = None, end + 1
        if opened is None or size > limit_bytes:
            break
    return _Taken(taken, tuple(fields), whole=whole and opened is None)


def _looked(line: _Line) -> str:
    return (line.raw or b"").decode("utf-8", "replace").strip("\r\n")


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


def parquet(file: BinaryIO, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield the rows after `start.row`, or a column of them; one batch of them is in memory.

    What can't be decoded is unread to the file's end.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = start.row
    try:
        table = pq.ParquetFile(file, buffer_size=_PARQUET_BYTES, pre_buffer=False)
        wanted = {manner.column, manner.column.partition(".")[0]}
        columns = [name for name in table.schema_arrow.names if name in wanted]
        if manner.column and not columns:
            yield Unread(0, Reason.COLUMN)
            return
        sizes = (table.metadata.row_group(at).num_rows for at in range(table.num_row_groups))
        passed = [0, *accumulate(sizes)]  # rows before each group, and in all
        group = bisect_right(passed, number) - 1
        groups, skip = list(range(group, table.num_row_groups)), number - passed[group]
        for batch in table.iter_batches(
            _PARQUET_ROWS,
            row_groups=groups,
            columns=columns if manner.column else None,
            use_threads=False,
        ):
            for record in batch.slice(min(skip, len(batch))).to_pylist():
                number += 1
                value = _text_content(record, manner.column)
                if found := item(number, bounded(value, manner.row_limit_bytes)):
                    yield found
            skip = max(0, skip - len(batch))
    except (pa.ArrowException, OSError):
        reason = Reason.CUT if number else Reason.FORMAT
        yield Unread(number + 1 if number else 0, reason)


def _text_content(record: Mapping[str, object], column: str) -> object:
    """Return a record or its column with bytes as text; Reason.ENCODING where one is none."""
    try:
        return _decoded(dug(record, column) if column else record)
    except UnicodeDecodeError:
        return Reason.ENCODING


def _decoded(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Mapping):
        return {name: _decoded(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value
