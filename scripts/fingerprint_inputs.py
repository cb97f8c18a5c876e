"""What the cases of scripts/fingerprints.py read: made from the rows of the tiny build.

No value here is written by hand but documented samples; all others are what our generators drew.
"""

import csv
import gzip
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

TINY = "build/tiny/data"
FEW = ("rows.jsonl", "rows.csv", "rows.parquet", "rows.har", "access.log", "folder")
ENTITIES = {"ssn": "US_SSN", "credit_card": "CREDIT_CARD", "phone": "PHONE_NUMBER",
            "email": "EMAIL_ADDRESS", "passport": "US_PASSPORT"}  # fmt: skip
MINED = """\
version: 1
rows: 12
cells:
  - {category: ssn, label: true, language: en, event: xhr, rows: 8, misses: 3, of: 5, low: 0.2}
  - {category: phone, label: false, variant: named, rows: 4}
"""
TEMPLATES = """\
My SSN is {{us_ssn}}, says {{name}}
my card [CREDIT_CARD] is lost
mail <EMAIL_ADDRESS> or call <PHONE_NUMBER>
the routing number is {aba_routing} and the account {us_bank_number}
passport {{us_passport}} of {{city}}, zip {{zip}}
my {{blood_type}} and my {{us_ssn}}
"""
TESTS = """\
import pytest

CASES = [("my ssn is 078-05-1120 still", 1), ("my card 4111 1111 1111 1111 was lost", 1)]

@pytest.mark.parametrize("text", ["please mail name@example.com today", "nothing at all"])
def test_it(text):
    assert finds(text) == ["call me at 202-555-0123 please"]
"""

WRITTEN_S = 1_795_305_600  # 22 November 2026

Row = Mapping[str, Any]


def tiny_rows(folder: Path, split: str = "test") -> list[Row]:
    """Return the rows of one split of the tiny build."""
    rows: list[Row] = pq.read_table(folder / TINY / "rows.parquet").to_pylist()
    return [row for row in rows if row["split"] == split]


def sources(folder: Path, written: Path) -> None:
    """Write what a build may read beside its recipe."""
    _put(folder / "inputs/written/lines.jsonl", written.read_bytes())
    _put(folder / "inputs/mined.yaml", MINED.encode())


def decisions(folder: Path) -> None:
    """Write a review of the tiny build's test rows in which one label of eleven is wrong."""
    words = ("right",) * 8 + ("unsure", "wrong", "")
    names = ("id", "category", "content", "label", "explanation", "language", "event", "cue")
    rows = [
        {name: row[name] for name in names}
        | {"why": "", "decision": words[at % len(words)], "note": ""}
        for at, row in enumerate(tiny_rows(folder))
    ]
    _put(folder / "inputs/review.jsonl", _jsonl(rows))


