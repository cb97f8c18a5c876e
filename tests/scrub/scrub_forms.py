"""A file of every form that is read, with values that our generators drew, or with none."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from piiforge import categories

ROWS = 24


def drawn(category: str, seed: int) -> str:
    """Return a value of `category` that our generator draws, of one part."""
    rng = Random(f"{category}{seed}")
    while True:
        value = categories.get(category).draw(rng)
        if len(value.parts) == 1 and value.kind == "valid":
            return value.parts[0].text


def _value(at: int, *, found: bool) -> str:
    return drawn("email", at) if found and at % 4 == 0 else "none"


def lines(*, found: bool) -> str:
    """Return an access log with a blank line in it."""
    said = [
        f"192.0.2.{at} - - [22/Nov/2026:00:00:{at:02}] "
        f'"GET /a?email={_value(at, found=found)}&ok=1" 200'
        for at in range(ROWS)
    ]
    return "\n".join([*said[:5], "", *said[5:]]) + "\n"


def records(*, found: bool) -> list[dict[str, object]]:
    """Return records of JSON with a list, a number and an object."""
    return [
        {"n": at, "user": {"email": _value(at, found=found)}, "tags": ["a, b", 1.50, None]}
        for at in range(ROWS)
    ]


def table(delimiter: str, end: str, *, found: bool, head: str = "") -> str:
    """Return a table with quotes, a quote in a quote, and a field of two lines."""
    said = [delimiter.join(("id", "note", "email", "last"))]
    for at in range(ROWS):
        note = ("plain", '"say ""hi"""', f'"one{end}two"', f'"a{delimiter}b"')[at % 4]
        mail = _value(at, found=found)
        said.append(delimiter.join((str(at), note, f'"{mail}"' if at % 8 == 0 else mail, "x")))
    return head + end.join(said) + end


def parquet(*, found: bool) -> bytes:
    """Return three row groups of columns of many types."""
    mails = [_value(at, found=found) for at in range(ROWS)]
    digits = [int("".join(filter(str.isdigit, drawn("ssn", at)))) for at in range(ROWS)]
    columns = {
        "n": pa.array(range(ROWS), pa.int64()),
        "email": pa.array(mails),
        "ssn": pa.array(digits if found else [None] * ROWS, pa.int64()),
        "user": pa.array([{"email": mail, "n": at} for at, mail in enumerate(mails)]),
        "map": pa.array([[("email", mail)] for mail in mails], pa.map_(pa.string(), pa.string())),
        "list": pa.array([[mail, "x"] for mail in mails]),
        "coded": pa.array(mails).dictionary_encode(),
        "raw": pa.array([mail.encode() for mail in mails]),
        "at": pa.array([1_767_000_000_123_456_789 + at for at in range(ROWS)]).view(
            pa.timestamp("ns")
        ),
    }
    sink = io.BytesIO()
    made = pa.table(columns).replace_schema_metadata({"made": "here"})
    pq.write_table(made, sink, row_group_size=10, compression="zstd")
    return sink.getvalue()


def har(*, found: bool) -> bytes:
    """Return what a browser sent and got."""
    entries = [
        {
            "startedDateTime": "2026-11-22T00:00:00Z",
            "request": {
                "method": "POST",
                "url": f"https://shop.example/a?email={_value(at, found=found)}&n={at}",
                "headers": [{"name": "accept", "value": "*/*"}],
                "queryString": [{"name": "email", "value": _value(at, found=found)}],
                "postData": {"mimeType": "text/plain", "text": f"email={_value(at, found=found)}"},
            },
            "response": {"content": {"text": f'{{"email": "{_value(at, found=found)}"}}'}},
        }
        for at in range(6)
    ]
    log = {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}
    return json.dumps({"log": log}, indent=1).encode()


def tar(members: Mapping[str, bytes]) -> bytes:
    """Return an archive."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as out:
        for name, content in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            out.addfile(told, io.BytesIO(content))
    return sink.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return sink.getvalue()


def zstd(content: bytes) -> bytes:
    """Return a frame of zstd."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(content)
    return sink.getvalue().to_pybytes()


