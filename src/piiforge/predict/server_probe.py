"""How a server is to be asked for a verdict: found out once, with a question that holds no data.

A way counts only when it is proven to ask what training asked. A rendered prompt must cost as many
tokens as the server's own rendering and be followed by the same tokens, equally likely. A begun
answer must be gone on with: behind the word true, JSON goes on with a comma. A server that opens a
new turn instead would otherwise give numbers that mean nothing, with status 200.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from piiforge import chat, prompt
from piiforge.errors import AskedWrongly
from piiforge.predict import local_folder
from piiforge.predict.asking import SCHEMA, messages
from piiforge.predict.records import Settings
from piiforge.predict.server_odds import HALF, odds
from piiforge.predict.server_render import Render, by_template, chatml, word_ids
from piiforge.types import Case

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
            system = local_folder.system_of(self._folder) if system is None else system
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
        known = (*local_folder.SYSTEMS, "") if told is None else (told,)
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
