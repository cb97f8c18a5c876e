"""Commands of the data set: from a recipe and other sources to a built and reviewed folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from piiforge import plugins
from piiforge.cli import options
from piiforge.cli.terminal import progress, say, table, tell
from piiforge.cli.use import gather_scan
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.files import draft, refuse_existing
from piiforge.types import Option

if TYPE_CHECKING:
    from piiforge import build, categories, chat, recipe, review, scale, scan, seeds, write
else:
    build, categories, chat, recipe, review, scale, scan, seeds, write = options.rooms(
        "build", "categories", "chat", "recipe", "review", "scale", "scan", "seeds", "write"
    )

Counts = Mapping[str, int]
categories_ = typer.Typer(invoke_without_command=True)
recipes_ = typer.Typer(invoke_without_command=True)
RecipeName = Annotated[str, typer.Argument(help="A recipe's name, such as base.")]


@recipes_.callback()
def list_recipes(context: typer.Context, as_json: options.JsonOpt = False) -> None:
    """List the recipes that come along; show one, or copy it to edit.

    A recipe says what `piiforge build` makes, in quantities and names. docs/recipes.md explains
    every key.

    Example: piiforge recipes copy tiny
    """
    if context.invoked_subcommand:
        return
    found = {name: recipe.load(name) for name in recipe.shipped()}
    rows = [
        (name, one.rows.per_category * len(one.categories), one.rows.test, len(one.categories),
         recipe.purpose(name))
        for name, one in found.items()
    ]  # fmt: skip
    names = ("name", "train and val", "test", "categories", "for")
    if as_json:
        tell("", {"recipes": [dict(zip(names, row, strict=True)) for row in rows]}, as_json=True)
        return
    table("", names, rows)


@recipes_.command("show")
def show_recipe(name: RecipeName, as_json: options.JsonOpt = False) -> None:
    """Print a recipe, with its comments.

    Example: piiforge recipes show base
    """
    text = _shipped(name).read_text(encoding="utf-8")
    tell(text.rstrip(), {"name": name, "recipe": text}, as_json=as_json)


@recipes_.command("copy")
def copy_recipe(
    name: RecipeName,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file. Default: NAME.yaml, here.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file. Default: no.", show_default=False)
    ] = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Write a recipe into a file of your own, to be edited.

    Example: piiforge recipes copy base --out mine.yaml
    """
    text, place = _shipped(name).read_bytes(), out or Path(f"{name}.yaml")
    with draft(place, force=force) as part:
        part.write_bytes(text)
    tell(f"Edit {place}, then: piiforge build {place}", {"out": str(place)}, as_json=as_json)


def _shipped(name: str) -> Path:
    known = recipe.shipped()
    if name not in known:
        raise UnknownName("recipe", name, known)
    return known[name]


@categories_.callback()
def list_all(context: typer.Context, as_json: options.JsonOpt = False) -> None:
    """List the categories, or show one.

    Example: piiforge categories --json
    """
    if context.invoked_subcommand:
        return
    if as_json:
        tell("", {"categories": categories.descriptions()}, as_json=True)
        return
    rows = [(c.id, c.description, len(c.lookalikes)) for c in categories.every()]
    table("", ("category", "description in the prompt", "lookalikes"), rows)


@categories_.command("show")
def show(name: str, as_json: options.JsonOpt = False) -> None:
    """Show one category: sources, lookalikes, how it may be written, drawn examples."""
    found = build.shown(name)
    lines = [f"{found.id}: {found.description}", ""]
    lines += [f"  source    {source}" for source in found.sources]
    lines += ["", "  drawn     " + "   ".join(found.drawn), "", "  lookalikes"]
    lines += [f"    {kind:<18} {example:<28} {why}" for kind, example, why in found.lookalikes]
    lines += ["", "  disguises"]
    lines += [f"    {name:<18} {example}" for name, example in found.disguised]
    tell("\n".join(lines), asdict(found), as_json=as_json)


