r"""`server:URL#MODEL`: one pass a verdict, from any OpenAI-compatible server that shows odds.

The decision is the answer's first value, so a prefill and one token give it: the server is asked
how likely true and false are behind the answer's fixed beginning. How that is put to it is found
out when the predictor is opened (`server_probe`).

Nothing is journaled: what is asked and answered stands nowhere but in the predictions.

>>> place = chat.Token(" true", {" true": -0.105, " false": -2.303, " True": -9.0})
>>> found = odds([place], prompt.ANSWER_PREFIX)
>>> round(found.margin, 3), round(found.mass, 2)
(2.198, 1.0)

>>> chatml((chat.Message("user", "Well?"),))
'<|im_start|>user\nWell?<|im_end|>\n<|im_start|>assistant\n'
"""

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict.ask import SCHEMA, messages, read
from piiforge.predict.local import SYSTEMS, chat_template, probability, system_of
from piiforge.predict.records import Settings
from piiforge.predict.remote import answered
from piiforge.types import Case, Prediction

# true against false, out of the log-probabilities that a server shows.
#
# The margin is that of `local:` (logit(true) - logit(false)), as both differ from the logits by
# the same number. Only the two spellings of one pair are compared: with the space that training
# puts before the word, or without it where a tokenizer makes the space a token of its own. `True`
# is no JSON and counts for nothing.


HALF = 0.5
_SPACES = ("\u0120", "\u2581")  # how byte-level and SentencePiece vocabularies spell a space
_SURE = 1e-7  # what float32 probabilities can't tell from nothing


@dataclass(frozen=True, slots=True)
class Odds:
    """What is said of one answer.

    `margin` is log(p(true) / p(false)), above 0 for true. `mass` is p(true) + p(false), 0 to 1: low
    where the model would rather write something else, so that the margin says little. `spaced`: the
    words stand behind a space. `exact` is False where only one of the two is shown: the other then
    counts for as much as it can have at the most, so that the margin is never too sure.
    """

    margin: float
    mass: float
    spaced: bool
    exact: bool


def odds(tokens: Iterable[chat.Token], begun: str) -> Odds | None:
    """Return the odds of an answer that `begun` and `tokens` make, None where it has no such place.

    Of several places behind the answer's prefix (a space may be a token of its own) the one where
    true and false are likeliest counts.
    """
    found: list[Odds] = []
    text = begun
    for token in tokens:
        if _decides(text):
            found += _at(token.likely)
        text += _spelt(token.text)
    return max(found, key=lambda each: each.mass, default=None)


def _decides(text: str) -> bool:
    """Say whether is_sensitive's value comes next, whatever the white space."""
    return "".join(text.split()).endswith(prompt.ANSWER_PREFIX)


def _at(likely: Mapping[str, float]) -> list[Odds]:
    shown = {_spelt(text): number for text, number in likely.items()}
    pairs = [_pair(shown, " ", spaced=True), _pair(shown, "", spaced=False)]
    known = [pair for pair in pairs if pair is not None]
    # The spelling of training counts wherever it is the likelier half: as in `local:`.
    return next(([pair] for pair in known if pair.mass >= HALF), known)


def _pair(shown: Mapping[str, float], space: str, *, spaced: bool) -> Odds | None:
    true, false = (shown.get(space + word) for word in ("true", "false"))
    mass = sum(math.exp(each) for each in (true, false) if each is not None)
    if true is not None and false is not None:
        return Odds(true - false, min(mass, 1.0), spaced, exact=True)
    if (true is None and false is None) or len(shown) == 1:
        return None
    most = _most_unshown(shown)
    margin = true - most if true is not None else most - (false or 0.0)
    return Odds(margin, min(mass, 1.0), spaced, exact=False)


def _most_unshown(shown: Mapping[str, float]) -> float:
    """Return the log-probability that a token which is not shown has at the most."""
    left = 1 - sum(math.exp(each) for each in shown.values())
    return min(*shown.values(), math.log(max(left, _SURE)))


def _spelt(text: str) -> str:
    return " " + text[1:] if text.startswith(_SPACES) else text


# A conversation as the one text that a model reads: by its folder's chat template, or as ChatML.
#
# ChatML is the format of Qwen2.5 and SmolLM2. What a content holds can't open or close a turn in
# it, since `prompt.question` has concealed such names.


Render = Callable[[Sequence[chat.Message]], str]
_WORDS = (" true", " false")


