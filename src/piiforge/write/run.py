"""Writing: a language model writes lines with typed slots, round by round, until each cell is full.

A round plans calls for what is still missing, asks them all, and takes what they brought in the
order of the plan. Nothing but the answers decides what comes next, and answers are journalled: a
run that was killed and goes on ends with the same lines as one that was not. What stands in the
folder, and when:

    calls.sqlite     the journal of `chat`, from the first moment on: --resume lives from it
    lines.jsonl      the accepted lines, for a recipe's `written: [DIR]`
    rejected.jsonl   every rejected line with its call and reason; digits and mailboxes masked
    review.jsonl     finished rows for a person's eye; `piiforge review DIR --tally` reads it back
    manifest.json    account, hashes, versions; written last: no folder without it is done

The journal is never taken away: what was paid for once is not paid for again, not even by --force.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, cast
from urllib.parse import urlsplit

from piiforge import __version__, categories, chat, compose, files, review
from piiforge.build import categories_of, plan_of
from piiforge.compose import WrittenLine, frames
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.recipe import Recipe
from piiforge.rng import child
from piiforge.types import TRAIN, Cue, Example, Option, Progress, silent
from piiforge.write import prompts
from piiforge.write.answers import Intake, neutral, slot_problem, value
from piiforge.write.prompts import SIDES, Call, Cell, calls_of
from piiforge.write.rows import finished_row

OPENAI_URL = "https://api.openai.com/v1"
JOURNAL, REJECTED = "calls.sqlite", "rejected.jsonl"
_HASHED = (frames.LINES_FILE, REJECTED)  # a person writes into the review
_SHOT_LONGEST = 420  # characters: an example is paid for in every call
_PLAIN = frozenset({(), ("canonical",)})
_MOST_SHORT = 10


@dataclass(frozen=True, slots=True)
class Manner:
    """How to write, beside what the recipe says: the command's own options.

    `shots`: examples a call. `judge`: a second opinion on each accepted line, at temperature 0.
    `batch`: hand the calls in and leave; a later run collects.
    """

    mode: Annotated[
        str, Option("slots: lines with slots; full: whole lines, their values cut out.")
    ] = frames.SLOTS_MODE
    shots: Annotated[int, Option("Examples of ours in each call.", least=0, most=10)] = 0
    judge: Annotated[bool, Option("Have the lines judged too; doubts go to review.")] = False
    batch: Annotated[
        bool, Option("Hand the calls in as a batch and leave; a resumed run collects.")
    ] = False


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


def write(
    recipe: Recipe,
    out: Path,
    settings: chat.Settings,
    manner: Manner,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> Report:
    """Let a model write lines for `recipe` into the folder `out`.

    Raises:
        AskedWrongly: no key, a folder in the way, an endpoint that answers nobody.
        BadRecipe, UnknownName: an unknown category or mode.
    """
    wanted = wanted_by(recipe, manner)
    asked = asked_of(recipe, settings, manner)
    done = open_folder(out, asked, resume=resume, force=force)
    if done is not None:
        return Report.read(out, done)
    try:
        # which one process has at a time: what it did is looked at again
        with chat.connect(settings, out / JOURNAL) as client:
            done = open_folder(out, asked, resume=True, force=force)
            if done is not None:
                return Report.read(out, done)
            (out / files.MANIFEST).unlink(missing_ok=True)
            run = _Run(recipe, manner, wanted, client, progress)
            run.work()
            report = run.report(out)
            if not report.in_batch:
                facts = {"wrong_labels": recipe.writing.wrong_labels, **report.facts()}
                save_results(out, run.intake, recipe, {"settings": asked, **facts})
            return report
    finally:
        with suppress(OSError):  # where nothing was paid for, no empty folder is left
            out.rmdir()


def foresee(
    recipe: Recipe, out: Path, settings: chat.Settings, manner: Manner
) -> dict[str, object]:
    """Return what the first round would come to. Nothing is sent, no key is needed.

    What the journal of an earlier run in `out` knows costs nothing; without one nothing is left.
    Later rounds ask again for what was rejected.
    """
    wanted = wanted_by(recipe, manner)
    keyless = replace(settings, base_url=settings.base_url or OPENAI_URL)
    with TemporaryDirectory() as nowhere:
        folder = out if (out / JOURNAL).exists() else Path(nowhere)
        with chat.connect(keyless, folder / JOURNAL) as client:
            run = _Run(recipe, manner, wanted, client, silent)
            calls = run.plan(0)
            cost = client.estimate([run.request(call) for call in calls])
    return {
        "lines": sum(wanted.values()),
        "cells": len(wanted),
        "categories": len({cell.category for cell in wanted}),
        "calls": len(calls),
        **asdict(cost),
    }


def wanted_by(recipe: Recipe, manner: Manner) -> dict[Cell, int]:
    """Return how many lines the recipe wants in each cell.

    Raises:
        BadRecipe: an unknown category.
        UnknownName: an unknown mode.
    """
    if manner.mode not in frames.MODES:
        raise UnknownName("mode", manner.mode, frames.MODES)
    writing = recipe.writing
    cues = {
        Cue.CONFIRM: writing.confirm,
        Cue.VETO: writing.veto,
        Cue.NEUTRAL: writing.neutral,
        Cue.NONE: writing.absent,
    }
    names = [category.id for category in categories_of(recipe)]
    languages = cast("Mapping[str, float]", recipe.languages)
    events = cast("Mapping[str, float]", recipe.events)
    return prompts.targets(names, writing.lines, cues, languages, events)


def asked_of(recipe: Recipe, settings: chat.Settings, manner: Manner) -> dict[str, object]:
    """Return all that decides the prompts and their acceptance, without address or key."""
    decisive = {"name", "seed", "categories", "languages", "events", "switches", "writing"}
    return {
        "recipe": recipe.model_dump(mode="json", include=decisive),
        "model": settings.model,
        "endpoint": urlsplit(settings.base_url or OPENAI_URL).hostname,
        "prompts": prompts.version(),
        "temperatures": {"lines": recipe.writing.temperature, "verdicts": 0.0},
        "manner": {name: kept for name, kept in asdict(manner).items() if name != "batch"},
    }


class _Run:
    """One run: its plan, its client, and what came in."""

    def __init__(
        self,
        recipe: Recipe,
        manner: Manner,
        wanted: Mapping[Cell, int],
        client: chat.Client,
        progress: Progress,
    ) -> None:
        self.wanted, self.rounds, self.note = wanted, 0, ""
        self._recipe, self._manner = recipe, manner
        self._client, self._progress = client, progress
        self._shots = Shots(recipe, manner.shots)
        self.intake = Intake(wanted, manner.mode, recipe.seed, recipe.switches)

    def work(self) -> None:
        """Go round by round until all is there, nothing comes, or something must be waited for."""
        self.note = self._client.probe().note
        self._client.collect()
        for number in range(self._recipe.writing.rounds):
            calls = self.plan(number)
            if not calls:
                return
            before = len(self.intake.lines)
            self._round(number, calls)
            self.rounds = number + 1
            if self.intake.pending or self.intake.unjudged or len(self.intake.lines) == before:
                return

    def plan(self, number: int) -> list[Call]:
        """Return the calls of a round, from what there is."""
        return calls_of(number, self.wanted, self.intake.have, self._recipe.writing.lines_per_call)

    def request(self, call: Call) -> chat.Request:
        """Return what one call says."""
        return prompts.writing(
            call,
            self._manner.mode,
            temperature=self._recipe.writing.temperature,
            seed=self._recipe.seed,
            shots=self._shots.of(call),
        )

    def _round(self, number: int, calls: Sequence[Call]) -> None:
        requests = [self.request(call) for call in calls]
        outcomes = self._outcomes(requests, f"round {number + 1}")
        before = len(self.intake.lines)
        for call, request in zip(calls, requests, strict=True):
            self.intake.take(call, request, outcomes[request.name])
        if self._manner.judge and not self.intake.pending:
            self.intake.have_judged(
                self.intake.lines[before:],
                lambda asked: self._outcomes(asked, f"verdicts {number + 1}"),
                number,
            )

    def _outcomes(self, requests: Sequence[chat.Request], step: str) -> dict[str, chat.Outcome]:
        """Ask, or hand in, and return what became of each request by its name."""
        found: dict[str, chat.Outcome] = {}

        def tell(outcome: chat.Outcome) -> None:
            found[outcome.request.name] = outcome
            usd = self._client.spent.usd
            cost = "" if usd is None else f", ${usd:.2f}"
            shown = f"{step}, call {len(found)} of {len(requests)}{cost}"
            self._progress(shown, len(self.intake.lines), sum(self.wanted.values()))

        if self._manner.batch:
            self._client.submit(requests)
        self._client.ask(requests, tell)
        return found

    def report(self, out: Path) -> Report:
        """Return the account of what came in."""
        intake = self.intake
        missing = {cell: count - intake.have[cell] for cell, count in self.wanted.items()}
        return Report(
            out=str(out),
            asked=intake.asked,
            accepted=len(intake.lines),
            rejected=intake.reasons,
            pending=intake.pending,
            surplus=intake.surplus,
            unjudged=intake.unjudged,
            wanted=sum(self.wanted.values()),
            rounds=self.rounds,
            in_batch=intake.in_batch,
            by_category=dict(Counter(line.category for line in intake.lines)),
            short={cell.name: count for cell, count in missing.items() if count > 0},
            note=self.note,
            spent=asdict(self._client.spent),
        )


class Shots:
    """Examples for calls, `count` for each: rows of our own making with slots for their values.

    Drawn anew from the recipe's seed at every run, from the families of the training split alone:
    what a model writes after their example must tell nothing of the test set.
    """

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._count, self._seed = count, recipe.seed
        self._found: dict[tuple[str, str], list[str]] = {}
        if count:
            plain = [spec for spec in plan_of(recipe) if spec.disguises in _PLAIN]
            self._specs = [s for s in plain if s.split == TRAIN and not s.injection]
            pool = compose.make_pool(TRAIN, recipe.seed)
            self._composer = compose.Composer(pool, recipe.switches, recipe.seed)

    def of(self, call: Call) -> tuple[str, ...]:
        """Return the examples for one call: of its category and side, each call its own."""
        if not self._count:
            return ()
        place = call.category, call.side
        if place not in self._found:
            shots = map(prompts.shot_of, self._lines(call.category, call.side))
            self._found[place] = list(dict.fromkeys(shots))
        found = self._found[place]
        chosen = child(self._seed, "shots", call.name).sample(found, min(self._count, len(found)))
        return tuple(chosen)

    def _lines(self, category: str, side: str) -> Iterator[WrittenLine]:
        """Yield lines that keep the rules which the model is told."""
        rng = child(self._seed, "shots", category, side)
        for spec in self._specs:
            if spec.category == category and spec.cue in SIDES[side]:
                for line in map(line_of, self._composer.compose(spec, rng)):
                    if line and line.cue in SIDES[side] and _is_fit(line.text):
                        yield line


def _is_fit(text: str) -> bool:
    return len(text) <= _SHOT_LONGEST and not value(neutral(text))


def line_of(row: Example) -> WrittenLine | None:
    """Return a row with slots in place of its values; None where its noun can't be told."""
    noun = ""  # what a veto calls the value, where its kind may not be called several things
    if row.cue is Cue.VETO and row.values:
        kinds = categories.get(row.category).lookalikes
        named = next((look.nouns for look in kinds if look.kind == row.values[0].kind), ())
        noun = named[0] if len(named) == 1 else ""
    edits: list[tuple[int, int, str]] = []
    for at, mention in enumerate(row.values):
        for place, span in enumerate(mention.spans):
            slot = f"other:{mention.category}"
            if not at and row.cue is Cue.VETO:
                slot = f"lookalike:{noun}"
            elif not at and mention.category == row.category:
                role = f":{frames.PAIR_ROLES[place % 2]}"
                slot = f"value{role if frames.is_pair(row.category) else ''}"
            edits.append((span.start, span.end, f"{{{{{slot}}}}}"))
    text = row.content
    for start, end, slot in sorted(edits, reverse=True):
        text = text[:start] + slot + text[end:]
    if slot_problem(row.category, text, row.cue, noun):
        return None
    return WrittenLine("", "slots", row.category, row.cue, noun, row.language, row.event, text)


