r"""`chat:URL#MODEL` and `server:URL#MODEL`: models behind any OpenAI-compatible server.

A chat model writes its whole answer, zero-shot, few-shot or fine-tuned, and a journal keeps it. A
server is asked for the verdict alone: the decision is the answer's first value, so a prefill and
one token give it, where the server shows how likely true and false are behind the answer's fixed
beginning. How that is put to it is found out when the predictor is opened (`Prober`). Nothing of it
is journaled: what is asked and answered stands nowhere but in the predictions.

>>> place = chat.Token(" true", {" true": -0.105, " false": -2.303, " True": -9.0})
>>> found = odds([place], prompt.ANSWER_PREFIX)
>>> round(found.margin, 3), round(found.mass, 2)
(2.198, 1.0)

>>> chatml((chat.Message("user", "Well?"),))
'<|im_start|>user\nWell?<|im_end|>\n<|im_start|>assistant\n'
"""

import logging
import math
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly, GateFailed
from piiforge.predict import ask
from piiforge.types import Case, Prediction

LOG = logging.getLogger(__name__)
HALF = 0.5
TOPS = (20, 5)  # alternatives asked for: OpenAI's most, and what its text completions allow
ANSWER_TOKENS = 24  # a code fence and the answer up to its first value, in any tokenizer we know
BEGUN = prompt.ANSWER_PREFIX + prompt.WORDS[0]
# Mean of |difference| in log-probability: bf16 logits step by 0.125, see docs/engines.md
GAP = 0.25
SHARED = 0.6  # of the alternatives: other prompts share some, equal ones nearly all
_SPACES = ("\u0120", "\u2581")  # how byte-level and SentencePiece vocabularies spell a space
_SURE = 1e-7  # what float32 probabilities can't tell from nothing
_CALLS_A_CHUNK = 8  # times those in flight: predictions come while others are still asked


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a row: a prediction, made now or kept from before, or why there is none."""

    prediction: Prediction | None
    reason: str = ""
    fresh: bool = True


class Remote(ask.Predictor):
    """A model behind a server. A call that failed on the way is no prediction."""

    settings: ask.Settings

    @abstractmethod
    def answers(self, cases: Sequence[Case]) -> list[Said]:
        """Ask for all of `cases` at once."""

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor.

        Raises:
            GateFailed: at the end, where some rows have no answer.
        """
        lost: Counter[str] = Counter()
        size = self.settings.remote.most_at_once * _CALLS_A_CHUNK
        for start in range(0, len(cases), size):
            for said in self.answers(cases[start : start + size]):
                if said.prediction is None:
                    lost[said.reason] += 1
                else:
                    yield said.prediction
        if lost:
            reasons = ", ".join(f"{count} {why}" for why, count in lost.most_common())
            raise GateFailed(
                f"{lost.total()} of {len(cases)} rows have no answer: {reasons}.",
                "Run again with --resume; what was answered is kept.",
            )

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor. Retries and the waits between them count: the asker waits for them."""
        began = time.perf_counter()
        (said,) = self.answers([case])
        took_ms = (time.perf_counter() - began) * 1000
        if said.prediction is None or not said.fresh:
            return said.prediction
        return replace(said.prediction, latency_ms=took_ms)


class Chat(Remote):
    """A model that writes whole answers. What the journal has is not asked again.

    An answer that came but can't be read, was cut at the token limit or was refused is a prediction
    without a verdict. A call that failed on the way is none: it is asked again by the next run.
    """

    def __init__(self, settings: ask.Settings) -> None:
        """Open the journal; nothing is sent yet.

        Raises:
            AskedWrongly: no journal, no key where one is needed, settings that can't work.
        """
        if settings.journal is None:
            hint = "Name the file that keeps paid answers in Settings.journal."
            raise AskedWrongly("A remote model needs a journal.", hint)
        self.settings = settings
        self._client = chat.connect(settings.remote, settings.journal)

    def timed(self, case: Case) -> Prediction | None:
        """See Predictor; the question how the endpoint is asked comes before and is no part."""
        self._client.probe()
        return super().timed(case)

    def close(self) -> None:
        """See Predictor."""
        spent = self._client.spent
        LOG.info("%d calls, %d retries, %s dollars", spent.calls, spent.retries, spent.usd)
        self._client.close()

    def answers(self, cases: Sequence[Case]) -> list[Said]:
        """See Remote."""
        schema = None if self.settings.plain else ask.SCHEMA
        most = self.settings.most_new_tokens
        found: list[Said] = []
        requests = [
            chat.Request(
                case.id,
                ask.messages(case, self.settings, self.settings.system or ""),
                schema=schema,
                max_tokens=most,
            )
            for case in cases
        ]
        self._client.ask(requests, lambda outcome: found.append(self._said(outcome)))
        return found

    def _said(self, outcome: chat.Outcome) -> Said:
        name, answer = outcome.request.name, outcome.answer
        if answer is not None:
            read = ask.read(name, answer.text, lenient=self.settings.lenient)
            return Said(read, fresh=not answer.cached)
        lasting = outcome.reason in {"truncated", "refused"}
        return Said(Prediction(name, None) if lasting else None, outcome.reason, fresh=False)


@dataclass(frozen=True, slots=True)
class Odds:
    """What is said of one answer.

    `margin` is log(p(true) / p(false)), above 0 for true. `mass` is p(true) + p(false), 0 to 1: low
    where the model would rather write something else, so that the margin says little. `exact` is
    False where only one of the two is shown: the other then counts for as much as it can have at
    the most, so that the margin is never too sure.
    """

    margin: float
    mass: float
    exact: bool


def odds(tokens: Iterable[chat.Token], begun: str) -> Odds | None:
    """Return the odds of an answer that `begun` and `tokens` make, None where it has no such place.

    Of several places behind the answer's prefix (a space may be a token of its own) the one where
    true and false are likeliest counts. The margin is that of `local:`, as both log-probabilities
    differ from the logits by the same number. Only the two spellings of one pair are compared: with
    the space that training puts before the word, or without it where a tokenizer makes the space a
    token of its own. `True` is no JSON and counts for nothing.
    """
    found: list[Odds] = []
    text = begun
    for token in tokens:
        if "".join(text.split()).endswith(prompt.ANSWER_PREFIX):
            shown = {_spelt(name): number for name, number in token.likely.items()}
            pairs = (_pair(shown, space) for space in (" ", ""))
            known = [pair for pair in pairs if pair is not None]
            # The spelling of training counts wherever it is the likelier half: as in `local:`.
            found += next(([pair] for pair in known if pair.mass >= HALF), known)
        text += _spelt(token.text)
    return max(found, key=lambda each: each.mass, default=None)


def _pair(shown: Mapping[str, float], space: str) -> Odds | None:
    true, false = (shown.get(space + word) for word in ("true", "false"))
    mass = min(1.0, sum(math.exp(each) for each in (true, false) if each is not None))
    if true is not None and false is not None:
        return Odds(true - false, mass, exact=True)
    if (true is None and false is None) or len(shown) == 1:
        return None
    # What a token which is not shown has at the most.
    left = 1 - sum(math.exp(each) for each in shown.values())
    most = min(*shown.values(), math.log(max(left, _SURE)))
    margin = true - most if true is not None else most - (false or 0.0)
    return Odds(margin, mass, exact=False)


def _spelt(text: str) -> str:
    return " " + text[1:] if text.startswith(_SPACES) else text


def chatml(messages: Sequence[chat.Message]) -> str:
    """Return the conversation up to where the assistant's answer begins, as Qwen2.5 reads it.

    What a content holds can't open or close a turn, since `prompt.question` has concealed such
    names.
    """
    turns = "".join(f"<|im_start|>{each.role}\n{each.content}<|im_end|>\n" for each in messages)
    return f"{turns}<|im_start|>assistant\n"


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
    tokenizer = Tokenizer.from_file(str(path))
    found = ask.words(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    return tuple(tail[0] for tail in found.tails) if found.single else ()


@dataclass(frozen=True, slots=True)
class Manner:
    """A way of asking that works. `note` says in one sentence what was found.

    `system` is the system text that is sent, "" where the server's own template has it. `top`
    alternatives are asked for, or those of `token_ids` alone.
    """

    way: chat.Way
    note: str = ""
    system: str = ""
    render: ask.Render | None = None
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
    """Looks for the manner; the first that works is taken, in the order of `chat.Way`.

    It asks with a question that holds no data. A way counts only when it is proven to ask what
    training asked. A rendered prompt must cost as many tokens as the server's own rendering and be
    followed by the same tokens, equally likely. A begun answer must be gone on with: behind the
    word true, JSON goes on with a comma. A server that opens a new turn instead would otherwise
    give numbers that mean nothing, with status 200.
    """

    def __init__(self, client: chat.Continuer, settings: ask.Settings) -> None:
        known = dict(settings.descriptions) or {"none": "nothing"}
        self._client = client
        self._settings = replace(settings, descriptions=known)
        self._case = Case("probe", next(iter(known)), "-")
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
        if self._settings.tokenizer:
            manner = self._by_folder(Path(self._settings.tokenizer))
            system = manner.system
            yield manner
        elif (found := self._by_chatml()) is not None:
            yield found
        system = system or ""
        begun = self._next(Manner(chat.Way.CONTINUED, system=system), BEGUN)
        if begun is not None and begun.tokens[0].text.strip()[:1] in {",", "}"}:
            yield Manner(chat.Way.CONTINUED, "a begun answer in chat completions", system)
        else:
            self._why.append("continued: a begun answer is not gone on with")
        yield Manner(chat.Way.CHAT, "an answer in chat completions, read to its verdict", system)
        note = "an answer in chat completions held by a JSON schema, read to its verdict"
        yield Manner(chat.Way.CHAT, note, system, schema=ask.SCHEMA)

    def _by_folder(self, folder: Path) -> Manner:
        """Return what the folder's template asks; it wins over the server's, which is told."""
        if not folder.is_dir() or not prompt.chat_template(folder):
            hint = "Name the folder of the model that is served, or of its tokenizer."
            raise AskedWrongly(f"{folder} has no chat template.", hint)
        hint = "Leave --tokenizer off; the server's own template is used then."
        render, told = ask.renderer(folder, hint), self._settings.system
        system = prompt.system_of(folder) if told is None else told
        manner = Manner(chat.Way.COMPLETION, "", system, render, token_ids=word_ids(folder))
        own = self._next(Manner(chat.Way.CHAT, system=system))
        gap = _gap(own, self._next(manner))
        said = "which is the server's own too"
        if gap is None:
            said = "while the server's own could not be compared"
        elif gap > GAP:
            said = "while the server's own asks otherwise"
        return replace(manner, note=f"text completions by the folder's chat template, {said}")

    def _by_chatml(self) -> Manner | None:
        """Return ChatML with the system text that the server's own template gives, if any does."""
        told = self._settings.system
        own = self._next(Manner(chat.Way.CHAT, system=told or ""))
        if own is None:
            self._why.append("completion: no chat template to compare with")
            return None
        note, gaps = "text completions by ChatML", []
        for system in (*prompt.SYSTEMS, "") if told is None else (told,):
            manner = Manner(chat.Way.COMPLETION, note, system, chatml)
            gap = _gap(own, self._next(manner))
            if gap is not None and gap <= GAP:
                gaps.append((gap, manner))
        if not gaps:
            self._why.append("completion: the model's format is not ChatML, or none is offered")
        return min(gaps, key=lambda each: each[0])[1] if gaps else None

    def _checked(self, manner: Manner) -> Manner | None:
        """Return the manner as it works for the sample, None where it shows no verdict."""
        asked = manner.verdict("probe", self._turns(manner))
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

    def _next(self, manner: Manner, begun: str = "") -> chat.Continued | None:
        """Return the one token that follows the sample, asked in this manner."""
        return self._shown(manner.go_on("probe", self._turns(manner), begun, 1))

    def _turns(self, manner: Manner) -> tuple[chat.Message, ...]:
        return ask.messages(self._case, self._settings, manner.system)

    def _shown(self, asked: chat.Continuation) -> chat.Continued | None:
        """Ask with as many alternatives as are allowed; None where no probability is shown."""
        for top in TOPS:
            seen = self._client.probe(replace(asked, top=top))
            if not seen.reason and seen.tokens and seen.tokens[0].likely:
                return seen
            if seen.reason != "rejected":
                return None
        return None


