"""Predict: cases in, one file of predictions out; the only place where predictors meet files."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Annotated, BinaryIO, Self, cast

import orjson

from piiforge import __version__, engine, files, predict, prompt
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.judge.cases import (
    descriptions_of,
    read_cases,
    read_examples,
    read_predictions,
    record_of,
)
from piiforge.predict import calibrated
from piiforge.types import Case, Option, Prediction, Verdict

# A file of predictions: it grows beside its place, and takes it when every row has its answer.
#
# While it grows it is `FILE.part`: a head line that says how was asked, then one prediction a
# line as they come. What a kill leaves of a last line is dropped. Beside the whole file stands
# `NAME.run.json`: how was asked, how long it took.


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
        files.write(draft, map(record_of, whole))
        files.write_json(self._about, {"asked": self._asked, **about})
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
            if not self._about.is_file() or files.read_json(self._about)["asked"] != self._asked:
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


Progress = Callable[[str, int, int], None]
_POOL = 40  # examples a category and label: enough to choose from, quick to sort
_OWN_SHOTS = 0.95  # the confidence of an example from a file that has none


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom. `source` is a built folder or a JSONL file of cases.

    `split` "" is test for a folder and every row of a file; "all" is every row. `limit` takes the
    first rows, 0 all. `latency` rows, spread over the file, are asked alone and timed. Examples for
    the model come from `shots_from`: the train split of a built folder, or a labelled file. The
    words for each category (`settings.descriptions`) are filled in here.
    """

    source: Annotated[
        Path, Option("A built folder, or JSONL with id, category and content.", argument=True)
    ]
    predictor: predict.SystemName
    settings: predict.Settings
    split: Annotated[
        str, Option("train, val, test or all.", default="test of a folder, all rows of a file")
    ] = ""
    limit: Annotated[int, Option("The first rows only; 0 is all.", least=0)] = 0
    latency: Annotated[int, Option("Rows that are asked alone and timed.", least=0)] = 50
    shots_from: Annotated[
        Path | None,
        Option(
            "Where examples come from: a built folder's train split, or labelled JSONL.",
            default="none",
        ),
    ] = None
    calibration: predict.CalibrationFile = None


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a run came to. `kept` rows are an earlier run's; `unparsed` have no verdict.

    `rows_per_s` is of the rows that were not timed alone, without loading the model; a remote
    model's kept answers count. Latencies are over `timed` rows, None where none was timed.
    """

    out: Path
    predictor: str
    rows: int
    sensitive: int
    unparsed: int
    kept: int
    rows_per_s: float | None
    timed: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {**asdict(self), "out": str(self.out)}


def predict_file(
    question: Question, out: Path, *, resume: bool, force: bool, progress: Progress
) -> Predicted:
    """Ask `question` and write `out`: whole or not at all.

    What an interrupted run had answered lies in `out`.part and is kept by `resume`.

    Raises:
        AskedWrongly: of the cases, the predictor, the model, or `out` as it is.
        GateFailed: rows are left without an answer; `resume` asks them again.
    """
    everything = read_cases(question.source, _split(question))
    cases = everything[: question.limit or None]
    settings = _settings(question, everything, out)
    recalibrated = calibrated(question.calibration or _packed_calibration(question.predictor))
    asked = _asked(question, settings, everything)
    with PredictionFile(out, asked, resume=resume, force=force) as file:
        left = [case for case in cases if case.id not in file.kept]
        run = _Run(question.predictor, settings, question.latency, file, recalibrated, progress)
        speed = run.ask(left, len(cases)) if left else None
        about = {"predictor": question.predictor, "piiforge": __version__, "rows_per_s": speed}
        whole = file.finish([case.id for case in cases], about)
    return _predicted(question, out, whole, len(cases) - len(left), speed)


@dataclass(frozen=True, slots=True)
class _Run:
    """One opened predictor over the rows that are left."""

    predictor: str
    settings: predict.Settings
    latency: int
    file: PredictionFile
    calibrated: Callable[[Prediction, Case], Prediction]
    progress: Progress

    def ask(self, cases: Sequence[Case], total: int) -> float | None:
        """Ask all; return the rows a second of those that were not timed."""
        by_id = {case.id: case for case in cases}
        done = total - len(cases)
        with closing(predict.open(self.predictor, self.settings)) as predictor:
            alone = _spread(cases, self.latency)
            answered: set[str] = set()
            for prediction in predict.timed(predictor, alone):
                answered.add(prediction.id)
                self.file.add(self.calibrated(prediction, by_id[prediction.id]))
                self.progress("one by one", done + len(answered), total)
            rest = [case for case in cases if case.id not in answered]
            done += len(answered)
            began = time.perf_counter()
            for number, prediction in enumerate(predictor.predict(rest), 1):
                self.file.add(self.calibrated(prediction, by_id[prediction.id]))
                self.progress("rows", done + number, total)
            took_s = time.perf_counter() - began
        return round(len(rest) / took_s, 3) if rest and took_s > 0 else None


def _split(question: Question) -> str:
    if question.split == "all":
        return ""
    return question.split or ("test" if question.source.is_dir() else "")


def _settings(question: Question, cases: Sequence[Case], out: Path) -> predict.Settings:
    return replace(
        question.settings,
        descriptions=descriptions_of(question.source),
        pool=_pool(question.shots_from, cases) if question.shots_from else (),
        journal=out.with_name(f"{out.name}.calls.sqlite"),
    )


def _pool(path: Path, cases: Sequence[Case]) -> tuple[predict.Shot, ...]:
    """Return examples to choose from; none has a content that is to be judged."""
    judged = {case.content for case in cases}
    taken: dict[tuple[str, bool], int] = {}
    pool: list[predict.Shot] = []
    for shot in _shots(path):
        kind = (shot.category, shot.verdict.is_sensitive)
        if shot.content not in judged and taken.get(kind, 0) < _POOL:
            taken[kind] = taken.get(kind, 0) + 1
            pool.append(shot)
    if not pool:
        raise AskedWrongly(
            f"{path} has no labelled example but what is judged.", "Name a built folder."
        )
    return tuple(pool)


def _shots(path: Path) -> Iterator[predict.Shot]:
    if path.is_dir():
        for row in read_examples(path):
            yield predict.Shot(row.category, row.content, row.verdict)
        return
    for case in read_cases(path):
        if case.label is not None:
            verdict = Verdict(case.label, _OWN_SHOTS, "")
            yield predict.Shot(case.category, case.content, verdict)


def _spread(cases: Sequence[Case], count: int) -> list[Case]:
    """Return `count` cases and those of the warm-up, evenly spread; none for a count of 0."""
    wanted = min(count + predict.WARM_UP, len(cases)) if count else 0
    return [cases[at * len(cases) // wanted] for at in range(wanted)]


def _packed_calibration(predictor: str) -> Path | None:
    """Return the calibration that lies in a pack, None where there is none."""
    kind, _, place = predictor.partition(":")
    return engine.read(Path(place)).calibration if kind == "pack" else None


def _asked(question: Question, settings: predict.Settings, cases: Sequence[Case]) -> str:
    """Return a hash that is equal where answers of two runs may stand in one file."""
    remote = settings.remote
    told: Mapping[str, object] = {
        "predictor": question.predictor,
        "prompt": prompt.VERSION,
        "settings": asdict(
            replace(settings, remote=replace(remote, model=""), journal=None, batch=0)
        )
        | {"remote": remote.structured},
        "weights": _weights(question.predictor),
        "calibration": files.sha256(question.calibration) if question.calibration else "",
        "cases": [(case.id, case.category, case.content) for case in cases],
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _weights(predictor: str) -> list[tuple[str, int, int]]:
    """Return name, size and time of a model's files: trained or packed anew it is another one."""
    kind, _, place = predictor.partition(":")
    if kind not in {"local", "pack"}:
        return []
    files = sorted(path for path in Path(place).glob("*") if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def _predicted(
    question: Question, out: Path, whole: Sequence[Prediction], kept: int, speed: float | None
) -> Predicted:
    took = sorted(each.latency_ms for each in whole if each.latency_ms is not None)
    return Predicted(
        out=out,
        predictor=question.predictor,
        rows=len(whole),
        sensitive=sum(each.is_sensitive is True for each in whole),
        unparsed=sum(each.is_sensitive is None for each in whole),
        kept=kept,
        rows_per_s=speed,
        timed=len(took),
        latency_p50_ms=round(median(took), 3) if took else None,
        latency_p95_ms=round(took[int(0.95 * (len(took) - 1))], 3) if took else None,
    )
