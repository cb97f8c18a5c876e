"""The cascade: text tests, then reader and context, then a model, each asked only where needed.

The text tests say "certainly nothing" of most lines. Where they can't, the reader looks for values
and context weighs what it found. Only where its word is unsure a model is asked, if there is one,
and the two scores are joined: `a * context + b * margin + bias of the category`, fitted on rows of
validation and kept in the pack. Without a model the word stands and is marked `unsure`.

Who decided is told: `text`, `reader` (its own verdict stands), `context` (it overruled the reader)
or `model`.

>>> [said] = Cascade(Stages(shipped())).predict([Case("1", "ssn", "sku=666-12-3456")])
>>> said.is_sensitive, said.decided_by, said.explanation
(False, 'text', 'Nothing that could be one stands there.')
>>> [said] = Cascade(Stages(shipped())).predict([Case("1", "email", "m=jo.smith%40mail-box.org")])
>>> said.is_sensitive, said.decided_by, said.explanation
(True, 'reader', 'Valid, by its form, in decoded text (percent).')
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from piiforge import evaluate, files, plugins, reader
from piiforge.context import Context, Word, shipped
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.predict.ask import Predictor, probability
from piiforge.predict.known_rows import KnownRows
from piiforge.predict.prefilter import CATEGORIES, TextTests
from piiforge.reader import Finding
from piiforge.types import Case, Cue, Prediction, Switches

TEXT, READER, CONTEXT, MODEL = "text", "reader", "context", "model"
VERSION = 1
_SURE, _NOT_SURE = 0.95, 0.05  # a rule's word has no degrees
_BOUND = 20.0  # log odds: a model's p of 0 or 1 is no infinite evidence
_NOTHING = "Nothing that could be one stands there."
_REASONS = {
    "valid": "Valid", "role": "A role mailbox", "partial_mask": "First six and last four shown",
    "placeholder": "A documented sample or filler", "masked": "Masked", "fictional": "Fictional",
    "checksum": "Its check digit fails", "luhn": "Its check digit fails",
}  # fmt: skip
_CUES = {
    Cue.CONFIRM: "named by its key or sentence", Cue.NEUTRAL: "named by nothing",
    Cue.VETO: "named as something else", Cue.MISLEADING: "under a misleading name",
    Cue.OTHER: "named as another kind of data", Cue.NONE: "of no use by its form",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Join:
    """How the word of context and a model's margin become one score, in log odds.

    `rows` it was fitted on; `losses` are mean log losses there in nats, of context, the model and
    both. A category without a bias has none.
    """

    context: float = 1.0
    model: float = 0.5
    bias: float = 0.0
    biases: Mapping[str, float] = field(default_factory=dict)
    rows: Annotated[int, Field(ge=0)] = 0
    losses: Mapping[str, float] = field(default_factory=dict)

    def score(self, category: str, context: float, margin: float) -> float:
        """Return the joined log odds."""
        own = self.bias + self.biases.get(category, 0.0)
        return self.context * context + self.model * margin + own

    def record(self) -> dict[str, object]:
        """Return it as one JSON object, as `read_join` takes it from a file."""
        return {"version": VERSION, **asdict(self)}


def read_join(path: Path) -> Join:
    """Return the join that was written to `path`.

    Raises:
        BadRecord: it is none of this version.
    """
    record, hint = files.read_json(path), "Pack the model again."
    if record.pop("version", None) != VERSION:
        raise BadRecord(path, None, f"version is not {VERSION}.", hint)
    return files.parsed(record, Join, path, hint=hint)


def fit_join(words: Sequence[float], margins: Sequence[float], cases: Sequence[Case]) -> Join:
    """Fit a join on labelled rows of validation: their words, margins and labels, in one order.

    A word and a margin each get one weight, at least 0; each category a shrunken bias.

    Raises:
        AskedWrongly: labels of one kind alone.
    """
    from sklearn.linear_model import LogisticRegression  # takes long to import

    truth = np.array([bool(case.label) for case in cases])
    if truth.all() or not truth.any():
        raise AskedWrongly("A join needs rows of both labels.", "Use the validation split.")
    table = np.clip(np.array([words, margins], dtype=np.float64).T, -_BOUND, _BOUND)
    model = LogisticRegression(C=1.0).fit(table, truth)
    one, other = (max(0.0, float(weight)) for weight in model.coef_[0])
    scores = table @ np.array([one, other]) + float(model.intercept_[0])
    names, place = np.unique([case.category for case in cases], return_inverse=True)
    mapped = evaluate.calibrate.fit_mapping("category", scores, truth, place, len(names))
    scale, bias, own = float(mapped[0]), float(mapped[1]), mapped[2:].tolist()

    def loss(scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        return float(np.logaddexp(0, np.where(truth, -scores, scores)).mean())

    both = scale * scores + bias + mapped[2:][place]
    return Join(
        context=scale * one,
        model=scale * other,
        bias=scale * float(model.intercept_[0]) + bias,
        biases=dict(zip(names.tolist(), own, strict=True)),
        rows=len(cases),
        losses={"context": loss(table[:, 0]), "model": loss(table[:, 1]), "joined": loss(both)},
    )


@dataclass(frozen=True, slots=True)
class Stages:
    """What a cascade is made of. `model` None ends it with context.

    `aim` moves the thresholds ("recall=.98"); `explain` adds evidence to each prediction.
    """

    context: Context = field(default_factory=shipped)
    model: Predictor | None = None
    join: Join = field(default_factory=Join)
    switches: Switches = field(default_factory=Switches)
    aim: str = ""
    explain: bool = False


class Cascade(Predictor):
    """The predictor."""

    def __init__(self, stages: Stages) -> None:
        """Take stages that are open; closing the cascade closes the model.

        Raises:
            AskedWrongly: the aim is none, or can't be reached.
        """
        self._stages, self._text, self._rows = stages, TextTests(), KnownRows()
        context = stages.context
        self._partings = {name: context.parting(name, stages.aim) for name in context.categories}
        self._whole = self._partings.keys() >= set(CATEGORIES) - set(plugins.names())
        self._words: dict[tuple[str, str], Word] = {}  # said of what was asked together, and unsure

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor. What a model is asked comes last."""
        unsure: dict[str, tuple[Case, Word]] = {}
        stages = self._stages
        for case in cases:
            parting = self._partings.get(case.category)
            if parting is None and case.category not in plugins.names():
                stages.context.place(case.category)  # raises: it has no such category
            if not self._text.may_hold(case.category, case.content):
                yield Prediction(case.id, False, 0.0, 1.0, _NOTHING, decided_by=TEXT)
                continue
            if parting is None:  # of a plug-in: a context that was not fitted for it knows nothing
                yield from Reader(stages.switches).predict([case])
                continue
            word = self._words.get((case.category, case.content)) or self._word(
                case.category, case.content
            )
            if stages.model is not None and parting.unsure(word.score):
                unsure[case.id] = case, word
            else:
                yield self._by_context(case, word)
        if unsure and stages.model is not None:
            for said in stages.model.predict([case for case, _ in unsure.values()]):
                yield self._joined(*unsure[said.id], said)

    def surely_nothing(self, contents: Sequence[str]) -> list[bool]:
        """See Predictor: text tests rule out every category, or the word on it is a sure no.

        Words that are no sure no are kept until contents are asked together again.
        """
        if not self._whole:
            return super().surely_nothing(contents)
        self._words = {}
        known = [self._rows.nothing_in(content) for content in contents]
        left = [content for content, nothing in zip(contents, known, strict=True) if not nothing]
        told = iter(
            all(self._is_sure_no(category, content) for category in categories)
            for content, categories in zip(left, self._text.each_possible(left), strict=True)
        )
        return [nothing or next(told) for nothing in known]

    def _is_sure_no(self, category: str, content: str) -> bool:
        parting = self._partings.get(category)
        if parting is None:
            return False
        word = self._word(category, content)
        if word.score < parting.at and not parting.unsure(word.score):
            return True
        self._words[category, content] = word
        return False

    def _word(self, category: str, content: str) -> Word:
        stages = self._stages
        return stages.context.word(
            category, content, switches=stages.switches, explain=stages.explain
        )

    def _by_context(self, case: Case, word: Word) -> Prediction:
        parting = self._partings[case.category]
        verdict = word.score >= parting.at
        return Prediction(
            case.id,
            verdict,
            word.p,
            max(word.p, 1 - word.p),
            told(word.findings),
            decided_by=READER if verdict == word.yes else CONTEXT,
            unsure=parting.unsure(word.score),
            evidence=self._evidence(word, None, None),
        )

    def _joined(self, case: Case, word: Word, said: Prediction) -> Prediction:
        """Join a word and what a model said; without an answer the word stands, unsure."""
        if said.p_sensitive is None:
            return self._by_context(case, word)
        join = self._stages.join
        margin = logit(said.p_sensitive)
        score = join.score(case.category, word.score, margin)
        p, verdict = probability(score), score >= self._partings[case.category].at
        why = said.explanation or told(word.findings)
        evidence = self._evidence(word, said.p_sensitive, p)
        return Prediction(
            case.id, verdict, p, max(p, 1 - p), why, said.raw, decided_by=MODEL, evidence=evidence
        )

    def _evidence(
        self, word: Word, model: float | None, joined: float | None
    ) -> Mapping[str, object]:
        if not self._stages.explain:
            return {}
        best = word.findings[0] if word.findings else None
        return {
            "finding": best and {
                "valid": best.valid, "reason": best.reason, "cue": str(best.cue),
                "reading": best.reading, "start": best.snippet_start, "end": best.snippet_end,
            },
            "words": list(word.cues),
            "reader": word.yes,
            "context": round(word.p, 4),
            "model": None if model is None else round(model, 4),
            "joined": None if joined is None else round(joined, 4),
        }  # fmt: skip

    def explain(self, case: Case, verdict: bool) -> str:
        """See Predictor."""
        return self._stages.model.explain(case, verdict) if self._stages.model else ""

    def cues(self, case: Case) -> tuple[str, ...]:
        """See Predictor. They are of context, also where a model had the last word."""
        stages = self._stages
        word = stages.context.word(
            case.category, case.content, switches=stages.switches, explain=True
        )
        return word.cues

    def close(self) -> None:
        """See Predictor."""
        if self._stages.model is not None:
            self._stages.model.close()


class Reader(Predictor):
    """The predictor of the reader alone: yes or no by its rules."""

    def __init__(self, switches: Switches) -> None:
        """Take the policy's switches."""
        self._switches = switches

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        for case in cases:
            found = reader.find(case.content, case.category)
            found = [reader.switched(one, self._switches) for one in found]
            verdict = reader.judge(found)
            p = _SURE if verdict else _NOT_SURE
            yield Prediction(case.id, verdict, p, _SURE, told(found), decided_by=READER)


def told(findings: Sequence[Finding]) -> str:
    """Say what was found, in at most twelve words, never the value."""
    if not findings:
        return _NOTHING
    best = findings[0]
    reason = _REASONS.get(best.reason, "Not possible as written")
    how = "by its form" if best.telling and best.cue is Cue.NEUTRAL else _CUES[best.cue]
    decoded = "" if best.reading == "plain" else f", in decoded text ({best.reading})"
    return f"{reason}, {how}{decoded}."


def logit(p: float) -> float:
    """Return log(p / (1 - p)), kept within a bound."""
    kept = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.clip(np.log(kept) - np.log1p(-kept), -_BOUND, _BOUND))
