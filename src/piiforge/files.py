"""Files of records, written whole or not at all, and the manifest that proves them.

A folder is built beside its place under a hidden name and moved there when it is complete, so that
an interrupted run never leaves a folder that looks finished.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import orjson

from piiforge.errors import AskedWrongly, BadRecord, FolderExists

MANIFEST = "manifest.json"
MAX_LINE_BYTES = 32 * 1024 * 1024


def write(path: Path, records: Iterable[Mapping[str, object]]) -> int:
    """Write one JSON object a line; return how many."""
    count = 0
    with path.open("wb") as out:
        for record in records:
            out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def read(path: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSONL file; empty lines are skipped.

    Raises:
        AskedWrongly: the file is not there.
        BadRecord: a line is not a JSON object, not UTF-8 or over 32 MiB; names the line.
    """
    if not path.is_file():
        raise AskedWrongly(f"{path} is not a file.", "Check the path.")
    with path.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES + 1), b""), 1):
            if len(line) > MAX_LINE_BYTES:
                raise BadRecord(path, number, "the line is over 32 MiB.", "Split or drop it.")
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadRecord(path, number, "not JSON.", "Every line is one object.") from error
            if not isinstance(record, dict):
                raise BadRecord(path, number, "not a JSON object.", "Every line is one object.")
            yield cast("dict[str, object]", record)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write one object, indented, keys in the given order."""
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_json(path: Path) -> dict[str, object]:
    """Read one object.

    Raises:
        AskedWrongly: not there, or not a JSON object.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise AskedWrongly(f"{path} can't be read as JSON.", "Is it a built folder?") from error
    if not isinstance(found, dict):
        raise AskedWrongly(f"{path} is not a JSON object.", "Is it a built folder?")
    return cast("dict[str, object]", found)


def sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into; it takes the place of `out` only if all goes well.

    Raises:
        FolderExists: `out` is there and `force` is not set.
    """
    refuse_existing(out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", suffix=".part", dir=out.parent))
    try:
        draft.chmod(0o755)
        yield draft
        if out.exists():
            shutil.rmtree(out) if out.is_dir() else out.unlink()
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def refuse_existing(out: Path, *, force: bool) -> None:
    """Raise FolderExists where `out` would be overwritten without leave."""
    if out.exists() and not force and not (out.is_dir() and not any(out.iterdir())):
        raise FolderExists(out)
