"""Checks: each gives a reason to drop a row or to fail the set; what is dropped is kept with it.

Of one row: shape, span, echo, provenance, length, second_look, and unconfirmed for a row that the
rules did not make (`Inspector`). Over rows: duplicate (`Seen`). Of the whole set: balance and
shortcut.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from piiforge.checks import row, whole_set
from piiforge.checks.row import Switches
from piiforge.checks.whole_set import Bounds, Probe, Seen
from piiforge.types import Example

__all__ = [
    "ALL",
    "Bounds",
    "Inspection",
    "Inspector",
    "Probe",
    "Seen",
    "Switches",
    "row",
    "whole_set",
]


ALL = (
    "shape", "span", "echo", "provenance", "length", "second_look", "unconfirmed", "duplicate",
    "leak",
)  # fmt: skip
RULES = "rules"  # the source whose labels are by construction; every other must be confirmed


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the row checks say. `reason` is "" where the row may stay; `review` asks for an eye."""

    reason: str = ""
    detail: str = ""
    review: bool = False


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
        self._checks: tuple[tuple[str, Callable[[Example], str]], ...] = (
            ("shape", row.shape),
            ("span", row.span),
            ("echo", row.echo),
            ("provenance", row.provenance),
            ("length", self._length),
        )

    def inspect(self, example: Example) -> Inspection:
        """Return the first reason against `example`, or that it may stay."""
        for reason, check in self._checks:
            detail = check(example)
            if detail:
                return Inspection(reason, detail)
        look = row.look(example, self._switches)
        if look.problem:
            return Inspection("second_look", look.problem)
        if look.review and example.source != RULES:
            return Inspection("unconfirmed", "the reader does not confirm the label")
        return Inspection(review=look.review)

    def _length(self, example: Example) -> str:
        description = self._descriptions[example.category]
        return row.length(example, self._counter, self._limit, description)
