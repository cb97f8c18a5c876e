"""Writing: a language model writes lines with typed slots, round by round, until each cell is full.

A round plans calls for what is still missing, asks them all, and takes what they brought in the
order of the plan. Nothing but the answers decides what comes next, and answers are journalled: a
run that was killed and goes on ends with the same lines as one that was not.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import urlsplit

from piiforge import __version__, categories, chat, compose, files, review
from piiforge.build import categories_of, plan_of
from piiforge.errors import AskedWrongly, PiiforgeError, UnknownName
from piiforge.files import sha256
from piiforge.recipe import Recipe
from piiforge.rng import child
from piiforge.types import Cue, Example, Mention, Progress, silent
from piiforge.write import prompts
from piiforge.write.answers import Intake, Rejected, judged, slot_problem, value
from piiforge.write.prompts import SIDES, Call, Cell, Wanted, calls_of, shot_of, targets, version
from piiforge.write.report import Report, forecast_of, report_of
from piiforge.write.rows import finished_row

# Few-shot examples: rows of our own making with their values put back to slots.
#
# Drawn anew from the recipe's seed at every run, from the families of the training split alone:
# what a model writes after their example must tell nothing of the test set.


_SPLIT = "train"
_LONGEST = 420  # characters: an example is paid for in every call
_PLAIN = frozenset({(), ("canonical",)})


class Shots:
    """Examples for calls, `count` for each."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._count, self._seed = count, recipe.seed
        self._found: dict[tuple[str, str], list[str]] = {}
        if count:
            self._specs = [
                spec
                for spec in plan_of(recipe)
                if spec.split == _SPLIT and spec.disguises in _PLAIN and not spec.injection
            ]
            pool = compose.make_pool(_SPLIT, recipe.seed)
            self._composer = compose.Composer(pool, recipe.switches, recipe.seed)

    def of(self, call: Call) -> tuple[str, ...]:
        """Return the examples for one call: of its category and side, each call its own."""
        if not self._count:
            return ()
        key = call.category, call.side
        if key not in self._found:
            self._found[key] = list(dict.fromkeys(map(shot_of, self._lines(*key))))
        found = self._found[key]
        chosen = child(self._seed, "shots", call.name).sample(found, min(self._count, len(found)))
        return tuple(chosen)

    def _lines(self, category: str, side: str) -> Iterator[compose.WrittenLine]:
        rng = child(self._seed, "shots", category, side)
        for spec in self._specs:
            if spec.category == category and spec.cue in SIDES[side]:
                for row in self._composer.compose(spec, rng):
                    line = line_of(row)
                    if line and line.cue in SIDES[side] and _is_fit(line):
                        yield line


def line_of(row: Example) -> compose.WrittenLine | None:
    """Return a row with slots in place of its values; None where its noun can't be told."""
    edits: list[tuple[int, int, str]] = []
    noun = _noun(row)
    for at, mention in enumerate(row.values):
        for place, span in enumerate(mention.spans):
            slot = (
                _slot(row, mention, place, noun) if not at else f"{{{{other:{mention.category}}}}}"
            )
            edits.append((span.start, span.end, slot))
    text = row.content
    for start, end, slot in sorted(edits, reverse=True):
        text = text[:start] + slot + text[end:]
    if slot_problem(row.category, text, row.cue, noun):
        return None
    return compose.WrittenLine(
        "", "slots", row.category, row.cue, noun, row.language, row.event, text
    )


def _is_fit(line: compose.WrittenLine) -> bool:
    """Say whether a line keeps the rules that the model is told."""
    return len(line.text) <= _LONGEST and not value(compose.plain(line.text, lambda _slot: "value"))


def _noun(row: Example) -> str:
    """Return what a veto calls the value, "" where its kind may be called several things."""
    if row.cue is not Cue.VETO or not row.values:
        return ""
    kinds = categories.get(row.category).lookalikes
    named = next((look.nouns for look in kinds if look.kind == row.values[0].kind), ())
    return named[0] if len(named) == 1 else ""


def _slot(row: Example, mention: Mention, place: int, noun: str) -> str:
    if row.cue is Cue.VETO:
        return f"{{{{lookalike:{noun}}}}}"
    if mention.category != row.category:
        return f"{{{{other:{mention.category}}}}}"
    role = compose.PAIR_ROLES[place % 2]
    return f"{{{{value:{role}}}}}" if compose.is_pair(row.category) else "{{value}}"


