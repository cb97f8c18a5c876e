"""Commands of the model: train it, go round after round, pack it, measure what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from piiforge.cli import options
from piiforge.cli.terminal import progress, say, tell
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.types import Case, Option

if TYPE_CHECKING:
    from piiforge import adapting, context, files, judge, loop, pack, train
else:
    adapting, context, files, judge, loop, pack, train = options.rooms(
        "adapting", "context", "files", "judge", "loop", "pack", "train"
    )


def train_(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER] [KEY=VALUE]...",
            help="The data folder that `piiforge build` wrote; then settings: epochs, lr, rank, "
            "alpha, batch, checkpoints, cutoff, seed, template, system, profile (auto, cpu, gpu); "
            "with --objective answer any other of LLaMA-Factory, with verdict pair, answers, "
            "patience, easy_first.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str,
        Option(
            "A model folder, or an id on the hub.",
            default="with --resume the run's",
            flag="--model -m",
        ),
    ] = "",
    out: Annotated[
        Path | None, Option("The run's folder.", default="none", flag="--out -o")
    ] = None,
    kind: Annotated[
        str, Option("model, or context: the default detector's, fitted in a minute into FILE.npz.")
    ] = "model",
    objective: Annotated[
        str,
        Option(
            "What is learned: the whole answer, by LLaMA-Factory, or the verdict, its one token "
            "that decides: quicker on a CPU.",
            default="answer",
        ),
    ] = "",
    env: options.EnvOpt = None,
    resume: options.ResumeOpt = False,
    force: options.ForceOpt = False,
    dry_run: Annotated[
        bool, Option("Show the training file, or what --setup installs; write nothing.")
    ] = False,
    setup: Annotated[bool, Option("Make LLaMA-Factory's environment, 2 GB.")] = False,
    cuda: Annotated[bool, Option("With --setup: the build for GPUs, 10 GB.")] = False,
    torch_index: Annotated[
        str, Option("With --setup: where pip finds a CPU build of torch.", default="pip's")
    ] = "",
    as_json: options.JsonOpt = False,
) -> None:
    """Tune a model with LLaMA-Factory: prove, train, judge by the verdict, merge, prove again.

    With --objective verdict the loop is ours; it stops when the validation AUC no longer rises.
    Ctrl-C stops cleanly; --resume goes on from the last checkpoint.

    Example: piiforge train out/base --model Qwen/Qwen2.5-0.5B-Instruct --out out/run
    """
    if setup and dry_run:
        _foresee_setup(train.foreseen(train.place(env), cuda=cuda), as_json=as_json)
        return
    if setup:
        made = train.make(train.place(env), cuda=cuda, torch_index=torch_index, say=say)
        versions = dict(made.versions)
        told = f"{made.folder}: LLaMA-Factory {versions['llamafactory']}, torch {versions['torch']}"
        tell(told, {"folder": str(made.folder), "versions": versions}, as_json=as_json)
        return
    if kind != "model":
        _fit_context(kind, words or [], out, force=force, as_json=as_json)
        return
    asked, where = _asked(words or [], model, objective, out, resume=resume, dry_run=dry_run)
    if dry_run:
        name, shown = loop.dry_run(asked, where, _environment_if_there(env))
        tell(shown.rstrip(), {name: shown}, as_json=as_json)
        return
    with progress("train") as move:
        record = loop.tune(
            asked, where, train.find(env), train.Teller(move, say), resume=resume, force=force
        )
    tell(loop.training_text(record, where), asdict(record), as_json=as_json)
    say(f"Ask it: piiforge predict {asked.data} --split test --with local:{where / 'model'}")


def _foresee_setup(found: Mapping[str, object], *, as_json: bool) -> None:
    names = ", ".join(cast("list[str]", found["packages"]))
    there = "It is there: it would be proved, and made again only if it can't train.\n"
    text = (
        f"{found['folder']}: about {found['gb']} GB, some minutes; nothing was installed.\n"
        f"{there if found['there'] else ''}pip would install {names}."
    )
    tell(text, found, as_json=as_json)


def _fit_context(
    kind: str, words: list[str], out: Path | None, *, force: bool, as_json: bool
) -> None:
    """Fit a context to a built folder and write its file."""
    if kind != "context":
        raise UnknownName("kind", kind, ("model", "context"), "--kind")
    if len(words) != 1 or out is None:
        hint = "Write piiforge train FOLDER --kind context --out FILE.npz."
        raise AskedWrongly("A context takes a data folder and --out, no settings.", hint)
    files.refuse_existing(out, force=force)
    folder = Path(words[0])
    rows = [judge.read_cases(folder, split) for split in ("train", "val")]
    with progress("fit") as move:
        made = context.fit(*rows, progress=move)
    context.write(made, out, force=force)
    size = out.stat().st_size
    text = f"{out}: {made.about['rows']:,} rows, {len(made.categories)} categories, {size:,} bytes."
    told = {**made.about, "categories": list(made.categories), "bytes": size, "out": str(out)}
    tell(text, told, as_json=as_json)
    say(f"Use it: piiforge predict {folder} --context {out} --out said.jsonl")


def _asked(
    words: list[str], model: str, objective: str, out: Path | None, *, resume: bool, dry_run: bool
) -> tuple[train.Asked, Path]:
    """Take the words apart; with --resume what is left out is that of the run."""
    folder = Path(words[0]) if words and not _is_pair(words[0]) else None
    pairs = words[1:] if folder else words
    if out is None:
        if not dry_run:
            raise AskedWrongly("There is no --out.", "Name the run's folder, such as runs/first.")
        out = Path("run")
    if resume:
        return loop.taken_up(train.begun(out), folder, model, pairs, objective), out
    if folder is None:
        raise AskedWrongly("There is no data folder.", "Give one that `piiforge build` wrote.")
    if not model:
        hint = "Give a folder or an id, such as Qwen/Qwen2.5-0.5B-Instruct."
        raise AskedWrongly("There is no --model.", hint)
    return train.Asked(folder, model, tuple(pairs), objective or "answer"), out


def _is_pair(word: str) -> bool:
    return word.partition("=")[0].isidentifier() and "=" in word


def _environment_if_there(env: Path | None) -> train.Environment | None:
    try:
        return train.find(env)
    except AskedWrongly:
        return None


def loop_(
    recipe: options.RecipeArg,
    asked: partial[loop.Loop],
    overrides: options.OverridesArg = None,
    out: options.OutOpt = None,
    env: options.EnvOpt = None,
    resume: options.ResumeOpt = False,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Train in rounds: what a round gets wrong on validation sets quotas for the next one's data.

    The test rows are asked once, after the last round. All models run in the environment that
    `piiforge train --setup` makes.

    Example: piiforge loop base --model Qwen/Qwen2.5-0.5B-Instruct --rounds 2
    """
    wanted = asked(recipe=options.recipe_of(recipe, overrides))
    folder = out or Path("out") / f"{wanted.recipe.name}-loop"
    with progress("loop") as move:
        teller = train.Teller(move, say)
        done = loop.loop(wanted, folder, train.find(env), teller, resume=resume, force=force)
    tell(loop.looped_text(done), done.record(), as_json=as_json)
    say(f"Look at {folder / 'rounds.html'} (validation) and {folder / 'report.html'} (test).")


