r"""JSON documents: what holds records is cut into them, and one of them is in memory.

A document is JSON that does not stand on one line each: pretty-printed, objects one after another,
or one object of many megabytes such as `{"Records": [...]}`. Each object in its outermost lists is
a record and keeps what is around it, so that its keys are those of the whole; what stands beside
the lists comes as row 0, as a table's head does. A record over the row limit comes in pieces of the
same row. White space between the signs is left out.

>>> said = b'{"v": 1, "Records": [{"tel": "5"}, {"tel": "6"}]}'
>>> [(piece.row, piece.text) for piece in pieces(io.BufferedReader(io.BytesIO(said)), 1000)]
[(0, b'{"v":1,"Records":[]}'), (1, b'{"Records":[{"tel":"5"}]}'), (2, b'{"Records":[{"tel":"6"}]}')]
"""

import codecs
import io
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from piiforge.logs.records import Item, Manner, Mark, Reason, Row, Unread, item
from piiforge.logs.rows import bounded, dug, holed, json_lines, parsed, text_of
from piiforge.types import Edit, applied

_CHUNK = 64 * 1024
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN = re.compile(_STRING + rb'|[{}\[\],:]|[^"{}\[\],:]+', re.DOTALL)
_PREFIX = re.compile(  # of a file: nothing but signs and words of JSON, a text may be cut
    rb'\s*[\[{](?:[\s{}\[\],:]|"(?:[^"\\\n]|\\.)*+"|-?[0-9][0-9.eE+-]*|true|false|null|-?Infinity|NaN'
    rb'|//[^\n]*)*+(?P<cut>"(?:[^"\\\n]|\\.)*+\\?|[A-Za-z0-9.+-]+)?'
)
_BEHIND = re.compile(rb'(?:[^"\\]|\\.)*+(")?', re.DOTALL)
_WORD = re.compile(rb'[^"{}\[\],:]*+')
_CLOSING = {b"{": b"}", b"[": b"]"}
_SIGNS = frozenset((b"{", b"}", b"[", b"]", b",", b":"))
_LINE_BY_LINE = re.compile(rb"\s*\[\s*\n\s*\{[^\n]*\}\s*,?\s*\n")


def is_document(head: bytes, *, cut: bool) -> bool:
    r"""Say whether a file that begins with `head` is JSON and not a record a line.

    `cut`: the file goes on behind. A list whose records stand a line each is read as lines.

    >>> is_document(b'{\n  "a": 1\n}', cut=False), is_document(b'{"a": 1}\n{"a": 2}\n', cut=False)
    (True, False)
    >>> is_document(b"[2026-01-31] up", cut=False), is_document(b'[\n{"a":1},\n', cut=True)
    (False, False)
    """
    head = head.removeprefix(codecs.BOM_UTF8)
    match = _PREFIX.fullmatch(head)
    if not match or (match["cut"] and not cut) or _LINE_BY_LINE.match(head):
        return False
    first, _, rest = head.strip().partition(b"\n")
    said = parsed(first.decode("utf-8", "replace"))
    return not isinstance(said, Mapping | list) or not (cut or rest.strip())


def rows(stream: io.BufferedReader, manner: Manner, start: Mark) -> Iterator[Item]:
    """Yield the records of a document, numbered from 1; the lines where the first is an object.

    Raises:
        OSError: the stream is broken.
    """
    first = b"" if start.end else stream.readline(manner.row_limit_bytes + 2)
    if start.end or isinstance(parsed(first.decode("utf-8", "replace")), Mapping):
        again = cast("io.BufferedReader", io.BufferedReader(Again(first, stream)))
        yield from json_lines(again if first else stream, manner, start)
        return
    for piece in pieces(io.BufferedReader(Again(first, stream)), manner.row_limit_bytes):
        yield from unread(piece)
        told = read(piece)
        if manner.column and isinstance(told, Row):
            found = bounded(_under(told.content, piece.path, manner.column), manner.row_limit_bytes)
            beside = found is Reason.COLUMN and not piece.row
            told = None if beside else item(piece.row, found, lost=told.lost)
        if told:
            yield told


def _under(text: str, path: Sequence[str], column: str) -> object:
    """Return what stands under a key of a record, or under the same key of the document."""
    whole = found = parsed(text)
    for name in path:
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and found:
            found = found[0]
    for said in (found, whole):
        if isinstance(said, Mapping) and (inside := dug(said, column)) is not Reason.COLUMN:
            return inside
    return Reason.COLUMN if isinstance(whole, Mapping | list) else Reason.JSON


