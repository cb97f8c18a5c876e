"""Making rows: specs in blocks, composed and inspected by one process or several.

The random state of a block comes from its first spec's number and the attempt, so that the rows are
the same for any number of workers and any order in which blocks come back.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

from piiforge import categories, checks, compose
from piiforge.build.order import frames_of
from piiforge.errors import GateFailed
from piiforge.recipe import Recipe
from piiforge.rng import child
from piiforge.types import SPLITS, Example

BLOCK = 128


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one spec: its rows, and the reason against them, "" where there is none."""

    spec: compose.Spec
    rows: tuple[Example, ...]
    reason: str = ""
    detail: str = ""
    review: tuple[str, ...] = ()  # ids of rows that an eye should see


@dataclass(frozen=True, slots=True)
class Job:
    """One block of specs to be made, at the given attempt."""

    attempt: int
    specs: tuple[compose.Spec, ...]


class Maker:
    """Makes jobs for one recipe. Holds what is loaded once a process."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        frames = frames_of(recipe)
        self._composers = {
            split: compose.Composer(
                compose.make_pool(split, recipe.seed, frames), recipe.switches, recipe.seed
            )
            for split in SPLITS
        }
        self._inspector = inspector(recipe)

    def compose(self, job: Job) -> list[Made]:
        """Compose every spec of a job, unchecked."""
        rng = child(self._recipe.seed, "rows", job.attempt, job.specs[0].number)
        return [Made(spec, self._composers[spec.split].compose(spec, rng)) for spec in job.specs]

    def make(self, job: Job) -> list[Made]:
        """Compose and inspect every spec of a job. Twins fall together."""
        return [self.inspect(made) for made in self.compose(job)]

    def inspect(self, made: Made) -> Made:
        """Return `made` with the first reason against one of its rows."""
        review: list[str] = []
        for row in made.rows:
            seen = self._inspector.inspect(row)
            if seen.reason:
                return Made(made.spec, made.rows, seen.reason, seen.detail)
            if seen.review:
                review.append(row.id)
        return Made(made.spec, made.rows, review=tuple(review))


class Makers(Protocol):
    """Runs jobs and gives their results in the order of the jobs."""

    def run(self, jobs: Sequence[Job]) -> Iterator[list[Made]]:
        """Yield what came of each job, in order."""
        ...


class Alone:
    """Runs jobs in this process."""

    def __init__(self, recipe: Recipe) -> None:
        self._maker = Maker(recipe)

    def run(self, jobs: Sequence[Job]) -> Iterator[list[Made]]:
        """Yield what came of each job, in order."""
        return map(self._maker.make, jobs)


class Together:
    """Runs jobs in several processes."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def run(self, jobs: Sequence[Job]) -> Iterator[list[Made]]:
        """Yield what came of each job, in order."""
        return self._pool.map(_work, jobs)


@contextmanager
def makers(recipe: Recipe, workers: int) -> Iterator[Makers]:
    """Give something that runs jobs with `workers` processes; 0 means one a core."""
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield Alone(recipe)
        return
    with ProcessPoolExecutor(count, initializer=_start, initargs=(recipe,)) as pool:
        try:
            yield Together(pool)
        except BrokenProcessPool as error:
            hint = "Free some memory or use --workers 1."
            raise GateFailed("a worker process was killed.", hint) from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def jobs(specs: Sequence[compose.Spec], attempt: int) -> list[Job]:
    """Cut specs, in order, into jobs."""
    return [Job(attempt, tuple(specs[at : at + BLOCK])) for at in range(0, len(specs), BLOCK)]


def inspector(recipe: Recipe) -> checks.Inspector:
    """Return the row checks as the recipe sets them."""
    return checks.Inspector(
        categories.descriptions(),
        max_tokens=recipe.limits.tokens,
        tokenizer=recipe.tokenizer,
        switches=checks.Switches(**asdict(recipe.switches)),
    )


_here: list[Maker] = []


def _start(recipe: Recipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _here.append(Maker(recipe))


def _work(job: Job) -> list[Made]:
    return _here[0].make(job)
