"""Writing: a language model writes lines with typed slots, round by round, until each cell is full.

A round plans calls for what is still missing, asks them all, and takes what they brought in the
order of the plan. Nothing but the answers decides what comes next, and answers are journalled: a
run that was killed and goes on ends with the same lines as one that was not.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import urlsplit

from piiforge import chat, compose, review
from piiforge.compose import writer, written
from piiforge.errors import PiiforgeError, UnknownName
from piiforge.pipeline.build import Progress, silent
from piiforge.pipeline.ordering import categories_of
from piiforge.pipeline.write_accept import Intake
from piiforge.pipeline.write_files import JOURNAL, open_folder, save_results
from piiforge.pipeline.write_judge import judged
from piiforge.pipeline.write_shots import Shots
from piiforge.pipeline.write_telling import Report, forecast_of, report_of
from piiforge.recipe import Recipe
from piiforge.types import Cue

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Manner:
    """How to write, beside what the recipe says: the command's own options.

    `shots`: examples a call. `judge`: a second opinion on each accepted line, at temperature 0.
    `batch`: hand the calls in and leave; a later run collects.
    """

    mode: str = written.SLOTS_MODE
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


def wanted_by(recipe: Recipe, manner: Manner) -> dict[writer.Cell, int]:
    """Return how many lines the recipe wants in each cell.

    Raises:
        BadRecipe: an unknown category.
        UnknownName: an unknown mode.
    """
    if manner.mode not in written.MODES:
        raise UnknownName("mode", manner.mode, written.MODES)
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
    return writer.targets(writer.Wanted(names, writing.lines, cues, languages, events))


def asked_of(recipe: Recipe, settings: chat.Settings, manner: Manner) -> dict[str, object]:
    """Return all that decides the prompts and their acceptance, without address or key."""
    return {
        "recipe": {
            "name": recipe.name,
            "seed": recipe.seed,
            "categories": list(recipe.categories),
            "languages": dict(recipe.languages),
            "events": dict(recipe.events),
            "switches": recipe.switches.model_dump(mode="json"),
            "writing": recipe.writing.model_dump(mode="json"),
        },
        "model": settings.model,
        "endpoint": urlsplit(settings.base_url or OPENAI_URL).hostname,
        "prompts": writer.version(),
        "temperatures": {"lines": recipe.writing.temperature, "verdicts": 0.0},
        "manner": {name: kept for name, kept in asdict(manner).items() if name != "batch"},
    }


class _Run:
    """One run: its plan, its client, and what came in."""

    def __init__(
        self,
        recipe: Recipe,
        manner: Manner,
        wanted: Mapping[writer.Cell, int],
        client: Asker,
        progress: Progress,
    ) -> None:
        self.wanted, self.rounds, self.note = wanted, 0, ""
        self._recipe, self._manner = recipe, manner
        self._client, self._progress = client, progress
        self._shots = Shots(recipe, manner.shots)
        self._total = sum(wanted.values())
        self.intake = Intake(wanted, manner.mode, recipe.seed, _switches(recipe))

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

    def plan(self, number: int) -> list[writer.Call]:
        """Return the calls of a round, from what there is."""
        return writer.calls_of(
            number, self.wanted, self.intake.have, self._recipe.writing.lines_per_call
        )

    def request(self, call: writer.Call) -> chat.Request:
        """Return what one call says."""
        return writer.writing(
            call,
            self._manner.mode,
            temperature=self._recipe.writing.temperature,
            seed=self._recipe.seed,
            shots=self._shots.of(call),
        )

    def _round(self, number: int, calls: Sequence[writer.Call]) -> None:
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
                _switches(self._recipe),
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
    rows = (writer.finished_row(line, _switches(recipe), recipe.seed) for line in lines)
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


def _switches(recipe: Recipe) -> compose.Switches:
    return compose.Switches(**recipe.switches.model_dump())