def _gap(one: chat.Continued | None, other: chat.Continued | None) -> float | None:
    """Return how far two prompts are apart by what follows them, None where that is unknown."""
    if one is None or other is None:
        return None
    counts = {each.prompt_tokens for each in (one, other)} - {None}
    first, second = (each.tokens[0].likely for each in (one, other))
    shared = first.keys() & second.keys()
    if len(counts) > 1 or len(shared) < SHARED * min(len(first), len(second)):
        return math.inf
    return sum(abs(first[each] - second[each]) for each in shared) / len(shared)


class Server(Remote):
    """A model that is asked for verdicts alone.

    A row has no verdict where true and false together have less than half of the probability (the
    model would write something else) and where the server rejects it (a content over its context).
    A call that failed on the way is no prediction; what is missing can be asked again.
    """

    def __init__(self, settings: ask.Settings) -> None:
        """Find out how the server is asked: a handful of calls with a sample of our own.

        Raises:
            AskedWrongly: settings that can't work, a server that can't be used, or one that shows
                no probabilities.
            MissingExtra: the `openai` package is not installed.
        """
        self.settings = settings
        self._client = chat.Continuer(settings.remote)
        self._undecided: Counter[str] = Counter()
        try:
            self.manner = Prober(self._client, settings).find()
        except BaseException:
            self._client.close()
            raise
        LOG.info("%s is asked by %s", chat.shown_url(settings.remote), self.manner.note)

    def explain(self, case: Case, verdict: bool) -> str:
        """Return the explanation that the model writes behind `verdict`, "" where it writes none.

        Where an answer can't be begun for the model, it is one whose verdict may differ: then "".
        """
        begun = f"{prompt.ANSWER_PREFIX} {str(verdict).lower()}"
        asked = self.manner.go_on(case.id, self._turns(case), begun, self.settings.most_new_tokens)
        (said,) = self._client.ask([asked])
        whole = said.text if said.text.startswith(asked.begun) else asked.begun + said.text
        found = ask.read(case.id, whole, lenient=True)
        return found.explanation if found.is_sensitive is verdict else ""

    def close(self) -> None:
        """See Predictor."""
        undecided = ", ".join(f"{count} {why}" for why, count in self._undecided.most_common())
        LOG.info("%d calls; rows without a verdict: %s", self._client.calls, undecided or "none")
        self._client.close()

    def answers(self, cases: Sequence[Case]) -> list[Said]:
        """See Remote."""
        asked = [self.manner.verdict(case.id, self._turns(case)) for case in cases]
        return [self._said(each) for each in self._client.ask(asked)]

    def _turns(self, case: Case) -> tuple[chat.Message, ...]:
        return ask.messages(case, self.settings, self.manner.system)

    def _said(self, said: chat.Continued) -> Said:
        name, why = said.asked.name, said.reason
        found = None if why else odds(said.tokens, said.asked.begun)
        if found is not None and found.mass >= HALF:
            return Said(ask.decided(name, found.margin))
        if why not in {"", "refused", "rejected"}:
            return Said(None, why)
        self._undecided[why or "undecided"] += 1
        return Said(Prediction(name, None))