def chatml(messages: Sequence[chat.Message]) -> str:
    """Return the conversation up to where the assistant's answer begins."""
    turns = "".join(f"<|im_start|>{each.role}\n{each.content}<|im_end|>\n" for each in messages)
    return f"{turns}<|im_start|>assistant\n"


def by_template(folder: Path) -> Render:
    """Return what renders by the chat template of `folder`, a model's or a tokenizer's.

    The template runs in a sandbox that changes nothing; it knows what templates of transformers may
    use, but for the date: a prompt that changes with the day is not that of training.

    Raises:
        AskedWrongly: no such folder, no template in it, or one that can't be used.
    """
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source = chat_template(folder) if folder.is_dir() else ""
    if not source:
        hint = "Name the folder of the model that is served, or of its tokenizer."
        raise AskedWrongly(f"{folder} has no chat template.", hint)
    house = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    house.filters["tojson"] = _as_json
    house.globals["raise_exception"] = _refuse
    given = {"add_generation_prompt": True, **_special_tokens(folder)}

    def render(messages: Sequence[chat.Message]) -> str:
        turns = [{"role": each.role, "content": each.content} for each in messages]
        return template.render(messages=turns, **given)

    try:
        template = house.from_string(source)
        render((chat.Message("user", "-"),))
    except TemplateError as error:
        hint = "Leave --tokenizer off; the server's own template is used then."
        problem = f"The chat template of {folder} can't be used ({type(error).__name__})."
        raise AskedWrongly(problem, hint) from error
    return render


def word_ids(folder: Path) -> tuple[int, ...]:
    """Return the token ids of true and false behind the answer's prefix, () where not known.

    They are not known without a tokenizer.json, without the package that reads it, or where one of
    the words is more than one token.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        return ()
    path = folder / "tokenizer.json"
    if not path.is_file():
        return ()
    read = Tokenizer.from_file(str(path))
    rows = [
        read.encode(prompt.ANSWER_PREFIX + word, add_special_tokens=False).ids
        for word in ("", *_WORDS)
    ]
    prefix, *words = rows
    single = all(row[:-1] == prefix for row in words)
    return tuple(row[-1] for row in words) if single else ()


def _special_tokens(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = {}
    for name in ("bos_token", "eos_token", "unk_token", "pad_token"):
        token = told.get(name)
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            found[name] = text
    return found


def _as_json(value: object, indent: int | None = None) -> str:
    # Jinja's own filter escapes for HTML, which is not what a model has seen.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(_said: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError


# How a server is to be asked for a verdict: found out once, with a question that holds no data.
#
# A way counts only when it is proven to ask what training asked. A rendered prompt must cost as
# many tokens as the server's own rendering and be followed by the same tokens, equally likely. A
# begun answer must be gone on with: behind the word true, JSON goes on with a comma. A server
# that opens a new turn instead would otherwise give numbers that mean nothing, with status 200.


TOPS = (20, 5)  # alternatives asked for: OpenAI's most, and what its text completions allow
ANSWER_TOKENS = 24  # a code fence and the answer up to its first value, in any tokenizer we know
BEGUN = prompt.ANSWER_PREFIX + " true"
GAP = (
    0.25  # mean of |difference| in log-probability: bf16 logits step by 0.125, see docs/engines.md
)
SHARED = 0.6  # of the alternatives: other prompts share some, equal ones nearly all


@dataclass(frozen=True, slots=True)
class Manner:
    """A way of asking that works. `note` says in one sentence what was found.

    `system` is the system text that is sent, "" where the server's own template has it. `top`
    alternatives are asked for, or those of `token_ids` alone.
    """

    way: chat.Way
    note: str = ""
    system: str = ""
    render: Render | None = None
    top: int = TOPS[0]
    schema: Mapping[str, object] | None = None
    token_ids: tuple[int, ...] = ()

    def verdict(self, name: str, turns: Sequence[chat.Message]) -> chat.Continuation:
        """Return the question for the answer's first value."""
        most = ANSWER_TOKENS if self.way is chat.Way.CHAT else 1
        asked = self.go_on(name, turns, prompt.ANSWER_PREFIX, most)
        return replace(asked, top=self.top, token_ids=self.token_ids)

    def go_on(
        self, name: str, turns: Sequence[chat.Message], begun: str, most_tokens: int
    ) -> chat.Continuation:
        """Return the question for what follows `begun`, without probabilities."""
        return chat.Continuation(
            name,
            self.way,
            tuple(turns) if self.render is None else (),
            prompt=self.render(turns) if self.render is not None else "",
            begun="" if self.way is chat.Way.CHAT else begun,
            max_tokens=most_tokens,
            top=0,
            schema=self.schema,
        )


