"""`piiforge predict`: ask a system about every row of a file or a built folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import (
    AtOnceOpt,
    BudgetOpt,
    ForceOpt,
    JsonOpt,
    KeyOpt,
    PriceInOpt,
    PriceOutOpt,
    TimeoutOpt,
)
from piiforge.cli.telling import progress, say, tell

if TYPE_CHECKING:
    from piiforge import judge


SourceArg = Annotated[
    Path,
    typer.Argument(
        help="A built folder, or JSONL with id, category and content.", show_default=False
    ),
]
WithOpt = Annotated[
    str,
    typer.Option(
        "--with",
        help="rules, presidio, presidio@0.5, chat:URL#MODEL, server:URL#MODEL, local:PATH or "
        "pack:PATH.",
        show_default=False,
    ),
]
OutOpt = Annotated[Path, typer.Option("--out", "-o", help="The file to write.", show_default=False)]
SplitOpt = Annotated[
    str,
    typer.Option(
        help="train, val, test or all. Default: test of a folder, all rows of a file.",
        show_default=False,
    ),
]
ShotsOpt = Annotated[
    int,
    typer.Option(
        min=0, max=32, help="Solved examples in each question. Default: 0.", show_default=False
    ),
]
ShotsFromOpt = Annotated[
    Path | None,
    typer.Option(
        help="Where examples come from: a built folder's train split, or labelled JSONL. "
        "Default: none."
    ),
]
VerdictOpt = Annotated[
    bool,
    typer.Option(
        "--verdict-only",
        help="local: one pass for true or false, no JSON; server and pack always do. Default: no.",
    ),
]
TokenizerOpt = Annotated[
    str,
    typer.Option(
        help="server: a folder with the model's tokenizer and template. Default: the server's.",
        show_default=False,
    ),
]
DecodeOpt = Annotated[
    bool, typer.Option("--decode", help="Undo percent, HTML and the like first. Default: no.")
]
LenientOpt = Annotated[
    bool, typer.Option("--lenient", help="Take the JSON out of a longer answer. Default: no.")
]
PlainOpt = Annotated[
    bool,
    typer.Option("--plain", help="chat: no JSON schema; for a model tuned on it. Default: no."),
]
SystemOpt = Annotated[
    str | None, typer.Option(help="The system text. Default: the model family's own.")
]
OrderOpt = Annotated[
    str,
    typer.Option(
        help="category_first or content_first. Default: category_first.", show_default=False
    ),
]
BatchOpt = Annotated[
    int, typer.Option(min=1, help="local: rows a pass. Default: 8.", show_default=False)
]
LimitOpt = Annotated[
    int, typer.Option(min=0, help="The first rows only; 0 is all. Default: 0.", show_default=False)
]
LatencyOpt = Annotated[
    int,
    typer.Option(
        min=0, help="Rows that are asked alone and timed. Default: 50.", show_default=False
    ),
]
CalibrationOpt = Annotated[
    Path | None, typer.Option(help="A stored calibration to apply. Default: none.")
]
ResumeOpt = Annotated[
    bool, typer.Option("--resume", help="Keep what an earlier run had answered. Default: no.")
]


def predict(
    source: SourceArg,
    predictor: WithOpt,
    out: OutOpt,
    split: SplitOpt = "",
    shots: ShotsOpt = 0,
    shots_from: ShotsFromOpt = None,
    verdict_only: VerdictOpt = False,
    decode: DecodeOpt = False,
    lenient: LenientOpt = False,
    plain: PlainOpt = False,
    system: SystemOpt = None,
    tokenizer: TokenizerOpt = "",
    order: OrderOpt = "category_first",
    batch: BatchOpt = 8,
    limit: LimitOpt = 0,
    latency: LatencyOpt = 50,
    calibration: CalibrationOpt = None,
    key_variable: KeyOpt = "OPENAI_API_KEY",
    budget: BudgetOpt = None,
    input_price: PriceInOpt = None,
    output_price: PriceOutOpt = None,
    most_at_once: AtOnceOpt = 32,
    timeout: TimeoutOpt = 120.0,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Ask rules, Presidio or a model about every row. Next: `piiforge score`.

    Predictions are written as they come; --resume goes on after any stop, and answers of a remote
    model are never paid twice.
    """
    from piiforge import chat, judge
    from piiforge import predict as room

    remote = chat.Settings(
        model="",
        key_variable=key_variable,
        timeout_s=timeout,
        most_at_once=most_at_once,
        budget_usd=budget,
        input_usd_per_million=input_price,
        output_usd_per_million=output_price,
    )
    settings = room.Settings(
        decode=decode,
        verdict_only=verdict_only,
        lenient=lenient,
        plain=plain,
        system=system,
        tokenizer=tokenizer,
        order=order,
        shots=shots,
        batch=batch,
        remote=remote,
    )
    question = judge.Question(
        source, predictor, settings, split, limit, latency, shots_from, calibration
    )
    try:
        with progress("predict") as move:
            done = judge.predict_file(question, out, resume=resume, force=force, progress=move)
    except KeyboardInterrupt:
        say(f"What was answered is in {out}.part; --resume goes on with it.")
        raise
    tell(_text(done), done.record(), as_json=as_json)
    say(f"Next: piiforge score {source} {out}")


def _text(done: "judge.Predicted") -> str:
    speed = f"{done.rows_per_s:.1f} rows/s" if done.rows_per_s else "no new rows"
    took = (
        f"{done.latency_p50_ms:.2f} ms a row alone (p95 {done.latency_p95_ms:.2f}, "
        f"{done.timed} rows)"
        if done.latency_p50_ms is not None and done.latency_p95_ms is not None
        else "not timed alone"
    )
    return (
        f"{done.rows} rows by {done.predictor}: {done.sensitive} sensitive, {done.unparsed} "
        f"without a verdict; {speed}, {took}. In {done.out}."
    )
