"""What a write came to, as a record, and what one would come to before it starts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from piiforge.chat import Cost, Spent
from piiforge.errors import AskedWrongly
from piiforge.write.answers import FOR_REVIEW, Intake
from piiforge.write.prompts import Call, Cell

_MOST_SHORT = 10


@dataclass(frozen=True, slots=True)
class Report:
    """The account of a write: asked = accepted + all of rejected + pending, in lines.

    `rejected` by reason; those of FOR_REVIEW wait in review.jsonl. `surplus` lines came unasked and
    were not looked at. `wanted` lines fill every cell; `short` names cells that are not full, with
    what they lack. `unjudged` lines wait for a verdict. `in_batch`: a batch is out, so nothing was
    written yet. `finished`: a resume has nothing to ask.
    """

    out: str
    asked: int
    accepted: int
    rejected: Mapping[str, int]
    pending: int
    surplus: int
    unjudged: int
    wanted: int
    rounds: int
    in_batch: bool
    by_category: Mapping[str, int]
    short: Mapping[str, int]
    note: str
    spent: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Say whether nothing is left that another run would ask."""
        return not (self.pending or self.unjudged)

    @property
    def reviewed(self) -> int:
        """How many lines were held back for a person."""
        return sum(count for reason, count in self.rejected.items() if reason in FOR_REVIEW)

    def facts(self) -> dict[str, object]:
        """Return it for a manifest or for machines."""
        kept = {name: value for name, value in asdict(self).items() if name != "out"}
        return {"finished": self.finished, **kept}

    @classmethod
    def read(cls, out: Path, manifest: Mapping[str, object]) -> "Report":
        """Read the account of a finished folder back.

        Raises:
            AskedWrongly: the manifest is none of `piiforge write`.
        """
        names = [name for name in cls.__dataclass_fields__ if name != "out"]
        if not all(name in manifest for name in names):
            raise AskedWrongly(f"{out} holds no manifest of a write.", "Choose another --out.")
        kept = {name: manifest[name] for name in names}
        return cls(out=str(out), **cast("dict[str, int]", kept))  # type: ignore[arg-type]


def report_of(
    out: Path, intake: Intake, wanted: Mapping[Cell, int], rounds: int, spent: Spent, note: str
) -> Report:
    """Return the account of what came in."""
    missing = {cell: count - intake.have[cell] for cell, count in wanted.items()}
    short = {cell.name: count for cell, count in missing.items() if count > 0}
    return Report(
        out=str(out),
        asked=intake.asked,
        accepted=len(intake.lines),
        rejected=intake.reasons,
        pending=intake.pending,
        surplus=intake.surplus,
        unjudged=intake.unjudged,
        wanted=sum(wanted.values()),
        rounds=rounds,
        in_batch=intake.in_batch,
        by_category=dict(Counter(line.category for line in intake.lines)),
        short=short,
        note=note,
        spent=asdict(spent),
    )


def forecast_of(wanted: Mapping[Cell, int], calls: Sequence[Call], cost: Cost) -> dict[str, object]:
    """Return what the first round would come to; later rounds ask again for what was rejected."""
    return {
        "lines": sum(wanted.values()),
        "cells": len(wanted),
        "categories": len({cell.category for cell in wanted}),
        "calls": len(calls),
        **asdict(cost),
    }


def forecast_text(facts: Mapping[str, object]) -> str:
    """Return a forecast in a few lines."""
    usd, expected = facts["usd"], facts["expected_usd"]
    dollars = "price unknown: give both --input-usd-per-million and --output-usd-per-million"
    if isinstance(usd, float) and isinstance(expected, float):
        dollars = f"about ${expected:.2f}, at most ${usd:.2f}"
    return "\n".join(
        (
            f"{facts['lines']} lines in {facts['cells']} cells of {facts['categories']} categories",
            f"  first round: {facts['calls']} calls, {facts['cached']} of them answered already",
            f"  tokens: {facts['input_tokens']} in, about {facts['expected_output_tokens']} out, "
            f"at most {facts['output_tokens']}",
            f"  cost: {dollars}",
            "  later rounds ask again for what was rejected; nothing was sent",
        )
    )


def report_text(report: Report) -> str:
    """Return the account in a few lines."""
    reasons = ", ".join(f"{name} {count}" for name, count in report.rejected.items()) or "none"
    total = sum(report.rejected.values())
    text = [
        f"{report.out}: {report.accepted} of {report.wanted} lines, in {report.rounds} rounds",
        f"  asked {report.asked} = accepted {report.accepted} + rejected {total} "
        f"+ pending {report.pending}",
        f"  rejected: {reasons}",
        f"  {_spending(report.spent)}",
    ]
    if report.surplus:
        text.append(f"  {report.surplus} lines came unasked and were not looked at")
    if report.short and report.finished:
        names = sorted(report.short, key=lambda name: -report.short[name])[:_MOST_SHORT]
        if len(report.short) > len(names):
            names.append("...")
        missing = sum(report.short.values())
        text.append(f"  {missing} lines short in {len(report.short)} cells: {', '.join(names)}")
    return "\n".join(text)


def _spending(spent: Mapping[str, float | None]) -> str:
    usd, unsure = spent.get("usd"), spent.get("unsure_usd") or 0.0
    dollars = "price unknown" if usd is None else f"${usd:.4f}"
    if unsure:
        dollars += f", and at most ${unsure:.4f} for calls whose answer never came"
    calls = ", ".join(f"{name} {spent.get(name)}" for name in ("calls", "retries", "cached"))
    tokens = f"{spent.get('input_tokens')} in, {spent.get('output_tokens')} out"
    return f"{calls}; tokens {tokens}; {dollars}"
