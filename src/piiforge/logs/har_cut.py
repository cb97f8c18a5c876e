"""The entries of a HAR file, cut out of its bytes one at a time.

A HAR file is one JSON object, often of many megabytes; only one entry is held in memory.
"""

import re
from collections.abc import Iterator

from piiforge.logs.streams import Source

ENTRY_BYTES = 64 * 1024 * 1024  # an entry carries its response, which is not read
_CHUNK = 64 * 1024
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_NAME_BYTES = 64


class Cutter:
    """Cuts the objects of `log.entries`. After `pieces` is through, `whole` says how it ended."""

    def __init__(self) -> None:
        self.found = False  # the list of entries began
        self.whole = False  # and ended
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._name = b""
        self._names: list[bytes] = []
        self._entry: bytearray | None = None
        self._size = 0

    def pieces(self, source: Source) -> Iterator[bytes | None]:
        """Yield each entry's bytes, None for one over ENTRY_BYTES."""
        while not self.whole and (chunk := source.read(_CHUNK)):
            yield from self._cut(chunk)

    def _cut(self, chunk: bytes) -> Iterator[bytes | None]:
        at = 0
        while at < len(chunk):
            if self._escaped:
                self._escaped = False
                self._keep(chunk, at, at + 1)
                at += 1
                continue
            match = (_INSIDE if self._in_text else _OUTSIDE).search(chunk, at)
            end = match.end() if match else len(chunk)
            opens = match is not None and match[0] == b"{" and self._starts_entry()
            if opens:
                self._entry, self._size = bytearray(), 0
                at = end - 1
            self._keep(chunk, at, end)
            at = end
            if match is not None:
                yield from self._step(match[0])
                if self.whole:
                    return

    def _starts_entry(self) -> bool:
        return self.found and self._entry is None and self._depth == 3

    def _keep(self, chunk: bytes, start: int, end: int) -> None:
        if self._entry is not None:
            self._size += end - start
            if self._size <= ENTRY_BYTES:
                self._entry += chunk[start:end]
            else:
                self._entry.clear()
        elif self._in_text and len(self._name) < _NAME_BYTES:
            self._name += chunk[start:end][:_NAME_BYTES]

    def _step(self, sign: bytes) -> Iterator[bytes | None]:
        if self._in_text:
            self._in_text = sign != b'"'
            self._escaped = sign == b"\\"
        elif sign == b'"':
            self._in_text, self._name = True, b""
        elif sign in b"{[":
            self._down(sign)
        else:
            yield from self._up()

    def _down(self, sign: bytes) -> None:
        self._names.append(self._name.removesuffix(b'"'))
        self._depth += 1
        if sign == b"[" and self._depth == 3 and self._names[1:] == [b"log", b"entries"]:
            self.found = True
        self._name = b""

    def _up(self) -> Iterator[bytes | None]:
        self._depth -= 1
        if self._names:
            self._names.pop()
        if self._depth == 3 and self._entry is not None:
            yield bytes(self._entry) if self._size <= ENTRY_BYTES else None
            self._entry = None
        elif self._depth == 2 and self.found:
            self.whole = True
