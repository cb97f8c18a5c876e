"""`local:PATH` and `pack:PATH`: models in this process.

`LocalModel` is loaded from a folder, on CPU or CUDA, and asked for text or for its last hidden
state; `Verdicts` reads " true" against " false" from that, behind the answer's fixed beginning, in
one pass. `Local` is the predictor on both: the reference for every faster engine.

`Packed` is the predictor on a pack: one pass a verdict on the processor, its beginning kept.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from piiforge import engine, prompt
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.predict import ask
from piiforge.types import Case, Prediction

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DTYPES = ("auto", "float32", "bfloat16", "float16")
MOST_TOKENS_A_BATCH = 16_384
Row = tuple[Case, list[int]]
_TOLERANCE = 0.02  # of the larger logit: bf16 logits are rounded to 8 bits
_ROWS_AT_ONCE = 64
_CHARACTERS_A_TOKEN = 32  # a content of more does not fit, and is not worth the tokenizing
_SAMPLE = [("user", "Category: none. Content: -")]


class LocalModel:
    """Weights and tokenizer. Tokens are the model's own; texts hold no special token by accident.

    `most_tokens` is what a question and its answer may come to, in tokens.
    """

    def __init__(self, folder: Path, *, dtype: str = "auto") -> None:
        """Load the model of `folder`.

        Raises:
            AskedWrongly: see `prompt.check_model`; a dtype that is none; files that don't load.
            MissingExtra: torch or transformers is not installed.
        """
        prompt.check_model(folder)
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtra(error.name or "torch", "local") from error
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer, self.model = _loaded(folder, _dtype(dtype, self._device), self._device)
        self.model.eval().requires_grad_(False)
        ends = _ends(self.tokenizer, self.model)
        pad = self.tokenizer.pad_token_id
        self._pad: int = pad if isinstance(pad, int) else ends[0]
        self.model.generation_config = transformers.GenerationConfig(
            do_sample=False,
            repetition_penalty=1.0,  # Qwen's own file says 1.1, which bends a greedy answer
            eos_token_id=ends,
            pad_token_id=self._pad,
        )
        self.most_tokens: int = getattr(self.model.config, "max_position_embeddings", 2048)

    def prompt_ids(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        """Return the token ids of a conversation of (role, text), ready for the answer."""
        conversation = [{"role": role, "content": text} for role, text in turns]
        text = self.tokenizer.apply_chat_template(
            conversation, tokenize=False, add_generation_prompt=True
        )
        return self.ids(cast("str", text))

    def ids(self, text: str) -> list[int]:
        """Return the token ids of a text, with nothing added."""
        return cast("list[int]", self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(self, prompts: Sequence[Sequence[int]], most_new_tokens: int) -> list[str]:
        """Return the greedy continuation of each prompt, up to its end token."""
        import torch

        ids, mask = self._padded(prompts)
        with torch.inference_mode():
            made = self.model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=most_new_tokens
            )
        return [
            cast("str", self.tokenizer.decode(row, skip_special_tokens=True)).strip()
            for row in made[:, ids.shape[1] :].tolist()
        ]

    def hidden(self, rows: Sequence[Sequence[int]]) -> "torch.Tensor":
        """Return the last layer's state behind the norm, (rows, tokens, width), left-padded."""
        import torch

        ids, mask = self._padded(rows)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        with torch.inference_mode():
            body = self.model.get_decoder()
            out = body(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False)
        return cast("torch.Tensor", out.last_hidden_state)

    def head(self) -> "tuple[torch.Tensor, torch.Tensor | None]":
        """Return the output head: weights (vocabulary, width), tied or not, and bias (or None)."""
        head = self.model.get_output_embeddings()
        return cast("torch.Tensor", head.weight), getattr(head, "bias", None)

    def logits(self, row: Sequence[int]) -> "torch.Tensor":
        """Return the model's own logits behind the row's last token, in fp32: (vocabulary,)."""
        import torch

        ids, mask = self._padded([row])
        with torch.inference_mode():
            out = self.model(input_ids=ids, attention_mask=mask, use_cache=False)
        return cast("torch.Tensor", out.logits[0, -1].float())

    def _padded(self, rows: Sequence[Sequence[int]]) -> "tuple[torch.Tensor, torch.Tensor]":
        """Return ids and mask, (rows, longest), padded on the left."""
        import torch

        longest = max(map(len, rows))
        ids = [[self._pad] * (longest - len(row)) + list(row) for row in rows]
        mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
        return torch.tensor(ids, device=self._device), torch.tensor(mask, device=self._device)


