"""What goes into the room and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass


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

    model: str
    base_url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    timeout_s: float = 120.0
    most_at_once: int = 32
    tries: int = 6
    budget_usd: float | None = None
    input_usd_per_million: float | None = None
    output_usd_per_million: float | None = None
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