# The folder of a write: what stands in it, and when.
#
#     calls.sqlite     the journal of `chat`, from the first moment on: --resume lives from it
#     lines.jsonl      the accepted lines, for a recipe's `written: [DIR]`
#     rejected.jsonl   every rejected line with its call and reason; digits and mailboxes masked
#     review.jsonl     finished rows for a person's eye; `piiforge review DIR --tally` reads it back
#     manifest.json    account, hashes, versions; written last: no folder without it is done
#
# The journal is never taken away: what was paid for once is not paid for again, not even by
# --force.


JOURNAL, LINES, REJECTED, REVIEW = "calls.sqlite", "lines.jsonl", "rejected.jsonl", review.FILE
_HASHED = (LINES, REJECTED)  # a person writes into the review


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
    (out / files.MANIFEST).unlink(missing_ok=True)
    return None


def save_results(
    out: Path,
    lines: Iterable[compose.WrittenLine],
    rejected: Iterable[Rejected],
    samples: Iterable[review.Sample],
    facts: Mapping[str, object],
) -> None:
    """Write every result, each whole or not at all, the manifest last.

    What a person has already decided in `review.jsonl` stays, where the same row comes again.
    """
    review.write(out / REVIEW, _decided(out / REVIEW, samples))
    compose.save(_draft(out / LINES), lines)
    files.write(_draft(out / REJECTED), map(asdict, rejected))
    for name in (LINES, REJECTED):
        _put(out / name)
    proved = {
        "files": {name: files.sha256(out / name) for name in _HASHED},
        "versions": {"piiforge": __version__},
    }
    files.write_json(_draft(out / files.MANIFEST), {**facts, **proved})
    _put(out / files.MANIFEST)


def _decided(path: Path, samples: Iterable[review.Sample]) -> list[review.Sample]:
    """Return the samples with what a person has said of the same content before."""
    known = review.load(path) if path.is_file() else []
    said = {(row.id, row.content): row for row in known}
    return [
        replace(row, decision=old.decision, note=old.note)
        if (old := said.get((row.id, row.content)))
        else row
        for row in samples
    ]


def _is_whole(out: Path, manifest: Mapping[str, object]) -> bool:
    files = manifest.get("files")
    if not isinstance(files, dict):
        return False
    return all((out / name).is_file() and sha256(out / name) == files.get(name) for name in _HASHED)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _put(path: Path) -> None:
    draft = _draft(path)
    with draft.open("rb") as written_file:
        os.fsync(written_file.fileno())
    draft.replace(path)


OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to write, beside what the recipe says: the command's own options.

    `shots`: examples a call. `judge`: a second opinion on each accepted line, at temperature 0.
    `batch`: hand the calls in and leave; a later run collects.
    """

    mode: str = compose.SLOTS_MODE
    shots: int = 0
    judge: bool = False
    batch: bool = False


class Asker(Protocol):
    """What is needed of `chat.Client`."""

    @property
    def spent(self) -> chat.Spent:
        """What was spent so far."""

    def probe(self) -> chat.Probe:
        """Ask how the endpoint wants to be asked."""

    def estimate(self, requests: Sequence[chat.Request]) -> chat.Cost:
        """Say what asking would cost."""

    def ask(
        self, requests: Sequence[chat.Request], on_outcome: Callable[[chat.Outcome], None]
    ) -> None:
        """Ask them all and tell each outcome."""

    def submit(self, requests: Sequence[chat.Request]) -> str:
        """Hand in what is not answered yet as a batch."""

    def collect(self) -> chat.Collected:
        """Fetch what batches have finished."""


Connect = Callable[[chat.Settings, Path], AbstractContextManager[Asker]]


def write(
    recipe: Recipe,
    out: Path,
    settings: chat.Settings,
    manner: Manner,
    *,
    resume: bool = False,
    force: bool = False,
    connect: Connect = chat.connect,
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
    with _connected(connect, settings, out) as client:
        run = _Run(recipe, manner, wanted, client, progress)
        run.work()
        report = report_of(out, run.intake, run.wanted, run.rounds, client.spent, run.note)
    if not report.in_batch:
        bound = {"wrong_labels": recipe.writing.wrong_labels}
        facts = {"settings": asked, **bound, **report.facts()}
        samples = _samples(run.intake, recipe)
        save_results(out, run.intake.lines, run.intake.rejected, samples, facts)
    return report


def foresee(
    recipe: Recipe,
    out: Path,
    settings: chat.Settings,
    manner: Manner,
    *,
    connect: Connect = chat.connect,
) -> dict[str, object]:
    """Return what the first round would come to. Nothing is sent, no key is needed.

    What the journal of an earlier run in `out` knows costs nothing; without one nothing is left.
    """
    wanted = wanted_by(recipe, manner)
    keyless = replace(settings, base_url=settings.base_url or OPENAI_URL)
    with TemporaryDirectory() as nowhere:
        folder = out if (out / JOURNAL).exists() else Path(nowhere)
        with connect(keyless, folder / JOURNAL) as client:
            run = _Run(recipe, manner, wanted, client, silent)
            calls = run.plan(0)
            cost = client.estimate([run.request(call) for call in calls])
    return forecast_of(wanted, calls, cost)


def wanted_by(recipe: Recipe, manner: Manner) -> dict[Cell, int]:
    """Return how many lines the recipe wants in each cell.

    Raises:
        BadRecipe: an unknown category.
        UnknownName: an unknown mode.
    """
    if manner.mode not in compose.MODES:
        raise UnknownName("mode", manner.mode, compose.MODES)
    writing = recipe.writing
    cues = {
        Cue.CONFIRM: writing.confirm,
        Cue.VETO: writing.veto,
        Cue.NEUTRAL: writing.neutral,
        Cue.NONE: writing.absent,
    }
    names = tuple(category.id for category in categories_of(recipe))
    languages = {str(name): share for name, share in recipe.languages.items()}
    events = {str(name): share for name, share in recipe.events.items()}
    return targets(Wanted(names, writing.lines, cues, languages, events))


def asked_of(recipe: Recipe, settings: chat.Settings, manner: Manner) -> dict[str, object]:
    """Return all that decides the prompts and their acceptance, without address or key."""
    return {
        "recipe": {
            "name": recipe.name,
            "seed": recipe.seed,
            "categories": list(recipe.categories),
            "languages": dict(recipe.languages),
            "events": dict(recipe.events),
            "switches": asdict(recipe.switches),
            "writing": recipe.writing.model_dump(mode="json"),
        },
        "model": settings.model,
        "endpoint": urlsplit(settings.base_url or OPENAI_URL).hostname,
        "prompts": version(),
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
        client: Asker,
        progress: Progress,
    ) -> None:
        self.wanted, self.rounds, self.note = wanted, 0, ""
        self._recipe, self._manner = recipe, manner
        self._client, self._progress = client, progress
        self._shots = Shots(recipe, manner.shots)
        self._total = sum(wanted.values())
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
            fresh = self.intake.lines[before:]
            judged(
                fresh,
                self.intake,
                lambda asked: self._outcomes(asked, f"verdicts {number + 1}"),
                self._recipe.switches,
                self._recipe.seed,
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
            self._progress(shown, len(self.intake.lines), self._total)

        if self._manner.batch:
            self._client.submit(requests)
        self._client.ask(requests, tell)
        return found


def _samples(intake: Intake, recipe: Recipe) -> list[review.Sample]:
    """Return the rows for a person: every doubt and every accepted line may be among them."""
    why = {doubt.line.id: doubt.why for doubt in intake.doubts}
    lines = [*intake.lines, *(doubt.line for doubt in intake.doubts)]
    rows = (finished_row(line, recipe.switches, recipe.seed) for line in lines)
    samples = [review.Sample(**asdict(row)) for row in rows]
    return review.sample(samples, why, count=review.MOST, seed=recipe.seed)


def _connected(
    connect: Connect, settings: chat.Settings, out: Path
) -> AbstractContextManager[Asker]:
    """Connect with a journal in `out`; where that fails, no empty folder is left."""
    try:
        return connect(settings, out / JOURNAL)
    except PiiforgeError:
        with suppress(OSError):
            out.rmdir()
        raise
