"""What the room is told and what it promises."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Protocol

from piiforge import chat
from piiforge.types import Case, Option, Prediction, Verdict


class Predictor(Protocol):
    """A system that judges cases. Close it when done.

    `predict` gives one prediction a case, in any order, without a latency. Raises GateFailed at its
    end where some cases got no answer that could be kept; those are missing from what it gave.
    `timed` judges one case alone and says how many milliseconds the answer took, None where the
    answer was not made now (a journal had it). None instead of a prediction: there is no answer.
    """

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """Judge `cases`."""
        ...

    def timed(self, case: Case) -> Prediction | None:
        """Judge one case and say how long it took."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


@dataclass(frozen=True, slots=True)
class Shot:
    """A solved example for a model that was not tuned."""

    category: str
    content: str
    verdict: Verdict


# What every command that asks a system lets one say of it
SystemName = Annotated[
    str,
    Option(
        "rules, presidio, presidio@0.5, chat:URL#MODEL, server:URL#MODEL, local:PATH or pack:PATH.",
        flag="--with",
        default="none",
    ),
]
CategoryNames = Annotated[
    tuple[str, ...], Option("One category; may be repeated.", flag="--category -c", default="all")
]
CalibrationFile = Annotated[
    Path | None, Option("A stored calibration to apply.", default="the pack's own, else none")
]
UsePrefilter = Annotated[bool, Option("Ask a model only where a value could stand.")]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask. Models only, but for `decode`, which is for all.

    `descriptions` are the words for each category that the prompt gives. `decode` undoes encodings
    of the content first. `verdict_only`: one pass, no JSON; for `local` (`server` is always so).
    `lenient` takes the first JSON object with a boolean is_sensitive out of a longer answer; else
    an answer must be what `prompt.parse` reads. `plain` sends a remote model no JSON schema, so
    that a tuned one is asked to the letter as it was in training. `system` None is the model's own
    text (see `local_folder.SYSTEMS`). `order` is one of prompt.ORDERS. `shots` examples a question
    are chosen from `pool`. Of all this a pack takes only `decode`: it has its own words.
    `most_new_tokens` bounds a generated answer, in tokens of the model. `batch` is rows a forward
    pass. `dtype` is "auto", "float32", "bfloat16" or "float16". `remote` and `journal` are for
    `chat`; the model and address in them come from the predictor's name. `remote` is for `server`
    too, and `tokenizer`: a folder with the chat template, system text and tokens of the model that
    is served ("" asks the server).
    """

    descriptions: Mapping[str, str] = field(default_factory=dict)
    decode: Annotated[bool, Option("Undo percent, HTML and the like first.")] = False
    verdict_only: Annotated[
        bool, Option("local: one pass for true or false, no JSON; server and pack always do.")
    ] = False
    lenient: Annotated[bool, Option("Take the JSON out of a longer answer.")] = False
    plain: Annotated[bool, Option("chat: no JSON schema; for a model tuned on it.")] = False
    system: Annotated[str | None, Option("The system text.", default="the model family's own")] = (
        None
    )
    order: Annotated[str, Option("category_first or content_first.")] = "category_first"
    shots: Annotated[int, Option("Solved examples in each question.", least=0, most=32)] = 0
    pool: tuple[Shot, ...] = ()
    most_new_tokens: int = 160
    batch: Annotated[int, Option("local: rows a pass.", least=1)] = 8
    dtype: str = "auto"
    remote: chat.Settings = field(default_factory=chat.Settings)
    journal: Path | None = None
    tokenizer: Annotated[
        str,
        Option("server: a folder with the model's tokenizer and template.", default="the server's"),
    ] = ""


# How long one answer takes, asked alone by a system that is warm.


WARM_UP = 3


def timed(predictor: Predictor, cases: Sequence[Case]) -> Iterator[Prediction]:
    """Judge `cases` one by one, with `latency_ms`; the first WARM_UP answers carry none.

    A case without an answer is left out, to be asked again with the rest.
    """
    for number, case in enumerate(cases):
        prediction = predictor.timed(case)
        if prediction is None:
            continue
        yield replace(prediction, latency_ms=None) if number < WARM_UP else prediction


def clocked(judge: Callable[[Case], Prediction], case: Case) -> Prediction:
    """Return what `judge` says of `case`, with the milliseconds that it took."""
    began = time.perf_counter()
    prediction = judge(case)
    return replace(prediction, latency_ms=(time.perf_counter() - began) * 1000)
