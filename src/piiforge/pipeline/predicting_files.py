"""A file of predictions: it grows beside its place, and takes it when every row has its answer.

While it grows it is `FILE.part`: a head line that says how was asked, then one prediction a line as
they come. What a kill leaves of a last line is dropped. Beside the whole file stands
`NAME.run.json`: how was asked, how long it took.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import orjson

from piiforge import jsonl
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.pipeline.predictions import read_predictions, record_of
from piiforge.types import Prediction


class PredictionFile:
    """The file `out`, being written. A context manager; `finish` puts the whole file in place.

    `asked` is a text that is equal for equal questions to the same system: only then may answers of
    an earlier run stand beside those of this one. `kept` has the answers of earlier runs by id.
    """

    def __init__(self, out: Path, asked: str, *, resume: bool, force: bool) -> None:
        """Look at what is there.

        Raises:
            FolderExists: `out` is there, and neither resume nor force was given.
            AskedWrongly: an unfinished run is there and neither was given, or what is there was
                asked otherwise.
        """
        self._out, self._asked = out, asked
        self._part = out.with_name(f"{out.name}.part")
        self._about = out.with_suffix(".run.json")
        self.kept: dict[str, Prediction] = {}
        self._stream: BinaryIO | None = None
        self._count = 0
        if out.is_dir() or (out.exists() and not (force or resume)):
            raise FolderExists(out)
        if self._part.exists() and not (force or resume):
            hint = "--resume goes on with it, --force starts over."
            raise AskedWrongly(f"{self._part} is an unfinished run.", hint)
        if resume and not force:
            self._keep()

    def __enter__(self) -> Self:
        self._out.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._part.open("wb")
        self._line({"asked": self._asked})
        for prediction in self.kept.values():
            self.add(prediction)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            if not self._count:  # nothing to go on with
                self._part.unlink(missing_ok=True)

    def add(self, prediction: Prediction) -> None:
        """Write one prediction; it is with the operating system when this returns."""
        self._line(record_of(prediction))
        self._count += 1

    def finish(self, ids: Sequence[str], about: Mapping[str, object]) -> list[Prediction]:
        """Put the whole file in its place, in the order of `ids`; return what it holds."""
        found = {each.id: each for each in _read_part(self._part)[1]}
        whole = [found[each] for each in ids]
        draft = self._out.with_name(f".{self._out.name}.whole")
        jsonl.write(draft, map(record_of, whole))
        jsonl.write_json(self._about, {"asked": self._asked, **about})
        draft.replace(self._out)
        self._part.unlink()
        return whole

    def _line(self, record: Mapping[str, object]) -> None:
        assert self._stream is not None, "the file is not open"
        self._stream.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        self._stream.flush()

    def _keep(self) -> None:
        found: list[Prediction] = []
        if self._out.exists():
            if not self._about.is_file() or jsonl.read_json(self._about)["asked"] != self._asked:
                raise _asked_otherwise(self._out)
            found += read_predictions(self._out)
        if self._part.exists():
            asked, answered = _read_part(self._part)
            if asked and asked != self._asked:
                raise _asked_otherwise(self._part)
            found += answered
        self.kept = {each.id: each for each in found}


def _read_part(path: Path) -> tuple[str, list[Prediction]]:
    """Return how was asked and what was answered; "" and nothing where the head is broken."""
    lines = _whole_lines(path)
    head = next(lines, {})
    asked = head.get("asked")
    if not isinstance(asked, str):
        return "", []
    try:
        return asked, [Prediction(**cast("dict[str, str]", record)) for record in lines]  # type: ignore[arg-type]
    except TypeError as error:
        raise AskedWrongly(f"{path} was not written by this version.", "Use --force.") from error


def _whole_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the lines that were written to their end; the rest of a line is no JSON."""
    with path.open("rb") as stream:
        for line in stream:
            with suppress(orjson.JSONDecodeError):
                yield orjson.loads(line)


def _asked_otherwise(path: Path) -> AskedWrongly:
    return AskedWrongly(
        f"{path} was asked otherwise (another system, setting, model or case file).",
        "Use --force to start over, or choose another --out.",
    )
