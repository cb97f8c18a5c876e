"""Checks: each gives a reason to drop a row or to fail the set; what is dropped is kept with it.

Of one row: shape, span, echo, provenance, length, second_look, and unconfirmed for a row that the
rules did not make (`Inspector`). Over rows: duplicate (`Seen`). Of the whole set: balance, twins
and shortcuts (`probes`). Against what others hold: `contamination`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from piiforge.checks import contamination, probes, row, whole_set
from piiforge.checks.probes import Probe
from piiforge.checks.whole_set import Bounds, Near, Seen
from piiforge.types import RULES, Example, Switches

__all__ = [
    "ALL",
    "REASONS",
    "Bounds",
    "Inspection",
    "Inspector",
    "Near",
    "Probe",
    "Seen",
    "contamination",
    "probes",
    "row",
    "whole_set",
]

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "shape": "The answer does not read back, or line or explanation has a wrong form.",
        "span": "A value does not stand where its spans say.",
        "echo": "The explanation repeats a piece of the value.",
        "provenance": "A value was not drawn by a generator.",
        "length": "Prompt and answer have more tokens than the limit.",
        "second_look": "An independent reading of the line disagrees with its label.",
        "unconfirmed": "From a seed or a written line, and the reading does not confirm its label.",
        "duplicate": "Another row holds the same value or the same text.",
        "leak": "Its family, skeleton, value or twin stands in another split.",
    }
)
ALL = tuple(REASONS)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the row checks say. `reason` is "" where the row may stay; `review` asks for an eye.

    `tokens` are counted where the checks before it let the row pass.
    """

    reason: str = ""
    detail: str = ""
    review: bool = False
    tokens: int = 0


class Inspector:
    """Runs every check of one row, the cheap ones first."""

    def __init__(
        self,
        descriptions: Mapping[str, str],
        *,
        max_tokens: int,
        tokenizer: str = "",
        switches: Switches | None = None,
    ) -> None:
        self._descriptions, self._limit = descriptions, max_tokens
        self._counter = row.counter(tokenizer)
        self._switches = switches or Switches()

    def inspect(self, example: Example) -> Inspection:
        """Return the first reason against `example`, or that it may stay."""
        for check in (row.shape, row.span, row.echo, row.provenance):
            if detail := check(example):
                return Inspection(check.__name__, detail)
        count = row.tokens_of(example, self._counter, self._descriptions[example.category])
        if count > self._limit:
            return Inspection("length", f"{count} tokens, over {self._limit}")
        look = row.look(example, self._switches)
        if look.problem:
            return Inspection("second_look", look.problem)
        # the labels of rules are by construction, every other must be confirmed
        if look.review and example.source != RULES:
            return Inspection("unconfirmed", "the reader does not confirm the label")
        return Inspection(review=look.review, tokens=count)
