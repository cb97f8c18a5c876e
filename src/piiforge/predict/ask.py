"""What a predictor promises, how it is asked, and the one way a model's answer is read.

Remote and local models are shown the same turns: `messages` makes them, `renderer` writes them as
the one text that a model reads, and `read` and `decided` make a prediction of what comes back.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import exp
from pathlib import Path
from typing import Annotated, NoReturn, Protocol

from piiforge import chat, files, prompt
from piiforge.errors import AskedWrongly
from piiforge.types import Case, Option, Prediction, Switches, Verdict

WARM_UP = 3
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "is_sensitive": {"type": "boolean"},
        "confidence_score": {"type": "number", "minimum": 0, "maximum": 1},
        "explanation": {"type": "string"},
    },
    "required": list(prompt.KEYS),
    "additionalProperties": False,
}
_LONGEST = 600  # characters: one long line would push the question out of a small model's sight
_OBJECT = re.compile(r"\{[^{}]*\}")
_MARK = "\ue000"
_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token")

Render = Callable[[Sequence[chat.Message]], str]


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
        began = time.perf_counter()
        (prediction,) = self.predict([case])
        return replace(prediction, latency_ms=(time.perf_counter() - began) * 1000)

    def surely_nothing(self, contents: Sequence[str]) -> list[bool]:
        """Say of each content whether `predict` is known to find nothing in it, unasked."""
        return [False] * len(contents)

    def explain(self, case: Case, verdict: bool) -> str:  # noqa: ARG002  the contract's
        """Return the reason of `verdict`, written out by the model; "" where it writes none."""
        return ""

    def cues(self, case: Case) -> tuple[str, ...]:  # noqa: ARG002  the contract's
        """Return the words around that weighed most; none where the system weighs none."""
        return ()

    def close(self) -> None:
        """Let go of files and connections, where there are any."""
        return


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
        "context (reader and context), reader, rules, presidio, presidio@0.5, rampart, "
        "chat:URL#MODEL, server:URL#MODEL, local:PATH, pack:PATH, or cascade:SYSTEM of a model.",
        flag="--with",
    ),
]
DEFAULT = "context"
CategoryNames = Annotated[
    tuple[str, ...], Option("One category; may be repeated.", flag="--category -c", default="all")
]
CalibrationFile = Annotated[
    Path | None, Option("A stored calibration to apply.", default="the pack's own, else none")
]
UsePrefilter = Annotated[
    bool, Option("Ask a model only where text tests, reader and context leave it unsure.")
]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user may choose of the verdicts of reader, context and a cascade.

    `aim` is "recall=.98" or "precision=.98", kept on validation rows. `context` is a file that
    `piiforge adapt` or `train --kind context` wrote. The rest is what the policy leaves open.
    """

    aim: Annotated[
        str, Option("recall=.98 or precision=.98: where verdicts part.", default="balanced")
    ] = ""
    context: Annotated[
        Path | None, Option("A context of one's own.", default="the one that is shipped")
    ] = None
    partial_mask: Annotated[bool, Option("A card's first six and last four count.")] = True
    role_mailbox: Annotated[bool, Option("Role addresses, such as sales@, count.")] = True

    @property
    def switches(self) -> Switches:
        """The policy's switches."""
        return Switches(self.partial_mask, self.role_mailbox)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask. Models only, but for `decode`, `choices` and `explain`.

    `descriptions` are the words for each category that the prompt gives. `decode` undoes encodings
    of the content first. `verdict_only`: one pass, no JSON; for `local` (`server` is always so).
    `lenient` takes the first JSON object with a boolean is_sensitive out of a longer answer; else
    an answer must be what `prompt.parse` reads. `plain` sends a remote model no JSON schema, so
    that a tuned one is asked to the letter as it was in training. `system` None is the model's own
    text (see `prompt.SYSTEMS`). `order` is one of prompt.ORDERS. `shots` examples a question are
    chosen from `pool`. Of all this a pack takes only `decode`: it has its own words.
    `most_new_tokens` bounds a generated answer, in tokens of the model. `batch` is rows a forward
    pass. `dtype` is "auto", "float32", "bfloat16" or "float16". `remote` and `journal` are for
    `chat`; the model and address in them come from the predictor's name. `remote` is for `server`
    too, and `tokenizer`: a folder with the chat template, system text and tokens of the model that
    is served ("" asks the server).
    """

    descriptions: Mapping[str, str] = field(default_factory=dict)
    decode: Annotated[bool, Option("Undo percent, HTML and the like first.")] = False
    choices: Choices = field(default_factory=Choices)
    explain: Annotated[
        bool, Option("Add evidence: finding, words around, the word of each stage.")
    ] = False
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


def timed(predictor: Predictor, cases: Sequence[Case]) -> Iterator[Prediction]:
    """Judge `cases` one by one, with `latency_ms`; the first WARM_UP answers carry none.

    A case without an answer is left out, to be asked again with the rest.
    """
    for number, case in enumerate(cases):
        prediction = predictor.timed(case)
        if prediction is not None:
            yield replace(prediction, latency_ms=None) if number < WARM_UP else prediction


def messages(case: Case, settings: Settings, system: str) -> tuple[chat.Message, ...]:
    """Return the conversation that ends with the question about `case`.

    Each turn of the user is the instruction, a line break and the question, as in training.
    """
    turns = [chat.Message("system", system)] if system else []
    for shot in choose(settings.pool, case, settings.shots) if settings.shots else ():
        turns.append(chat.Message("user", _question(shot, settings)))
        turns.append(chat.Message("assistant", prompt.answer(shot.verdict)))
    turns.append(chat.Message("user", _question(case, settings)))
    return tuple(turns)


def _question(asked: Case | Shot, settings: Settings) -> str:
    description = settings.descriptions.get(asked.category)
    if description is None:
        hint = "Give its words in Settings.descriptions."
        raise AskedWrongly(f"The category {asked.category!r} has no description.", hint)
    question = prompt.question(asked.category, description, asked.content, order=settings.order)
    return prompt.turn(question)


def choose(pool: Sequence[Shot], case: Case, count: int) -> tuple[Shot, ...]:
    """Return `count` examples for `case`, as many positives as negatives, its own category first.

    Where the category has too few, others fill up. The same case gets the same examples in the
    same order; the labels alternate in an order that the case's id decides, so that the last
    label shown tells nothing. Never the case's own content.
    """
    fitting = [shot for shot in pool if shot.content != case.content]
    fitting = [shot for shot in fitting if len(shot.content) <= _LONGEST] or fitting
    fitting.sort(
        key=lambda shot: (
            shot.category != case.category,
            _number(case.category, shot.category, shot.content),
        )
    )
    sides = {
        label: [shot for shot in fitting if shot.verdict.is_sensitive is label]
        for label in (True, False)
    }
    label = bool(_number(case.id, "order") % 2)
    chosen: list[Shot] = []
    while len(chosen) < count and any(sides.values()):
        chosen.append((sides[label] or sides[not label]).pop(0))
        label = not label
    return tuple(chosen)


def _number(*words: str) -> int:
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def read(case_id: str, raw: str, *, lenient: bool) -> Prediction:
    """Return the prediction that `raw` makes; is_sensitive is None where it can't be read.

    `p_sensitive` comes from the confidence that the model wrote, at least 0.5 for its own verdict;
    it is not calibrated.
    """
    try:
        verdict = prompt.parse(raw)
    except prompt.UnreadableAnswer:
        found = _inside(raw) if lenient else None
        if found is None:
            return Prediction(case_id, None, raw=raw)
        verdict = found
    sure = max(verdict.confidence_score, 0.5)
    p = sure if verdict.is_sensitive else 1 - sure
    return Prediction(
        case_id, verdict.is_sensitive, p, verdict.confidence_score, verdict.explanation, raw
    )


def _inside(raw: str) -> Verdict | None:
    """Return the first flat JSON object in `raw` that says true or false, else None."""
    for found in _OBJECT.finditer(raw):
        try:
            answer = json.loads(found[0])
        except ValueError:
            continue
        label = answer.get("is_sensitive")
        if isinstance(label, bool):
            score, why = answer.get("confidence_score"), answer.get("explanation")
            usable = isinstance(score, int | float) and not isinstance(score, bool)
            sure = min(max(float(score), 0.0), 1.0) if usable else 0.5
            return Verdict(label, sure, why if isinstance(why, str) else "")
    return None


def decided(case_id: str, margin: float) -> Prediction:
    """Return the prediction of one pass: logit(true) - logit(false) is the margin."""
    p = probability(margin)
    return Prediction(case_id, margin > 0, p, max(p, 1 - p))


def probability(margin: float) -> float:
    """Return the share of true in the two: the logistic function of the margin."""
    grown = exp(-abs(margin))
    return (1 if margin >= 0 else grown) / (1 + grown)


@dataclass(frozen=True, slots=True)
class Words:
    """Tokens of the two answers: what both begin with, and what is true's and false's own.

    `single`: the answer's fixed beginning is all that they share, and each has one token more.
    """

    prefix: list[int]
    tails: tuple[list[int], list[int]]
    single: bool


def words(encode: Callable[[str], list[int]]) -> Words:
    """Return the tokens of true and false behind the answer's prefix, by a model's tokenizer."""
    prefix, true, false = (encode(prompt.ANSWER_PREFIX + word) for word in ("", *prompt.WORDS))
    pairs = zip(true, false, strict=False)
    shared = next((at for at, (one, other) in enumerate(pairs) if one != other), 0)
    tails = (true[shared:], false[shared:])
    return Words(true[:shared], tails, prefix == true[:shared] and {*map(len, tails)} == {1})


def renderer(folder: Path, hint: str) -> Render:
    """Return what renders turns by the chat template of `folder`, up to where the answer begins.

    The template runs in a sandbox that changes nothing; it knows what templates of transformers may
    use, but for the date: a prompt that changes with the day is not that of training.

    Raises:
        AskedWrongly: the template can't be used, now or for the turns that it is given; `hint`.
    """
    from jinja2 import DictLoader, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(_said: str) -> NoReturn:
        raise TemplateError

    def as_json(value: object, indent: int | None = None) -> str:
        # Jinja's own filter escapes for HTML, which is not what a model has seen.
        return json.dumps(value, ensure_ascii=False, indent=indent)

    house = ImmutableSandboxedEnvironment(
        loader=DictLoader({"chat": prompt.chat_template(folder)}),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )
    house.filters["tojson"] = as_json
    house.globals["raise_exception"] = refuse
    given = {"add_generation_prompt": True, **dict(_special_tokens(folder))}

    def render(turns: Sequence[chat.Message]) -> str:
        said = [{"role": each.role, "content": each.content} for each in turns]
        try:
            return house.get_template("chat").render(messages=said, **given)
        except TemplateError as error:
            problem = f"The chat template of {folder} can't be used ({type(error).__name__})."
            raise AskedWrongly(problem, hint) from error

    render((chat.Message("user", "-"),))
    return render


def _special_tokens(folder: Path) -> Iterator[tuple[str, str]]:
    path = folder / "tokenizer_config.json"
    told = files.read_json(path) if path.is_file() else {}
    for name in _TOKENS:
        token = told.get(name)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            yield name, text


def frame(folder: Path, system: str) -> tuple[str, str]:
    """Return what stands before and behind a user's turn, up to where the answer begins.

    `system` "" writes no system turn.

    Raises:
        AskedWrongly: no template, one that fails, or one that changes what the user wrote.
    """
    prompt.check_model(folder)
    turns = [chat.Message("system", system)] if system else []
    render = renderer(folder, "Take the instruct model of the family.")
    rendered = render([*turns, chat.Message("user", f" {_MARK}\n ")])
    before, mark, after = rendered.partition(_MARK)
    if not mark or not before.endswith(" ") or not after.startswith("\n ") or _MARK in after:
        hint = "Ask it through a server that renders it (server:URL#MODEL)."
        raise AskedWrongly(f"The chat template of {folder} changes what the user wrote.", hint)
    return before[:-1], after[2:]
