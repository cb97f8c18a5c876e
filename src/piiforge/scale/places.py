"""Places: folders on this machine, or wherever fsspec reaches, in which files appear whole.

On this machine a file grows under a hidden name and is moved into its place. An object store has no
such move and needs none: an object is there whole or not at all. Where neither holds, as over FTP
or SSH, a reader might meet half a file: such places are refused.

>>> place = Place("memory://doc/shards")
>>> place.write("a.json", b"{}")
>>> place.names(), place.read("a.json")
(['a.json'], b'{}')
"""

import os
import secrets
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any

from piiforge import files
from piiforge.errors import AskedWrongly, MissingExtra

# Stores whose objects appear whole, and what of PyPI reaches them
_STORES = {
    "memory": "fsspec", "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs",
    "az": "adlfs", "abfs": "adlfs",
}  # fmt: skip
_FILE = "file://"


class Place:
    """A folder by its path or URL. Files in it are named with "/" for folders below."""

    def __init__(self, url: str) -> None:
        """Make the place of `url`, which need not be there.

        Raises:
            AskedWrongly: files would not appear whole there.
            MissingExtra: what reaches it is not installed.
        """
        self.url = url.removeprefix(_FILE).rstrip("/") or "/"
        scheme, marked, _ = self.url.partition("://")
        self.path = None if marked else Path(self.url)
        if marked and scheme not in _STORES:
            known = ", ".join(f"{name}://" for name in _STORES if name != "memory")
            raise AskedWrongly(
                f"{self.url} is no place where files appear whole.",
                f"Use a folder of this machine, or {known}.",
            )

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "Place":
        return Place(f"{self.url}/{name}")

    @cached_property
    def _store(self) -> Any:  # noqa: ANN401 (a file system of fsspec)
        scheme = self.url.partition("://")[0]
        try:
            import fsspec
        except ImportError as error:
            raise MissingExtra("fsspec", "scale") from error
        try:
            return fsspec.filesystem(scheme)
        except ImportError as error:
            needed = _STORES[scheme]
            raise AskedWrongly(
                f"{needed} is not installed.", f"Run: pip install {needed}"
            ) from error

    def names(self) -> list[str]:
        """Return the files that lie in it, those of folders below too, sorted; drafts left out."""
        if self.path:
            found = (one for one in self.path.rglob("*") if one.is_file())
            names = [one.relative_to(self.path).as_posix() for one in found]
        else:
            self._store.invalidate_cache()
            root = self._store._strip_protocol(self.url)
            names = [one.removeprefix(root).lstrip("/") for one in self._store.find(root)]
        return sorted(name for name in names if not name.rpartition("/")[2].startswith("."))

    def read(self, name: str) -> bytes:
        """Return a whole file.

        Raises:
            AskedWrongly: it is not there, or can't be read.
        """
        try:
            if self.path:
                return (self.path / name).read_bytes()
            return bytes(self._store.cat_file(f"{self.url}/{name}"))
        except OSError as error:
            raise AskedWrongly(f"{self.url}/{name} can't be read.", "Is it all there?") from error

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all, in the place of an older one.

        Raises:
            AskedWrongly: files can't be moved there, so that half of one might be met.
        """
        if not self.path:
            self._store.pipe_file(f"{self.url}/{name}", content)
            return
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # its own name: a worker that was given up may still be writing the same
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("wb") as draft:
                draft.write(content)
                draft.flush()
                os.fsync(draft.fileno())
            files.move(part, path)
        finally:
            part.unlink(missing_ok=True)

    def put(self, name: str, file: Path) -> None:
        """Put a file of this machine into a store."""
        self._store.put_file(str(file), f"{self.url}/{name}")

    def remove(self) -> None:
        """Delete the place with all that is in it."""
        if self.path:
            shutil.rmtree(self.path, ignore_errors=True)
        elif self._store.exists(self.url):
            self._store.rm(self.url, recursive=True)
