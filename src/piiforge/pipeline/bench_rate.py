"""The machine's matrix rate, by the same library and on the same shapes as the verdict's."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from piiforge import engine

_TOKENS = 160
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Rates:
    """10^9 operations a second on the model's own matrices: weights in int8, and in fp32."""

    int8_gops: float
    fp32_gops: float

    @property
    def best(self) -> float:
        """The higher of the two: what a prefill could reach."""
        return max(self.int8_gops, self.fp32_gops)


def rates(matrices: Sequence[tuple[int, int]]) -> Rates:
    """Multiply `_TOKENS` tokens by the three largest of `matrices` (inputs, outputs)."""
    largest = sorted(set(matrices), key=lambda each: -each[0] * each[1])[:3]
    found = {bits: max(_rate(largest, bits) for _ in range(2)) for bits in engine.BITS}
    return Rates(int8_gops=round(found[8], 1), fp32_gops=round(found[32], 1))


def _rate(matrices: Sequence[tuple[int, int]], bits: int) -> float:
    work, took_s = 0.0, 0.0
    for inputs, outputs in matrices:
        multiply = engine.multiplier(inputs, outputs, bits=bits)
        tokens = np.ones((1, _TOKENS, inputs), dtype=np.float32)
        multiply(tokens)
        began = time.perf_counter()
        for _ in range(_ROUNDS):
            multiply(tokens)
        took_s += time.perf_counter() - began
        work += 2.0 * inputs * outputs * _TOKENS * _ROUNDS
    return work / took_s / 1e9