class Prober:
    """Looks for the manner; the first that works is taken, in the order of `chat.Way`."""

    def __init__(self, client: chat.Continuer, settings: Settings) -> None:
        known = dict(settings.descriptions) or {"none": "nothing"}
        self._client = client
        self._settings = replace(settings, descriptions=known)
        self._case = Case("probe", next(iter(known)), "-")
        self._folder = Path(settings.tokenizer) if settings.tokenizer else None
        self._why: list[str] = []

    def find(self) -> Manner:
        """Return the manner.

        Raises:
            AskedWrongly: the endpoint can't be used, or shows no probabilities in any way; the
                template of Settings.tokenizer can't be used.
        """
        for manner in self._candidates():
            found = self._checked(manner)
            if found is not None:
                return found
        why = "; ".join(dict.fromkeys(self._why))
        raise AskedWrongly(
            f"The server shows no probabilities of true and false ({why}).",
            "Ask it as chat:URL#MODEL for whole answers; a model that was not tuned needs --shots.",
        )

    def _candidates(self) -> Iterator[Manner]:
        system = self._settings.system
        if self._folder is not None:
            render = by_template(self._folder)
            system = system_of(self._folder) if system is None else system
            yield self._by_folder(self._folder, render, system)
        else:
            found = self._by_chatml()
            if found is not None:
                yield found
        system = system or ""
        if self._goes_on(system):
            yield Manner(chat.Way.CONTINUED, "a begun answer in chat completions", system)
        yield Manner(chat.Way.CHAT, "an answer in chat completions, read to its verdict", system)
        note = "an answer in chat completions held by a JSON schema, read to its verdict"
        yield Manner(chat.Way.CHAT, note, system, schema=SCHEMA)

    def _by_folder(self, folder: Path, render: Render, system: str) -> Manner:
        """Return what the folder's template asks; it wins over the server's, which is told."""
        manner = Manner(chat.Way.COMPLETION, "", system, render, token_ids=word_ids(folder))
        own = self._chat_next(system)
        gap = self._gap(own, self._completion_next(manner))
        said = "which is the server's own too"
        if gap is None or gap > GAP:
            said = (
                "while the server's own could not be compared"
                if own is None or gap is None
                else ("while the server's own asks otherwise")
            )
        return replace(manner, note=f"text completions by the folder's chat template, {said}")

    def _by_chatml(self) -> Manner | None:
        """Return ChatML with the system text that the server's own template gives, if any does."""
        told = self._settings.system
        own = self._chat_next(told or "")
        if own is None:
            self._why.append("completion: no chat template to compare with")
            return None
        known = (*SYSTEMS, "") if told is None else (told,)
        gaps: list[tuple[float, Manner]] = []
        for system in known:
            manner = Manner(chat.Way.COMPLETION, "text completions by ChatML", system, chatml)
            gap = self._gap(own, self._completion_next(manner))
            if gap is not None:
                gaps.append((gap, manner))
        best = min(gaps, key=lambda each: each[0], default=None)
        if best is None or best[0] > GAP:
            self._why.append("completion: the model's format is not ChatML, or none is offered")
            return None
        return best[1]

    def _goes_on(self, system: str) -> bool:
        manner = Manner(chat.Way.CONTINUED, system=system)
        asked = manner.go_on("probe", self._turns(system), BEGUN, 1)
        seen = self._shown(asked)
        if seen is not None and seen.tokens[0].text.strip()[:1] in {",", "}"}:
            return True
        self._why.append("continued: a begun answer is not gone on with")
        return False

    def _checked(self, manner: Manner) -> Manner | None:
        """Return the manner as it works for the sample, None where it shows no verdict."""
        asked = manner.verdict("probe", self._turns(manner.system))
        seen = self._shown(asked) if asked.token_ids else None
        if seen is None or len(seen.tokens[0].likely) > len(asked.token_ids) + 1:
            # The server does not know the field: the likeliest are shown, the two among them.
            manner = replace(manner, token_ids=())
            seen = self._shown(replace(asked, token_ids=()))
        found = odds(seen.tokens, asked.begun) if seen is not None else None
        if seen is None or found is None:
            self._why.append(f"{manner.way}: true and false are not shown")
            return None
        doubt = f", of which true and false had {found.mass:.2f}" if found.mass < HALF else ""
        return replace(manner, note=manner.note + doubt, top=seen.asked.top)

    def _chat_next(self, system: str) -> chat.Continued | None:
        """Return what the server's own rendering of the sample is followed by."""
        turns = tuple(self._turns(system))
        return self._shown(chat.Continuation("probe", chat.Way.CHAT, turns))

    def _completion_next(self, manner: Manner) -> chat.Continued | None:
        return self._shown(manner.go_on("probe", self._turns(manner.system), "", 1))

    def _turns(self, system: str) -> tuple[chat.Message, ...]:
        return messages(self._case, self._settings, system)

    def _shown(self, asked: chat.Continuation) -> chat.Continued | None:
        """Ask with as many alternatives as are allowed; None where no probability is shown."""
        for top in TOPS:
            seen = self._client.probe(replace(asked, top=top))
            if not seen.reason and seen.tokens and seen.tokens[0].likely:
                return seen
            if seen.reason != "rejected":
                return None
        return None

    def _gap(self, one: chat.Continued | None, other: chat.Continued | None) -> float | None:
        """Return how far two prompts are apart by what follows them, None where that is unknown."""
        if one is None or other is None:
            return None
        counts = {each.prompt_tokens for each in (one, other)} - {None}
        first, second = (each.tokens[0].likely for each in (one, other))
        shared = first.keys() & second.keys()
        if len(counts) > 1 or len(shared) < SHARED * min(len(first), len(second)):
            return float("inf")
        return sum(abs(first[each] - second[each]) for each in shared) / len(shared)


