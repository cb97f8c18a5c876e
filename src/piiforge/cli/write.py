"""`piiforge write`: a language model writes the lines; values and labels stay ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import (
    AtOnceOpt,
    BudgetOpt,
    JsonOpt,
    KeyOpt,
    OutOpt,
    OverridesArg,
    PriceInOpt,
    PriceOutOpt,
    RecipeArg,
    TimeoutOpt,
)
from piiforge.cli.telling import progress, say, tell

if TYPE_CHECKING:
    from piiforge import write as room


ModelOpt = Annotated[
    str, typer.Option("--model", help="The model's name at the endpoint.", show_default=False)
]
BaseUrlOpt = Annotated[
    str, typer.Option("--base-url", help="Any OpenAI-compatible endpoint. Default: OpenAI's.")
]
ModeOpt = Annotated[
    str,
    typer.Option(
        "--mode",
        help="slots: lines with slots; full: whole lines, their values cut out. Default: slots.",
        show_default=False,
    ),
]
BatchOpt = Annotated[
    bool,
    typer.Option(
        "--batch",
        help="Hand the calls in as a batch and leave; a resumed run collects. Default: no.",
    ),
]
ResumeOpt = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on where a run stopped; what was answered is free. Default: no."
    ),
]
TemperatureOpt = Annotated[
    float | None,
    typer.Option("--temperature", min=0, max=2, help="Of the lines. Default: the recipe's."),
]
LinesOpt = Annotated[
    int | None,
    typer.Option("--lines-per-call", min=1, max=50, help="Lines a call. Default: the recipe's."),
]
RoundsOpt = Annotated[
    int | None, typer.Option("--rounds", min=1, help="Rounds at the most. Default: the recipe's.")
]
ShotsOpt = Annotated[
    int,
    typer.Option(
        "--shots",
        min=0,
        max=10,
        help="Examples of ours in each call. Default: 0.",
        show_default=False,
    ),
]
JudgeOpt = Annotated[
    bool,
    typer.Option("--judge", help="Have the lines judged too; doubts go to review. Default: no."),
]
ForceOpt = Annotated[
    bool, typer.Option("--force", help="Write the results anew from the answers kept. Default: no.")
]
DryRunOpt = Annotated[
    bool, typer.Option("--dry-run", help="Show calls, tokens, dollars; send nothing. Default: no.")
]


def write(
    recipe: RecipeArg,
    model: ModelOpt,
    overrides: OverridesArg = None,
    out: OutOpt = None,
    base_url: BaseUrlOpt = "",
    key_variable: KeyOpt = "OPENAI_API_KEY",
    mode: ModeOpt = "slots",
    budget: BudgetOpt = None,
    input_price: PriceInOpt = None,
    output_price: PriceOutOpt = None,
    temperature: TemperatureOpt = None,
    lines_per_call: LinesOpt = None,
    rounds: RoundsOpt = None,
    most_at_once: AtOnceOpt = 32,
    timeout: TimeoutOpt = 120.0,
    shots: ShotsOpt = 0,
    judge: JudgeOpt = False,
    batch: BatchOpt = False,
    dry_run: DryRunOpt = False,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Let a language model write lines for a recipe; our generators fill in the values later.

    Never pays twice: answers are kept in --out, --resume goes on after any stop, --force writes the
    results anew from them. Exit 1 where something is left to ask or nothing was accepted.
    """
    from piiforge import chat
    from piiforge import write as room
    from piiforge.recipe import load

    writing = {"temperature": temperature, "lines_per_call": lines_per_call, "rounds": rounds}
    given = [f"writing.{name}={value}" for name, value in writing.items() if value is not None]
    asked = load(recipe, [*(overrides or []), *given])
    settings = chat.Settings(
        model=model,
        base_url=base_url,
        key_variable=key_variable,
        timeout_s=timeout,
        most_at_once=most_at_once,
        budget_usd=budget,
        input_usd_per_million=input_price,
        output_usd_per_million=output_price,
        seed=asked.seed,
    )
    manner = room.Manner(mode=mode, shots=shots, judge=judge, batch=batch)
    folder = out or Path("out") / f"{asked.name}-written"
    if dry_run:
        facts = room.foresee(asked, folder, settings, manner)
        tell(room.forecast_text(facts), facts, as_json=as_json)
        raise typer.Exit(0)
    with progress("write") as move:
        report = room.write(
            asked, folder, settings, manner, resume=resume, force=force, progress=move
        )
    tell(room.report_text(report), {"out": report.out, **report.facts()}, as_json=as_json)
    say(_next(report))
    raise typer.Exit(0 if report.finished and report.accepted else 1)


def _next(report: "room.Report") -> str:
    if report.in_batch:
        return f"The batch is out. Collect it with --resume --batch, same --out {report.out}."
    if not report.finished:
        return f"Something is left to ask: run again with --resume, same --out {report.out}."
    if not report.accepted:
        return f"Nothing was accepted; the reasons are in {report.out}/rejected.jsonl."
    return (
        f"Next: decide in {report.out}/review.jsonl, run `piiforge review {report.out} --tally`, "
        f"then put `written: [{report.out}]` into the recipe."
    )
