"""The model as an OpenVINO graph, built operation by operation from its weights.

One sequence of tokens goes in with its positions and a mask, so that the rows of a batch can be a
tree: what they share is computed once (see `runtime.plant`). Keys and values of tokens that were
computed before come in as inputs, those of the new ones go out, so a prefix can be kept.

Inputs: ids (1, T) and positions (1, T) of int64; mask (1, 1, T, P+T) of fp32, 0 where a token may
look and a large negative number where not; last (N,) of int64, the tokens whose verdict is wanted;
past.L.key and past.L.value (1, kv_heads, P, head) of fp32.
Outputs: margin (N,), logit(true) - logit(false) in fp32; logits (N, vocabulary); present.L.key and
present.L.value (1, kv_heads, T, head).

Weights come out of safetensors, never out of pickles. In the graph they are int8 with a scale a row
(decompressed by the engine as it multiplies) or fp32; norms, biases and the two rows of the head
that decide stay fp32.

Qwen2 (Qwen2.5) and Llama (SmolLM2) are one architecture with and without biases. What a config says
beyond it (scaled positions, sliding windows, another activation) is refused by name, since a graph
that leaves it out would answer, and answer wrongly.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from piiforge.errors import AskedWrongly, MissingExtra

if TYPE_CHECKING:
    import openvino
    from openvino import Node, Output


FAMILIES = ("qwen2", "llama")
BITS = (8, 32)
HIDDEN = np.float32(-65504.0)  # what a mask holds where a token may not look
_SIZES = {
    "heads": "num_attention_heads",
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "inner": "intermediate_size",
    "kv_heads": "num_key_value_heads",
    "vocabulary": "vocab_size",
    "most_tokens": "max_position_embeddings",
}
_BRAIN_FLOAT = "BF16"
_KINDS = {"F32": np.float32, "F16": np.float16, "F64": np.float64}
_WIDEST = 127

Floats = NDArray[np.float32]


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
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    rope = cast("Mapping[str, object]", rope)
    _refuse(path, config, rope)
    sizes = {field: _count(path, config, name) for field, name in _SIZES.items()}
    theta = rope.get("rope_theta") or config.get("rope_theta") or 10_000.0
    return Shape(
        family=family,
        head=int(cast("int", config.get("head_dim") or sizes["width"] // sizes["heads"])),
        epsilon=float(cast("float", config.get("rms_norm_eps", 1e-6))),
        theta=float(cast("float", theta)),
        tied=bool(config.get("tie_word_embeddings", False)),
        **sizes,
    )


def _refuse(path: Path, config: Mapping[str, object], rope: Mapping[str, object]) -> None:
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


def _count(path: Path, config: Mapping[str, object], name: str) -> int:
    found = config.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise AskedWrongly(f"{path}: {name} is not a count.", "Give the folder of a whole model.")
    return found


def quantised(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Round a matrix (outputs, inputs) to the nearest of 255 steps a row; return steps and scales.

    Each row of int8 times its scale, (outputs, 1), is the row again; its largest value is met
    exactly.

    >>> quantised(np.array([[1.0, -127.0], [0.0, 0.0]], dtype=np.float32))[0].tolist()
    [[1, -127], [0, 0]]
    """
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scales = (np.where(largest > 0, largest, 1.0) / _WIDEST).astype(np.float32)
    return np.rint(matrix / scales).clip(-_WIDEST, _WIDEST).astype(np.int8), scales


class Weights:
    """The tensors of a model folder by name, as fp32."""

    def __init__(self, folder: Path) -> None:
        """Read every *.safetensors of `folder`.

        Raises:
            AskedWrongly: there are none, or one is broken.
            MissingExtra: safetensors is not installed.
        """
        self._found = dict(_tensors(folder))
        if not self._found:
            hint = "Give the folder of a whole model."
            raise AskedWrongly(f"{folder} has no weights (*.safetensors).", hint)
        self._folder = folder

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> Floats:
        """Return a tensor; raises AskedWrongly where the folder lacks it."""
        if name not in self._found:
            hint = "Was it copied whole, and is it a merged model?"
            raise AskedWrongly(f"{self._folder} lacks the weights {name}.", hint)
        kind, shape, data = self._found[name]
        if kind == _BRAIN_FLOAT:
            halves = np.frombuffer(data, dtype="<u2").astype(np.uint32) << 16
            return halves.view(np.float32).reshape(shape)
        if kind not in _KINDS:
            hint = "Give the weights in bf16, fp16 or fp32."
            raise AskedWrongly(f"{self._folder}: {name} is of the kind {kind}.", hint)
        return np.frombuffer(data, dtype=_KINDS[kind]).reshape(shape).astype(np.float32)


