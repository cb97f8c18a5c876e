"""`local:PATH`: a model in this process, on CPU or CUDA. The reference for every faster engine."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from piiforge import files, prompt
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.predict.ask import messages, read
from piiforge.predict.records import Settings, clocked
from piiforge.types import Case, Prediction

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


# Is a folder a model that may be loaded? Decided by its files, before torch is imported.
#
# Weights are read as safetensors only: a pickle runs code when it is opened. Code that a model
# brings is never run (`auto_map`). Nothing is fetched: a name on a hub is no folder.


SYSTEMS = (
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def check(folder: Path) -> None:
    """Refuse what is no plain, safe chat model.

    Raises:
        AskedWrongly: not there, only an adapter, a GGUF file or pickles, brings code of its own,
            or has no chat template. Says what to do.
    """
    if not folder.is_dir():
        hint = "Give a folder; a model on a hub is downloaded first (`hf download ID --local-dir`)."
        raise AskedWrongly(f"{folder} is not a model folder.", hint)
    if not (folder / "config.json").is_file():
        _refuse_without_config(folder)
    _refuse_code(folder)
    _refuse_weights(folder)
    if not chat_template(folder):
        hint = "Take the instruct model of the family, or put its chat_template.jinja there."
        raise AskedWrongly(f"{folder} has no chat template.", hint)


def chat_template(folder: Path) -> str:
    """Return the folder's chat template, "" where it has none."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _read(folder / name).get("chat_template")
        if isinstance(found, list):  # several named ones; the default is what is used
            named = {each.get("name"): each.get("template") for each in found}
            found = named.get("default")
        if isinstance(found, str) and found:
            return found
    return ""


def system_of(folder: Path) -> str:
    """Return the family's own system text (one of SYSTEMS), "" for an unknown family.

    It is the text that the model's template puts first by itself and that training writes out.
    """
    template = chat_template(folder)
    return next((text for text in SYSTEMS if text in template), "")


def _refuse_without_config(folder: Path) -> None:
    if (folder / "adapter_config.json").is_file():
        hint = "Merge it into its base model first (`llamafactory-cli export`)."
        raise AskedWrongly(f"{folder} holds a LoRA adapter, not a model.", hint)
    if any(folder.glob("*.gguf")):
        hint = "Serve it (llama.cpp, ollama) and ask it as chat:URL#MODEL."
        raise AskedWrongly(f"{folder} holds a GGUF model, which is not read here.", hint)
    raise AskedWrongly(f"{folder} has no config.json.", "Give the folder of a whole model.")


def _refuse_code(folder: Path) -> None:
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        if "auto_map" in _read(folder / name):
            hint = "Code that a model brings is never run; take a model that transformers knows."
            raise AskedWrongly(f"{folder / name} asks for code of its own (auto_map).", hint)


