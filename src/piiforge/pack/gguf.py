"""A trained model as one GGUF file with a Modelfile, for llama.cpp and Ollama.

Weights as F16 or Q8_0 (blocks of 32 with a scale each; a matrix whose rows don't part so stays
F16), norms and biases as F32. The tokenizer goes along with the way in which it cuts a text, by the
name that llama.cpp gives it; one that is not known is refused, since the runtime would cut texts
otherwise than the model was trained on, without a word.

llama.cpp does not bring a text to NFC first, as Qwen's tokenizer does: composed characters that are
written apart become other tokens there.

Ask it behind a server: `--with server:http://127.0.0.1:8080/v1#MODEL`. What such a runtime says is
not calibrated here: measure and calibrate it as any other system.

Sources:
    https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    https://github.com/ollama/ollama/blob/main/docs/modelfile.md
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from piiforge import engine, files, prompt
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.pack.pack import Packing, places, told_of
from piiforge.types import Progress

MODEL, MODELFILE = "model.gguf", "Modelfile"
KINDS = ("F16", "Q8_0")
_BLOCK = 32
# What the tokenizer's own file says of how it cuts a text, and llama.cpp's name for it
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)
_TURNED = ("self_attn.q_proj.weight", "self_attn.k_proj.weight")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the folder, the weights' kind, and the model's file in bytes."""

    folder: Path
    kind: str
    bytes: int

    @property
    def text(self) -> str:
        """Say what it is and how it is run."""
        return (
            f"{self.folder / MODEL}: {self.kind}, {self.bytes / 1e6:,.0f} MB.\n"
            f"Ollama: ollama create piiforge -f {self.folder / MODELFILE}\n"
            f"llama.cpp: llama-server -m {self.folder / MODEL} --jinja; then ask it as "
            "server:URL#MODEL."
        )

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {"gguf": str(self.folder), "kind": self.kind, "bytes": self.bytes}


def write(asked: Packing, out: Path, *, force: bool, progress: Progress) -> Written:
    """Write model.gguf, Modelfile and pack.json into the folder `out`, whole or not at all.

    Raises:
        FolderExists: `out` is there and `force` is not set.
        AskedWrongly: the model can't be used, or its tokenizer is none that llama.cpp has.
        MissingExtra: gguf, safetensors or tokenizers is not installed.
    """
    try:
        import gguf
    except ImportError as error:
        raise MissingExtra("gguf", "gguf") from error
    kind = asked.gguf.upper()
    if kind not in KINDS:
        raise AskedWrongly(f"{asked.gguf!r} is no kind of weights.", f"Known: {', '.join(KINDS)}.")
    files.refuse_folder(out, force=force)
    model, data = places(asked)
    told = replace(told_of(asked, model, data), bits=8 if kind == "Q8_0" else 16)
    with files.folder(out, force=force) as draft:
        _model(gguf, model, draft / MODEL, told, kind, progress)
        (draft / MODELFILE).write_text(modelfile(told), encoding="utf-8")
        size = (draft / MODEL).stat().st_size
        hashed = {name: files.sha256(draft / name) for name in (MODEL, MODELFILE)}
        about = {"version": 1, "prompt": prompt.VERSION, **asdict(told), "files": hashed}
        files.write_json(draft / engine.ABOUT, about)
    return Written(out, kind, size)


def modelfile(told: engine.Told) -> str:
    """Return the Modelfile: what is asked is the user's whole turn (`prompt.turn`).

    Raises:
        AskedWrongly: the chat template writes what would be an instruction there.
    """
    if any(sign in text for sign in ("{{", '"""') for text in (told.before, told.after)):
        raise AskedWrongly("The model's chat template can't be written as a Modelfile.")
    return (
        f"# {told.model}, by piiforge; a prompt is {prompt.INSTRUCTION!r},\n"
        "# a line break, and the question of one content and one category.\n"
        f"FROM ./{MODEL}\n"
        f'TEMPLATE """{told.before}{{{{ .Prompt }}}}{told.after}{{{{ .Response }}}}"""\n'
        "PARAMETER temperature 0\n"
        f"PARAMETER num_ctx {told.most_tokens}\n"
        "PARAMETER num_predict 128\n"
    )


