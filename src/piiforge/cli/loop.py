"""`piiforge loop`: build, train, judge, mine, build more, train again, and compare at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import (
    EnvOpt,
    ForceOpt,
    JsonOpt,
    OutOpt,
    OverridesArg,
    RecipeArg,
    WorkersOpt,
)
from piiforge.cli.telling import progress, say, tell

if TYPE_CHECKING:
    from piiforge.loop import Looped


ModelOpt = Annotated[
    str,
    typer.Option("--model", "-m", help="A model folder, or an id on the hub.", show_default=False),
]
RoundsOpt = Annotated[int, typer.Option(min=1, help="Rounds. Default: 2.", show_default=False)]
MinedOpt = Annotated[
    int,
    typer.Option(
        "--mined-rows",
        min=2,
        help="New rows asked for after a round. Default: 400.",
        show_default=False,
    ),
]
ReplayOpt = Annotated[
    float,
    typer.Option(
        min=0,
        help="Rows of the first round that come along for a new one. Default: 1.",
        show_default=False,
    ),
]
SettingOpt = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="key=value of the training, such as epochs=1; repeat it. Default: none.",
        show_default=False,
    ),
]
ResumeOpt = Annotated[
    bool, typer.Option("--resume", help="Go on where the loop stood. Default: no.")
]


def loop(
    recipe: RecipeArg,
    model: ModelOpt,
    overrides: OverridesArg = None,
    out: OutOpt = None,
    rounds: RoundsOpt = 2,
    mined_rows: MinedOpt = 400,
    replay: ReplayOpt = 1.0,
    settings: SettingOpt = None,
    env: EnvOpt = None,
    workers: WorkersOpt = 0,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    as_json: JsonOpt = False,
) -> None:
    """Train in rounds: what a round gets wrong on validation sets quotas for the next one's data.

    The test rows are asked once, after the last round. All models run in the environment that
    `piiforge train --setup` makes.
    """
    from piiforge import loop
    from piiforge import train as room
    from piiforge.recipe import load

    asked = loop.Loop(
        load(recipe, overrides or []),
        model,
        rounds=rounds,
        pairs=tuple(settings or ()),
        mined_rows=mined_rows,
        replay=replay,
        workers=workers,
    )
    folder = out or Path("out") / f"{asked.recipe.name}-loop"
    with progress("loop") as move:
        done = loop.loop(
            asked, folder, room.find(env), room.Teller(move, say), resume=resume, force=force
        )
    tell(_told(done), done.record(), as_json=as_json)
    say(f"Look at {folder / 'rounds.html'} (validation) and {folder / 'report.html'} (test).")


def _told(done: "Looped") -> str:
    from piiforge.loop import looped_text

    return looped_text(done)
