"""A begun answer that a server is to go on with, and how likely each of the next tokens was.

There are three ways to put it to a server, each with its own wire format; what comes back is the
same record.

Sources:
    https://platform.openai.com/docs/api-reference/chat/create (logprobs, top_logprobs)
    https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (continue_final_message,
    add_special_tokens, logprob_token_ids)
    https://github.com/ggml-org/llama.cpp/pull/13608 and /pull/23012 (a last assistant message)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from piiforge.chat.records import Message

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
