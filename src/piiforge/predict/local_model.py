"""A model in this process: loaded from a folder, asked for text or for its last hidden state.

Precision: fp32 on a CPU without bf16 arithmetic (AVX512-BF16 or AMX), where bf16 would be emulated;
else bf16, or fp16 on a GPU that has none. What decides is computed in fp32 in any case.
"""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.predict import local_folder

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

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
        local_folder.check(folder)
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
