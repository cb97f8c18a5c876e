"""Pack: a tuned model made small, calibrated and hashed; and what a verdict of it costs."""

from piiforge.pack.bench import Benching, bench, bench_text, write_bench_report
from piiforge.pack.gguf import write as write_gguf
from piiforge.pack.pack import Packing, pack, pack_record, packed_text

__all__ = [
    "Benching",
    "Packing",
    "bench",
    "bench_text",
    "pack",
    "pack_record",
    "packed_text",
    "write_bench_report",
    "write_gguf",
]