def examples(folder: Path) -> list[str]:
    """Write examples as others have them, in every form that seeds are cut from."""
    rows = tiny_rows(folder, "train")
    speech = [row for row in rows if row["event"] == "chat_message"]
    lines = "".join(f"{' '.join(row['content'].split())}\n" for row in rows[::4]).encode()
    labelled = [{"full_text": row["content"], "spans": _spans(row)} for row in rows[::3]]
    texts = [{"text": row["content"], "lang": row["language"]} for row in speech]
    columns = [
        {f"{name} number": keys[at] for name, keys in _values(rows).items()} | {"note": "none"}
        for at in range(12)
    ]
    files = {
        "templates.txt": TEMPLATES.encode(),
        "test_them.py": TESTS.encode(),
        "labelled.json": json.dumps(labelled).encode(),
        "labelled.jsonl": _jsonl(labelled[1::2]),
        "texts.jsonl": _jsonl(texts),
        "columns.csv": _table(columns, ","),
        "columns.tsv": _table(columns, "\t"),
        "lines.log": lines[: len(lines) // 2],
        "lines.log.gz": gzip.compress(lines, mtime=0),
        "broken.json": b'{"a": 1,\n"b"}',
    }
    return _put_all(folder / "inputs/seeds", files)


def logs(folder: Path) -> list[str]:
    """Write logs in every form that is scanned, and a folder of some."""
    rows = tiny_rows(folder)[:120]
    flat = [{"n": str(at), "kind": row["event"], "content": row["content"]}
            for at, row in enumerate(rows)]  # fmt: skip
    nested = [{"at": at, "user": {"said": [{"text": row["content"]}, {"text": None}]}}
              for at, row in enumerate(rows)]  # fmt: skip
    lines = "".join(f"{' '.join(row['content'].split())}\n" for row in rows).encode()
    urls = [f"/p/{row['category']}?{row['category']}={quote(row['content'])}&n=1" for row in rows]
    access = "".join(
        f'192.0.2.{at} - - [22/Nov/2026:00:00:{at % 60:02} +0000] "GET {url} HTTP/1.1" 200 {at}\n'
        for at, url in enumerate(urls)
    ).encode()
    as_jsonl, as_csv = _jsonl(flat), _table(flat, ",")
    files = {
        "rows.log": lines,
        "access.log": access,
        "rows.jsonl": as_jsonl,
        "nested.jsonl": _jsonl(nested),
        "pretty.json": json.dumps(nested[:20], indent=1).encode(),
        "rows.csv": as_csv,
        "rows.tsv": _table(flat, "\t"),
        "marked.csv": as_csv.decode().encode("utf-16"),
        "rows.har": _har(urls, rows),
        "rows.parquet": _parquet(flat),
        "nested.parquet": _parquet(nested),
        "rows.log.gz": gzip.compress(lines, mtime=0),
        "rows.jsonl.zst": _zstd(as_jsonl),
        "cut.log.gz": gzip.compress(access, mtime=0)[:-400],
        "broken.csv": as_csv[:-200] + b'"\n',
        "broken.jsonl": as_jsonl[:2000] + b"\n{\n[1]\n\xff\n" + as_jsonl[-2000:],
        "empty.log": b"",
        "folder/deep/rows.csv": as_csv[:9000],
        "folder/rows.jsonl": as_jsonl[:9000],
        "folder/image.png": b"\x89PNG\r\n\x1a\n",
    }
    _put(folder / "inputs/secret", b"a secret of thirty-two bytes....")
    return _put_all(folder / "inputs/logs", files)


def cases(folder: Path) -> None:
    """Write the test rows as cases of anyone's, and the answers of one who always says no."""
    names = ("id", "category", "content", "label", "language", "event", "family", "twin_id")
    rows = tiny_rows(folder)
    _put(folder / "inputs/cases.jsonl", _jsonl([{n: row[n] for n in names} for row in rows[:60]]))
    never = [{"id": row["id"], "is_sensitive": False, "p_sensitive": 0.1} for row in rows]
    _put(folder / "inputs/never.jsonl", _jsonl(never))
    same_age(folder / "inputs")


def pin_latency(said: Path, pinned: Path) -> None:
    """Copy predictions; each answer that was timed took as long as every other."""
    content = re.sub(rb'("latency_ms":)[\d.e+-]+', rb"\g<1>2.5", said.read_bytes())
    _put(pinned, content)


def same_age(folder: Path) -> None:
    """Give every file below `folder` one date: a scan knows its inputs by it."""
    for path in folder.rglob("*"):
        os.utime(path, (WRITTEN_S, WRITTEN_S))


def _spans(row: Row) -> list[dict[str, object]]:
    return [
        {"entity_type": ENTITIES.get(value["category"], "ID"), "start": start, "end": end}
        for value in row["values"]
        for start, end in value["spans"]
    ]


def _values(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return the valid values of some categories, as they are compared."""
    found: dict[str, list[str]] = {name: [] for name in ENTITIES}
    for value in (value for row in rows for value in row["values"]):
        if value["category"] in found and value["kind"] == "valid":
            found[value["category"]].append(value["key"])
    return {name: keys for name, keys in found.items() if len(keys) >= 12}


def _jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _table(rows: Sequence[Row], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def _har(urls: Sequence[str], rows: Sequence[Row]) -> bytes:
    entries = [
        {
            "startedDateTime": "2026-11-22T00:00:00Z",
            "request": {
                "method": "POST",
                "url": f"https://shop.example{url}",
                "headers": [{"name": "referer", "value": url}],
                "postData": {"mimeType": "text/plain", "text": row["content"]},
            },
            "response": {"content": {"text": '{"done": true}'}},
        }
        for url, row in zip(urls[::3], rows[1::3], strict=True)
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink, row_group_size=50)
    return sink.getvalue()


def _zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _put_all(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    for name, content in files.items():
        _put(folder / name, content)
    same_age(folder)
    return list(dict.fromkeys(name.split("/")[0] for name in files))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
