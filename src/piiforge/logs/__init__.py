"""Logs: files of lines and records, read item by item in constant memory; it knows no categories.

Plain lines, JSONL, JSON documents, CSV, TSV, Parquet and HAR, each also packed or in an archive,
and standard input. What can't be read comes as `Unread` with its reason, in its place among the
rows.
"""

from piiforge.logs.again import Again, Form, Sink
from piiforge.logs.log import STDIN, Log, Source, check_encoding, find
from piiforge.logs.pairs import FIELD, PARAMETER, UNSAFE, Pair, pairs, shown
from piiforge.logs.records import FORMATS, Item, Manner, Mark, Reason, Row, Unread

__all__ = [
    "FIELD",
    "FORMATS",
    "PARAMETER",
    "STDIN",
    "UNSAFE",
    "Again",
    "Form",
    "Item",
    "Log",
    "Manner",
    "Mark",
    "Pair",
    "Reason",
    "Row",
    "Sink",
    "Source",
    "Unread",
    "check_encoding",
    "find",
    "pairs",
    "shown",
]
