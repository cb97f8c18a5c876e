"""Small random models as folders, and their arithmetic written out a second time in numpy."""

import json
from pathlib import Path

import numpy as np

from piiforge import categories, prompt
from piiforge.types import Verdict

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIALS = ["<|im_start|>", "<|im_end|>", "<|pad|>"]
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10_000.0,
    "hidden_act": "silu",
}


def make(folder: Path, family: str = "qwen2", *, tied: bool = True, kind: str = "BF16") -> Path:
    """Write a model of two layers, wide enough in its weights that margins differ."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        **SIZES,
        "model_type": family,
        "vocab_size": tokenizer.get_vocab_size(),
        "tie_word_embeddings": tied,
        "eos_token_id": tokenizer.token_to_id("<|im_end|>"),
    }
    if family == "llama":
        config["head_dim"] = 16  # other than width / heads, as some have it
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(
        json.dumps({"eos_token_id": config["eos_token_id"]})
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"eos_token": "<|im_end|>", "chat_template": TEMPLATE})
    )
    write_safetensors(folder / "model.safetensors", _weights(config, tied=tied), kind)
    return folder


def margins(folder: Path, rows: list[tuple[int, ...]], words: tuple[int, int]) -> list[float]:
    """Return logit(true) - logit(false) behind each row, computed plainly."""
    logits = [row_logits(folder, row) for row in rows]
    return [float(each[words[0]] - each[words[1]]) for each in logits]


def row_logits(folder: Path, row: tuple[int, ...]) -> np.ndarray:
    """Return the logits behind a row, token by token as the papers have it, in float64."""
    config = json.loads((folder / "config.json").read_text())
    w = read_back(folder)
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    wide = config.get("head_dim") or config["hidden_size"] // heads
    x = w["model.embed_tokens.weight"][list(row)]
    length = len(row)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        calm = _norm(x, w[at + "input_layernorm.weight"], config)

        def project(name, calm=calm, at=at):
            out = calm @ w[f"{at}self_attn.{name}_proj.weight"].T
            bias = w.get(f"{at}self_attn.{name}_proj.bias")
            return out if bias is None else out + bias

        q = _turn(project("q").reshape(length, heads, wide), config)
        k = _turn(project("k").reshape(length, kv, wide), config)
        v = project("v").reshape(length, kv, wide)
        seen = np.zeros((length, heads, wide))
        for head in range(heads):
            group = head // (heads // kv)
            scores = q[:, head] @ k[:, group].T / np.sqrt(wide)
            scores[np.triu_indices(length, 1)] = -np.inf
            share = np.exp(scores - scores.max(1, keepdims=True))
            seen[:, head] = share / share.sum(1, keepdims=True) @ v[:, group]
        x = x + seen.reshape(length, -1) @ w[at + "self_attn.o_proj.weight"].T
        calm = _norm(x, w[at + "post_attention_layernorm.weight"], config)
        gate = calm @ w[at + "mlp.gate_proj.weight"].T
        up = calm @ w[at + "mlp.up_proj.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w[at + "mlp.down_proj.weight"].T
    head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    return head @ _norm(x[-1:], w["model.norm.weight"], config)[0]


def read_back(folder: Path) -> dict[str, np.ndarray]:
    """Return the weights as they were stored, in float64."""
    from safetensors import deserialize

    found = {}
    for name, told in deserialize((folder / "model.safetensors").read_bytes()):
        data = bytes(told["data"])
        if told["dtype"] == "BF16":
            flat = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            flat = np.frombuffer(data, {"F32": np.float32, "F16": np.float16}[told["dtype"]])
        found[name] = flat.reshape(told["shape"]).astype(np.float64)
    return found


def _norm(x, weight, config):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + config["rms_norm_eps"]) * weight


def _turn(x, config):
    half = x.shape[-1] // 2
    pace = config["rope_theta"] ** (-np.arange(half) / half)
    angles = np.arange(len(x))[:, None] * pace
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    first, second = x[..., :half], x[..., half:]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)


def _weights(config: dict, *, tied: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    width, inner = config["hidden_size"], config["intermediate_size"]
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    wide = config.get("head_dim") or width // heads

    def drawn(*shape):
        return rng.normal(scale=0.3, size=shape).astype(np.float32)

    made = {
        "model.embed_tokens.weight": drawn(config["vocab_size"], width),
        "model.norm.weight": 1 + drawn(width),
    }
    if not tied:
        made["lm_head.weight"] = drawn(config["vocab_size"], width)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        made |= {
            at + "input_layernorm.weight": 1 + drawn(width),
            at + "post_attention_layernorm.weight": 1 + drawn(width),
            at + "self_attn.q_proj.weight": drawn(heads * wide, width),
            at + "self_attn.k_proj.weight": drawn(kv * wide, width),
            at + "self_attn.v_proj.weight": drawn(kv * wide, width),
            at + "self_attn.o_proj.weight": drawn(width, heads * wide),
            at + "mlp.gate_proj.weight": drawn(inner, width),
            at + "mlp.up_proj.weight": drawn(inner, width),
            at + "mlp.down_proj.weight": drawn(width, inner),
        }
        if config["model_type"] == "qwen2":
            made |= {
                at + "self_attn.q_proj.bias": drawn(heads * wide),
                at + "self_attn.k_proj.bias": drawn(kv * wide),
                at + "self_attn.v_proj.bias": drawn(kv * wide),
            }
    return made


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], kind: str) -> None:
    """Write the format by its description: the header's length, the header, the data."""
    header, blob = {}, b""
    for name, tensor in tensors.items():
        if kind == "BF16":
            data = (tensor.astype(np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            data = tensor.astype({"F32": np.float32, "F16": np.float16}[kind]).tobytes()
        places = [len(blob), len(blob) + len(data)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": places}
        blob += data
    told = json.dumps(header).encode()
    told += b" " * (-len(told) % 8)
    path.write_bytes(len(told).to_bytes(8, "little") + told + blob)


def _tokenizer() -> object:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    answers = [prompt.answer(Verdict(label, 0.9, "Named.")) for label in (True, False)]
    questions = [
        prompt.question(each.id, each.description, f"form_submit {each.id}=1")
        for each in categories.ALL
    ]
    tokenizer.train_from_iterator([*(answers * 20), *questions], trainer)
    return tokenizer
