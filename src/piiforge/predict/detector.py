"""A detector: one loaded system, asked line by line or many lines at once.

`open` gives a system by its name, as a predictor; `load` gives it as a `Detector`, with its
calibration or at the end of a cascade. That is what `piiforge.load` gives and what scanning and
serving stand on. Whatever the system is, the answers are the same records, in the order of the
questions.

>>> with Detector("rules", open("rules", Settings()), ("email",)) as detector:
...     found = detector.verdict("email", "contact = jo@example.com")
...     found.is_sensitive, found.decided_by
(False, 'rules')
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Self

from piiforge import context, engine, evaluate, plugins, reader
from piiforge.categories import descriptions
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.predict import cascade
from piiforge.predict.ask import DEFAULT, Choices, Predictor, Settings
from piiforge.predict.cascade import Cascade
from piiforge.predict.local import Local, Packed
from piiforge.predict.prefilter import CATEGORIES
from piiforge.predict.rules import Rules, decode
from piiforge.types import Case, Prediction, Span

KINDS = (
    "context", "reader", "rules", "presidio", "rampart", "chat:URL#MODEL", "server:URL#MODEL",
    "local:PATH", "pack:PATH", "cascade:SYSTEM",
)  # fmt: skip
CASCADE = "cascade:"
MODELS = frozenset({"pack", "local", "server", "chat"})
FIXED = frozenset({"rules", "presidio", "rampart"})  # they know our categories and no other
_PRESIDIO = re.compile(r"presidio(?:@(?P<threshold>[01](?:\.\d{1,4})?))?")
_THRESHOLD = "0.4"
_PAIRS = frozenset({"bank_account"})

# Makes p_sensitive mean what it says, and the verdict of it
Calibrate = Callable[[Prediction, Case], Prediction]


@dataclass(frozen=True, slots=True, repr=False)
class Detection:
    """What is said of one content for one category.

    `is_sensitive` None: the content was not read to its end (over the model's context), or the
    answer could not be read; it is not clean. `p_sensitive` is None where the system gives none.
    `decided_by` is the stage whose word it is: "text", "reader", "context" or "model". `unsure`:
    none was sure, and there was no model to ask. `evidence` is there where it was asked for.
    """

    category: str
    is_sensitive: bool | None
    p_sensitive: float | None = None
    confidence_score: float | None = None
    explanation: str = ""
    decided_by: str = cascade.MODEL
    unsure: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        said = {None: "not read", True: "sensitive", False: "not sensitive"}[self.is_sensitive]
        p = "" if self.p_sensitive is None else f", p {self.p_sensitive:.3f}"
        unsure = ", unsure" if self.unsure else ""
        return f"<Detection {self.category}: {said}{p}, by {self.decided_by}{unsure}>"

    def _repr_html_(self) -> str:
        """Show the verdict in a notebook."""
        return f"<code>{escape(repr(self)[1:-1])}</code> {escape(self.explanation)}"

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        found = asdict(self)
        if not self.evidence:
            del found["evidence"]
        return found


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a value stands that was found, and what speaks for it.

    `spans` are of the content as it stands: of an encoded value, all that it is written in. `how`
    names the encodings that were undone, none where it is read as it stands; then `decoded` is the
    content without them, and `decoded_spans` are of that. `words` are those around that weighed
    most, for and against. No span: the reader sees none, and the word is the model's.
    """

    spans: tuple[Span, ...] = ()
    words: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    decoded: str | None = None
    decoded_spans: tuple[Span, ...] = ()


def load(
    name: str | Path = DEFAULT,
    *,
    categories: Iterable[str] = (),
    settings: Settings | None = None,
    calibration: Path | None = None,
    prefilter: bool = True,
    choices: Choices | None = None,
) -> "Detector":
    """Open what `name` names: one of KINDS, such as "pack:FOLDER"; without a name the default.

    `categories` narrows what may be asked (all without any); `calibration` is a file that
    `piiforge score --calibrate-from` wrote. A model ends a cascade: it is asked only where text
    tests, reader and context leave a question unsure, unless `prefilter` is off; then it alone is
    asked everything. A local model that nothing was said of is asked by one pass. `choices` say
    where verdicts part and what the policy leaves open.

    Raises:
        UnknownName: no such system or category, with the nearest one.
        AskedWrongly: the model or the context can't be used as it is, or no such aim.
        MissingExtra: what the system needs is not installed.
    """
    bare = str(name).removeprefix(CASCADE)
    kind, _, place = bare.partition(":")
    pack = engine.read(Path(place)) if kind == "pack" else None
    told = knows(name, categories)
    usual = settings or Settings(verdict_only=kind == "local")
    usual = replace(usual, descriptions=told, choices=choices or usual.choices)
    joined = prefilter and (kind in MODELS or bare != str(name))
    opened = open(CASCADE + bare if joined else bare, usual, calibration=calibration)
    if pack is not None:
        calibration = calibration or pack.calibration
    return Detector(
        re.sub(r"//[^/@#]*@", "//", str(name)),  # an address may hold a user and password
        opened,
        told,
        calibrate=None if joined or calibration is None else calibrated(calibration),
    )


def knows(name: str | Path, categories: Iterable[str] = ()) -> dict[str, str]:
    """Return the categories that a system may be asked, with what each is: all, or those named.

    Raises:
        UnknownName: a category that it doesn't know, with the nearest one.
        AskedWrongly: what is behind "pack:" is no pack.
    """
    bare = str(name).removeprefix(CASCADE)
    kind, _, place = bare.partition(":")
    known = engine.read(Path(place)).told.descriptions if kind == "pack" else descriptions()
    for own in plugins.found().detectors:
        if own.name == bare:
            known = {name: known[name] for name in own.categories if name in known}
    if kind.partition("@")[0] in FIXED:
        known = {name: words for name, words in known.items() if name not in plugins.names()}
    names = tuple(categories) or tuple(known)
    for asked in names:
        if asked not in known and asked in plugins.names():
            hint = "`context` and `reader` know it, and models that were trained for it."
            raise AskedWrongly(f"{bare} doesn't know the category {asked}.", hint)
        if asked not in known:
            raise UnknownName("category", asked, known)
    return {asked: known[asked] for asked in names}


def refuse_no_model(name: str) -> None:
    """Raise where there is no system or model folder so named, before anything long is begun.

    Raises:
        UnknownName: no such system.
        AskedWrongly: the folder behind "pack:" or "local:" is not there, or is no pack.
    """
    kind, _, place = name.removeprefix(CASCADE).partition(":")
    if kind.partition("@")[0] not in {re.split("[:@]", one)[0] for one in kinds()}:
        raise UnknownName("system", name, kinds())
    if kind == "pack":
        engine.read(Path(place))
    elif kind == "local" and place and not Path(place).expanduser().is_dir():
        raise AskedWrongly(f"There is no model folder at {place}.", "Check the path.")


def kinds() -> tuple[str, ...]:
    """Return the names that `load` takes: KINDS, then those of plug-ins.

    Raises:
        AskedWrongly: a plug-in takes a name of KINDS.
    """
    own = [each.name for each in plugins.found().detectors]
    plugins.refuse_taken("detector", (re.split("[:@]", one)[0] for one in KINDS), own)
    return (*KINDS, *own)


def is_model(name: str) -> bool:
    """Say whether a system asks a model, which takes long."""
    return name.removeprefix(CASCADE).partition(":")[0] in MODELS


def calibrated(path: Path | None) -> Calibrate:
    """Return what a stored calibration makes of each prediction; without one, the same."""
    if path is None:
        return lambda prediction, _case: prediction
    calibration = evaluate.calibrate.read(path)
    apply = evaluate.calibrate.apply
    return lambda prediction, case: next(iter(apply(calibration, [case], [prediction])))


def open(name: str, settings: Settings, *, calibration: Path | None = None) -> Predictor:
    """Open the predictor called `name`: one of KINDS, or presidio@THRESHOLD (0 to 1).

    In a cascade `calibration` is what makes a model's p mean what it says before it is joined;
    elsewhere it is the caller's to apply.

    Raises:
        UnknownName: no such predictor.
        AskedWrongly: the model can't be used as it is, or a setting is not for this predictor.
        MissingExtra: presidio or local is not installed.
    """
    if name.startswith(CASCADE):
        return _cascade(name.removeprefix(CASCADE), settings, calibration)
    _refuse_idle(name, settings)
    mine = [own for own in plugins.found().detectors if own.name == name and name in kinds()]
    predictor = Own(mine[0]) if mine else _opened(name, settings)
    return Decoded(predictor) if settings.decode else predictor


def _cascade(name: str, settings: Settings, calibration: Path | None) -> Predictor:
    kind, _, place = name.partition(":")
    if kind not in MODELS:
        hint = "Write cascade:pack:PATH or another of a model; without a model it is `context`."
        raise AskedWrongly(f"cascade:{name} ends in no model.", hint)
    kept = Path(place) / engine.JOIN
    join = cascade.read_join(kept) if kind == "pack" and kept.is_file() else cascade.Join()
    if kind == "pack":
        calibration = calibration or engine.read(Path(place)).calibration
    stages = _stages(settings)
    model = open(name, replace(settings, choices=Choices(), explain=False))
    if calibration is not None and not join.rows:
        model = Calibrated(model, calibrated(calibration))
    return Cascade(replace(stages, model=model, join=join))


def _stages(settings: Settings) -> cascade.Stages:
    """Return the stages up to context, as they are chosen."""
    choices = settings.choices
    found = context.read(choices.context) if choices.context else context.shipped()
    return cascade.Stages(
        found, switches=choices.switches, aim=choices.aim, explain=settings.explain
    )


def _refuse_idle(name: str, settings: Settings) -> None:
    """Refuse a setting that this predictor would not read."""
    kind, _, _ = name.partition(":")
    if settings.verdict_only and kind not in {"local", "server"}:
        hint = "chat:URL#MODEL gives whole answers; ask it as server:URL#MODEL for verdicts alone."
        raise AskedWrongly("--verdict-only is for local:PATH and server:URL#MODEL.", hint)
    if settings.plain and kind != "chat":
        raise AskedWrongly("--plain is for chat:URL#MODEL.", "The others send no JSON schema.")
    if settings.tokenizer and kind != "server":
        raise AskedWrongly("--tokenizer is for server:URL#MODEL.", "The others have their own.")
    if settings.remote.budget_usd is not None and kind == "server":
        hint = "Its calls are in no journal, so no budget can be kept; chat:URL#MODEL keeps one."
        raise AskedWrongly("--budget-usd is not for server:URL#MODEL.", hint)
    if settings.shots and kind not in {"chat", "server", "local"}:
        raise AskedWrongly("--shots is for chat, server and local.", "Rules read no examples.")
    if settings.shots and not settings.pool:
        raise AskedWrongly("--shots needs examples.", "Name a built folder with --shots-from.")
    own, ours = settings.choices, name in {"context", "reader"}
    if not ours and own != Choices():
        hint = "They are for reader, context and cascade:SYSTEM."
        raise AskedWrongly("--aim, --context and the policy's switches do nothing here.", hint)
    if name == "reader" and (own.aim or own.context):
        raise AskedWrongly("--aim and --context are not for the reader alone.", "Use context.")
    if settings.explain and name != "context":
        raise AskedWrongly("--explain is for context and cascade:SYSTEM.", "The others keep none.")


def _opened(name: str, settings: Settings) -> Predictor:
    if name == "rules":
        return Rules()
    if name == "reader":
        return cascade.Reader(settings.choices.switches)
    if name == "context":
        return Cascade(_stages(settings))
    if found := _PRESIDIO.fullmatch(name):
        from piiforge.predict.presidio import Presidio

        threshold = float(found["threshold"] or _THRESHOLD)
        if threshold > 1:
            raise AskedWrongly("Presidio's threshold is over 1.", "Try presidio@0.5.")
        return Presidio(threshold)
    if name == "rampart":
        from piiforge.predict.rampart import Rampart

        return Rampart()
    kind, _, rest = name.partition(":")
    if kind in {"chat", "server"} and rest:
        from piiforge.predict.remote import Chat, Server

        url, sign, model = rest.rpartition("#")
        if not sign or not model:
            # The name is not shown: a URL may hold a password.
            raise AskedWrongly(
                f"The address behind {kind}: names no model.", f"Write {kind}:URL#MODEL."
            )
        remote = replace(settings.remote, base_url=url, model=model)
        return (Chat if kind == "chat" else Server)(replace(settings, remote=remote))
    if kind == "local" and rest:
        return Local(Path(rest), settings)
    if kind == "pack" and rest:
        return Packed(engine.read(Path(rest)))
    raise UnknownName("predictor", name, kinds())


@dataclass(frozen=True, slots=True)
class Own(Predictor):
    """A detector that a plug-in brings: what it says is sensitive from one half on."""

    inner: plugins.OwnDetector

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor. What it raises is told by kind: a message may hold content."""
        try:
            said = list(self.inner.judge([(case.category, case.content) for case in cases]))
        except Exception as error:
            problem = f"The detector {self.inner.name} raised {type(error).__name__}."
            raise AskedWrongly(problem, "Ask it by itself to see where.") from error
        if len(said) != len(cases) or not all(p is None or 0 <= p <= 1 for p in said):
            problem = f"The detector {self.inner.name} gives no probability for each question."
            raise AskedWrongly(problem, "One number from 0 to 1, or None, a question.")
        for case, p in zip(cases, said, strict=True):
            if p is None:
                yield Prediction(case.id, None, None, None, "")
            else:
                yield Prediction(case.id, p >= 0.5, p, max(p, 1 - p), "")


@dataclass(frozen=True, slots=True)
class Decoded(Predictor):
    """A predictor that is shown the decoded content."""

    inner: Predictor

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        return self.inner.predict([_decoded(case) for case in cases])

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. The decoding is part of the time."""
        began = time.perf_counter()
        shown = _decoded(case)
        decoding_ms = (time.perf_counter() - began) * 1000
        prediction = self.inner.timed(shown)
        if prediction is None or prediction.latency_ms is None:
            return prediction
        return replace(prediction, latency_ms=prediction.latency_ms + decoding_ms)

    def explain(self, case: Case, verdict: bool) -> str:
        """See Predictor."""
        return self.inner.explain(_decoded(case), verdict)

    def close(self) -> None:
        """See Predictor."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class Calibrated(Predictor):
    """A model whose p means what it says: calibrated before it is joined."""

    inner: Predictor
    calibrate: Calibrate

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        known = {case.id: case for case in cases}
        for said in self.inner.predict(cases):
            yield self.calibrate(said, known[said.id])

    def explain(self, case: Case, verdict: bool) -> str:
        """See Predictor."""
        return self.inner.explain(case, verdict)

    def close(self) -> None:
        """See Predictor."""
        self.inner.close()


def _decoded(case: Case) -> Case:
    return replace(case, content=decode(case.content))


class Detector:
    """A system that is loaded and may be asked from several threads; one is answered at a time.

    `categories` are the names that it knows. Close it when done, or use it as a context manager.
    """

    def __init__(
        self,
        name: str,
        predictor: Predictor,
        categories: Iterable[str],
        *,
        calibrate: Calibrate | None = None,
    ) -> None:
        """Take a predictor that is open; closing the detector closes it."""
        self.name = name
        self.categories = tuple(categories)
        self._predictor = predictor
        self._stage = cascade.MODEL if is_model(name) else name.partition("@")[0]
        self._calibrate = calibrate
        # a calibration may make something of nothing, and other categories have no text tests
        self._passes = calibrate is None and set(self.categories) <= set(CATEGORIES)
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"<Detector {self.name}: {', '.join(self.categories)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model."""
        self._predictor.close()

    def verdict(self, category: str, content: str, *, explain: bool = False) -> Detection:
        """Judge one content for one category.

        Raises:
            UnknownName: a category that the system doesn't know, with the nearest one.
        """
        return self.verdicts([(category, content)], explain=explain)[0]

    def judge(
        self, contents: Sequence[str], categories: Sequence[str] = ()
    ) -> list[dict[str, Detection]]:
        """Judge each content for `categories` (all without any); one record a content."""
        names = tuple(categories) or self.categories
        flat = iter(self.verdicts([(name, text) for text in contents for name in names]))
        return [{name: next(flat) for name in names} for _ in contents]

    def seen(self, category: str, content: str) -> Seen:
        """Say where a value stands that `verdict` found, what hid it and which words weighed.

        Raises:
            UnknownName: a category that the system doesn't know, with the nearest one.
        """
        if category not in self.categories:
            raise UnknownName("category", category, self.categories)
        content = readable(content)
        with self._turn:
            words = self._predictor.cues(Case("", category, content))
        some = reader.find(content, category) if category in reader.CATEGORIES else []
        telling = [one for one in some if reader.judge([one])] or [one for one in some if one.valid]
        if not telling:
            return Seen(words=words)
        best = telling[0]
        edits = [edit for one in telling for edit in reader.rewritten(content, one, lambda _: "")]
        spans = tuple(Span(edit.start, edit.end) for edit in reader.joined(edits))
        text = reader.text_of(content, best)
        same = [one for one in telling if one.reading == best.reading]
        inner = tuple(
            Span(start - (start > 0 and text[start - 1] == "+"), end)
            for start, end in ((one.snippet_start, one.snippet_end) for one in same)
        )
        if all(text[one.start : one.end] in content for one in inner):  # something else is encoded
            return Seen(spans, words)
        how = tuple(step for step in best.reading.split("+") if step not in {"plain", "split"})
        return Seen(spans, words, how, text, inner)

    def suspects(self, contents: Iterable[str]) -> list[str]:
        """Return the contents that have to be judged: in the others there is nothing for sure."""
        asked = list(contents)
        if not self._passes:
            return asked
        with self._turn:
            passed = self._predictor.surely_nothing([readable(each) for each in asked])
        return [each for each, nothing in zip(asked, passed, strict=True) if not nothing]

    def verdicts(
        self, asked: Sequence[tuple[str, str]], *, explain: bool = False
    ) -> list[Detection]:
        """Judge (category, content) pairs; one answer a pair, in their order.

        Pairs that share a category or a content are cheaper together than apart. `explain` writes
        a reason for each that is sensitive, where the system can: that costs a whole answer.

        Raises:
            UnknownName: a category that the system doesn't know, with the nearest one.
        """
        for category, _ in asked:
            if category not in self.categories:
                raise UnknownName("category", category, self.categories)
        cases = [
            Case(str(at), category, readable(content))
            for at, (category, content) in enumerate(asked)
        ]
        with self._turn:
            said = {each.id: each for each in self._predictor.predict(cases)} if cases else {}
            return [self._detection(case, said.get(case.id), explain=explain) for case in cases]

    def _detection(self, case: Case, said: Prediction | None, *, explain: bool) -> Detection:
        if said is None:
            return Detection(case.category, None)
        if self._calibrate is not None:
            said = self._calibrate(said, case)
        why = said.explanation
        if explain and said.is_sensitive and not why:
            why = self._predictor.explain(case, True)
        return Detection(
            case.category,
            said.is_sensitive,
            said.p_sensitive,
            said.confidence_score,
            why,
            said.decided_by or self._stage,
            said.unsure,
            said.evidence,
        )


def places(category: str, content: str) -> list[Span]:
    """Return where the reader sees a value of `category` as it stands in `content`, in order.

    Each is one whole value; equal ones are there as often as they stand. What is encoded, spelled
    out or spread over fields is not told, nor a category that the reader lacks. Of a pair, both
    halves are told where they stand as bare digits.

    >>> content = "zip 00000 666-12-3456"
    >>> places("ssn", content), places("badge", content)
    ([], [])
    """
    if category not in reader.CATEGORIES:
        return []
    taken: list[Span] = []
    for one in reader.find(content, category):
        if not one.valid or "split" in one.reading or "words" in one.reading:
            continue
        text = reader.text_of(content, one)
        value = text[one.snippet_start : one.snippet_end]
        for each in one.key.split("|") if category in _PAIRS else [value]:
            taken += _free_of(taken, _occurrences(content, each))
    return sorted(taken, key=lambda span: span.start)


def _occurrences(content: str, value: str) -> Iterator[Span]:
    """Yield where `value` stands, with a + before it, and no letter or digit beside."""
    at = content.find(value) if value else -1
    while at >= 0:
        end = at + len(value)
        if not any(map(str.isalnum, content[max(0, at - 1) : at] + content[end : end + 1])):
            yield Span(at - content.startswith("+", max(0, at - 1)) * (at > 0), end)
        at = content.find(value, end)


def _free_of(taken: Sequence[Span], more: Iterable[Span]) -> list[Span]:
    return [
        one
        for one in more
        if all(one.end <= other.start or other.end <= one.start for other in taken)
    ]


def readable(content: str) -> str:
    r"""Return `content` with lone surrogates, which no tokenizer takes, as U+FFFD.

    >>> readable("a\udc80b")
    'a\ufffdb'
    """
    try:
        content.encode()
    except UnicodeEncodeError:
        return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return content
