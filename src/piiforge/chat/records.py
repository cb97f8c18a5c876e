"""What goes into the room and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from piiforge.types import Option


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model.

    `name` says who asked ("round-0/ssn/3") and is no part of the journal's key: the same question
    under two names is asked once. `schema` is the JSON schema of the answer, None for plain text.
    """

    name: str
    messages: tuple[Message, ...]
    schema: Mapping[str, object] | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, as it came. Tokens are the server's own count, of its own tokenizer.

    `cached`: it cost no call of its own, since the journal or an equal request had it.
    """

    text: str
    input_tokens: int
    output_tokens: int
    cached: bool = False
    finish: str = "stop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. `reason` says why there is no answer, "" where there is one.

    Kept in the journal, not asked again: "truncated" (max_tokens was reached), "refused".
    Asked again by the next run: "timeout", "connection" (broken before an answer), "server_error",
    "rate_limited", "empty", "bad_body" (no chat completion), "rejected" (another 4xx).
    Not sent: "over_budget", "pending" (it waits in a batch that was submitted).
    """

    request: Request
    answer: Answer | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which model, where, how patiently and for how much.

    `base_url` empty is OpenAI's own address; the value of `key_variable` is sent to whichever it
    is. `timeout_s` bounds one call from connecting to the last byte, `patience_s` what a request
    may wait between its calls in all. A call that fails uses up one of `tries`, one answered with
    429 a quarter. The wait before the second call is about `backoff_s`, doubled for each that
    follows; `seed` draws its jitter.
    """

    model: str = ""
    base_url: str = ""
    key_variable: Annotated[str, Option("Where the key stands.")] = "OPENAI_API_KEY"
    timeout_s: Annotated[float, Option("Seconds that a call may take.", least=1)] = 120.0
    most_at_once: Annotated[int, Option("Calls in flight at the most.", least=1)] = 32
    tries: int = 6
    budget_usd: Annotated[
        float | None, Option("Dollars that are never passed.", default="no bound", least=0)
    ] = None
    input_usd_per_million: Annotated[
        float | None, Option("Dollars a million tokens.", default="looked up", least=0)
    ] = None
    output_usd_per_million: Annotated[
        float | None, Option("Dollars a million tokens.", default="looked up", least=0)
    ] = None
    structured: bool = True
    backoff_s: float = 0.5
    patience_s: float = 600.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """How the endpoint wants to be asked. `note` says in one sentence what was found.

    `structured`: a JSON schema in response_format holds. `token_field` is the name under which it
    takes the bound of the answer; `temperature`: it lets us choose one.
    """

    structured: bool
    note: str
    token_field: str = "max_tokens"
    temperature: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking would come to. Nothing was sent.

    `input_tokens` is estimated, `output_tokens` is the upper bound (all of max_tokens) and
    `expected_output_tokens` a share of it; dollars are None where the price is unknown. `cached`
    requests have their outcome in the journal, or are equal to another one, and cost nothing.
    """

    requests: int
    cached: int
    input_tokens: int
    output_tokens: int
    expected_output_tokens: int
    usd: float | None
    expected_usd: float | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What the journal's whole life came to, earlier runs included; `cached` is of this run.

    `calls` counts what was sent, probes and retries included. `usd` is None where the price is
    unknown. `unsure_usd` is the upper bound of calls whose answer never arrived (a timeout, a
    broken connection, a run that was killed): they may have been charged, so they count for the
    budget. `held_usd` is the upper bound of what is in flight or waits in a batch.
    """

    calls: int = 0
    retries: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    unsure_usd: float = 0.0
    held_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Collected:
    """The state of the submitted batches: requests by what became of them, and each batch's word.

    `answered` and `failed` count what this call brought home, `pending` what still waits.
    """

    answered: int
    failed: int
    pending: int
    batches: tuple[tuple[str, str], ...] = ()


# A begun answer that a server is to go on with, and how likely each of the next tokens was.
#
# There are three ways to put it to a server, each with its own wire format; what comes back is
# the same record.
#
# Sources:
#     https://platform.openai.com/docs/api-reference/chat/create (logprobs, top_logprobs)
#     https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (continue_final_message,
#     add_special_tokens, logprob_token_ids)
#     https://github.com/ggml-org/llama.cpp/pull/13608 and /pull/23012 (a last assistant message)


COMPLETIONS, CHAT_COMPLETIONS = "/completions", "/chat/completions"


class Way(StrEnum):
    """How a begun answer is put to a server."""

    COMPLETION = "completion"  # the whole prompt as one rendered text, the answer's beginning last
    CONTINUED = "continued"  # a conversation whose last message is the assistant's, begun
    CHAT = "chat"  # a conversation; the model writes its answer from the beginning


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was written, as the server spells it.

    `likely` has the log-probability of each token that the server shows for this place, by text,
    the written one among them.
    """

    text: str
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Continuation:
    """What is asked. `name` says who asked; `messages` end with the user's turn.

    `begun` is the answer's beginning (not for CHAT), `prompt` the rendered conversation up to it
    (for COMPLETION alone). `top` is how many alternatives a place shows, 0 for no probabilities.
    `schema` binds an answer of CHAT. `token_ids`: only these are to be shown (vLLM knows it).
    """

    name: str
    way: Way
    messages: tuple[Message, ...] = ()
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
    tokens: tuple[Token, ...] = field(default=())
    prompt_tokens: int | None = None


def path_of(asked: Continuation) -> str:
    """Return where it is sent, below the base URL."""
    return COMPLETIONS if asked.way is Way.COMPLETION else CHAT_COMPLETIONS


def body_of(asked: Continuation, model: str) -> dict[str, object]:
    """Return the JSON that is sent."""
    body: dict[str, object] = {
        "model": model,
        "max_tokens": asked.max_tokens,
        "temperature": 0.0,
        **(_text(asked) if asked.way is Way.COMPLETION else _conversation(asked)),
    }
    if asked.token_ids and asked.top:
        body["logprob_token_ids"] = list(asked.token_ids)
    return body


def _text(asked: Continuation) -> dict[str, object]:
    # The rendered text has whatever opens a conversation; vLLM would put it there once more.
    fields: dict[str, object] = {"prompt": asked.prompt + asked.begun, "add_special_tokens": False}
    return fields | ({"logprobs": asked.top} if asked.top else {})


def _conversation(asked: Continuation) -> dict[str, object]:
    messages = [{"role": each.role, "content": each.content} for each in asked.messages]
    fields: dict[str, object] = {"messages": messages}
    if asked.way is Way.CONTINUED:
        messages.append({"role": "assistant", "content": asked.begun})
        fields |= {"continue_final_message": True, "add_generation_prompt": False}
    if asked.top:
        fields |= {"logprobs": True, "top_logprobs": asked.top}
    if asked.schema is not None:
        answer = {"name": "answer", "strict": True, "schema": asked.schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": answer}
    return fields