def plain(*, found: bool) -> dict[str, bytes]:
    """Return files that come back byte for byte where nothing is found in them, by name."""
    log, some = lines(found=found), records(found=found)
    jsonl = "".join(json.dumps(one) + "\n" for one in some)
    csv = table(",", "\n", found=found)
    coloured = log.replace("GET", "\x1b[1;32mGET\x1b[0m").replace("email=", "email=\x1b[36m")
    said = {
        "plain.log": log,
        "crlf.log": log.replace("\n", "\r\n"),
        "returns.log": log.replace("\n", "\r"),
        "no-last-end.log": log.rstrip("\n"),
        "coloured.log": coloured,
        "rows.jsonl": jsonl,
        "mixed.jsonl": "{}\n" + jsonl + "no json\n",
        "comma.csv": csv,
        "crlf.csv": table(",", "\r\n", found=found),
        "semicolon.csv": table(";", "\n", found=found),
        "excel.csv": table(";", "\r\n", found=found, head="sep=;\r\n"),
        "titled.csv": table(",", "\n", found=found, head="# made here\n\n"),
        "pipe.csv": table("|", "\n", found=found),
        "tab.tsv": table("\t", "\n", found=found),
        "pretty.json": json.dumps({"v": 1, "rows": some, "end": {"a": "b"}}, indent=2),
        "list.json": json.dumps(some, indent=1),
        "several.json": "\n".join(json.dumps(one, indent=4) for one in some),
        "one-line.json": json.dumps({"rows": some}),
    }
    files = {name: text.encode() for name, text in said.items()}
    return files | {
        "bom.log": b"\xef\xbb\xbf" + log.encode(),
        "bom.csv": b"\xef\xbb\xbf" + csv.encode(),
        "bom.json": b"\xef\xbb\xbf" + files["pretty.json"],
        "utf-16.log": log.encode("utf-16"),
        "utf-16-be.csv": b"\xfe\xff" + csv.encode("utf-16-be"),
        "utf-16-bare.log": log.encode("utf-16-le"),
        "utf-32.log": log.encode("utf-32"),
        "browser.har": har(found=found),
    }


def packed(*, found: bool) -> dict[str, bytes]:
    """Return files that come back with an equal content, by name."""
    files = plain(found=found)
    log, csv, rows = files["plain.log"], files["comma.csv"], parquet(found=found)
    return {
        "a.log.gz": gzip.compress(log),
        "a.csv.bz2": bz2.compress(csv),
        "a.log.xz": lzma.compress(log),
        "a.jsonl.zst": zstd(files["rows.jsonl"]),
        "twice.log.gz": gzip.compress(zstd(log)),
        "rows.parquet": rows,
        "packed.parquet.gz": gzip.compress(rows),
        "all.tar": tar({"x/a.log": log, "b.csv": csv, "c.parquet": rows}),
        "all.tgz": gzip.compress(tar({"x/a.log": log, "deep.zip": zipped({"b.csv": csv})})),
        "all.zip": zipped(
            {"x/a.log": log, "b.json": files["pretty.json"], "c.har": har(found=found)}
        ),
    }


def unpacked(name: str, content: bytes) -> object:
    """Return what a packed file holds, so that two may be compared."""
    if content.startswith(b"\x1f\x8b"):
        return unpacked(name, gzip.decompress(content))
    if content.startswith(b"BZh"):
        return bz2.decompress(content)
    if content.startswith(b"\xfd7zXZ"):
        return lzma.decompress(content)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {one: unpacked(one, archive.read(one)) for one in archive.namelist()}
    if content.startswith(b"PAR1"):
        file = pq.ParquetFile(io.BytesIO(content))
        groups = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
        packing = file.metadata.row_group(0).column(0).compression
        return file.read(), file.schema_arrow.metadata, groups, packing
    if content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return {
                one.name: unpacked(one.name, archive.extractfile(one).read())
                for one in archive.getmembers()
            }
    return content