def _tensors(folder: Path) -> Iterator[tuple[str, tuple[str, list[int], bytes]]]:
    try:
        from safetensors import SafetensorError, deserialize
    except ImportError as error:
        raise MissingExtra("safetensors", "fast") from error
    for path in sorted(folder.glob("*.safetensors")):
        try:
            found = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        except SafetensorError as error:
            raise AskedWrongly(f"{path} is broken.", "Was it copied whole?") from error
        for name, told in found:
            yield name, (told["dtype"], told["shape"], bytes(told["data"]))


def build(shape: Shape, weights: Weights, words: tuple[int, int], *, bits: int) -> "openvino.Model":
    """Build the graph. `words` are the tokens of true and false, `bits` one of BITS.

    Raises:
        AskedWrongly: the folder lacks a tensor.
        MissingExtra: openvino is not installed.
    """
    return _Builder(shape, weights, bits).model(words)


class _Builder:
    def __init__(self, shape: Shape, weights: Weights, bits: int) -> None:
        try:
            import openvino
            from openvino import opset13
        except ImportError as error:
            raise MissingExtra("openvino", "fast") from error
        self._ov, self._ops = openvino, opset13
        self._shape, self._weights, self._bits = shape, weights, bits

    def model(self, words: tuple[int, int]) -> "openvino.Model":
        ops, shape = self._ops, self._shape
        ids = self._parameter("ids", [1, -1], np.int64)
        positions = self._parameter("positions", [1, -1], np.int64)
        mask = self._parameter("mask", [1, 1, -1, -1], np.float32)
        last = self._parameter("last", [-1], np.int64)
        state, table = self._embedded(ids)
        turn, wide = self._turns(positions), [1, shape.kv_heads, -1, shape.head]
        inputs, outputs = [ids, positions, mask, last], []
        for layer in range(shape.layers):
            past = [
                self._parameter(f"past.{layer}.{kind}", wide, np.float32)
                for kind in ("key", "value")
            ]
            final = last if layer == shape.layers - 1 else None
            state, present = self._layer(layer, state, turn, mask, past, final)
            inputs += past
            outputs += [
                self._result(each, f"present.{layer}.{kind}")
                for each, kind in zip(present, ("key", "value"), strict=True)
            ]
        state = ops.squeeze(self._norm(state, "model.norm.weight"), self._ints(0))
        head = table if shape.tied else self._matrix("lm_head.weight")
        logits = ops.matmul(state, head, False, True)
        results = [self._result(self._margin(state, words), "margin"),
                   self._result(logits, "logits")]  # fmt: skip
        return self._ov.Model(results + outputs, inputs, "verdict")

    def _layer(
        self,
        layer: int,
        state: "Node",
        turn: "tuple[Node, Node]",
        mask: "Node",
        past: "list[Node]",
        final: "Node | None",
    ) -> "tuple[Node, list[Node]]":
        """Return the state behind the layer and its new keys and values.

        The last layer (`final` given) goes on with those tokens alone whose verdict is wanted.
        """
        ops, name = self._ops, f"model.layers.{layer}"
        calm = self._norm(state, f"{name}.input_layernorm.weight")
        key = self._heads(self._linear(calm, f"{name}.self_attn.k_proj"), self._shape.kv_heads)
        value = self._heads(self._linear(calm, f"{name}.self_attn.v_proj"), self._shape.kv_heads)
        key = self._turned(key, turn)
        if final is not None:
            along = self._ints(1)
            state, calm = ops.gather(state, final, along), ops.gather(calm, final, along)
            turn = (ops.gather(turn[0], final, self._ints(2)),
                    ops.gather(turn[1], final, self._ints(2)))  # fmt: skip
            mask = ops.gather(mask, final, self._ints(2))
        query = self._heads(self._linear(calm, f"{name}.self_attn.q_proj"), self._shape.heads)
        seen = self._attention(self._turned(query, turn), [key, value], past, mask)
        state = ops.add(state, self._linear(seen, f"{name}.self_attn.o_proj"))
        calm = self._norm(state, f"{name}.post_attention_layernorm.weight")
        gate = ops.swish(self._linear(calm, f"{name}.mlp.gate_proj"))
        wide = ops.multiply(gate, self._linear(calm, f"{name}.mlp.up_proj"))
        return ops.add(state, self._linear(wide, f"{name}.mlp.down_proj")), [key, value]

    def _attention(
        self, query: "Node", fresh: "list[Node]", past: "list[Node]", mask: "Node"
    ) -> "Node":
        """Return what each token sees, (1, T, heads * head)."""
        ops, shape = self._ops, self._shape
        key, value = (
            self._repeated(ops.concat([old, new], 2)) for old, new in zip(past, fresh, strict=True)
        )
        seen = ops.scaled_dot_product_attention(query, key, value, mask)
        flat = ops.transpose(seen, self._ints([0, 2, 1, 3]))
        return ops.reshape(flat, self._ints([0, 0, shape.heads * shape.head]), True)

    def _repeated(self, heads: "Node") -> "Node":
        """Give each key head to the query heads that share it: (1, heads, P+T, head)."""
        ops, shape = self._ops, self._shape
        if shape.groups == 1:
            return heads
        wide = ops.unsqueeze(heads, self._ints(2))
        wide = ops.concat([wide] * shape.groups, 2)
        return ops.reshape(wide, self._ints([0, shape.heads, -1, shape.head]), True)

    def _heads(self, flat: "Node", count: int) -> "Node":
        """Part (1, T, count * head) into (1, count, T, head)."""
        parted = self._ops.reshape(flat, self._ints([0, 0, count, self._shape.head]), True)
        return self._ops.transpose(parted, self._ints([0, 2, 1, 3]))

    def _turns(self, positions: "Node") -> "tuple[Node, Node]":
        """Return cosine and sine of every position's angles, (1, 1, T, head)."""
        ops, half = self._ops, self._shape.head // 2
        pace = self._shape.theta ** (-np.arange(half, dtype=np.float64) / half)
        paces = ops.constant(np.concatenate([pace, pace]).astype(np.float32).reshape(1, 1, 1, -1))
        places = ops.unsqueeze(ops.convert(positions, "f32"), self._ints([1, 3]))
        angles = ops.multiply(places, paces)
        return ops.cos(angles), ops.sin(angles)

    def _turned(self, heads: "Node", turn: "tuple[Node, Node]") -> "Node":
        """Turn each head by its position (rotary embedding, halves as Llama pairs them)."""
        ops = self._ops
        first, second = ops.split(heads, self._ints(3), 2).outputs()
        swapped = ops.concat([ops.negative(second), first], 3)
        return ops.add(ops.multiply(heads, turn[0]), ops.multiply(swapped, turn[1]))

    def _norm(self, state: "Node", name: str) -> "Node":
        """Scale each token to root mean square 1, then by the layer's weights."""
        ops = self._ops
        square = ops.reduce_mean(ops.power(state, self._float(2.0)), self._ints([-1]), True)
        root = ops.sqrt(ops.add(square, self._float(self._shape.epsilon)))
        calm = ops.multiply(state, ops.divide(self._float(1.0), root))
        return ops.multiply(calm, ops.constant(self._weights[name].reshape(1, 1, -1)))

    def _linear(self, state: "Node", name: str) -> "Node":
        """Multiply by a layer's matrix; add its bias where it has one."""
        out = self._ops.matmul(state, self._matrix(f"{name}.weight"), False, True)
        if f"{name}.bias" not in self._weights:
            return out
        bias = self._weights[f"{name}.bias"].reshape(1, 1, -1)
        return self._ops.add(out, self._ops.constant(bias))

    def _embedded(self, ids: "Node") -> "tuple[Node, Node]":
        """Return the tokens' rows of the embedding, and the whole of it as a matrix.

        Rows are taken before they are scaled, so that a pass scales no more than it needs.
        """
        ops, matrix = self._ops, self._weights["model.embed_tokens.weight"]
        if self._bits != 8:
            whole = ops.constant(np.ascontiguousarray(matrix))
            return ops.gather(whole, ids, self._ints(0)), whole
        values, scales = map(ops.constant, quantised(matrix))
        row, scale = (ops.gather(each, ids, self._ints(0)) for each in (values, scales))
        state = ops.multiply(ops.convert(row, "f32"), scale)
        return state, ops.multiply(ops.convert(values, "f32"), scales)

    def _matrix(self, name: str) -> "Node":
        return stored(self._ops, self._weights[name], self._bits)

    def _margin(self, state: "Node", words: tuple[int, int]) -> "Node":
        name = "model.embed_tokens.weight" if self._shape.tied else "lm_head.weight"
        head = self._weights[name]
        apart: Floats = (head[words[0]] - head[words[1]]).reshape(-1, 1)
        product = self._ops.matmul(state, self._ops.constant(apart), False, False)
        return self._ops.squeeze(product, self._ints(1))

    def _parameter(self, name: str, shape: list[int], kind: type) -> "Node":
        made = self._ops.parameter(self._ov.PartialShape(shape), kind, name)
        made.output(0).set_names({name})
        return made

    def _result(self, node: "Node | Output", name: str) -> "Node":
        made = self._ops.result(node)
        made.output(0).set_names({name})
        return made

    def _ints(self, values: int | list[int]) -> "Node":
        return self._ops.constant(np.array(values, dtype=np.int64))

    def _float(self, value: float) -> "Node":
        return self._ops.constant(np.float32(value))


def stored(ops: "ModuleType", matrix: Floats, bits: int) -> "Node":
    """Return a matrix (outputs, inputs) as the graph holds it, in one of BITS."""
    if bits != 8:
        return ops.constant(np.ascontiguousarray(matrix))
    values, scales = quantised(matrix)
    return ops.multiply(ops.convert(ops.constant(values), "f32"), ops.constant(scales))