@categories_.command("new")
def new_category(
    name: Annotated[str, typer.Argument(help="Its id: lower-case letters, digits and _.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The file. Default: NAME_category.py, here.", show_default=False
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file. Default: no.", show_default=False)
    ] = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Write a category of your own to be filled in, and its test; `check` says what is missing.

    Example: piiforge categories new iban
    """
    if not name.isidentifier() or not name.islower() or name in categories.descriptions():
        hint = "Choose lower-case letters, digits and _, and a name that is free."
        raise AskedWrongly(f"{name!r} can't name a category.", hint)
    place = out or Path(f"{name}_category.py")
    beside = place.with_name(f"test_{place.name}")
    for path in (place, beside):
        refuse_existing(path, force=force)
    for path, template in ((place, "own_category.txt"), (beside, "own_category_test.txt")):
        text = resources.files("piiforge").joinpath("data", template).read_text(encoding="utf-8")
        filled = text.replace("\nNAME = ", f"\n{name.upper()} = ").replace("FILE", place.name)
        with draft(path, force=force) as part:
            part.write_text(filled.replace("NAME", name), encoding="utf-8")
    told = f"Fill in {place}, then: piiforge categories check {place}"
    tell(told, {"out": str(place), "test": str(beside)}, as_json=as_json)


@categories_.command("check")
def check_category(
    file: Annotated[Path, typer.Argument(help="A Python file with categories of your own.")],
    as_json: options.JsonOpt = False,
) -> None:
    """Hold a category of your own against the laws that all keep. Exit 1 if it breaks one.

    Example: piiforge categories check iban_category.py
    """
    owned = [one for one in plugins.records_of(file) if isinstance(one, plugins.OwnCategory)]
    if not owned:
        raise AskedWrongly(f"{file} holds no category.", "`piiforge categories new` begins one.")
    broken = {own.category.id: plugins.problems(own) for own in owned}
    lines = [f"{name} {each}." for name, found in broken.items() for each in found]
    good = [name for name, found in broken.items() if not found]
    if good:
        lines.append(f"{', '.join(good)}: every law kept. Next: piiforge --plugin {file} ...")
    tell("\n".join(lines), {"categories": broken}, as_json=as_json)
    raise typer.Exit(1 if any(broken.values()) else 0)


def seeds_(
    files: Annotated[
        list[Path], Option("Templates, tests, tables or logs, packed or not.", argument=True)
    ],
    out: options.OutFileOpt,
    most: Annotated[int, Option("Lines and sentences taken from one file.", least=1)] = 5_000,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Take shapes and cues from other people's test sets; values are thrown away.

    Example: piiforge seeds their_tests.json --out seeds.jsonl

    Example: piiforge categories show ssn

    Example: piiforge categories --json
    """
    refuse_existing(out, force=force)
    with progress("reading") as move:
        harvest = seeds.read(files, most=most, on_progress=move)
    seeds.write(out, harvest, force=force)
    if not as_json:
        kept = [
            (kind, category, count)
            for kind, of_kind in harvest.kept.items()
            for category, count in of_kind.items()
        ]
        table("Seeds", ("kind", "category", "seeds"), kept)
        lost = [(name, count, seeds.REASONS[name]) for name, count in harvest.rejected.items()]
        table("Rejected", ("reason", "pieces", "which means"), lost)
    text = f"{len(harvest.seeds)} seeds from {harvest.used} of {harvest.read} pieces in {out}. "
    text += harvest.advice or f"Next: name it in a recipe (seeds: [{out}])."
    idle = build.idle_seeds(harvest.seeds)
    tell(text, {**harvest.record(), "idle": idle.counts}, as_json=as_json)
    if idle.text:
        say(idle.text)


def compose_(
    recipe: options.RecipeArg,
    out: options.OutFileOpt,
    overrides: options.OverridesArg = None,
    seed: options.SeedOpt = None,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Compose a recipe's rows, unchecked, into one JSONL file. Next: `piiforge check`.

    Example: piiforge compose tiny --out composed.jsonl
    """
    with progress("compose") as move:
        count = build.compose_file(
            options.recipe_of(recipe, overrides, seed), out, force=force, progress=move
        )
    text = f"{count} rows in {out}. Next: piiforge check {out} --out DIR."
    tell(text, {"rows": count, "out": str(out)}, as_json=as_json)


def check(
    rows: Annotated[Path, Option("Rows that `piiforge compose` wrote.", argument=True)],
    out: options.OutFileOpt,
    max_tokens: Annotated[int, Option("Token limit of a row.")] = 512,
    min_kept: Annotated[float, Option("Exit 1 if a smaller share is kept.", least=0, most=1)] = 0.8,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Drop what may not pass, with the reason. Next: `piiforge split`.

    Example: piiforge check composed.jsonl --out checked
    """
    found = build.check_file(rows, out, max_tokens=max_tokens, force=force)
    text = (
        f"kept {found.kept} of {found.kept + found.dropped}; "
        f"reasons in {out / 'dropped.jsonl'}. Next: piiforge split {out / 'rows.jsonl'} --out FILE."
    )
    tell(text, found.record(), as_json=as_json)
    raise typer.Exit(0 if found.share >= min_kept else 1)


def split(
    rows: Annotated[Path, Option("Rows that `piiforge check` kept.", argument=True)],
    out: options.OutFileOpt,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Drop what stands in two splits and prove that nothing is left. Next: `piiforge export`.

    Example: piiforge split checked/rows.jsonl --out split.jsonl
    """
    found = build.split_file(rows, out, force=force)
    text = f"kept {found.kept}, dropped {found.dropped} that leaked. Next: piiforge export {out}."
    tell(text, found.record(), as_json=as_json)


def export(
    rows: Annotated[Path, Option("Rows that `piiforge split` proved.", argument=True)],
    recipe: options.RecipeArg,
    out: options.OutFileOpt,
    overrides: options.OverridesArg = None,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Write rows as a LLaMA-Factory data set with manifest and report.

    Example: piiforge export split.jsonl tiny --out out/steps
    """
    count = build.export_file(rows, options.recipe_of(recipe, overrides), out, force=force)
    text = f"{count} rows in {out}. Prove it with `piiforge verify {out}`."
    tell(text, {"rows": count, "out": str(out)}, as_json=as_json)


def build_(
    recipe: options.RecipeArg,
    wanted: scale.Wanted,
    overrides: options.OverridesArg = None,
    out: options.OutUrlOpt = None,
    seed: options.SeedOpt = None,
    form: Annotated[
        str,
        Option(
            "How the rows of the JSONL files are written: alpaca, or messages, a chat as TRL, "
            "Unsloth and OpenAI's tuning read it.",
            flag="--format",
            default="the recipe's",
        ),
    ] = "",
    workers: options.WorkersOpt = 0,
    force: options.ForceOpt = False,
    resume: Annotated[bool, Option("Keep an --out that is whole and of this recipe.")] = False,
    dry_run: options.DryRunOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Build a recipe's data set: compose, check, split, export, report.

    Needs no key, no network and no GPU. The folder appears whole or not at all. A set too large for
    one process is made in shards (docs/scale.md); --out may then be a URL (s3://...).

    Example: piiforge build base rows.test=500 --out out/base

    Example: piiforge build base rows=1000000 --engine processes --out out/million
    """
    said = [*(overrides or ()), *([f"format={form}"] if form else [])]
    asked = options.recipe_of(recipe, said, seed)
    if dry_run:
        found = build.forecast(asked, workers)
        for name, lines in () if as_json else found.splits.items():
            rows = [(line.category, line.rows, line.positive, line.twins) for line in lines]
            table(name, ("category", "rows", "positive", "in twins"), rows)
        tell(found.text, found.record(), as_json=as_json)
        return
    if wanted:
        engine = scale.engines.get(wanted.engine or "processes", workers)
        how = partial(scale.Run, engine, resume=resume, force=force)
        _build_in_shards(asked, out or f"out/{asked.name}", wanted, how, as_json)
        return
    folder = Path(out or f"out/{asked.name}")
    if resume and build.is_built(folder, asked):
        tell(f"{folder} is whole and of this recipe.", {"out": str(folder)}, as_json=as_json)
        return
    with progress("build") as move:
        built = build.build(asked, folder, workers=workers, force=force, progress=move)
    tell(build.summary_text(built, folder), build.summary(built, folder), as_json=as_json)
    if asked.seeds and (idle := build.idle_seeds_of(asked)).text:
        say(idle.text)
    say(f"Look at {folder / 'report.html'}; confirm a sample with `piiforge review {folder}`.")


def _build_in_shards(
    asked: recipe.Recipe, out: str, wanted: scale.Wanted, how: partial[scale.Run], as_json: bool
) -> None:
    with progress("build") as move:
        found = scale.run(asked, out, wanted, how(progress=move))
    if wanted.shard:
        text = f"{found['there']} of {found['of']} shards are in {found['shards']}. "
        text += "Next" if found["there"] == found["of"] else "When all are there"
        text += f": piiforge gather {found['shards']}"
        tell(text, found, as_json=as_json)
    else:
        tell(_gathered(out, found), {"out": out, **found}, as_json=as_json)


def _gathered(out: str, found: Mapping[str, object]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in cast(Counts, found["counts"]).items())
    shards = cast(Counts, found["shards"])
    return (
        f"{out}: {counts}, of {shards['of']} shards; {shards['mended']} rows stood in two of them "
        f"and were drawn again; no leak between splits. Prove it with `piiforge verify {out}`."
    )


def gather(
    folders: Annotated[list[str], Option("Folders or URLs of shards.", argument=True)],
    out: options.OutUrlOpt = None,
    overrides: Annotated[
        list[str] | None, Option("key=value of the gates, as after a recipe.", flag="--with")
    ] = None,
    engine: Annotated[str, Option("What mends rows: processes, or ray.")] = "processes",
    workers: options.WorkersOpt = 0,
    emit: options.EmitOpt = None,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Join the shards that `piiforge build --shard` made, in any order, into one data set.

    Nothing may stand twice or in two splits: what two shards drew alike is drawn again. Of the
    shards of `piiforge scan` come the findings, summary and report of one scan.

    Example: piiforge gather out/base.shards --out out/base

    Example: piiforge gather found.jsonl.shards
    """
    folders = [folder.rstrip("/") for folder in folders]
    if any(scan.is_sharded(Path(folder)) for folder in folders):
        if len(folders) > 1 or overrides:
            hint = "Put the shards together; --with goes with those of a data set."
            raise AskedWrongly("the shards of a scan are gathered from one folder.", hint)
        gather_scan(Path(folders[0]), out, emit, force=force, as_json=as_json)
        return
    place = out or folders[0].removesuffix(".shards")
    if place == folders[0]:
        raise AskedWrongly("there is no --out.", "Name the folder that is to be written.")
    how = partial(scale.Run, scale.engines.get(engine, workers), force=force)
    with progress("gather") as move:
        found = scale.gather(folders, place, how(progress=move), overrides or ())
    tell(_gathered(place, found), {"out": place, **found}, as_json=as_json)


def preview(
    recipe: options.RecipeArg,
    overrides: options.OverridesArg = None,
    count: Annotated[int, Option("Rows to show.", flag="--count -n", least=1)] = 5,
    category: Annotated[
        str, Option("Of this category alone.", default="all in turn", flag="--category -c")
    ] = "",
    seed: options.SeedOpt = None,
    as_lines: Annotated[
        bool, Option("Print the contents alone, a line each, as a log to try.", flag="--lines")
    ] = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Show a few rows such as a recipe makes, in a second; write nothing.

    Example: piiforge preview base -n 5 -c ssn
    """
    rows = build.preview(options.recipe_of(recipe, overrides, seed), count, category)
    if as_lines:
        typer.echo("\n".join(" ".join(row.content.splitlines()) for row in rows))
        return
    cards = [
        f"{row.category}: {'positive' if row.verdict.is_sensitive else 'negative'}, {row.variant} "
        f"({row.event}, {row.language})\n{review.visible(row.content)}\n"
        for row in rows
    ]
    found = [
        {
            "category": row.category,
            "label": row.verdict.is_sensitive,
            "variant": row.variant,
            "content": row.content,
        }
        for row in rows
    ]
    tell("\n".join(cards), {"rows": found}, as_json=as_json)


def write_(
    recipe: options.RecipeArg,
    model: Annotated[str, Option("The model's name at the endpoint.")],
    manner: write.Manner,
    remote: partial[chat.Settings],
    overrides: options.OverridesArg = None,
    out: options.OutOpt = None,
    base_url: Annotated[str, Option("Any OpenAI-compatible endpoint.", default="OpenAI's")] = "",
    temperature: Annotated[
        float | None, Option("Of the lines.", default="the recipe's", least=0, most=2)
    ] = None,
    lines_per_call: Annotated[
        int | None, Option("Lines a call.", default="the recipe's", least=1, most=50)
    ] = None,
    rounds: Annotated[
        int | None, Option("Rounds at the most.", default="the recipe's", least=1)
    ] = None,
    dry_run: Annotated[bool, Option("Show calls, tokens, dollars; send nothing.")] = False,
    resume: options.ResumeOpt = False,
    force: Annotated[bool, Option("Write the results anew from the answers kept.")] = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Let a language model write lines for a recipe; our generators fill in the values later.

    Never pays twice: answers are kept in --out, --resume goes on after any stop, --force writes the
    results anew from them. Exit 1 where something is left to ask or nothing was accepted.

    Example: piiforge write base --model gpt-4o-mini --budget-usd 5 --out out/written
    """
    writing = {"temperature": temperature, "lines_per_call": lines_per_call, "rounds": rounds}
    given = [f"writing.{name}={value}" for name, value in writing.items() if value is not None]
    asked = options.recipe_of(recipe, [*(overrides or []), *given])
    settings = remote(model=model, base_url=base_url, seed=asked.seed)
    folder = out or Path("out") / f"{asked.name}-written"
    if dry_run:
        facts = write.foresee(asked, folder, settings, manner)
        tell(write.forecast_text(facts), facts, as_json=as_json)
        return
    with progress("write") as move:
        report = write.write(
            asked, folder, settings, manner, resume=resume, force=force, progress=move
        )
    tell(write.report_text(report), {"out": report.out, **report.facts()}, as_json=as_json)
    say(_after(report))
    raise typer.Exit(0 if report.finished and report.accepted else 1)


def _after(report: write.Report) -> str:
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


def verify(
    folder: options.FolderArg,
    against: Annotated[
        tuple[Path, ...],
        Option("Cases that training rows must not hold; may be repeated.", default="none"),
    ] = (),
    as_json: options.JsonOpt = False,
) -> None:
    """Prove a built folder again: every hash, every row, the leak certificate. Exit 1 if broken.

    With --against FILE, cases as `piiforge predict` takes them: exit 1 if one is, or nearly is, a
    training row or holds a value drawn for one. A line of the same shape is told. No content is.

    Example: piiforge verify out/base --against their_test.jsonl
    """
    for path in against:
        build.refuse_no_cases(path)
    with progress("verify") as move:
        sharded = scale.is_sharded(folder)
        proved = scale.verify(folder, move) if sharded else build.verify(folder)
    met = build.compare(folder, against)
    told = [f"{folder}: {proved['files']} files and {proved['rows']} rows are as built; no leak."]
    for name, one in met.items():
        told.append(f"{name}: {one.cases} cases against the training rows")
        told += [
            f"  {kind:<9} {len(lines)}" + (f": lines {_listed(lines)}" if lines else "")
            for kind, lines in one.lines.items()
        ]
    found = {name: {"cases": one.cases, **one.lines} for name, one in met.items()}
    tell("\n".join(told), {**proved, **({"against": found} if found else {})}, as_json=as_json)
    raise typer.Exit(1 if any(one.spoils for one in met.values()) else 0)


def _listed(lines: list[int], most: int = 20) -> str:
    rest = f" and {len(lines) - most} more (--json lists all)" if len(lines) > most else ""
    return ", ".join(map(str, lines[:most])) + rest


def push(
    asked: build.Pushing,
    dry_run: Annotated[bool, Option("Prove the folder, say what would go; send nothing.")] = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Send a built folder to a hub of data sets; one that is made is private unless --public.

    Only what the manifest lists goes: no review, no trained model. The token comes from $HF_TOKEN.

    Example: piiforge push out/base --to org/name --dry-run
    """
    done = build.push(asked, dry_run=dry_run)
    size = f"{len(done.files)} files, {done.bytes / 1e6:,.1f} MB"
    text = f"{size} would go to {done.to}." if dry_run else f"{size}: {done.commit}"
    tell(text, done.record(), as_json=as_json)


def report(
    folder: options.FolderArg,
    out: Annotated[
        Path | None, Option("The page.", default="<folder>.html beside it", flag="--out -o")
    ] = None,
    force: options.ForceOpt = False,
    as_json: options.JsonOpt = False,
) -> None:
    """Write the self-contained report page of a built folder.

    Example: piiforge report out/base --out page.html
    """
    page = out or folder.with_name(f"{folder.name}.html")
    build.write_report(folder, page, force=force)
    tell(f"Open {page}.", {"page": str(page)}, as_json=as_json)
