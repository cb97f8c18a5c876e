"""Dataset: rows packed into a folder that trains as it lies there, with the proof of what it is."""

from piiforge.dataset import card, report
from piiforge.dataset.export import SPLITS, alpaca, order_of, ordered, read_parquet, write
from piiforge.dataset.manifest import broken, facts
from piiforge.dataset.manifest import write as write_manifest
from piiforge.dataset.records import dropped_record, from_record, read, to_record
from piiforge.dataset.split import Fence, certify

__all__ = [
    "SPLITS",
    "Fence",
    "alpaca",
    "broken",
    "card",
    "certify",
    "dropped_record",
    "facts",
    "from_record",
    "order_of",
    "ordered",
    "read",
    "read_parquet",
    "report",
    "to_record",
    "write",
    "write_manifest",
]
