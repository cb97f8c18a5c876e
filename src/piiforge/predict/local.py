"""`local:PATH`: a model in this process, on CPU or CUDA. The reference for every faster engine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from piiforge.predict import local_folder
from piiforge.predict.asking import messages, read
from piiforge.predict.latency import clocked
from piiforge.predict.local_model import LocalModel
from piiforge.predict.local_verdict import Verdicts, probability
from piiforge.predict.records import Settings
from piiforge.types import Case, Prediction

MOST_TOKENS_A_BATCH = 16_384
Row = tuple[Case, list[int]]
_SAMPLE = [("user", "Category: none. Content: -")]


class Local:
    """The predictor: JSON generated in full, or one pass for the verdict (`verdict_only`).

    Cases are batched by length and so come back in another order. A content that does not fit the
    model's context gets no verdict: it was not read, so it is not clean.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Load the model of `folder`; raises what `LocalModel` and `Verdicts` raise."""
        self._settings = settings
        self._model = LocalModel(folder, dtype=settings.dtype)
        told = settings.system
        self._system = local_folder.system_of(folder) if told is None else told
        self._verdicts: Verdicts | None = None
        self._answer_tokens = settings.most_new_tokens
        if settings.verdict_only:
            self._verdicts = Verdicts(self._model, self._model.prompt_ids(_SAMPLE))
            self._answer_tokens = self._verdicts.length()

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        rows = sorted(map(self._row, cases), key=lambda row: -len(row[1]))
        for batch in batches(rows, self._settings.batch):
            yield from self._judge(batch)

    def timed(self, case: Case) -> Prediction:
        """See Predictor."""
        return clocked(self._judge_one, case)

    def close(self) -> None:
        """See Predictor."""

    def _judge_one(self, case: Case) -> Prediction:
        return self._judge([self._row(case)])[0]

    def _row(self, case: Case) -> Row:
        turns = messages(case, self._settings, self._system)
        return case, self._model.prompt_ids([(turn.role, turn.content) for turn in turns])

    def _judge(self, rows: Sequence[Row]) -> list[Prediction]:
        room = self._model.most_tokens - self._answer_tokens
        fitting = [row for row in rows if len(row[1]) <= room]
        unread = [Prediction(case.id, None) for case, ids in rows if len(ids) > room]
        if not fitting:
            return unread
        prompts = [ids for _, ids in fitting]
        if self._verdicts is not None:
            margins = self._verdicts.margins(prompts)
            return unread + [
                _of(case, each) for (case, _), each in zip(fitting, margins, strict=True)
            ]
        texts = self._model.generate(prompts, self._settings.most_new_tokens)
        return unread + [
            read(case.id, text, lenient=self._settings.lenient)
            for (case, _), text in zip(fitting, texts, strict=True)
        ]


def batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Yield `rows`, longest first, at most `size` at once and MOST_TOKENS_A_BATCH with padding."""
    batch: list[Row] = []
    for row in rows:
        longest = max(len(row[1]), *(len(each[1]) for each in batch[:1]), 1)
        if batch and (len(batch) >= size or (len(batch) + 1) * longest > MOST_TOKENS_A_BATCH):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _of(case: Case, margin: float) -> Prediction:
    p = probability(margin)
    return Prediction(case.id, margin > 0, p, max(p, 1 - p))
