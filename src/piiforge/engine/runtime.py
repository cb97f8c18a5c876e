"""The graph on this machine's processor: margins of rows, and the tokens of a whole answer."""

import copy
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from piiforge.engine import processor, tree
from piiforge.engine.graph import HIDDEN, stored
from piiforge.engine.tree import Tokens
from piiforge.errors import AskedWrongly, MissingExtra

if TYPE_CHECKING:
    import openvino

Floats = NDArray[np.float32]
Layers = dict[str, Floats]  # "L.key" and "L.value" -> (1, kv_heads, tokens, head)
MOST_TOKENS_A_PASS = 512
_CONFIG: dict[str, object] = {
    "PERFORMANCE_HINT": "LATENCY",
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
}


class Engine(Protocol):
    """What computes verdicts. Rows are tokens; nothing here knows what they say."""

    vocabulary: int

    def keep(self, prefix: Tokens) -> None:
        """Compute `prefix` now, so that rows on it cost their rest alone."""
        ...

    def margins(self, rows: Sequence[Tokens]) -> list[float]:
        """Return logit(true) - logit(false) behind each row, in their order."""
        ...

    def continuation(self, row: Tokens, choose: Callable[[Floats], Tokens]) -> Tokens:
        """Go on behind `row` until `choose`, shown the logits (vocabulary,), gives no tokens."""
        ...


class Runtime:
    """A compiled graph. `margins` and `continuation` are not to be called from two threads.

    Prefixes that were told to `keep` are computed once.
    """

    def __init__(self, graph: "Path | openvino.Model", *, threads: int = 0) -> None:
        """Compile the graph for this processor; `threads` 0 is one a core.

        Raises:
            AskedWrongly: the file is no graph that this OpenVINO reads.
            MissingExtra: openvino is not installed.
        """
        try:
            import openvino
        except ImportError as error:
            raise MissingExtra("openvino", "fast") from error
        self._model = graph if isinstance(graph, openvino.Model) else _read(graph)
        config = {**_CONFIG, "INFERENCE_NUM_THREADS": threads} if threads else _CONFIG
        if processor.slow_int8():
            widen(self._model)
        self._config = config
        self._verdict = self._compiled("margin")
        self._answer: openvino.InferRequest | None = None
        self._kept: dict[Tokens, Layers] = {}
        head = next(each for each in self._model.outputs if each.get_any_name() == "logits")
        self.vocabulary: int = head.partial_shape[1].get_length()
        shapes = {each.get_any_name(): each.partial_shape for each in self._model.inputs}
        past = {name: shape for name, shape in shapes.items() if name.startswith("past.")}
        self._empty = {
            name.removeprefix("past."): np.zeros(
                (1, shape[1].get_length(), 0, shape[3].get_length()), np.float32
            )
            for name, shape in past.items()
        }

    def fresh(self) -> "Runtime":
        """Return one with the same compiled graph that keeps nothing yet."""
        made = copy.copy(self)
        made._kept = {}
        return made

    def keep(self, prefix: Tokens) -> None:
        """Compute the keys and values of `prefix` now, so that rows on it cost their rest alone."""
        if not prefix or prefix in self._kept:
            return
        _, layers = self._pass(self._verdict, "margin", [prefix], self._kept)
        root = tree.base(prefix, list(self._kept))
        self._kept[prefix] = _joined([self._kept[root], layers]) if root else layers

    def margins(self, rows: Sequence[Tokens]) -> list[float]:
        """Return logit(true) - logit(false) behind each row, in their order. No row is empty."""
        found = [0.0] * len(rows)
        kept = list(self._kept)
        for places in tree.parted(rows, kept, MOST_TOKENS_A_PASS):
            out, _ = self._pass(self._verdict, "margin", [rows[at] for at in places], self._kept)
            for at, margin in zip(places, out.tolist(), strict=True):
                found[at] = margin
        return found

    def continuation(self, row: Tokens, choose: Callable[[Floats], Tokens]) -> Tokens:
        """Go on behind `row` until `choose`, shown the logits (vocabulary,), gives no tokens."""
        if self._answer is None:
            self._answer = self._compiled("logits")
        made: Tokens = ()
        logits, layers = self._pass(self._answer, "logits", [row], self._kept)
        root = tree.base(row, list(self._kept))
        if root:
            layers = _joined([self._kept[root], layers])
        seen = row
        while fresh := choose(logits[0]):
            made += fresh
            logits, new = self._pass(self._answer, "logits", [(*seen, *fresh)], {seen: layers})
            layers, seen = _joined([layers, new]), (*seen, *fresh)
        return made

    def _compiled(self, wanted: str) -> "openvino.InferRequest":
        """Compile what `wanted` and the keys and values need, and nothing else."""
        import openvino

        names = {each: each.output(0).get_any_name() for each in self._model.get_results()}
        results = [
            each for each, name in names.items() if name == wanted or name.startswith("present.")
        ]
        part = openvino.Model(results, self._model.get_parameters(), wanted)
        return _core().compile_model(part, "CPU", self._config).create_infer_request()

    def _pass(
        self,
        request: "openvino.InferRequest",
        wanted: str,
        rows: Sequence[Tokens],
        kept: dict[Tokens, Layers],
    ) -> tuple[Floats, Layers]:
        planted = tree.plant(rows, list(kept))
        past = _joined([kept[root] for root in planted.roots]) or self._empty
        told = {
            "ids": planted.ids[None],
            "positions": planted.positions[None],
            "mask": np.where(planted.sees, np.float32(0), HIDDEN)[None, None],
            "last": planted.last,
            **{f"past.{name}": layer for name, layer in past.items()},
        }
        out = request.infer(told, share_inputs=True, share_outputs=False)
        layers = {name: np.array(out[f"present.{name}"]) for name in self._empty}
        return np.array(out[wanted]), layers


