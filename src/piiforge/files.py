"""Files of records, put in place whole or not at all, and what may be replaced.

What is written grows beside its place under a hidden name and is moved there when it is complete,
so that an interrupted run never leaves a file or folder that looks finished. A folder is replaced
only where leave was given and it holds a manifest of ours; the old one is moved aside first and
deleted last. What grows is locked (flock, on one machine): a second writer is refused, and what a
killed one left is known by its free lock and taken away.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import orjson

from piiforge.errors import AskedWrongly, BadRecord, FolderExists

try:
    import fcntl
except ImportError:  # a system without flock: nobody is refused, nothing is taken away
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MANIFEST = "manifest.json"
TALLY = "tally.json"  # what the review of a folder came to, once it was counted
SEAL = "seal"
MAX_LINE_BYTES = 32 * 1024 * 1024
# The record by which a folder shows that it is ours, and the keys that it has in each
_MARKS: Mapping[str, frozenset[str]] = {
    MANIFEST: frozenset({"piiforge", "recipe", "outputs"}),  # a data set
    "pack.json": frozenset({"version", "prompt", "files"}),
    "run.json": frozenset({"asked", "checkpoints"}),  # a training run
    "asked.json": frozenset({"model", "recipe"}),  # a loop
}
# What `piiforge check` writes has no manifest: these two files and no other, each of rows
_CHECKED = frozenset({"rows.jsonl", "dropped.jsonl"})
_OF_A_ROW = frozenset({"id", "category", "skeleton", "twin_id"})
# What a field should be, by pydantic's name for what is wrong with it
_WANTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "string_type": "a text",
    "string_too_short": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "dataclass_type": "an object",
    "model_type": "an object",
}
_BOM = "\ufeff"
_HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair
_SCHEME = re.compile("[a-z][a-z0-9+.-]+:/")
_BYTES = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\x[0-9A-Fa-f]{2})+)")
_Record = TypeVar("_Record")
_locks: set[int] = set()  # descriptors
# What a file system says that can't move a file; a disk that is full or read-only says other things
_NO_MOVE = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV}


def write(path: Path, records: Iterable[Mapping[str, object]]) -> int:
    """Write one JSON object a line; return how many."""
    count = 0
    with path.open("wb") as out:
        for record in records:
            out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


class Repeated(dict[str, object]):
    """An object that was written with a name twice; `again` has the names of its later values.

    >>> found = json_value('{"tel": 1, "tel": 2}', every_name=True)
    >>> found, found.again
    ({'tel': 1, 'tel_2': 2}, {'tel': ['tel_2']})
    """

    again: Mapping[str, Sequence[str]]


def json_value(text: str | bytes, *, every_name: bool = False) -> object:
    r"""Return what `text` says as JSON, in every dialect that is found in logs and data sets.

    Read beyond the standard: a byte order mark before it; NaN and infinities; control characters in
    a text; half a surrogate pair, as U+FFFD; a byte as nginx escapes it (`\xE9`). Of a name that
    stands twice the last value is kept, with `every_name` all, as `Repeated`.

    >>> json_value('\ufeff{"a": NaN, "b": "\\ud83d", "c": "\\xC3\\xA9\\x22"}')
    {'a': nan, 'b': '�', 'c': 'é"'}

    Raises:
        ValueError: it is no JSON, or nested over 900 deep.
    """
    if not every_name:
        try:
            return cast("object", orjson.loads(text))
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            pass
    hook = named if every_name else dict
    plain = (text if isinstance(text, str) else text.decode()).removeprefix(_BOM)
    try:
        found = _loaded(plain, hook)
    except ValueError:
        mended = _BYTES.sub(_unescaped, plain)
        if mended == plain:
            raise
        found = _loaded(mended, hook)
    return _whole(found) if "\\ud" in plain.lower() or _HALF.search(plain) else found


def _loaded(text: str, hook: Callable[[list[tuple[str, object]]], object]) -> object:
    try:
        return cast("object", json.loads(text, strict=False, object_pairs_hook=hook))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def named(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return pairs of a name and a value as an object, `Repeated` where a name stands twice."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = told_apart([name for name, _ in pairs])
    repeated = Repeated(zip(names, (value for _, value in pairs), strict=True))
    again: dict[str, list[str]] = {}
    for (name, _), told in zip(pairs, names, strict=True):
        if told != name:
            again.setdefault(name, []).append(told)
    repeated.again = again
    return repeated


def told_apart(names: Sequence[str]) -> list[str]:
    """Return the names, with its number behind each that stood before.

    >>> told_apart(["mail", "mail_2", "mail"])
    ['mail', 'mail_2', 'mail_3']
    """
    taken, numbers = set(names), dict.fromkeys(names, 1)
    seen: set[str] = set()
    found: list[str] = []
    for name in names:
        told = name
        while told in seen or (told != name and told in taken):
            numbers[name] += 1
            told = f"{name}_{numbers[name]}"
        seen.add(told)
        found.append(told)
    return found


def _unescaped(match: re.Match[str]) -> str:
    """Return bytes that nginx escaped as a part of a JSON text."""
    said = bytes.fromhex(match[2].replace("\\x", "")).decode("utf-8", "replace")
    return match[1] + json.dumps(said)[1:-1]


def _whole(value: object) -> object:
    """Return a value of JSON without the halves of surrogate pairs."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return named([(_HALF.sub("\ufffd", name), _whole(each)) for name, each in value.items()])
    return value