class Again(io.RawIOBase):
    """What was read already, and then the rest."""

    def __init__(self, first: bytes, rest: io.BufferedReader) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` with what comes next."""
        piece, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        piece = piece or self._rest.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@dataclass(frozen=True, slots=True)
class Piece:
    """A record, or a part of one, as JSON of its own. `path`: the names and places around it.

    `row` is 0 for what stands beside the records. `lost`: a text over the limit was left out;
    `cut`: the document ends in it. `marks` say of each token of its own, and of the names around
    it, at which byte it stands in `text`, and at which it stood in the stream.
    """

    row: int
    text: bytes
    path: tuple[str, ...]
    lost: bool = False
    cut: bool = False
    marks: tuple[tuple[int, int], ...] = ()


def pieces(stream: io.BufferedReader, limit_bytes: int) -> Iterator[Piece]:
    """Yield the records of a stream of JSON, and what stands beside them; none over the limit."""
    cutter, left, passed = _Cutter(limit_bytes), b"", 0
    if stream.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
        passed = len(stream.read(len(codecs.BOM_UTF8)))
    while chunk := stream.read(_CHUNK):
        left += holed(chunk, behind=left)
        at = 0
        while match := _TOKEN.match(left, at):
            if match.end() == len(left) and match[0] not in _SIGNS:
                break  # it may go on
            at = match.end()
            if len(match[0]) > limit_bytes:
                yield from cutter.lose(passed + match.start())
            elif token := match[0].strip():
                blanks = len(match[0]) - len(match[0].lstrip())
                yield from cutter.take(token, passed + match.start() + blanks)
        passed += at
        left = left[at:]
        if len(left) > limit_bytes:
            size = len(left)
            left, read = _behind(left, stream)
            yield from cutter.lose(passed)
            passed += size + read - len(left)
    if left.strip():
        yield from cutter.take(left.strip(), passed + len(left) - len(left.lstrip()))
    yield from cutter.end()


def read(piece: Piece) -> Item | None:
    """Return what is read of a piece."""
    return item(piece.row, text_of(piece.text))


def unread(piece: Piece) -> Iterator[Unread]:
    """Yield what of a piece was not read."""
    if piece.lost:
        yield Unread(piece.row, Reason.LONG)
    if piece.cut:
        yield Unread(piece.row, Reason.CUT)


def placed(
    piece: Piece, read: Item | None, made: Sequence[Edit] | None, end_of: Callable[[int], int]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the edits of a piece as (start, end, bytes) of the stream that it was cut out of.

    `end_of` tells where the token at a place of the stream ends. Where `made` is None, and where a
    token was not read, null stands in the place of each value.
    """
    if piece.lost:
        for at, place in piece.marks:
            if piece.text.startswith(b'""', at) and end_of(place) - place > 2:
                yield place, end_of(place), b'""'
    if made is None or isinstance(read, Unread):
        yield from ((place, end_of(place), b"null") for _, place in _values(piece))
        return
    if not isinstance(read, Row) or not (made or read.lost):
        return
    text = piece.text.decode(errors="surrogateescape")
    plain = text == read.content
    if not plain:  # colours, or what could not be read: each of its texts is written anew
        yield from _anew(piece, applied(read.content, made), end_of)
        return
    starts = [at for at, _ in piece.marks]
    for edit in made:
        start, end = (
            len(text[:at].encode(errors="surrogateescape")) for at in (edit.start, edit.end)
        )
        if not starts or start < starts[0]:
            continue
        first, last = (max(0, bisect_right(starts, at) - 1) for at in (start, max(start, end - 1)))
        place, last_place = piece.marks[first][1], piece.marks[last][1]
        yield (
            place + start - starts[first],
            last_place + end - starts[last],
            edit.text.encode("utf-8", "replace"),
        )


def _anew(
    piece: Piece, content: str, end_of: Callable[[int], int]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield an edit for each token that reads otherwise in `content`; all its values where lost."""
    old = [match[0].strip() for match in _TOKEN.finditer(piece.text)]
    new = [match[0].strip() for match in _TOKEN.finditer(content.encode("utf-8", "replace"))]
    if len(old) != len(new):
        yield from ((place, end_of(place), b"null") for _, place in _values(piece))
        return
    starts = {match.start(): at for at, match in enumerate(_TOKEN.finditer(piece.text))}
    for at, place in piece.marks:
        index = starts.get(at)
        if index is not None and old[index] != new[index]:
            yield place, end_of(place), new[index]


def _values(piece: Piece) -> Iterator[tuple[int, int]]:
    """Yield the marks of a piece's values: neither signs nor names."""
    for at, place in piece.marks:
        token = _TOKEN.match(piece.text, at)
        if token and token[0] not in _SIGNS and not piece.text.startswith(b":", token.end()):
            yield at, place


def token_end(text: bytes | bytearray, start: int) -> int:
    """Return where the token of JSON that begins at `start` ends."""
    match = _TOKEN.match(text, start)
    if not match:
        return len(text)
    return start + len(match[0].rstrip())


def _behind(text: bytes, stream: io.BufferedReader) -> tuple[bytes, int]:
    """Return what stands behind the text or word that begins `text` and goes on in the stream.

    And how many bytes more were read for it.
    """
    quoted, read = text.startswith(b'"'), 0
    text = text[1:] if quoted else text
    while text:
        match = _BEHIND.match(text) if quoted else _WORD.match(text)
        end = match.end() if match else 0
        if end < len(text) and not (quoted and text[end:] == b"\\"):
            return text[end:], read
        if match and quoted and match[1]:
            return text[end:], read
        chunk = stream.read(_CHUNK)
        read += len(chunk)
        text = text[end:] + chunk
        if text == b"\\":
            return b"", read
    return b"", read


_Opened = tuple[bytes, bytes, int]


class _Cutter:
    """What is open while a document is read, and the piece that grows."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._open: list[
            _Opened
        ] = []  # brackets, and the name before what is inside, and its place
        self._around = 0  # how many brackets are open around the records that are read
        self._had_list = False
        self._row = 0
        self._text = bytearray()
        self._marks: list[tuple[int, int]] = []  # of each token: its byte here, and in the stream
        self._filled = self._was_filled = self._lost = False
        self._last, self._last_place = b"", 0  # a text that may be a name
        self._comma: tuple[int, list[_Opened]] | None = None

    def take(self, token: bytes, place: int) -> Iterator[Piece]:
        """Take a token that stood at `place`; yield the pieces that it ends."""
        if token in _CLOSING:
            if token == b"{" and not self._around and self._open and self._open[-1][0] == b"[":
                yield from self._flush(beside=True)
                self._around, self._had_list = len(self._open), True
            self._add(token, place)
            self._open.append((token, b"", 0))
        elif token in {b"}", b"]"}:
            if self._around and len(self._open) == self._around:
                yield from self._flush()  # what else stood in the list
            self._add(token, place)
            del self._open[-1:]
            if self._around and len(self._open) < self._around:
                self._around = 0
                self._begin()
            if self._around == len(self._open):
                yield from self._flush(beside=self._had_list and not self._around)
                self._had_list = self._had_list and bool(self._around)
        elif token == b":" and self._open:
            self._open[-1] = (self._open[-1][0], self._last, self._last_place)
            self._filled = self._was_filled
            self._add(token, place)
        elif token == b"," and self._open:
            if not self._text.endswith((b"{", b"[")):
                self._comma = len(self._text), list(self._open)
                self._add(token, place)
        else:
            self._last, self._last_place, self._was_filled = token, place, self._filled
            self._filled = True
            self._add(token, place)
        if len(self._text) > self._limit_bytes and self._comma:
            yield self._split()

    def _add(self, token: bytes, place: int) -> None:
        self._marks.append((len(self._text), place))
        self._text += token

    def lose(self, place: int) -> Iterator[Piece]:
        """Take a text that is over the limit as an empty one, and tell it."""
        yield from self.take(b'""', place)
        self._lost = True

    def end(self) -> Iterator[Piece]:
        """Yield what is left where the document ends too early."""
        if self._open:
            self._row += 1
            text, marks = self._closed(self._text, self._open), tuple(self._marks)
            yield Piece(self._row, text, (), self._lost, cut=True, marks=marks)
        else:
            yield from self._flush()

    def _flush(self, *, beside: bool = False) -> Iterator[Piece]:
        if self._filled or self._lost:
            self._row += not beside
            row = 0 if beside else self._row
            text, marks = self._closed(self._text, self._open), tuple(self._marks)
            yield Piece(row, text, self._path(), self._lost, marks=marks)
        self._begin()

    def _split(self) -> Piece:
        """Return the piece up to the last comma; what is behind it begins the next."""
        at, then = self._comma or (0, [])
        row, rest, now = self._row + 1, self._text[at + 1 :], self._open
        own = tuple(mark for mark in self._marks if mark[0] <= at)
        marks = [(mark - at - 1, place) for mark, place in self._marks if mark > at]
        text = self._closed(self._text[:at], then)
        piece = Piece(row, text, self._path(), self._lost, marks=own)
        self._row = self._row if self._around else row
        self._open = then
        self._begin()
        self._open, self._filled = now, True
        self._marks = [(len(self._text) + mark, place) for mark, place in marks]
        self._text += rest
        return piece

    def _closed(self, text: bytearray, opened: Sequence[_Opened]) -> bytes:
        closing = b"".join(_CLOSING[sign] for sign, _, _ in reversed(opened))
        return bytes(text).removesuffix(b",") + closing

    def _path(self) -> tuple[str, ...]:
        names = [
            parsed(name.decode(errors="surrogateescape"))
            for _, name, _ in self._open[: self._around]
        ]
        return tuple(name if isinstance(name, str) else "" for name in names)

    def _begin(self) -> None:
        """Begin a piece with the brackets that are open, and the names between them."""
        self._text, self._marks = bytearray(), []
        for at, (sign, name, place) in enumerate(self._open, 1):
            inner = sign == b"{" and at < len(self._open)
            if inner and name:
                self._marks.append((len(self._text) + 1, place))
            self._text += sign + (name + b":" if inner else b"")
        self._filled = self._lost = False
        self._comma = None
