"""Logs: files of lines and records, read item by item in constant memory; it knows no categories.

Plain lines, JSONL, CSV, TSV, Parquet and HAR, each also in gzip or zstd, and standard input. What
can't be read comes as `Unread` with its reason, in its place among the rows.
"""

from piiforge.logs.names import UNSAFE, shown
from piiforge.logs.pairs import FIELD, PARAMETER, Pair, pairs
from piiforge.logs.reading import Log
from piiforge.logs.records import (
    FORMATS,
    ROW_LIMIT_BYTES,
    Item,
    Manner,
    Mark,
    Reason,
    Row,
    Unread,
)
from piiforge.logs.streams import check_encoding
from piiforge.logs.walking import STDIN, Source, find

__all__ = [
    "FIELD",
    "FORMATS",
    "PARAMETER",
    "ROW_LIMIT_BYTES",
    "STDIN",
    "UNSAFE",
    "Item",
    "Log",
    "Manner",
    "Mark",
    "Pair",
    "Reason",
    "Row",
    "Source",
    "Unread",
    "check_encoding",
    "find",
    "pairs",
    "shown",
]