def read(path: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSONL file; empty lines are skipped.

    Raises:
        AskedWrongly: the file is not there.
        BadRecord: a line is not a JSON object, not UTF-8 or over 32 MiB; names the line.
    """
    return (record for _, record in numbered(path))


def numbered(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (line number from 1, object) of a JSONL file; empty lines are counted and skipped.

    Raises:
        AskedWrongly, BadRecord: as `read`.
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
                record = json_value(line)
            except ValueError as error:
                raise BadRecord(path, number, "not JSON.", "Every line is one object.") from error
            if not isinstance(record, dict):
                raise BadRecord(path, number, "not a JSON object.", "Every line is one object.")
            yield number, cast("dict[str, object]", record)


def parsed(
    record: Mapping[str, object],
    kind: type[_Record],
    path: Path,
    line: int | None = None,
    hint: str = "",
) -> _Record:
    """Return a JSON object as the record `kind`: a dataclass or pydantic model, read strictly.

    The type of each field, with bounds as `Annotated[float, Field(ge=0, le=1)]`, is all that has to
    be said. `pydantic.TypeAdapter(kind).json_schema()` gives the same as a JSON schema.

    Raises:
        BadRecord: names the file, the line and the field, and never holds a value.
    """
    from pydantic import ValidationError

    try:
        adapter = _adapter(kind)  # type: ignore[arg-type]  # a type can be hashed
        found = adapter.validate_json(orjson.dumps(record), strict=True)
    except ValidationError as error:
        raise BadRecord(path, line, _problem(error), hint) from None  # its text holds the value
    return cast("_Record", found)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write one object, indented, keys in the given order."""
    path.write_bytes(_json_bytes(content))


def sealed(content: Mapping[str, object]) -> dict[str, object]:
    """Return an object with the SHA-256 of all else in it as its last entry."""
    plain = {name: value for name, value in content.items() if name != SEAL}
    return {**plain, SEAL: hashlib.sha256(orjson.dumps(plain)).hexdigest()}


def is_sealed(path: Path) -> bool:
    """Say whether a file is, byte by byte, what `write_json` wrote of a `sealed` object."""
    return _json_bytes(sealed(read_json(path))) == path.read_bytes()


def _json_bytes(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


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


def stamps(folder: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files in a folder: a model made anew is another one."""
    told = [(path.name, path.stat()) for path in sorted(folder.glob("*")) if path.is_file()]
    return [(name, one.st_size, one.st_mtime_ns) for name, one in told]


@cache
def _adapter(kind: object) -> "TypeAdapter[object]":
    from pydantic import TypeAdapter

    return TypeAdapter(cast("type[object]", kind))


def _problem(error: "ValidationError") -> str:
    """Say what is wrong with the first field that is, by its name and what it should be."""
    first = error.errors(include_url=False, include_input=False)[0]
    name, limits = ".".join(map(str, first["loc"])), first.get("ctx", {})
    match first["type"]:
        case "missing":
            return f"{name} is missing."
        case "extra_forbidden" | "unexpected_keyword_argument":
            return f"no key is named {name!r}."
        case "literal_error" | "enum":
            return f"{name} is not one of {limits['expected']}."
        case "greater_than_equal":
            return f"{name} is under {limits['ge']:g}."
        case "less_than_equal":
            return f"{name} is over {limits['le']:g}."
        case kind:
            return f"{name} is not {_WANTED.get(kind, 'what it should be')}."


def shipped_yaml(room: str, name: str) -> object:
    """Return a YAML table that ships with a room, such as ("piiforge.lines", "data/devices.yaml").

    Texts, numbers, lists and mappings in the order of the file.
    """
    import yaml

    text = resources.files(room).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def shipped_tsv(room: str, name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a tab-separated table that ships with a room, without "#" lines."""
    text = resources.files(room).joinpath(name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(tuple(line.split("\t")) for line in lines)


@cache
def top_level_domains() -> frozenset[str]:
    """Return the top-level domains that there are, in lower case; ASCII and as people write them.

    >>> {"com", "museum", "рф"} <= top_level_domains(), "service" in top_level_domains()
    (True, False)
    """
    text = resources.files("piiforge").joinpath("data/top_level_domains.txt").read_text("utf-8")
    names = [name for line in text.splitlines() if line[:1] != "#" for name in line.split()]
    written = (name[4:].encode().decode("punycode") for name in names if name.startswith("xn--"))
    return frozenset((*names, *written))


@contextmanager
def draft(path: Path, *, force: bool = True) -> Iterator[Path]:
    """Give a place beside `path` to write a file; it is synced and moved there if all goes well.

    Raises:
        AskedWrongly: `path` is a folder, or another process is writing it; see `move`, too.
        FolderExists: `path` is there and `force` is not set, be it that another one was quicker.
    """
    if path.is_dir():
        raise AskedWrongly(f"{path} is a folder, not a file.", "Choose another --out.")
    refuse_existing(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with alone(part, path):
        refuse_existing(path, force=force)
        try:
            yield part
            with part.open("rb") as written:
                os.fsync(written.fileno())
            move(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def move(part: Path, path: Path) -> None:
    """Put a file or folder in its place, beside it.

    Raises:
        AskedWrongly: the file system has no such move, so that half a file might be met there.
    """
    try:
        part.replace(path)
    except OSError as error:
        if error.errno not in _NO_MOVE:
            raise
        problem = "is on a file system where no file can be moved into its place."
        raise AskedWrongly(
            f"{path.resolve().parent} {problem}", "Choose an --out elsewhere."
        ) from error


@contextmanager
def alone(part: Path, out: Path) -> Iterator[None]:
    """Be the one process that writes the file `part`, to become `out`; it is made if need be.

    Until then another one may have been at it: what was looked at before is to be looked at again.
    Where that raises, no empty part is left.

    Raises:
        AskedWrongly: another one is at it.
    """
    with _lock(part, make=True) as ours:
        if ours is False:
            hint = "Wait for its end, or choose another --out."
            raise AskedWrongly(f"{out} is being written by another process.", hint)
        try:
            yield
        except BaseException:
            if part.exists() and not part.stat().st_size:
                part.unlink()
            raise


@contextmanager
def _lock(path: Path, *, make: bool = False, wait: bool = False) -> Iterator[bool | None]:
    """Lock a file or folder; give whether it is ours, None where nobody can tell."""
    flags = os.O_RDWR | os.O_CREAT if make else os.O_RDONLY
    while True:
        held = os.open(path, flags, 0o666)
        _locks.add(held)
        try:
            ours = _flock(held, wait=wait)
            if not ours or (path.exists() and os.path.samestat(os.fstat(held), path.stat())):
                yield ours
                return
        finally:  # also where it took its place while we waited: then once more
            if held in _locks:
                _locks.discard(held)
                os.close(held)


def _flock(held: int, *, wait: bool) -> bool | None:
    if fcntl is None:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


def _forget_locks() -> None:
    """Close in a forked worker what its parent holds: one that outlives it must hold nothing."""
    while _locks:
        os.close(_locks.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)


def growing(out: Path, what: str, *, resume: bool, force: bool) -> Path:
    """Return where `out` grows, over several runs if need be, until it is whole: NAME.part.

    Raises:
        FolderExists: `out` is there, and neither resume nor force was given.
        AskedWrongly: an unfinished one is there and neither was given.
    """
    _refuse_url(out)
    part = out.with_name(f"{out.name}.part")
    if out.is_dir() or (out.exists() and not (resume or force)):
        raise FolderExists(out)
    if part.exists() and not (resume or force):
        hint = "--resume goes on with it, --force starts over."
        raise AskedWrongly(f"{part} is an unfinished {what}.", hint)
    return part


def asked_otherwise(path: Path, why: str) -> AskedWrongly:
    """Return the error that `path` can't be gone on with; `why` says what may differ."""
    hint = "Use --force to start over, or choose another --out."
    return AskedWrongly(f"{path} was asked otherwise {why}.", hint)


@contextmanager
def folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a folder to write into; it takes the place of `out` only if all goes well.

    Raises:
        FolderExists: `out` is there and `force` is not set, be it that another process was quicker.
        AskedWrongly: `out` is there and not ours to replace; see `refuse_foreign`.
    """
    refuse_folder(out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _lock(out.parent, wait=True):
            _clear(out)
            part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", suffix=".part", dir=out.parent))
            held.callback(shutil.rmtree, part, ignore_errors=True)
            held.enter_context(_lock(part))
        part.chmod(0o755)
        yield part
        with _lock(out.parent, wait=True):
            refuse_folder(out, force=force)
            if out.exists():
                with set_aside(out):
                    move(part, out)
            else:
                move(part, out)


def _clear(out: Path) -> None:
    """Take away what killed writers of `out` left, and bring back what one had moved aside."""
    left = re.compile(rf"\.{re.escape(out.name)}-[^-.]{{8}}\.(part|old)")
    for path in sorted(out.parent.iterdir()):
        match = left.fullmatch(path.name)
        if not match or path.is_symlink() or not path.is_dir():
            continue
        with suppress(FileNotFoundError), _lock(path) as ours:
            aside = path / out.name
            if ours and match[1] == "old" and aside.is_dir() and not out.exists():
                aside.rename(out)
            if ours:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def set_aside(out: Path) -> Iterator[None]:
    """Move a folder aside while another takes its place; delete it then, or move it back.

    Raises:
        AskedWrongly: it is not ours to replace; see `refuse_foreign`.
    """
    refuse_foreign(out)
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-", suffix=".old", dir=out.parent)) / out.name
    out.rename(old)
    try:
        yield
    except BaseException:
        if not out.exists():
            old.rename(out)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def refuse_folder(
    out: Path,
    what: str = "a result of piiforge",
    *,
    force: bool,
    ours: Callable[[Path], bool] | None = None,
) -> None:
    """Raise where the folder `out` may not be written, so that no work is done in vain.

    Raises:
        FolderExists, AskedWrongly: see `refuse_existing` and `refuse_foreign`.
    """
    refuse_existing(out, force=force)
    refuse_foreign(out, what, ours=ours)


def refuse_existing(out: Path, *, force: bool) -> None:
    """Raise FolderExists where `out` would be overwritten without leave, and where it is a URL."""
    _refuse_url(out)
    if out.exists() and not force and not (out.is_dir() and not any(out.iterdir())):
        raise FolderExists(out)


def _refuse_url(out: Path) -> None:
    """Raise AskedWrongly where `out` was a URL before it was a path: of s3://b/x comes s3:/b/x."""
    if _SCHEME.match(out.as_posix()):
        hint = "Name a file or folder. To a URL goes what `piiforge build` makes with --engine."
        raise AskedWrongly(f"{out} is no place on this machine.", hint)


def refuse_foreign(
    out: Path, what: str = "a result of piiforge", *, ours: Callable[[Path], bool] | None = None
) -> None:
    """Raise AskedWrongly where the folder `out` may not be replaced, whatever leave was given.

    Never replaced are the working folder, what holds it, the home folder and what holds that, and
    a folder that is neither empty nor of our own making; `ours` says so in the place of `is_ours`.
    """
    place = out.resolve()
    held = {Path.cwd(), *Path.cwd().parents, Path.home(), *Path.home().parents}
    if place in held and out.exists():
        raise AskedWrongly(f"{out} holds more than a result.", "Choose another --out.")
    if out.exists() and not out.is_dir():
        raise AskedWrongly(f"{out} is a file, not a folder.", "Choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not (ours or is_ours)(out):
        raise AskedWrongly(f"{out} is not {what}; it is left alone.", "Choose another --out.")


def is_ours(folder: Path) -> bool:
    """Say whether a folder holds a manifest that piiforge wrote, or rows that it checked."""
    if {path.name for path in folder.iterdir()} == _CHECKED:
        return all(_keys(folder / name) >= _OF_A_ROW for name in _CHECKED)
    return any(
        (folder / name).is_file() and keys <= _keys(folder / name) for name, keys in _MARKS.items()
    )


def _keys(path: Path) -> frozenset[str]:
    """Return the keys of an object, or of the first of a JSONL file: those of a row if empty."""
    try:
        if path.suffix == ".jsonl":
            return frozenset(next(read(path), _OF_A_ROW))
        return frozenset(read_json(path))
    except (AskedWrongly, BadRecord):
        return frozenset()