LOG = logging.getLogger(__name__)
LASTING = frozenset({"refused", "rejected"})


class Server:
    """A model behind a server, asked for verdicts alone.

    A row has no verdict where true and false together have less than half of the probability (the
    model would write something else) and where the server rejects it (a content over its context).
    A call that failed on the way is no prediction; what is missing can be asked again.
    """

    def __init__(self, settings: Settings) -> None:
        """Find out how the server is asked: a handful of calls with a sample of our own.

        Raises:
            AskedWrongly: settings that can't work, a server that can't be used, or one that shows
                no probabilities.
            MissingExtra: the `openai` package is not installed.
        """
        self._settings = settings
        self._client = chat.Continuer(settings.remote)
        self._undecided: Counter[str] = Counter()
        try:
            self.manner = Prober(self._client, settings).find()
        except BaseException:
            self._client.close()
            raise
        LOG.info("%s is asked by %s", chat.shown_url(settings.remote), self.manner.note)

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        at_once = self._settings.remote.most_at_once
        return answered(cases, at_once, self._ask, self._prediction, lambda each: each.reason)

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. Retries and the waits between them count: the asker waits for them."""
        began = time.perf_counter()
        (continued,) = self._ask([case])
        took_ms = (time.perf_counter() - began) * 1000
        prediction = self._prediction(continued)
        return None if prediction is None else replace(prediction, latency_ms=took_ms)

    def explain(self, case: Case, verdict: bool) -> str:
        """Return the explanation that the model writes behind `verdict`, "" where it writes none.

        Where an answer can't be begun for the model, it is one whose verdict may differ: then "".
        """
        begun = f"{prompt.ANSWER_PREFIX} {str(verdict).lower()}"
        asked = self.manner.go_on(case.id, self._turns(case), begun, self._settings.most_new_tokens)
        (said,) = self._client.ask([asked])
        whole = said.text if said.text.startswith(asked.begun) else asked.begun + said.text
        found = read(case.id, whole, lenient=True)
        return found.explanation if found.is_sensitive is verdict else ""

    def close(self) -> None:
        """See Predictor."""
        undecided = ", ".join(f"{count} {why}" for why, count in self._undecided.most_common())
        LOG.info("%d calls; rows without a verdict: %s", self._client.calls, undecided or "none")
        self._client.close()

    def _ask(self, cases: Sequence[Case]) -> list[chat.Continued]:
        return self._client.ask([self.manner.verdict(case.id, self._turns(case)) for case in cases])

    def _turns(self, case: Case) -> tuple[chat.Message, ...]:
        return messages(case, self._settings, self.manner.system)

    def _prediction(self, said: chat.Continued) -> Prediction | None:
        if said.reason:
            return self._without(said, said.reason) if said.reason in LASTING else None
        found = odds(said.tokens, said.asked.begun)
        if found is None or found.mass < HALF:
            return self._without(said, "undecided")
        p = probability(found.margin)
        return Prediction(said.asked.name, found.margin > 0, p, max(p, 1 - p))

    def _without(self, said: chat.Continued, why: str) -> Prediction:
        self._undecided[why] += 1
        return Prediction(said.asked.name, None)
