r"""What a file is, by its name and its first bytes.

Compression and Parquet go by the bytes, whatever the name says; CSV, TSV and HAR by the name, since
their bytes say little. What is left is JSONL where its first line is an object, else plain lines.

>>> compression(b"\x1f\x8b\x08")
'gzip'
>>> format_of("orders.csv.gz", b"id,email")
'csv'
>>> format_of("app.log", b'{"a": 1}\n{"a": 2}')
'jsonl'
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

HEAD_BYTES = 4096
_PACKED = (
    b"BZh",
    b"\xfd7zXZ\x00",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"\x04\x22\x4d\x18",
    b"Rar!",
)
_BINARY = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"SQLite format 3", b"RIFF", b"MZ",
    b"OggS", b"ID3", b"\x00\x00\x01\x00", b"wOF", b"ORC", b"Obj\x01", b"ARROW1",
)  # fmt: skip
_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "tsv", "tab": "tsv",
        "parquet": "parquet", "pq": "parquet", "har": "har", "log": "", "txt": "", "json": "",
    }
)  # fmt: skip
_COMPRESSED = {"gz", "gzip", "zst", "zstd"}


def compression(head: bytes) -> str:
    """Return "gzip", "zstd" or "" by the first bytes."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if head.startswith(b"\x28\xb5\x2f\xfd") else ""


def format_of(name: str, head: bytes) -> str:
    """Return the format of what begins with `head` once decompressed."""
    if head.startswith(b"PAR1"):
        return "parquet"
    endings = [part for part in name.lower().split(".")[1:] if part not in _COMPRESSED]
    named = _SUFFIXES.get(endings[-1], "") if endings else ""
    if named:
        return named
    if _is_har(head):
        return "har"
    return "jsonl" if _begins_with_object(head) else "lines"


def is_packed(head: bytes) -> bool:
    """Say whether this is an archive or a compression that is not read."""
    return head.startswith(_PACKED)


def is_binary(head: bytes) -> bool:
    """Say whether this is no text at all. A log that begins with nothing but NULs may be one."""
    if head.startswith(_BINARY):
        return True
    zeros = head.count(0)
    return 10 * zeros > len(head) > zeros


def transcoded(head: bytes) -> str:
    """Return the encoding that a byte order mark names, "" for none and for UTF-8."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    return "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else ""


def _is_har(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:400]
    packed = b"".join(start.split())
    return packed.startswith(b'{"log":{') and b'"version"' in packed and b'"creator"' in packed


def _begins_with_object(head: bytes) -> bool:
    first, ended, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        return False
    try:
        return isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        # A first line longer than the head can't be parsed here; a pretty-printed one is ended.
        return not ended and len(head) >= HEAD_BYTES