def pack_(
    asked: pack.Packing,
    out: options.OutFileOpt,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Make a trained model into what `scan`, `serve` and Python load: int8, calibrated, hashed.

    With --gguf into what llama.cpp and Ollama load instead; that is not calibrated.

    Example: piiforge pack out/run --out out/pack
    """
    with progress("pack") as move:
        if asked.gguf:
            written = pack.write_gguf(asked, out, force=force, progress=move)
            tell(written.text, written.record(), as_json=as_json)
            return
        made = pack.pack(asked, out, force=force, progress=move)
    tell(pack.packed_text(made), pack.pack_record(made), as_json=as_json)


def adapt(
    lines: Annotated[
        Path, Option("Your own lines: JSONL with id, category, content and label.", argument=True)
    ],
    out: options.OutFileOpt,
    prior: Annotated[
        Path | None,
        Option("The context to start from.", default="the one shipped", flag="--context"),
    ] = None,
    model: Annotated[
        str,
        Option(
            "Tune this model, too: a folder, or an id on the hub. --out is a folder then, with "
            "context.npz.",
            default="context alone",
            flag="--model -m",
        ),
    ] = "",
    pairs: Annotated[
        list[str] | None,
        Option("key=value of that training, such as lr=1e-4; repeat it.", flag="--set"),
    ] = None,
    seed: Annotated[int, Option("Seed of the folds.")] = 0,
    env: options.EnvOpt = None,
    resume: options.ResumeOpt = False,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Adapt the default detector, and with --model a model, to 50 to 200 labelled lines.

    What is gained is measured on lines left out, and only what they bear is taken. Use the file
    that is written with `--context` of predict, scan and serve.

    Example: piiforge adapt mine.jsonl --out mine.npz
    """
    if not model:
        if resume or env or pairs:
            raise AskedWrongly("--resume, --env and --set go with --model.", "Leave them away.")
        files.refuse_existing(out, force=force)
        moved = _adapted_context(prior, judge.read_cases(lines), seed, out, force=force)
        tell(moved.text(), {**moved.record(), "out": str(out)}, as_json=as_json)
        say(f"Use it: piiforge scan LOGS --context {out} --out found.jsonl")
        return
    where, cases = train.find(env), judge.read_cases(lines)
    if not resume:
        adapting.prepare(out, force=force)
    moved = _adapted_context(prior, cases, seed, out / "context.npz")
    words = judge.descriptions_of(lines)
    with progress("adapt") as move:
        teller = train.Teller(move, say)
        tuned = adapting.adapt(
            model, cases, words, out, where, teller, pairs=pairs or (), seed=seed, resume=resume
        )
    both = {"context": moved.record(), "model": asdict(tuned), "out": str(out)}
    tell(f"Context: {moved.text()}\nModel: {tuned.text()}", both, as_json=as_json)
    if tuned.model:
        say(f"Use it: piiforge pack {tuned.model} --out PACK")


def _adapted_context(
    prior: Path | None, cases: list[Case], seed: int, out: Path, *, force: bool = True
) -> context.Adapted:
    """Adapt the context that is asked for and write its file."""
    found = context.read(prior) if prior else context.shipped()
    with progress("adapt") as move:
        done = context.adapt(found, cases, seed=seed, progress=move)
    context.write(done.context, out, force=force)
    return done


def bench(
    asked: pack.Benching,
    report: Annotated[
        Path | None, Option("Write a self-contained page there.", default="none")
    ] = None,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Measure latency, throughput and memory of a pack, beside the peers on the same rows.

    Example: piiforge bench out/pack --data out/base --report bench.html
    """
    if report:
        files.refuse_existing(report, force=force)
    with progress("bench") as move:
        done = pack.bench(asked, move)
    if report:
        pack.write_bench_report(done, report, force=force)
    tell(pack.bench_text(done), done.record(), as_json=as_json)
    say(f"Open {report}." if report else "A page with pictures: --report OUT.html.")
