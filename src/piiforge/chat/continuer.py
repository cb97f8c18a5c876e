"""The continuer: it asks how a begun answer goes on, and how likely each next token is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from piiforge.chat import endpoint, records
from piiforge.errors import AskedWrongly

TRIES = 3  # of a probe
TRANSIENT = frozenset({"rate_limited", "timeout", "connection"})


class Way(StrEnum):
    """How a begun answer is put to a server, each with its own wire format.

    Sources:
        https://platform.openai.com/docs/api-reference/chat/create (logprobs, top_logprobs)
        https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
        (continue_final_message, add_special_tokens, logprob_token_ids)
        https://github.com/ggml-org/llama.cpp/pull/13608 and /pull/23012 (a last assistant message)
    """

    COMPLETION = "completion"  # the whole prompt as one rendered text, the answer's beginning last
    CONTINUED = "continued"  # a conversation whose last message is the assistant's, begun
    CHAT = "chat"  # a conversation; the model writes its answer from the beginning


@dataclass(frozen=True, slots=True)
class Continuation:
    """What is asked. `name` says who asked; `messages` end with the user's turn.

    `begun` is the answer's beginning (not for CHAT), `prompt` the rendered conversation up to it
    (for COMPLETION alone). `top` is how many alternatives a place shows, 0 for no probabilities.
    `schema` binds an answer of CHAT. `token_ids`: only these are to be shown (vLLM knows it).
    """

    name: str
    way: Way
    messages: tuple[records.Message, ...] = ()
    prompt: str = ""
    begun: str = ""
    max_tokens: int = 1
    top: int = 20
    schema: Mapping[str, object] | None = None
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Continued:
    """What became of it. `reason` is "" where there is an answer, else as in `Outcome`.

    `text` is what the model wrote, with the beginning before it where the server repeats it.
    `prompt_tokens` is the server's own count, None where it gives none.
    """

    asked: Continuation
    reason: str = ""
    text: str = ""
    tokens: tuple[records.Token, ...] = field(default=())
    prompt_tokens: int | None = None


class Continuer(endpoint.Caller):
    """Asks one model at one endpoint to go on with begun answers. `calls` counts what was sent.

    Nothing of what is asked or answered is kept, on disk or in memory, so that it may be used where
    contents must not lie about, for as long as one likes. So no answer is remembered, and no budget
    can be kept: that is what `connect` is for.

    Raises:
        AskedWrongly: settings that can't work, or a budget.
        MissingExtra: the `openai` package is not installed.
    """

    def __init__(self, settings: records.Settings) -> None:
        endpoint.check(settings)
        if settings.budget_usd is not None:
            hint = "A budget is kept in a journal, and these questions are in none: leave it off."
            raise AskedWrongly("No budget can be kept here.", hint)
        super().__init__(settings)
        self.calls = 0
        self._opened = endpoint.Endpoint(settings)

    def ask(self, asked: Sequence[Continuation]) -> list[Continued]:
        """Ask them all, several at once; return what became of each, in their order.

        Raises:
            AskedWrongly: the endpoint will answer nobody (not there, key refused, quota used up).
        """
        replies: dict[int, records.Reply] = {}
        if asked:
            model = self._settings.model
            self._all([_job(each, model) for each in asked], replies.__setitem__)
        return [_continued(each, replies[at]) for at, each in enumerate(asked)]

    def probe(self, asked: Continuation) -> Continued:
        """Ask once, to find out whether this way of asking is offered at all.

        Where it is not, the reason is "rejected" or "server_error" and nothing is raised.

        Raises:
            AskedWrongly: the endpoint can't be used now, whatever the way.
        """
        job = _job(asked, self._settings.model)
        reply = self._run(self._reply(job, min(TRIES, self._settings.tries)))
        if reply.reason in TRANSIENT or reply.html:
            raise endpoint.stop_probe(reply, self._settings)
        no_such_path = reply.status == endpoint.NOT_FOUND and "model" not in reply.about
        problem = None if no_such_path else endpoint.stop(reply, self._settings)
        if problem is not None:
            raise problem
        return _continued(asked, reply)

    async def _send(self, job: records.Job) -> records.Reply:
        self.calls += 1
        return await super()._send(job)


def _continued(asked: Continuation, reply: records.Reply) -> Continued:
    return Continued(asked, reply.reason, reply.text, reply.tokens, reply.input_tokens)


def _job(asked: Continuation, model: str) -> records.Job:
    """Return the call that a continuation is sent as."""
    body: dict[str, object] = {"model": model, "max_tokens": asked.max_tokens, "temperature": 0.0}
    if asked.way is Way.COMPLETION:
        # The rendered text has whatever opens a conversation; vLLM would put it there once more.
        body |= {"prompt": asked.prompt + asked.begun, "add_special_tokens": False}
        body |= {"logprobs": asked.top} if asked.top else {}
    else:
        messages = records.turns(asked.messages)
        body["messages"] = messages
        if asked.way is Way.CONTINUED:
            messages.append({"role": "assistant", "content": asked.begun})
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if asked.top:
            body |= {"logprobs": True, "top_logprobs": asked.top}
        if asked.schema is not None:
            body["response_format"] = records.bound(asked.schema)
    if asked.token_ids and asked.top:
        body["logprob_token_ids"] = list(asked.token_ids)
    path = records.COMPLETIONS if asked.way is Way.COMPLETION else records.CHAT_COMPLETIONS
    return records.Job(records.key_of(body), body, path=path, begun=True)