def _joined(parts: Sequence[Layers]) -> Layers:
    """Put keys and values one behind the other."""
    if len(parts) < 2:
        return parts[0] if parts else {}
    return {name: np.concatenate([each[name] for each in parts], axis=2) for name in parts[0]}


@cache
@cache
def _core() -> "openvino.Core":
    """Return the one core of this process, which lives as long as it does.

    A core sets a stack for signals and puts back the one before it when it ends: of two whose lives
    overlap, the later puts back what the earlier has freed, and the next Ctrl-C is a crash.
    """
    import openvino

    return openvino.Core()


def widen(model: "openvino.Model") -> None:
    """Make the layers' int8 matrices fp32 in the graph itself; the embedding stays as it is."""
    from openvino import opset13 as ops

    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        product = node.input_value(1).get_node()
        if product.get_type_name() != "Multiply" or _feeds(model, node):
            continue
        values, scales = (product.input_value(at).get_node() for at in (0, 1))
        matrix = values.input_value(0).get_node().data.astype(np.float32) * scales.data
        product.output(0).replace(ops.constant(matrix).output(0))


def _feeds(model: "openvino.Model", node: "openvino.Node") -> bool:
    """Say whether a product is the output head: its matrix is the embedding, read row by row."""
    heads = (each.get_node() for each in model.outputs if each.get_any_name() == "logits")
    return any(head.input_value(0).get_node().get_name() == node.get_name() for head in heads)


def _read(path: Path) -> "openvino.Model":
    try:
        return _core().read_model(path)
    except RuntimeError as error:
        hint = "Pack the run again (`piiforge pack RUN --out PACK --force`)."
        raise AskedWrongly(f"{path} is no graph that this OpenVINO reads.", hint) from error


class Unkept:
    """An engine that keeps no beginning: every row is computed whole. For comparisons."""

    def __init__(self, runtime: Runtime) -> None:
        """Share the compiled graph of `runtime`, and none of what it kept."""
        self._runtime = runtime.fresh()
        self.vocabulary = runtime.vocabulary

    def keep(self, prefix: Tokens) -> None:
        """Do nothing."""

    def margins(self, rows: Sequence[Tokens]) -> list[float]:
        """See Engine."""
        return self._runtime.margins(rows)

    def continuation(self, row: Tokens, choose: Callable[[Floats], Tokens]) -> Tokens:
        """See Engine."""
        return self._runtime.continuation(row, choose)


def multiplier(inputs: int, outputs: int, *, bits: int) -> Callable[[Floats], object]:
    """Return a product with one matrix of the graph's kind: (1, T, inputs) to (1, T, outputs).

    It is what the graph does most, alone: the machine's rate, as this library reaches it.
    """
    import openvino
    from openvino import opset13 as ops

    matrix = np.random.default_rng(0).normal(size=(outputs, inputs)).astype(np.float32)
    state = ops.parameter(openvino.PartialShape([1, -1, inputs]), np.float32, "state")
    product = ops.matmul(state, stored(ops, matrix, bits), False, True)
    model = openvino.Model([product], [state], "product")
    request = _core().compile_model(model, "CPU", _CONFIG).create_infer_request()
    return lambda tokens: request.infer([tokens], share_inputs=True, share_outputs=True)