def _model(
    gguf: ModuleType, model: Path, out: Path, told: engine.Told, kind: str, progress: Progress
) -> None:
    shape, weights = engine.read_shape(model), engine.Weights(model)
    writer = gguf.GGUFWriter(out, shape.family)
    writer.add_name(told.model)
    writer.add_file_type(getattr(gguf.LlamaFileType, f"MOSTLY_{kind}"))
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, value in _sizes(shape).items():
        getattr(writer, f"add_{name}")(value)
    _tokenizer(gguf, writer, model, shape.vocabulary, told)
    names = gguf.get_tensor_name_map(
        gguf.MODEL_ARCH.QWEN2 if shape.family == "qwen2" else gguf.MODEL_ARCH.LLAMA, shape.layers
    )
    wanted = [name for name in weights if not (shape.tied and name == "lm_head.weight")]
    for at, name in enumerate(wanted):
        progress("writing the weights", at, len(wanted))
        place = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if place is None:
            raise AskedWrongly(f"{model}: {name} has no place in a GGUF file.", "Is it merged?")
        tensor = weights[name]
        if shape.family == "llama" and name.endswith(_TURNED):
            heads = shape.heads if "q_proj" in name else shape.kv_heads
            tensor = turned(tensor, heads)
        _tensor(gguf, writer, place, tensor, kind)
    progress("writing the weights", len(wanted), len(wanted))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _sizes(shape: engine.Shape) -> Mapping[str, int | float]:
    return {
        "block_count": shape.layers,
        "context_length": shape.most_tokens,
        "embedding_length": shape.width,
        "feed_forward_length": shape.inner,
        "head_count": shape.heads,
        "head_count_kv": shape.kv_heads,
        "key_length": shape.head,
        "value_length": shape.head,
        "rope_dimension_count": shape.head,
        "rope_freq_base": shape.theta,
        "layer_norm_rms_eps": shape.epsilon,
        "vocab_size": shape.vocabulary,
    }


def turned(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Put the rows of each head in the order that llama.cpp turns a Llama's by position in.

    It turns neighbours, where the model's own code turns the first half against the second.

    >>> turned(np.arange(8, dtype=np.float32).reshape(8, 1), 2).ravel().tolist()
    [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]
    """
    rows, width = matrix.shape
    parted = matrix.reshape(heads, 2, rows // heads // 2, width)
    return parted.swapaxes(1, 2).reshape(rows, width)


def _tensor(
    gguf: ModuleType,
    writer: Any,  # noqa: ANN401
    name: str,
    tensor: NDArray[np.float32],
    kind: str,
) -> None:
    if tensor.ndim == 1:
        writer.add_tensor(name, tensor)
    elif kind == "Q8_0" and tensor.shape[1] % _BLOCK == 0:
        kinds = gguf.GGMLQuantizationType
        writer.add_tensor(name, gguf.quants.quantize(tensor, kinds.Q8_0), raw_dtype=kinds.Q8_0)
    else:
        writer.add_tensor(name, tensor.astype(np.float16))


def _tokenizer(
    gguf: ModuleType,
    writer: Any,  # noqa: ANN401
    model: Path,
    size: int,
    told: engine.Told,
) -> None:
    """Write the tokens, how they join, how a text is cut, and the chat template."""
    found = files.read_json(model / engine.TOKENIZER)
    joined = cast("Mapping[str, Any]", found.get("model", {}))
    if joined.get("type") != "BPE" or joined.get("byte_fallback"):
        raise AskedWrongly(f"{model}: its tokenizer is not one of bytes and pairs (BPE).")
    kinds = gguf.TokenType
    tokens = [f"[PAD{at}]" for at in range(size)]
    types = [int(kinds.UNUSED)] * size
    for token, at in joined["vocab"].items():
        tokens[at], types[at] = token, int(kinds.NORMAL)
    for one in cast("Sequence[Mapping[str, Any]]", found.get("added_tokens", ())):
        kind = kinds.CONTROL if one["special"] else kinds.USER_DEFINED
        tokens[one["id"]], types[one["id"]] = one["content"], int(kind)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut_by(found, model))
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([one if isinstance(one, str) else " ".join(one)
                             for one in joined["merges"]])  # fmt: skip
    writer.add_eos_token_id(told.ends[0])
    writer.add_add_bos_token(False)
    writer.add_chat_template(prompt.chat_template(model))


def cut_by(tokenizer: Mapping[str, object], model: Path) -> str:
    """Return llama.cpp's name for how a tokenizer cuts a text before it joins pairs.

    Raises:
        AskedWrongly: it is none that is known here.
    """
    steps = list(_steps(tokenizer.get("pre_tokenizer")))
    kinds = [str(one.get("type")) for one in steps]
    if kinds == ["ByteLevel"] and steps[0].get("use_regex", True):
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and steps[0].get("individual_digits"):
        return "smollm"
    pattern = steps[0].get("pattern") if steps else None
    if kinds == ["Split", "ByteLevel"] and pattern == {"Regex": _QWEN2}:
        return "qwen2"
    hint = "Convert it with llama.cpp's own script, which knows more of them."
    raise AskedWrongly(f"{model}: how its tokenizer cuts a text is not known here.", hint)


def _steps(found: object) -> Iterator[Mapping[str, object]]:
    match found:
        case {"type": "Sequence", "pretokenizers": [*steps]}:
            for each in steps:
                yield from _steps(each)
        case {"type": _}:
            yield cast("Mapping[str, object]", found)
