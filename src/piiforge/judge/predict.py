"""Predict: cases in, one file of predictions out; the only place where predictors meet files.

The file grows beside its place, and takes it when every row has its answer. While it grows it is
`FILE.part`: a head line that says how was asked, then one prediction a line as they come. What a
kill leaves of a last line is dropped. Beside the whole file stands `NAME.run.json`: how was asked,
how long it took.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Annotated, Self

import orjson

from piiforge import __version__, build, engine, files, predict, prompt
from piiforge.errors import AskedWrongly
from piiforge.judge.cases import descriptions_of, read_cases, read_predictions
from piiforge.types import TEST, TRAIN, Case, Option, Prediction, Progress, Verdict

# Runs pieces in workers, as `scale.engines` do: (what loads, what is asked) to (place, answer)
Spread = Callable[..., Iterator[tuple[int, list[Prediction]]]]
_CHUNK = 256  # cases that one worker is asked together
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
    predictor: predict.SystemName = predict.DEFAULT
    settings: predict.Settings = field(default_factory=predict.Settings)
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
    question: Question,
    out: Path,
    *,
    resume: bool,
    force: bool,
    progress: Progress,
    spread: Spread | None = None,
) -> Predicted:
    """Ask `question` and write `out`: whole or not at all.

    What an interrupted run had answered lies in `out`.part and is kept by `resume`. `spread` lets
    workers ask; each reads the cases itself. What is timed is asked here.

    Raises:
        AskedWrongly: of the cases, the predictor, the model, or `out` as it is.
        GateFailed: rows are left without an answer; `resume` asks them again.
    """
    if spread and question.predictor.removeprefix(predict.CASCADE).startswith(("chat:", "server:")):
        problem = "--workers and --engine are not for a remote model."
        raise AskedWrongly(problem, "It is asked many cases at once already: --concurrency.")
    everything = _cases(question)
    cases = everything[: question.limit or None]
    settings = replace(
        question.settings,
        descriptions=descriptions_of(question.source),
        pool=_pool(question.shots_from, everything) if question.shots_from else (),
        journal=out.with_name(f"{out.name}.calls.sqlite"),
    )
    kind, _, place = question.predictor.partition(":")
    packed = engine.read(Path(place)).calibration if kind == "pack" else None
    joined = question.predictor.startswith(predict.CASCADE)  # which calibrates before it joins
    calibrated = predict.calibrated(None if joined else question.calibration or packed)
    asked = _asked(question, settings, everything)
    with PredictionFile(out, asked, resume=resume, force=force) as file:
        left = {case.id: case for case in cases if case.id not in file.kept}
        kept = len(cases) - len(left)

        def add(step: str, prediction: Prediction) -> None:
            file.add(calibrated(prediction, left.pop(prediction.id)))
            progress(step, len(cases) - len(left), len(cases))

        speed = _ask(question, settings, left, add, spread) if left else None
        about = {"predictor": question.predictor, "piiforge": __version__, "rows_per_s": speed}
        whole = file.finish([case.id for case in cases], about)
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


def _cases(question: Question) -> list[Case]:
    split = question.split or (TEST if question.source.is_dir() else "")
    return list(read_cases(question.source, "" if split == "all" else split))


def _pool(path: Path, cases: Sequence[Case]) -> tuple[predict.Shot, ...]:
    """Return examples to choose from; none has a content that is to be judged."""
    judged = {case.content for case in cases}
    taken: Counter[tuple[str, bool]] = Counter()
    pool: list[predict.Shot] = []
    for shot in _shots(path):
        kind = (shot.category, shot.verdict.is_sensitive)
        if shot.content not in judged and taken[kind] < _POOL:
            taken[kind] += 1
            pool.append(shot)
    if not pool:
        problem = f"{path} has no labelled example but what is judged."
        raise AskedWrongly(problem, "Name a built folder.")
    return tuple(pool)


def _shots(path: Path) -> Iterator[predict.Shot]:
    if path.is_dir():
        for row in build.read_rows(path):
            if row.split == TRAIN:
                yield predict.Shot(row.category, row.content, row.verdict)
        return
    for case in read_cases(path):
        if case.label is not None:
            verdict = Verdict(case.label, _OWN_SHOTS, "")
            yield predict.Shot(case.category, case.content, verdict)


def _asked(question: Question, settings: predict.Settings, cases: Sequence[Case]) -> str:
    """Return a hash that is equal where answers of two runs may stand in one file."""
    remote = settings.remote
    own, choices = settings.choices.context, replace(settings.choices, context=None)
    plain = replace(
        settings, remote=replace(remote, model=""), journal=None, batch=0, choices=choices
    )
    kind, _, place = question.predictor.removeprefix(predict.CASCADE).partition(":")
    told: Mapping[str, object] = {
        "predictor": question.predictor,
        "prompt": prompt.VERSION,
        "settings": asdict(plain) | {"remote": remote.structured},
        "weights": files.stamps(Path(place)) if kind in {"local", "pack"} else [],
        "context": files.sha256(own) if own and own.is_file() else "",
        "calibration": files.sha256(question.calibration) if question.calibration else "",
        "cases": [(case.id, case.category, case.content) for case in cases],
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _ask(
    question: Question,
    settings: predict.Settings,
    left: Mapping[str, Case],
    add: Callable[[str, Prediction], None],
    spread: Spread | None,
) -> float | None:
    """Ask what is left, which `add` takes away; return the rows a second of what was not timed."""
    cases = list(left.values())
    wanted = question.latency and min(question.latency + predict.WARM_UP, len(cases))
    alone = [cases[at * len(cases) // wanted] for at in range(wanted)]  # evenly spread
    opened = predict.open(question.predictor, settings, calibration=question.calibration)
    with closing(opened) as predictor:
        for prediction in predict.timed(predictor, alone):
            add("one by one", prediction)
        rest = list(left.values())
        began = time.perf_counter()
        said = _spread(question, settings, rest, spread) if spread else predictor.predict(rest)
        for prediction in said:
            add("rows", prediction)
        took_s = time.perf_counter() - began
    return round(len(rest) / took_s, 3) if rest and took_s > 0 else None


def _spread(
    question: Question, settings: predict.Settings, cases: Sequence[Case], spread: Spread
) -> Iterator[Prediction]:
    """Let workers ask; rows of one content, which are cheap together, stay together."""
    order = sorted(range(len(cases)), key=lambda at: (cases[at].content, at))
    chunks = [
        [cases[at].id for at in order[begin : begin + _CHUNK]]
        for begin in range(0, len(order), _CHUNK)
    ]
    for _, said in spread(_Worker(question, settings), chunks):
        yield from said


@dataclass(frozen=True, slots=True)
class _Worker:
    """Loads the cases and the system; what it then gives answers the cases of some ids."""

    question: Question
    settings: predict.Settings

    def __call__(self) -> Callable[[Sequence[str]], list[Prediction]]:
        question = self.question
        known = {case.id: case for case in _cases(question)}
        predictor = predict.open(
            question.predictor, self.settings, calibration=question.calibration
        )
        return lambda ids: list(predictor.predict([known[each] for each in ids]))


class PredictionFile:
    """The file `out`, being written. A context manager; `finish` puts the whole file in place.

    `asked` is a text that is equal for equal questions to the same system: only then may answers of
    an earlier run stand beside those of this one. `kept` has the answers of earlier runs by id,
    once it is entered.
    """

    def __init__(self, out: Path, asked: str, *, resume: bool, force: bool) -> None:
        """Look at what is there.

        Raises:
            FolderExists, AskedWrongly: see `files.growing`.
        """
        self._out, self._asked = out, asked
        self._resume, self._force = resume and not force, force
        self._about = out.with_suffix(".run.json")
        self._part = files.growing(out, "run", resume=resume, force=force)
        self._held = ExitStack()
        self._grown = False  # a part with a head of ours is there
        self.kept: dict[str, Prediction] = {}
        self._said: dict[str, Prediction] = {}

    def __enter__(self) -> Self:
        """Open the part, and read what is there.

        Raises:
            FolderExists: another run was quicker.
            AskedWrongly: another run is writing it, or what is there was asked otherwise.
        """
        self._out.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            held.enter_context(files.alone(self._part, self._out))
            if self._resume:
                self.kept = {each.id: each for each in self._answered()}
            else:
                files.refuse_existing(self._out, force=self._force)
            self._open()
            self._held = held.pop_all()
        return self

    def _open(self) -> None:
        """Go on behind what is there, without writing it anew: the disk may be full."""
        self._said = dict(self.kept)
        self._stream = self._part.open("ab" if self._grown else "wb")
        if self._grown:
            self._stream.write(b"\n")  # what a kill left of a line stays alone
        else:
            self._line({"asked": self._asked})

    def __exit__(self, *_error: object) -> None:
        with self._held:
            try:
                self._stream.close()
            finally:
                if not self._said:  # nothing to go on with
                    self._part.unlink(missing_ok=True)

    def add(self, prediction: Prediction) -> None:
        """Write one prediction; it is with the operating system when this returns."""
        self._line(asdict(prediction))
        self._said[prediction.id] = prediction

    def finish(self, ids: Sequence[str], about: Mapping[str, object]) -> list[Prediction]:
        """Put the whole file in its place, in the order of `ids`; return what it holds."""
        whole = [self._said[each] for each in ids]
        with files.draft(self._out) as draft:
            files.write(draft, map(asdict, whole))
            with files.draft(self._about) as facts:
                files.write_json(facts, {"asked": self._asked, **about})
        self._part.unlink()
        return whole

    def _line(self, record: Mapping[str, object]) -> None:
        self._stream.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        self._stream.flush()

    def _answered(self) -> Iterator[Prediction]:
        """Yield what earlier runs came to: of the whole file, then of the part."""
        why = "(another system, setting, model or case file)"
        if self._out.exists():
            about = files.read_json(self._about) if self._about.is_file() else {}
            if about.get("asked") != self._asked:
                raise files.asked_otherwise(self._out, why)
            yield from read_predictions(self._out)
        lines = _whole_lines(self._part) if self._part.exists() else iter(())
        asked = next(lines, {}).get("asked")
        try:  # without a head nothing is known of what stands below it
            said = [Prediction(**record) for record in lines] if isinstance(asked, str) else []  # type: ignore[arg-type]
        except TypeError as error:
            problem = f"{self._part} was not written by this version."
            raise AskedWrongly(problem, "Use --force.") from error
        if asked and asked != self._asked:
            raise files.asked_otherwise(self._part, why)
        self._grown = asked is not None
        yield from said


def _whole_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the lines that were written to their end; the rest of a line is no JSON."""
    with path.open("rb") as stream:
        for line in stream:
            with suppress(orjson.JSONDecodeError):
                yield orjson.loads(line)
