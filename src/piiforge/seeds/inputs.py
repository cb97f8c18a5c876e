"""What a file of somebody else's holds: passages of text, and cells under a key.

Told by its suffix and content. `.py`: its string constants, by `ast`, never run. `.json`: any
nesting; `.jsonl`: an object a line. `.csv`, `.tsv`: the header gives the keys. Anything else is
lines, unless its first lines are all JSON objects or a table's. A suffix `.gz` is looked behind.

A file is opened packed or not, in whatever encoding, and never more of it read than a line. A line
is read as UTF-8, else as Windows-1252, else as Latin-1 (which reads any byte); UTF-16 only with its
mark. What is no text at all is refused by name, what is wrong in it by line.
"""

import ast
import codecs
import csv
import gzip
import io
import itertools
import json
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from piiforge import files
from piiforge.errors import AskedWrongly, BadRecord

MOST_IN_LINE = 32 * 1024 * 1024
MOST_IN_DOCUMENT = 64 * 1024 * 1024
_LOOK = 64 * 1024
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_MOST_ODD = 0.3
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")
_DEEPEST = 40
_KEY = re.compile(r"[^\W\d][\w .#/()\-]{0,47}")
_DELIMITERS = ",\t;|"
_HEAD = 6  # lines by which a file is told
_SPEECH_WORDS = 4
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TEXTS = frozenset(
    """
    text full_text fulltext sentence message msg content body template masked utterance log line
    prompt input source_text unmasked_text comment note description
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where an entity of a labelled text stands: half-open, in code points."""

    entity: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A line, a sentence, a template or a string; `spans` where its file says what stands where."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value under a key: of a table's column or of an object."""

    key: str
    value: str


def pieces(path: Path) -> Iterator[Passage | Cell]:
    """Yield what `path` holds, in order; errors as `lines`, and BadRecord by line."""
    match Path(path.name.removesuffix(".gz")).suffix.lower():
        case ".py":
            return _constants(path)
        case ".json":
            return _json(path)
        case ".jsonl" | ".ndjson":
            return _json_lines(path)
        case ".csv" | ".tsv" | ".tab":
            return _table(path)
        case suffix:
            head = _head(path) if suffix != ".log" else []
    if head and all(map(_is_object, head)):
        return _json_lines(path)
    return _table(path) if _is_table(head) else (Passage(line.strip()) for _, line in lines(path))


def _head(path: Path) -> list[str]:
    return [line for _, line in itertools.islice(lines(path), _HEAD)]


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is not blank; breaks are left off.

    Raises:
        AskedWrongly: the file is not there, empty, no text, or packed and damaged.
        BadRecord: a line is over 32 MiB or holds a NUL byte.
    """
    filled = 0
    with _opened(path) as (raw_lines, wide):
        for number, raw in enumerate(raw_lines, 1):
            if len(raw) > MOST_IN_LINE:
                raise BadRecord(path, number, "the line is over 32 MiB.", "Split or drop it.")
            if b"\0" in raw:
                raise BadRecord(path, number, "a NUL byte.", "Is it a text file?")
            marked = number == 1 and not wide
            text = _decoded(raw.removeprefix(codecs.BOM_UTF8) if marked else raw)
            if text.strip():
                filled = number
                yield number, text
        if not filled:
            raise AskedWrongly(f"{path} is empty.", "Leave it out.")


def _decoded(raw: bytes) -> str:
    for codec in ("utf-8", "cp1252"):
        try:
            return raw.decode(codec).rstrip("\r\n")
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1").rstrip("\r\n")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Iterator[bytes], bool]]:
    """Give the lines of a file, unpacked, and whether they were UTF-16; they are UTF-8 now."""
    if not path.is_file():
        raise AskedWrongly(f"{path} is not a file.", "Check the path.")
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        opened = gzip.GzipFile(fileobj=plain) if packed else plain
        stream = io.BufferedReader(cast("io.RawIOBase", opened), _LOOK)
        try:
            head = stream.peek(_LOOK)
            codec = _WIDE.get(head[:2], "")
            # a picture, a database, an archive
            odd = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
            if not codec and odd > _MOST_ODD * len(head):
                raise AskedWrongly(f"{path} is not a text file.", "Seeds are read from texts.")
            narrow = iter(lambda: stream.readline(MOST_IN_LINE + 1), b"")
            yield _narrowed(stream, codec) if codec else narrow, bool(codec)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise AskedWrongly(f"{path} is damaged: it can't be unpacked.", "") from error
        except UnicodeError as error:
            hint = "Save as UTF-8."
            raise AskedWrongly(f"{path} is not the UTF-16 that it says.", hint) from error


def _narrowed(stream: IO[bytes], codec: str) -> Iterator[bytes]:
    """Yield the lines of a UTF-16 stream as UTF-8, a long one broken where it is over the most."""
    stream.read(2)
    text, line = codecs.getreader(codec)(stream), bytearray()
    while piece := text.readline(size=_LOOK, keepends=True):
        line += piece.encode()
        if piece.endswith(("\n", "\r")) or len(line) > MOST_IN_LINE:
            yield bytes(line)
            line.clear()
    if line:
        yield bytes(line)


def _document(path: Path) -> str:
    """Return a whole file, at most 64 MiB; errors as `lines`."""
    parts: list[str] = []
    size = 0
    for number, line in enumerate(_raw(path), 1):
        parts.append(line)
        size += len(line) - 1
        if size > MOST_IN_DOCUMENT:
            raise BadRecord(path, number, "the document is over 64 MiB.", "Split it.")
    return "".join(parts).removesuffix("\n")


def _constants(path: Path) -> Iterator[Passage]:
    """Yield the string constants of a Python file; it is parsed, never run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the file's own: an invalid escape in a string
            tree = ast.parse(_document(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", 1) or 1
        raise BadRecord(path, line, "not Python.", "Only its strings are read.") from error
    left_out: set[int] = set()  # parts of f-strings, and docstrings
    for node in ast.walk(tree):  # what holds a string comes before it
        if isinstance(node, ast.JoinedStr):
            left_out.update(map(id, ast.walk(node)))
        elif isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr):
            left_out.add(id(node.body[0].value))
        elif id(node) not in left_out and (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip()
        ):
            yield Passage(node.value.strip())


def _json(path: Path) -> Iterator[Passage | Cell]:
    text = _document(path)
    try:
        found = files.json_value(text)
    except ValueError as error:
        if _is_object(text.partition("\n")[0].strip()):
            yield from _json_lines(path)
            return
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise BadRecord(path, line, "not JSON.", "") from error
    yield from _walk(found, "", 0)


def _json_lines(path: Path) -> Iterator[Passage | Cell]:
    for number, line in lines(path):
        try:
            found = files.json_value(line)
        except ValueError as error:
            raise BadRecord(path, number, "not JSON.", "Every line is one value.") from error
        yield from _walk(found, "", 0)


def _walk(node: object, key: str, depth: int) -> Iterator[Passage | Cell]:
    """Yield the strings and numbers of a JSON value under the nearest key."""
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        labelled = _labelled(node)
        if labelled is not None:
            yield labelled
            return
        for name, value in node.items():
            yield from _walk(value, name, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, key, depth + 1)
    elif isinstance(node, str):
        yield from _piece(key, node)
    elif isinstance(node, int) and not isinstance(node, bool):
        yield Cell(key, str(node))


def _labelled(node: Mapping[str, object]) -> Passage | None:
    """Return the passage of an object with a text and the spans in it, or with a template."""
    text = _first(node, "full_text", "text", "source_text")
    spans = _first(node, "spans", "entities", "privacy_mask")
    if isinstance(text, str) and isinstance(spans, list):
        read = tuple(span for span in map(_span, spans) if span and span.end <= len(text))
        return Passage(text, read) if read else None
    templates = (node.get(name) for name in ("masked", "template", "sentence"))
    return next((Passage(text) for text in templates if isinstance(text, str)), None)


def _span(node: object) -> Span | None:
    if not isinstance(node, dict):
        return None
    names = ("entity_type", "label", "type", "entity")
    entity = next((node[name] for name in names if name in node), "")
    start, end = _first(node, "start", "start_position"), _first(node, "end", "end_position")
    if not (isinstance(entity, str) and isinstance(start, int) and isinstance(end, int)):
        return None
    return Span(entity, start, end) if 0 <= start < end else None


def _first(node: Mapping[str, object], *names: str) -> object:
    return next((node[name] for name in names if name in node), None)


def _piece(key: str, value: str) -> Iterator[Passage | Cell]:
    """Yield a string as a cell under its key, or as a passage where it is a text."""
    if not value.strip():
        return
    words = len(re.findall(r"[^\W\d_]{2,}", value))
    texty = key.rpartition(".")[2].lower() in _TEXTS or not key
    if texty or words > _SPEECH_WORDS or "{{" in value:
        yield Passage(value.strip())
    else:
        yield Cell(key, value.strip())


def _table(path: Path) -> Iterator[Passage | Cell]:
    """Yield the cells of a table, its header as their keys; without a header keys are ""."""
    head = _head(path)
    delimiter = _delimiter(head) or ("\t" if ".t" in path.name else ",")
    rows = csv.reader(_raw(path), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    last = 0
    try:
        for row in rows:
            last = rows.line_num
            if header is None:
                named = all(_KEY.fullmatch(cell.strip()) for cell in row if cell.strip())
                header = [cell.strip() if named else "" for cell in row]
                if named:
                    continue
            if len(row) > len(header):
                problem = f"{len(row)} cells under a header of {len(header)}."
                raise BadRecord(path, last, problem, "Quote the cells that hold a separator.")
            for key, cell in zip(header, row, strict=False):
                if key:
                    yield from _piece(key, cell)
                elif cell.strip():
                    yield Cell("", cell.strip())
    except csv.Error as error:
        raise BadRecord(path, last + 1, "a broken quote or cell.", "Close the quotes.") from error


def _raw(path: Path) -> Iterator[str]:
    """Yield the lines with their breaks, and blank ones: a quoted cell may hold both."""
    last = 0
    for number, line in lines(path):
        yield from itertools.repeat("\n", number - last - 1)
        last = number
        yield line + "\n"


def _delimiter(head: Iterable[str]) -> str:
    """Return what separates the names in the first line and the cells in the next, or ""."""
    rows = list(head)
    if not rows:
        return ""
    for delimiter in _DELIMITERS:
        names = rows[0].split(delimiter)
        named = all(_KEY.fullmatch(name.strip().strip('"')) for name in names)
        if len(names) > 1 and named and all(row.count(delimiter) for row in rows[1:2]):
            return delimiter
    counts = {sign: min(row.count(sign) for row in rows) for sign in _DELIMITERS[:2]}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] > 1 and len(rows) > 1 and not _spoken(rows) else ""


def _is_table(head: list[str]) -> bool:
    """Whether unnamed lines are a table's: short names without digits, then as many cells a row."""
    delimiter = _delimiter(head)
    if len(head) < 3 or not delimiter:
        return False
    names = head[0].split(delimiter)
    short = all(len(name.split()) <= 3 and not re.search("[0-9]", name) for name in names)
    return short and len({line.count(delimiter) for line in head}) == 1 and not _spoken(head)


def _spoken(rows: list[str]) -> bool:
    """Whether the lines are sentences: a comma with a space behind is no separator."""
    return sum(", " in row for row in rows) * 2 > len(rows)


def _is_object(line: str) -> bool:
    if not line.startswith("{"):
        return False
    try:
        return isinstance(files.json_value(line), dict)
    except ValueError:
        return False
