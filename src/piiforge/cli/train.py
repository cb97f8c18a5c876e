"""`piiforge train`: from a data set to a tuned, merged and proved model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import EnvOpt, ForceOpt, JsonOpt
from piiforge.cli.telling import progress, say, tell
from piiforge.errors import AskedWrongly

if TYPE_CHECKING:
    from piiforge.train import Asked, Environment, Teller


WordsArg = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FOLDER] [KEY=VALUE]...",
        help="The data folder that `piiforge build` wrote; then settings: epochs, lr, rank, alpha, "
        "batch, checkpoints, cutoff, seed, template, system, profile (auto, cpu, gpu), and any "
        "other of LLaMA-Factory.",
        show_default=False,
    ),
]
ModelOpt = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="A model folder, or an id on the hub. Default: with --resume the run's, else none.",
        show_default=False,
    ),
]
OutOpt = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="The run's folder. Default: none.", show_default=False),
]
ResumeOpt = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in --out. Default: no.")
]
DryRunOpt = Annotated[
    bool, typer.Option("--dry-run", help="Show the training file, write nothing. Default: no.")
]
SetupOpt = Annotated[
    bool, typer.Option("--setup", help="Make LLaMA-Factory's environment, 2 GB. Default: no.")
]
CudaOpt = Annotated[
    bool, typer.Option("--cuda", help="With --setup: the build for GPUs, 10 GB. Default: no.")
]
IndexOpt = Annotated[
    str, typer.Option(help="With --setup: where pip finds a CPU build of torch. Default: pip's.")
]


def train(
    words: WordsArg = None,
    model: ModelOpt = "",
    out: OutOpt = None,
    env: EnvOpt = None,
    resume: ResumeOpt = False,
    force: ForceOpt = False,
    dry_run: DryRunOpt = False,
    setup: SetupOpt = False,
    cuda: CudaOpt = False,
    torch_index: IndexOpt = "",
    as_json: JsonOpt = False,
) -> None:
    """Tune a model with LLaMA-Factory: prove, train, judge by the verdict, merge, prove again.

    Ctrl-C stops cleanly; --resume goes on from the last checkpoint.
    """
    from piiforge import loop
    from piiforge import train as room

    if setup:
        made = room.make(room.place(env), cuda=cuda, torch_index=torch_index, say=say)
        versions = dict(made.versions)
        told = f"{made.folder}: LLaMA-Factory {versions['llamafactory']}, torch {versions['torch']}"
        tell(told, {"folder": str(made.folder), "versions": versions}, as_json=as_json)
        return
    asked, where = _asked(words or [], model, out, resume=resume, dry_run=dry_run)
    if dry_run:
        made_by = _environment_if_there(env)
        shown = loop.dry_run(asked, where, made_by)
        tell(shown.rstrip(), {"train.yaml": shown}, as_json=as_json)
        return
    with _teller() as teller:
        record = loop.tune(asked, where, room.find(env), teller, resume=resume, force=force)
    tell(loop.training_text(record, where), asdict(record), as_json=as_json)
    say(f"Ask it: piiforge predict {asked.data} --split test --with local:{where / 'model'}")


def _asked(
    words: list[str], model: str, out: Path | None, *, resume: bool, dry_run: bool
) -> "tuple[Asked, Path]":
    """Take the words apart; with --resume what is left out is that of the run."""
    from piiforge import loop
    from piiforge import train as room

    folder = Path(words[0]) if words and not _is_pair(words[0]) else None
    pairs = words[1:] if folder else words
    if out is None:
        if not dry_run:
            raise AskedWrongly("There is no --out.", "Name the run's folder, such as runs/first.")
        out = Path("run")
    if resume:
        return loop.taken_up(room.begun(out), folder, model, pairs), out
    if folder is None:
        raise AskedWrongly("There is no data folder.", "Give one that `piiforge build` wrote.")
    if not model:
        raise AskedWrongly(
            "There is no --model.", "Give a folder or an id, such as Qwen/Qwen2.5-0.5B-Instruct."
        )
    return room.Asked(folder, model, tuple(pairs)), out


def _is_pair(word: str) -> bool:
    return word.partition("=")[0].isidentifier() and "=" in word


def _environment_if_there(env: Path | None) -> "Environment | None":
    from piiforge import train as room

    try:
        return room.find(env)
    except AskedWrongly:
        return None


@contextmanager
def _teller() -> "Iterator[Teller]":
    from piiforge import train as room

    with progress("train") as move:
        yield room.Teller(move, say)
