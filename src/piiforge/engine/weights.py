"""Weights out of safetensors, as fp32 or as int8 with one scale a row; never out of pickles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piiforge.errors import AskedWrongly, MissingExtra

Floats = NDArray[np.float32]
_BRAIN_FLOAT = "BF16"
_KINDS = {"F32": np.float32, "F16": np.float16, "F64": np.float64}
_WIDEST = 127


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix of int8, (outputs, inputs), each row times its scale: (outputs, 1) of fp32."""

    values: NDArray[np.int8]
    scales: Floats

    def floats(self) -> Floats:
        """Return the matrix that the engine computes with."""
        return self.values.astype(np.float32) * self.scales


def quantised(matrix: Floats) -> Rows:
    """Round to the nearest of 255 steps a row; a row's largest value is met exactly.

    >>> quantised(np.array([[1.0, -127.0], [0.0, 0.0]], dtype=np.float32)).values.tolist()
    [[1, -127], [0, 0]]
    """
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scales = (np.where(largest > 0, largest, 1.0) / _WIDEST).astype(np.float32)
    values = np.rint(matrix / scales).clip(-_WIDEST, _WIDEST).astype(np.int8)
    return Rows(values, scales)


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
