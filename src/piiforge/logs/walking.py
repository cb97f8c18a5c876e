"""From the paths of a command to the files that they name, in an order that never changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from piiforge.errors import AskedWrongly
from piiforge.logs.records import Reason

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `name` is what it is called in every result; `path` None is standard input.

    `refused` says why it can't even be opened.
    """

    name: str
    path: Path | None
    size_bytes: int = 0
    changed_ns: int = 0
    refused: Reason | None = None


def find(paths: Iterable[str], *, but: Iterable[Path] = ()) -> list[Source]:
    """Return the files that `paths` name; folders are walked.

    Hidden files are taken too; a link to a folder is not followed, but comes as refused. A file
    that is named twice comes once; those in `but` are left out of folders.

    Raises:
        AskedWrongly: a path that is not there, nothing at all, or standard input twice.
    """
    left_out = {path.resolve() for path in but}
    found: dict[str, Source] = {}
    for given in paths:
        if given == STDIN:
            found.setdefault(STDIN, Source(STDIN, None))
            continue
        path = Path(given)
        if path.is_dir():
            inside = [each for each in _inside(path) if each.resolve() not in left_out]
        elif path.exists() or path.is_symlink():
            inside = [path]
        else:
            raise AskedWrongly(f"{given} is not there.", "Check the path; - is standard input.")
        for each in inside:
            found.setdefault(str(each.resolve()), _source(each))
    if not found:
        raise AskedWrongly("nothing to scan: no file in what was named.", "Check the paths.")
    return list(found.values())


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path


def _source(path: Path) -> Source:
    name = path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if path.is_dir():
        return Source(name, path, refused=Reason.UNREADABLE)  # a link to a folder, inside one
    try:
        told = path.stat()
    except OSError:
        return Source(name, path, refused=Reason.UNREADABLE)
    return Source(name, path, told.st_size, told.st_mtime_ns)