def _loaded(
    folder: Path, dtype: str, device: str
) -> "tuple[PreTrainedTokenizerBase, PreTrainedModel]":
    """Read tokenizer and weights; whatever is wrong with the files is told as ours."""
    import torch
    import transformers
    from safetensors import SafetensorError

    safe = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left", **safe)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, use_safetensors=True, dtype=getattr(torch, dtype), **safe
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        hint = "Was it copied whole, and does this transformers know the model?"
        raise AskedWrongly(f"{folder} can't be loaded ({type(error).__name__}).", hint) from error
    return tokenizer, model.to(device)


def _ends(tokenizer: "PreTrainedTokenizerBase", model: "PreTrainedModel") -> list[int]:
    """Return every token that ends an answer: the tokenizer's and the generation settings'."""
    told = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ends = [tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
    known = list(dict.fromkeys(end for end in ends if isinstance(end, int)))
    if not known:
        hint = "Name eos_token in its tokenizer_config.json."
        raise AskedWrongly("The tokenizer has no end token.", hint)
    return known


def _dtype(asked: str, device: str) -> str:
    """Return the name of the torch dtype to load with.

    fp32 on a CPU without bf16 arithmetic (AVX512-BF16 or AMX), where bf16 would be emulated; else
    bf16, or fp16 on a GPU that has none. What decides is computed in fp32 in any case.
    """
    import torch

    if asked not in DTYPES:
        raise AskedWrongly(f"No dtype named {asked!r}.", f"Known: {', '.join(DTYPES)}.")
    if asked != "auto":
        return asked
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch does not say
        return "float32"
    told = torch.cpu.get_capabilities()
    fast = told.get("avx512_bf16") or told.get("amx_bf16")
    return "bfloat16" if fast else "float32"


class Verdicts:
    """Margins of one model: logit(true) - logit(false).

    They are computed in fp32 from the last hidden state and the head's two rows: bf16 logits step
    by 0.125, so that they tie. Where a tokenizer has no single token for one of the words
    (`single` False), the log-probabilities of the whole words are compared instead, two rows a
    case.
    """

    def __init__(self, model: LocalModel, sample: Sequence[int]) -> None:
        """Find the two words' tokens. `sample` is any prompt, to check the head with.

        Raises:
            AskedWrongly: the model's logits are not its head times its last hidden state.
        """
        self._model = model
        self._words = ask.words(model.ids)
        self.single = self._words.single
        # Some families scale or cap their logits behind the head: their margin is another one
        row = [*sample, *self._words.prefix]
        logits, ours = model.logits(row), self._logits(model.hidden([row])[0, -1])
        gap = max(abs(float(logits[tail[0]] - ours[tail[0]])) for tail in self._words.tails)
        if gap > _TOLERANCE * float(logits.abs().max()) + 0.01:
            hint = "Leave --verdict-only off for this model."
            raise AskedWrongly("This model changes its logits behind the head.", hint)

    def margins(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        """Return one margin a prompt, above 0 for true."""
        if not self.single:
            sums = (self._log_likelihoods(prompts, tail) for tail in self._words.tails)
            return [yes - no for yes, no in zip(*sums, strict=True)]
        hidden = self._model.hidden([[*row, *self._words.prefix] for row in prompts])[:, -1].float()
        weight, bias = self._model.head()
        true, false = (tail[0] for tail in self._words.tails)
        found = hidden @ (weight[true].float() - weight[false].float())
        if bias is not None:
            found = found + (bias[true].float() - bias[false].float())
        return [float(each) for each in found.tolist()]

    def length(self) -> int:
        """Return how many tokens stand behind the prompt at the most."""
        return len(self._words.prefix) + max(map(len, self._words.tails))

    def _log_likelihoods(self, prompts: Sequence[Sequence[int]], tail: list[int]) -> list[float]:
        """Return the log-probability of `tail` behind each prompt and the prefix."""
        rows = [[*row, *self._words.prefix, *tail] for row in prompts]
        logits = self._logits(self._model.hidden(rows)[:, -len(tail) - 1 : -1])
        spread = logits.log_softmax(-1).cpu()
        return [sum(float(row[at, token]) for at, token in enumerate(tail)) for row in spread]

    def _logits(self, hidden: "torch.Tensor") -> "torch.Tensor":
        weight, bias = self._model.head()
        logits = hidden.float() @ weight.float().T
        return logits if bias is None else logits + bias.float()


class Local(ask.Predictor):
    """The predictor: JSON generated in full, or one pass for the verdict (`verdict_only`).

    Cases are batched by length and so come back in another order. A content that does not fit the
    model's context gets no verdict: it was not read, so it is not clean.
    """

    def __init__(self, folder: Path, settings: ask.Settings) -> None:
        """Load the model of `folder`; raises what `LocalModel` and `Verdicts` raise."""
        self._settings = settings
        self._model = LocalModel(folder, dtype=settings.dtype)
        told = settings.system
        self._system = prompt.system_of(folder) if told is None else told
        self._verdicts: Verdicts | None = None
        self._room = self._model.most_tokens - settings.most_new_tokens
        if settings.verdict_only:
            self._verdicts = Verdicts(self._model, self._model.prompt_ids(_SAMPLE))
            self._room = self._model.most_tokens - self._verdicts.length()

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        rows = sorted(map(self._row, cases), key=lambda row: -len(row[1]))
        for batch in batches(rows, self._settings.batch):
            yield from (Prediction(case.id, None) for case, ids in batch if len(ids) > self._room)
            fitting = [row for row in batch if len(row[1]) <= self._room]
            if fitting:
                yield from self._judge(*zip(*fitting, strict=True))

    def _row(self, case: Case) -> Row:
        turns = ask.messages(case, self._settings, self._system)
        return case, self._model.prompt_ids([(turn.role, turn.content) for turn in turns])

    def _judge(self, cases: Sequence[Case], prompts: Sequence[list[int]]) -> Iterator[Prediction]:
        if self._verdicts is not None:
            for case, margin in zip(cases, self._verdicts.margins(prompts), strict=True):
                yield ask.decided(case.id, margin)
        else:
            texts = self._model.generate(prompts, self._settings.most_new_tokens)
            for case, text in zip(cases, texts, strict=True):
                yield ask.read(case.id, text, lenient=self._settings.lenient)


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


class Packed(ask.Predictor):
    """The predictor. A pack has its own words, order and system text; no setting changes them.

    A content that does not fit the model's context gets no verdict: it was not read. The beginning
    that all rows of a category share is computed at its first row and then kept.
    """

    def __init__(self, pack: engine.Pack, runtime: engine.Runtime | None = None) -> None:
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
                yield ask.decided(case.id, found[at]) if at in found else Prediction(case.id, None)

    def tokens(self, case: Case) -> tuple[int, ...]:
        """Return the tokens of a case's prompt and of the answer's fixed beginning."""
        return self._ids(self._text(case.category, case.content))

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self._ids(text))

    def explain(self, case: Case, verdict: bool) -> str:
        """See Predictor."""
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
        return f"{told.before}{prompt.turn(question)}{told.after}{prompt.ANSWER_PREFIX}"

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
