"""`pack:PATH`: a packed model in this process, one pass a verdict, its beginning kept."""

from collections.abc import Iterator, Sequence

from piiforge import engine, prompt
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.predict.ask import Predictor, decided
from piiforge.types import Case, Prediction

_ROWS_AT_ONCE = 64
_CHARACTERS_A_TOKEN = 32  # a content of more does not fit, and is not worth the tokenizing


class Packed(Predictor):
    """The predictor. A pack has its own words, order and system text; no setting changes them.

    A content that does not fit the model's context gets no verdict: it was not read. The beginning
    that all rows of a category share is computed at its first row and then kept.
    """

    def __init__(self, pack: engine.Pack, runtime: engine.Engine | None = None) -> None:
        """Take a pack that was read; compile its graph, unless another `runtime` is given.

        Raises:
            AskedWrongly: a graph that this OpenVINO does not read.
            MissingExtra: openvino or tokenizers is not installed.
        """
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtra("tokenizers", "fast") from error
        self.pack = pack
        self._tokenizer = Tokenizer.from_file(str(pack.tokenizer))
        self.runtime = runtime or engine.Runtime(pack.graph)
        self._answers: engine.Answers | None = None
        self._begun: set[str] = set()

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        for start in range(0, len(cases), _ROWS_AT_ONCE):
            some = cases[start : start + _ROWS_AT_ONCE]
            for category in {case.category for case in some}:
                self._keep(category)
            rows = {at: row for at, case in enumerate(some) if (row := self._row(case))}
            found = dict(zip(rows, self.runtime.margins(list(rows.values())), strict=True))
            for at, case in enumerate(some):
                yield decided(case.id, found[at]) if at in found else Prediction(case.id, None)

    def tokens(self, case: Case) -> tuple[int, ...]:
        """Return the tokens of a case's prompt and of the answer's fixed beginning."""
        return self._ids(self._text(case.category, case.content))

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self._ids(text))

    def explain(self, case: Case, verdict: bool) -> str:
        """See Explains."""
        return prompt.parse(self.answer(case, verdict)).explanation

    def answer(self, case: Case, verdict: bool | None = None) -> str:
        """Return the whole JSON; its verdict is `verdict`, or the model's own with None.

        Raises:
            AskedWrongly: the content does not fit the model's context.
        """
        row, told = self._row(case), self.pack.told
        if not row:
            hint = "A verdict of it would be blind; cut the content into lines."
            raise AskedWrongly(f"The content does not fit {told.most_tokens} tokens.", hint)
        if self._answers is None:
            size = self._tokenizer.get_vocab_size(with_added_tokens=True)
            self._answers = engine.Answers(
                self.pack.tokenizer, max(size, self.runtime.vocabulary), told.words, told.ends
            )
        answer = self._answers.begin(verdict)
        self._keep(case.category)
        self.runtime.continuation((*row, *answer.forced()), answer.choose)
        return answer.text

    def _row(self, case: Case) -> tuple[int, ...]:
        """Return the tokens of a case, () where it does not fit."""
        most = self.pack.told.most_tokens
        if len(case.content) > most * _CHARACTERS_A_TOKEN:
            return ()
        row = self.tokens(case)
        return row if len(row) <= most else ()

    def _text(self, category: str, content: str) -> str:
        told = self.pack.told
        description = told.descriptions.get(category)
        if description is None:
            known = ", ".join(told.descriptions)
            raise AskedWrongly(f"The pack does not know {category!r}.", f"It knows {known}.")
        question = prompt.question(category, description, content, order=told.order)
        return f"{told.before}{prompt.INSTRUCTION}\n{question}{told.after}{prompt.ANSWER_PREFIX}"

    def _ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _keep(self, category: str) -> None:
        """Keep what every row of `category` begins with, found from two that differ early."""
        name = category if self.pack.told.order == "category_first" else ""
        if name not in self._begun:
            one, other = (self._ids(self._text(category, each)) for each in ("a", "="))
            pairs = zip(one, other, strict=False)
            shared = next(at for at, (mine, its) in enumerate(pairs) if mine != its)
            self.runtime.keep(one[:shared])
            self._begun.add(name)
