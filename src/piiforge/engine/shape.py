"""The shape of a model, read from its config.json: two families, and nothing guessed.

Qwen2 (Qwen2.5) and Llama (SmolLM2) are one architecture with and without biases. What a config says
beyond it (scaled positions, sliding windows, another activation) is refused by name, since a graph
that leaves it out would answer, and answer wrongly.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from piiforge.errors import AskedWrongly

FAMILIES = ("qwen2", "llama")


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a decoder. `groups` query heads share each of `kv_heads` key heads of `head` wide.

    `most_tokens` is what its positions reach. `tied`: the output head is the embedding.
    """

    family: str
    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    head: int
    epsilon: float
    theta: float
    vocabulary: int
    most_tokens: int
    tied: bool

    @property
    def groups(self) -> int:
        """Query heads a key head."""
        return self.heads // self.kv_heads

    @property
    def matrices(self) -> tuple[tuple[int, int, int], ...]:
        """What a token is multiplied by: (inputs, outputs, how many) of each kind of matrix."""
        wide, narrow = self.heads * self.head, self.kv_heads * self.head
        return (
            (self.width, wide, self.layers),
            (self.width, narrow, 2 * self.layers),
            (wide, self.width, self.layers),
            (self.width, self.inner, 2 * self.layers),
            (self.inner, self.width, self.layers),
        )


def read_shape(folder: Path) -> Shape:
    """Read the shape of a model folder.

    Raises:
        AskedWrongly: no config, a family that is not one of FAMILIES, or a setting that the graph
            doesn't have.
    """
    path = folder / "config.json"
    try:
        config = cast("Mapping[str, object]", json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise AskedWrongly(f"{path} can't be read.", "Give the folder of a whole model.") from error
    family = str(config.get("model_type"))
    if family not in FAMILIES:
        raise AskedWrongly(
            f"{path}: the family {family!r} can't be packed.", f"Known: {', '.join(FAMILIES)}."
        )
    _refuse(path, config)
    heads, width = _count(path, config, "num_attention_heads"), _count(path, config, "hidden_size")
    return Shape(
        family=family,
        layers=_count(path, config, "num_hidden_layers"),
        width=width,
        inner=_count(path, config, "intermediate_size"),
        heads=heads,
        kv_heads=_count(path, config, "num_key_value_heads"),
        head=int(cast("int", config.get("head_dim") or width // heads)),
        epsilon=float(cast("float", config.get("rms_norm_eps", 1e-6))),
        theta=_theta(config),
        vocabulary=_count(path, config, "vocab_size"),
        most_tokens=_count(path, config, "max_position_embeddings"),
        tied=bool(config.get("tie_word_embeddings", False)),
    )


def _refuse(path: Path, config: Mapping[str, object]) -> None:
    rope = _rope(config)
    off = {
        "hidden_act": config.get("hidden_act", "silu") != "silu",
        "use_sliding_window": bool(config.get("use_sliding_window")),
        "rope_scaling": str(rope.get("rope_type", "default")) != "default",
        "partial_rotary_factor": rope.get("partial_rotary_factor", 1.0) != 1.0,
        "quantization_config": "quantization_config" in config,
    }
    for name, refused in off.items():
        if refused:
            hint = "Serve it (vLLM, llama.cpp) and ask it as server:URL#MODEL."
            raise AskedWrongly(f"{path}: its {name} is not known here.", hint)


def _rope(config: Mapping[str, object]) -> Mapping[str, object]:
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return cast("Mapping[str, object]", found)


def _theta(config: Mapping[str, object]) -> float:
    found = _rope(config).get("rope_theta") or config.get("rope_theta") or 10_000.0
    return float(cast("float", found))


def _count(path: Path, config: Mapping[str, object], name: str) -> int:
    found = config.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise AskedWrongly(f"{path}: {name} is not a count.", "Give the folder of a whole model.")
    return found
