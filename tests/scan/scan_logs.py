"""Logs for the tests of scanning, in every format, with values that our generators drew.

As a script it is `piiforge` with the command `scan`: for tests that start and kill a process.
Where SLOW names seconds in its environment, it puts its state on the disk after every batch and
takes that long before and after each time: it can't be over before it is killed, and a kill falls
between what is written. PIECES names the bytes of a piece.
"""

import gzip
import io
import json
import os
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from piiforge import categories

SLOW = "PIIFORGE_TEST_SLOW_S"
PIECES = "PIIFORGE_TEST_PIECE_BYTES"
FORMATS = ("jsonl", "csv", "tsv", "parquet")
COMPRESSIONS = ("", "gz", "zst")
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.4.0", "Mozilla/5.0 (Windows NT 10.0)")
_KEYS = {"email": "contact_email", "phone": "phone", "ssn": "ssn", "credit_card": "card_number"}


def drawn(category: str, seed: int) -> str:
    """Return a value of `category` that our generator draws, of one part."""
    rng = Random(f"{category}{seed}")
    while True:
        value = categories.get(category).draw(rng)
        if len(value.parts) == 1 and value.kind == "valid":
            return value.parts[0].text


def canaries(count: int) -> list[tuple[str, str]]:
    """Return (category, value) pairs in turn."""
    names = tuple(_KEYS)
    return [(names[at % len(names)], drawn(names[at % len(names)], at)) for at in range(count)]


def records(count: int, *, every: int = 5) -> list[dict[str, str]]:
    """Return records of two texts; each `every`th holds a value, the others none."""
    rng = Random(count)
    found = canaries(count)
    rows = []
    for at in range(count):
        row = {"path": f"/p/{rng.choice('abc')}", "agent": rng.choice(AGENTS)}
        if at % every == 0:
            category, value = found[at]
            row["path"] = f"/checkout?{_KEYS[category]}={value.replace(' ', '+')}&step=2"
        rows.append(row)
    return rows


def access_lines(count: int, *, every: int = 20) -> list[str]:
    """Return lines of an access log; each `every`th has a value in its query."""
    rng = Random(7)
    found = canaries(64)
    lines = []
    for at in range(count):
        target = f"/p/{rng.randrange(40)}?ref=mail&step={rng.randrange(5)}"
        if at % every == 0:
            category, value = found[at // every % len(found)]
            target = f"/signup?{_KEYS[category]}={value.replace(' ', '+')}&ok=1"
        clock = f"{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"
        lines.append(
            f'192.0.2.{rng.randrange(256)} - - [22/Nov/2026:{clock} +0000] "GET {target} '
            f'HTTP/1.1" 200 {rng.randrange(9000)} "-" "{rng.choice(AGENTS)}"'
        )
    return lines


def write(folder: Path, rows: Sequence[dict[str, str]], kind: str, packed: str = "") -> Path:
    """Write `rows` in a format, compressed or not; return the file."""
    name = f"rows.{kind}" + (f".{packed}" if packed else "")
    path = folder / name
    path.write_bytes(compressed(_bytes(rows, kind), packed))
    return path


def compressed(content: bytes, packed: str) -> bytes:
    if packed == "gz":
        return gzip.compress(content, mtime=0)
    if packed == "zst":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as out:
            out.write(content)
        return sink.getvalue().to_pybytes()
    return content


def archive(members: Mapping[str, bytes]) -> bytes:
    """Return a tar file."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as out:
        for name, content in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            out.addfile(told, io.BytesIO(content))
    return sink.getvalue()


def har(urls: Sequence[str], body: str = "") -> bytes:
    """Return a HAR file with one request an address."""
    post = {"postData": {"mimeType": "text/plain", "text": body}} if body else {}
    entries = [
        {
            "startedDateTime": "2026-11-22T00:00:00Z",
            "request": {
                "method": "POST",
                "url": url,
                "headers": [{"name": ":path", "value": url}, {"name": "accept", "value": "*/*"}],
                **post,
            },
            "response": {"content": {"text": '{"a": ["}", "\\"]"]}'}},
        }
        for url in urls
    ]
    whole = {"log": {"version": "1.2", "creator": {"name": "x"}, "pages": [], "entries": entries}}
    return json.dumps(whole).encode()


def _bytes(rows: Sequence[dict[str, str]], kind: str) -> bytes:
    if kind == "jsonl":
        compact = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
        return "".join(f"{line}\n" for line in compact).encode()
    if kind == "parquet":
        sink = io.BytesIO()
        table = pa.Table.from_pylist(
            list(rows), pa.schema([(name, pa.string()) for name in rows[0]])
        )
        pq.write_table(table, sink, row_group_size=7)
        return sink.getvalue()
    mark = "\t" if kind == "tsv" else ","
    table = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(f"{mark.join(map(_quoted, row))}\r\n" for row in table).encode()


def _quoted(text: str) -> str:
    plain = not any(sign in text for sign in '",\t\n\r')
    return text if plain else '"{}"'.format(text.replace('"', '""'))


def commit_slowly(seconds: float) -> None:
    """Commit after every batch; wait before and after what is put on the disk."""
    from piiforge.scan import state

    fsync = os.fsync

    def slow(file: int) -> None:
        time.sleep(seconds)
        fsync(file)
        time.sleep(seconds)

    os.fsync = slow
    state._EVERY_S, state._SHARE = 0.0, 0


if __name__ == "__main__":
    from piiforge.cli import main

    if PIECES in os.environ:
        from piiforge.scan import state

        state.PIECE_RULES = int(os.environ[PIECES])
    if SLOW in os.environ:
        commit_slowly(float(os.environ[SLOW]))
    main()
