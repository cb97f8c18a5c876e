"""The graph on this machine's processor: margins of rows, and the tokens of a whole answer.

Rows of tokens are computed as one tree, so that what they share is computed once. Nine questions
about one content share the content, many contents of one category share the category's words, and
both share the instruction. The rows become the nodes of a tree, written as one sequence; a mask
lets each node see its own ancestors alone, and positions say how deep it stands. Then one pass over
the sequence gives each row what it would get alone, without padding.

Prefixes whose keys and values are kept from an earlier pass are roots: they stand in the past, side
by side, and each row sees its own.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from piiforge.engine.graph import HIDDEN, Floats, stored
from piiforge.errors import AskedWrongly, MissingExtra

if TYPE_CHECKING:
    import openvino


_CPUINFO = Path("/proc/cpuinfo")
_INT8 = ("amx_int8", "avx512_vnni", "avx_vnni")
_NAMED = (*_INT8, "avx2")
MOST_TOKENS_A_PASS = 512
_CONFIG: dict[str, object] = {
    "PERFORMANCE_HINT": "LATENCY",
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
}

Tokens = tuple[int, ...]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Layers = dict[str, Floats]  # "L.key" and "L.value" -> (1, kv_heads, tokens, head)


class Runtime:
    """A compiled graph. `margins` and `continuation` are not to be called from two threads.

    Rows are tokens; nothing here knows what they say. `vocabulary` is how many logits there are.
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
        if slow_int8():
            widen(self._model)
        self._config = {**_CONFIG, "INFERENCE_NUM_THREADS": threads} if threads else _CONFIG
        self._verdict = self._compiled("margin")
        self._answer: openvino.InferRequest | None = None
        self._kept: dict[Tokens, Layers] = {}
        self._keeps = True
        head = next(each for each in self._model.outputs if each.get_any_name() == "logits")
        self.vocabulary: int = head.partial_shape[1].get_length()
        self._empty: Layers = {}
        for each in self._model.inputs:
            kind, _, name = each.get_any_name().partition(".")
            if kind == "past":
                heads, wide = (each.partial_shape[at].get_length() for at in (1, 3))
                self._empty[name] = np.zeros((1, heads, 0, wide), np.float32)

    def fresh(self, *, keeps: bool = True) -> "Runtime":
        """Return one with the same compiled graph that keeps nothing yet, or never will."""
        made = copy.copy(self)
        made._kept, made._keeps = {}, keeps
        return made

    def keep(self, prefix: Tokens) -> None:
        """Compute the keys and values of `prefix` now, so that rows on it cost their rest alone."""
        if not prefix or prefix in self._kept or not self._keeps:
            return
        _, layers = self._pass(self._verdict, "margin", [prefix], self._kept)
        root = base(prefix, list(self._kept))
        self._kept[prefix] = _joined([self._kept[root], layers]) if root else layers

    def margins(self, rows: Sequence[Tokens]) -> list[float]:
        """Return logit(true) - logit(false) behind each row, in their order. No row is empty."""
        found = [0.0] * len(rows)
        for places in parted(rows, list(self._kept), MOST_TOKENS_A_PASS):
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
        root = base(row, list(self._kept))
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

        results = [
            each
            for each in self._model.get_results()
            if each.output(0).get_any_name().partition(".")[0] in {wanted, "present"}
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
        planted = plant(rows, list(kept))
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


@dataclass(frozen=True, slots=True)
class Tree:
    """One pass. T new tokens see P tokens of the past, which is `roots` one after the other.

    ids and positions are (T,), `sees` is (T, P+T): may a token look at another. `last` (rows,) is
    where each row ends.
    """

    ids: Ints
    positions: Ints
    sees: Bools
    last: Ints
    roots: tuple[Tokens, ...]


def plant(rows: Sequence[Tokens], kept: Sequence[Tokens] = ()) -> Tree:
    """Make the tree of `rows`; each stands on the longest of `kept` that is its proper prefix.

    >>> tree = plant([(1, 2, 3), (1, 2, 4, 5)])
    >>> tree.ids.tolist(), tree.positions.tolist(), tree.last.tolist()
    ([1, 2, 3, 4, 5], [0, 1, 2, 2, 3], [2, 4])
    """
    bases = [base(row, kept) for row in rows]
    roots = tuple(dict.fromkeys(each for each in bases if each))
    nodes: dict[tuple[Tokens, int, int], int] = {}  # (root, parent or -1, token) -> place
    ids: list[int] = []
    parents: list[int] = []
    owners: list[Tokens] = []
    last: list[int] = []
    for row, root in zip(rows, bases, strict=True):
        at = -1
        for token in row[len(root) :]:
            place = nodes.setdefault((root, at, token), len(ids))
            if place == len(ids):
                ids.append(token)
                parents.append(at)
                owners.append(root)
            at = place
        last.append(at)
    positions, sees = _sight(parents, owners, roots)
    return Tree(np.array(ids), positions, sees, np.array(last), roots)


def base(row: Tokens, kept: Sequence[Tokens]) -> Tokens:
    """Return the longest of `kept` that `row` begins with and goes on behind, () for none."""
    fitting = (each for each in kept if len(each) < len(row) and row[: len(each)] == each)
    return max(fitting, key=len, default=())


def parted(rows: Sequence[Tokens], kept: Sequence[Tokens], most: int) -> list[list[int]]:
    """Part rows into passes of at most `most` new tokens each; give their places in `rows`.

    Rows that begin alike come together. A row that is longer than `most` has a pass of its own.
    """
    passes: list[list[int]] = []
    filled = most + 1
    before: Tokens = ()
    for at in sorted(range(len(rows)), key=lambda place: rows[place]):
        row = rows[at]
        new = len(row) - max(len(base(row, kept)), _shared(before, row) if filled <= most else 0)
        if filled + new > most:
            passes.append([])
            filled, new = 0, len(row) - len(base(row, kept))
        passes[-1].append(at)
        filled += new
        before = row
    return passes


def _sight(
    parents: Sequence[int], owners: Sequence[Tokens], roots: Sequence[Tokens]
) -> tuple[Ints, Bools]:
    """Return how deep each node stands and what it may look at."""
    starts = dict(zip(roots, np.cumsum([0, *map(len, roots)])[:-1].tolist(), strict=True))
    past = sum(map(len, roots))
    sees = np.zeros((len(parents), past + len(parents)), dtype=np.bool_)
    positions = np.zeros(len(parents), dtype=np.int64)
    for at, (parent, root) in enumerate(zip(parents, owners, strict=True)):
        if parent >= 0:
            sees[at] = sees[parent]
            positions[at] = positions[parent] + 1
        else:
            if root:
                sees[at, starts[root] : starts[root] + len(root)] = True
            positions[at] = len(root)
        sees[at, past + at] = True
    return positions, sees


def _shared(first: Tokens, second: Tokens) -> int:
    pairs = zip(first, second, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


@cache
def about() -> dict[str, str]:
    """Return the entries of the first processor, as Linux tells them; {} elsewhere."""
    if not _CPUINFO.is_file():
        return {}
    first = _CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def instructions() -> tuple[str, ...]:
    """Return which of the instructions that matter here there are, the widest first."""
    flags = about().get("flags", "").split()
    return tuple(name for name in _NAMED if name in flags)


def slow_int8() -> bool:
    """Say that int8 weights would be made fp32 in every pass: x86 without a product of bytes.

    There it is 1.2 times faster to make them so once (0.5 billion parameters, 160 tokens, AVX2),
    for four times the memory.
    """
    found = instructions()
    return bool(found) and not set(found) & set(_INT8)