def open_folder(
    out: Path, asked: Mapping[str, object], *, resume: bool, force: bool
) -> dict[str, object] | None:
    """Make `out` ready to be written into; return the manifest where there is nothing to do.

    Raises:
        AskedWrongly: it holds something and neither flag is set, or it was finished for other
            settings and `force` is not set.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.mkdir(parents=True, exist_ok=True)
        return None
    if not out.is_dir() or not (out / JOURNAL).exists():
        raise AskedWrongly(f"{out} holds something else.", "Choose another --out.")
    if not (resume or force):
        hint = "Use --resume to go on with it, --force to write its results anew."
        raise AskedWrongly(f"{out} already exists.", hint)
    if not force and (out / files.MANIFEST).exists():
        known = files.read_json(out / files.MANIFEST)
        if known.get("settings") != asked:
            hint = "Use the same settings, --force to write its results anew, or another --out."
            raise AskedWrongly(f"{out} was written with other settings.", hint)
        if known.get("finished") is True and _is_whole(out, known):
            return known
    return None


def save_results(out: Path, intake: Intake, recipe: Recipe, facts: Mapping[str, object]) -> None:
    """Write every result, each whole or not at all, the manifest last.

    The review has rows for a person, every doubt and every accepted line may be among them. What
    has already been decided there stays, where the same row comes again.
    """
    why = {line.id: why for line, why in intake.doubts}
    lines = [*intake.lines, *(line for line, _ in intake.doubts)]
    rows = [finished_row(line, recipe.switches, recipe.seed) for line in lines]
    samples = review.sample(rows, why, count=review.MOST, seed=recipe.seed)
    review.rewrite(out / review.FILE, samples)
    with files.draft(out / frames.LINES_FILE) as part:
        frames.save(part, intake.lines)
    with files.draft(out / REJECTED) as part:
        files.write(part, map(asdict, intake.rejected))
    proved = {
        "files": {name: files.sha256(out / name) for name in _HASHED},
        "versions": {"piiforge": __version__},
    }
    with files.draft(out / files.MANIFEST) as part:
        files.write_json(part, {**facts, **proved})


def _is_whole(out: Path, manifest: Mapping[str, object]) -> bool:
    known = manifest.get("files")
    return isinstance(known, dict) and all(
        (out / name).is_file() and files.sha256(out / name) == known.get(name) for name in _HASHED
    )


def forecast_text(facts: Mapping[str, object]) -> str:
    """Return a forecast in a few lines."""
    usd, expected = facts["usd"], facts["expected_usd"]
    dollars = "price unknown: give both --input-price and --output-price"
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