def _refuse_weights(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    if any(path for pattern in _PICKLES for path in folder.glob(pattern)):
        hint = "A pickle can run code when it is read: convert it to safetensors elsewhere."
        raise AskedWrongly(f"{folder} has its weights as pickles only.", hint)
    raise AskedWrongly(f"{folder} has no weights (*.safetensors).", "Was it copied whole?")


def _read(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AskedWrongly(f"{path} is not JSON.", "Was it copied whole?") from error
    if not isinstance(found, dict):
        raise AskedWrongly(f"{path} is not a JSON object.", "Was it copied whole?")
    return cast("Mapping[str, object]", found)


# The words that a model's chat template puts around a question, rendered without the model.


_MARK = "\ue000"
_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token")


def frame(folder: Path, system: str) -> tuple[str, str]:
    """Return what stands before and behind a user's turn, up to where the answer begins.

    The template runs in a sandbox. `system` "" writes no system turn.

    Raises:
        AskedWrongly: no template, one that fails, or one that changes what the user wrote.
    """
    check(folder)
    rendered = _rendered(folder, system, f" {_MARK}\n ")
    before, mark, after = rendered.partition(_MARK)
    if not mark or not before.endswith(" ") or not after.startswith("\n ") or _MARK in after:
        hint = "Ask it through a server that renders it (server:URL#MODEL)."
        raise AskedWrongly(f"The chat template of {folder} changes what the user wrote.", hint)
    return before[:-1], after[2:]


def _rendered(folder: Path, system: str, user: str) -> str:
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refused(message: str) -> str:
        raise TemplateError(message)

    room = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    room.globals["raise_exception"] = refused
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": user})
    try:
        return room.from_string(chat_template(folder)).render(
            messages=turns, add_generation_prompt=True, **_specials(folder)
        )
    except TemplateError as error:
        hint = "Take the instruct model of the family."
        raise AskedWrongly(f"The chat template of {folder} fails.", hint) from error


def _specials(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    told = files.read_json(path) if path.is_file() else {}
    found = {name: told.get(name) for name in _TOKENS}
    return {
        name: str(each.get("content", "") if isinstance(each, dict) else each or "")
        for name, each in found.items()
    }


# A model in this process: loaded from a folder, asked for text or for its last hidden state.
#
# Precision: fp32 on a CPU without bf16 arithmetic (AVX512-BF16 or AMX), where bf16 would be
# emulated; else bf16, or fp16 on a GPU that has none. What decides is computed in fp32 in any
# case.


DTYPES = ("auto", "float32", "bfloat16", "float16")


class LocalModel:
    """Weights and tokenizer. Tokens are the model's own; texts hold no special token by accident.

    `most_tokens` is what a question and its answer may come to, in tokens.
    """

    def __init__(self, folder: Path, *, dtype: str = "auto") -> None:
        """Load the model of `folder`.

        Raises:
            AskedWrongly: see `local_folder.check`; a dtype that is none; files that don't load.
            MissingExtra: torch or transformers is not installed.
        """
        check(folder)
        torch, transformers = _libraries()
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer, self.model = _loaded(folder, _dtype(dtype, self._device), self._device)
        self.model.eval().requires_grad_(False)
        self._ends = _ends(self.tokenizer, self.model)
        self._pad = self._pad_id()
        self.model.generation_config = transformers.GenerationConfig(
            do_sample=False,
            repetition_penalty=1.0,  # Qwen's own file says 1.1, which bends a greedy answer
            eos_token_id=self._ends,
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

    def _pad_id(self) -> int:
        pad = self.tokenizer.pad_token_id
        return pad if isinstance(pad, int) else self._ends[0]


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "local") from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers


def _loaded(
    folder: Path, dtype: str, device: str
) -> "tuple[PreTrainedTokenizerBase, PreTrainedModel]":
    """Read tokenizer and weights; whatever is wrong with the files is told as ours."""
    import torch
    import transformers
    from safetensors import SafetensorError

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True, padding_side="left"
        )
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            trust_remote_code=False,
            local_files_only=True,
            use_safetensors=True,
            dtype=getattr(torch, dtype),
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        hint = "Was it copied whole, and does this transformers know the model?"
        raise AskedWrongly(f"{folder} can't be loaded ({type(error).__name__}).", hint) from error
    return tokenizer, model.to(device)


def _ends(tokenizer: "PreTrainedTokenizerBase", model: "PreTrainedModel") -> list[int]:
    """Return every token that ends an answer: the tokenizer's and the generation settings'."""
    config = getattr(model, "generation_config", None)
    told = getattr(config, "eos_token_id", None)
    ends = [tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
    known = list(dict.fromkeys(end for end in ends if isinstance(end, int)))
    if not known:
        hint = "Name eos_token in its tokenizer_config.json."
        raise AskedWrongly("The tokenizer has no end token.", hint)
    return known


def _dtype(asked: str, device: str) -> str:
    """Return the name of the torch dtype to load with."""
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


# The verdict of one forward pass: " true" against " false" behind the answer's fixed beginning.
#
# The margin is logit(true) - logit(false), computed in fp32 from the last hidden state and the
# head's two rows: bf16 logits step by 0.125, so that they tie. Where a tokenizer has no single
# token for one of the words, the log-probabilities of the whole words are compared instead (two
# rows a case).


WORDS = (" true", " false")
_TOLERANCE = 0.02  # of the larger logit: bf16 logits are rounded to 8 bits


class Verdicts:
    """Margins of one model. `single` says that each of the two words is one token."""

    def __init__(self, model: LocalModel, sample: Sequence[int]) -> None:
        """Find the two words' tokens. `sample` is any prompt, to check the head with.

        Raises:
            AskedWrongly: the model's logits are not its head times its last hidden state.
        """
        self._model = model
        prefix, *words = (model.ids(prompt.ANSWER_PREFIX + word) for word in ("", *WORDS))
        shared = _shared(words[0], words[1])
        self._prefix = words[0][:shared]
        self._tails = (words[0][shared:], words[1][shared:])
        self.single = prefix == self._prefix and all(len(tail) == 1 for tail in self._tails)
        self._refuse_other_heads(sample)

    def margins(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        """Return one margin a prompt, above 0 for true."""
        if not self.single:
            return self._of_words(prompts)
        hidden = self._model.hidden([[*row, *self._prefix] for row in prompts])[:, -1].float()
        weight, bias = self._model.head()
        true, false = (tail[0] for tail in self._tails)
        found = hidden @ (weight[true].float() - weight[false].float())
        if bias is not None:
            found = found + (bias[true].float() - bias[false].float())
        return [float(each) for each in found.tolist()]

    def length(self) -> int:
        """Return how many tokens stand behind the prompt at the most."""
        return len(self._prefix) + max(map(len, self._tails))

    def _of_words(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        true, false = (self._log_likelihoods(prompts, tail) for tail in self._tails)
        return [yes - no for yes, no in zip(true, false, strict=True)]

    def _log_likelihoods(self, prompts: Sequence[Sequence[int]], tail: list[int]) -> list[float]:
        """Return the log-probability of `tail` behind each prompt and the prefix."""
        rows = [[*row, *self._prefix, *tail] for row in prompts]
        hidden = self._model.hidden(rows)[:, -len(tail) - 1 : -1].float()
        weight, bias = self._model.head()
        logits = hidden @ weight.float().T
        if bias is not None:
            logits = logits + bias.float()
        spread = logits.log_softmax(-1)
        return [sum(float(row[at, token]) for at, token in enumerate(tail)) for row in spread.cpu()]

    def _refuse_other_heads(self, sample: Sequence[int]) -> None:
        """Some families scale or cap their logits behind the head: their margin is another one."""
        row = [*sample, *self._prefix]
        logits = self._model.logits(row)
        weight, bias = self._model.head()
        ours = self._model.hidden([row])[0, -1].float() @ weight.float().T
        if bias is not None:
            ours = ours + bias.float()
        tokens = [tail[0] for tail in self._tails]
        gap = max(abs(float(logits[token] - ours[token])) for token in tokens)
        if gap > _TOLERANCE * float(logits.abs().max()) + 0.01:
            hint = "Leave --verdict-only off for this model."
            raise AskedWrongly("This model changes its logits behind the head.", hint)


def probability(margin: float) -> float:
    """Return the share of true in the two: the logistic function of the margin."""
    if margin >= 0:
        return 1 / (1 + math.exp(-margin))
    grown = math.exp(margin)
    return grown / (1 + grown)


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), 0)


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
        self._system = system_of(folder) if told is None else told
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
