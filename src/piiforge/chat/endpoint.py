"""The border to the `openai` package: payloads go out, replies come in, no error of theirs.

Their messages can quote a key, a header or a content. So nothing of theirs is raised on, chained or
logged: a call ends in a `Reply` of our own words, read from the raw answer, of which nothing is
trusted to be what it should. It holds the model's text and otherwise only numbers and names of our
own, so that no error made from it can repeat a key, a header or a content.

>>> body = b'{"choices": [{"text": " yes", "logprobs": {"tokens": [" yes"],'
>>> body += b' "token_logprobs": [-0.1], "top_logprobs": [{" yes": -0.1, " no": -2.5}]}}]}'
>>> completion(body, begun=True).tokens
(Token(text=' yes', likely={' yes': -0.1, ' no': -2.5}),)
"""

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from math import isfinite
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

import orjson

from piiforge.chat.records import CHAT_COMPLETIONS, Job, Reply, Settings, Token
from piiforge.errors import AskedWrongly, MissingExtra

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = "no-key"  # what servers that need none are sent, as the package demands one
CONNECT_S = 10.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "UnsupportedProtocol"})
# At DEBUG the transport writes headers and addresses, and its maker may add contents any day.
TALKATIVE = ("openai", "httpx2", "httpcore2", "httpx", "httpcore")
LONGEST_WAIT_S = 60.0
NAMED_IN_ERRORS = ("max_completion_tokens", "temperature", "response_format", "model")
FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
KEY_REFUSED = frozenset({401, 403})
NOT_FOUND = 404
REDIRECTS = range(300, 400)
KEPT = "What was answered so far is in the journal."


class Raw(Protocol):
    """An answer as it came over the wire."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""

    @property
    def content(self) -> bytes:
        """The whole body."""


class Creates(Protocol):
    """The call that we make, of chat completions and of text completions."""

    async def create(self, **payload: object) -> Raw:
        """Send a payload."""


class Endpoint:
    """One endpoint, spoken to through one client of the `openai` package.

    Raises:
        MissingExtra: the package is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            import openai
        except ImportError as error:
            raise MissingExtra("openai", "write") from error
        hush()
        self.errors = openai
        self.api: AsyncOpenAI = _opened(openai, settings)
        self._timeout_s = settings.timeout_s
        self._calls = cast("Creates", self.api.chat.completions.with_raw_response)
        self._texts = cast("Creates", self.api.completions.with_raw_response)

    async def send(self, job: Job) -> Reply:
        """Send a payload and return what came of it, within the timeout, whatever it was."""
        create, asks = (
            (self._calls.create, "messages")
            if job.path == CHAT_COMPLETIONS
            else (self._texts.create, "prompt")
        )
        named = {name: job.payload[name] for name in ("model", asks)}
        # What the package does not know of is for the server, too.
        more = {name: value for name, value in job.payload.items() if name not in named}
        errors = self.errors
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await create(**named, extra_body=more)
        except (TimeoutError, errors.APITimeoutError) as error:
            return Reply("unreachable" if _not_sent(error) else "timeout")
        except errors.APIConnectionError as error:
            return Reply("unreachable" if _not_sent(error) else "connection")
        except errors.APIStatusError as error:
            answer = error.response
            return failure(answer.status_code, answer.headers, answer.content)
        return completion(raw.content, raw.status_code, begun=job.begun)

    async def close(self) -> None:
        """Close every connection."""
        await self.api.close()


def check_key(settings: Settings) -> None:
    """Refuse to go on without a key where one is needed. Asks for no package.

    Raises:
        AskedWrongly: the variable is empty and no base URL names a server that may need none.
    """
    if not settings.base_url and not key_of(settings):
        raise AskedWrongly(
            f"The environment variable {settings.key_variable} holds no key.",
            f"Set {settings.key_variable}, or give --base-url for a server that needs none;"
            " rules (`piiforge build`) need neither.",
        )
    if not all(character.isascii() and character.isprintable() for character in key_of(settings)):
        problem = f"The environment variable {settings.key_variable} holds no key, but other text."
        raise AskedWrongly(problem, "A key is printable ASCII; was it copied whole?")


def key_of(settings: Settings) -> str:
    """Return the key that the settings name, "" where there is none."""
    return os.environ.get(settings.key_variable, "").strip()


def shown_url(settings: Settings) -> str:
    """Return the base URL as it may be shown and kept: without user, password and query."""
    parts = urlsplit(settings.base_url or OPENAI_URL)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path}".rstrip("/")


def hush() -> None:
    """Let the HTTP packages log warnings only, their inner loggers included.

    A level that is set on one of the inner loggers would otherwise win over its parent's.
    """
    known = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in TALKATIVE]
    for name in {*TALKATIVE, *known}:
        logging.getLogger(name).setLevel(logging.WARNING)


def _opened(openai: ModuleType, settings: Settings) -> "AsyncOpenAI":
    url = settings.base_url or OPENAI_URL
    wait = openai.Timeout(settings.timeout_s, connect=min(CONNECT_S, settings.timeout_s))
    transport = openai.DefaultAsyncHttpxClient(
        timeout=wait,
        # A proxy of the environment can't reach this machine's own loopback.
        trust_env=urlsplit(url).hostname not in LOOPBACK,
        # A redirect could carry what is asked to a host that nobody named.
        follow_redirects=False,
    )
    api: AsyncOpenAI = openai.AsyncOpenAI(
        api_key=key_of(settings) or NO_KEY,
        base_url=url,
        timeout=wait,
        max_retries=0,  # every retry is ours: counted, journalled and within the budget
        http_client=transport,
    )
    if settings.base_url:  # the package takes them from the environment, for OpenAI alone
        api.organization = api.project = None
    return api


def _not_sent(error: BaseException) -> bool:
    return type(error.__cause__).__name__ in NOT_SENT


def check(settings: Settings) -> None:
    """Refuse settings that can't work.

    Raises:
        AskedWrongly: no key where one is needed, no model, no such address, numbers below their
            least.
    """
    check_key(settings)
    url = settings.base_url
    numbers = (settings.budget_usd, settings.input_usd_per_million, settings.output_usd_per_million)
    wrong = {
        "The model has no name.": not settings.model,
        "The base URL is no http:// or https:// address.": bool(url)
        and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname),
        "At least one try and one call at once are needed.": min(
            settings.tries, settings.most_at_once
        )
        < 1,
        "A timeout must be more than 0 seconds.": settings.timeout_s <= 0,
        "Waits can't be negative.": min(settings.backoff_s, settings.patience_s) < 0,
        "A budget or price can't be negative.": any(
            each is not None and each < 0 for each in numbers
        ),
    }
    for problem, holds in wrong.items():
        if holds:
            raise AskedWrongly(problem, "Check the settings of the model.")


def stop(reply: Reply, settings: Settings) -> AskedWrongly | None:
    """Return the error that ends the whole run, None where only one request is concerned."""
    url = shown_url(settings)
    if reply.code == "insufficient_quota":
        return AskedWrongly(f"{url} says that the account's quota is used up.", f"Top up. {KEPT}")
    if reply.status in KEY_REFUSED:
        return _key_refused(url, settings)
    if reply.status == NOT_FOUND and "model" in reply.about:
        problem = f"{url} has no model named {settings.model!r}."
        return AskedWrongly(problem, f"{url}/models lists those it has.")
    if reply.status == NOT_FOUND:
        return AskedWrongly(f"{url} has no chat completions.", "Does the URL end in /v1?")
    if reply.reason == "unreachable":
        return AskedWrongly(f"Nothing answers at {url}.", "Start the server, or check the URL.")
    return None


def stop_probe(reply: Reply, settings: Settings) -> AskedWrongly:
    """Return the error of a probe that brought no answer: the endpoint can't be used at all."""
    found = stop(reply, settings)
    if found is not None:
        return found
    url = shown_url(settings)
    if reply.status in REDIRECTS:
        problem = f"{url} redirects to another address (status {reply.status})."
        return AskedWrongly(problem, "Give that address, if it is to be trusted.")
    if reply.html:
        problem = f"{url} answers HTML (status {reply.status}), not a chat completion."
        return AskedWrongly(problem, "Is this a web page, or does the URL lack its /v1?")
    said = {
        "bad_body": f"{url} answers with something that is no chat completion.",
        "timeout": f"{url} gave no answer within {settings.timeout_s:g} s.",
        "connection": f"{url} breaks the connection off.",
        "over_budget": "The budget does not cover even the first, tiny call.",
        "rate_limited": f"{url} takes no call now (status 429).",
        "rejected": f"{url} rejects the simplest request (status {reply.status}).",
        "server_error": f"{url} fails (status {reply.status}).",
    }
    problem = said.get(reply.reason, f"{url} gives no usable answer ({reply.reason}).")
    return AskedWrongly(problem, "Try again later, or check the URL, the model and the budget.")


def _key_refused(url: str, settings: Settings) -> AskedWrongly:
    if key_of(settings):
        return AskedWrongly(
            f"{url} does not accept the key in {settings.key_variable}.", f"Set another. {KEPT}"
        )
    return AskedWrongly(f"{url} wants a key.", f"Set {settings.key_variable}.")


def completion(body: bytes | str, status: int = 200, *, begun: bool = False) -> Reply:
    """Read a body that should be a completion of either kind.

    Where an answer was `begun`, any end and no text at all is an answer too.
    """
    found = object_of(body)
    usage, choices = found.get("usage"), found.get("choices")
    counts = usage if isinstance(usage, dict) else {}
    tokens_in, tokens_out = map(
        _count, (counts.get(f"{of}_tokens") for of in ("prompt", "completion"))
    )
    choice = choices[0] if isinstance(choices, list) and choices else {}
    choice = choice if isinstance(choice, dict) else {}
    message = choice.get("message")
    if begun and "text" in choice and not isinstance(message, dict):
        message = {"content": choice["text"]}
    if not isinstance(message, dict):
        return Reply("bad_body", "", "", tokens_in, tokens_out, status, html=is_html(body))
    text, finish = (
        each if isinstance(each, str) else ""
        for each in (message.get("content"), choice.get("finish_reason"))
    )
    reason = "" if begun or text.strip() else "empty"
    if finish == "length" and not begun:
        reason = "truncated"
    if message.get("refusal") or finish == "content_filter":
        reason = "refused"
    tokens = tuple(_places(choice.get("logprobs"))) if begun else ()
    return Reply(reason, text, finish, tokens_in, tokens_out, status, tokens=tokens)


def _count(told: object) -> int | None:
    return told if isinstance(told, int) and told >= 0 else None


def failure(status: int, headers: Mapping[str, str], body: bytes | str) -> Reply:
    """Read an answer whose status is not 200."""
    error = object_of(body)
    inner = error.get("error")
    error = inner if isinstance(inner, dict) else error
    codes = {str(error.get("code") or ""), str(error.get("type") or "")}
    code = "insufficient_quota" if "insufficient_quota" in codes else str(error.get("code") or "")
    words = f"{error.get('param') or ''} {error.get('message') or ''} {code}"
    about = frozenset(name for name in NAMED_IN_ERRORS if name in words)
    reason = "server_error" if status >= 500 else "rejected"
    if status == 429:  # Too Many Requests (RFC 6585)
        reason = "rate_limited"
    if status == 400 and code in FILTER_CODES:
        reason = "refused"
    return Reply(
        reason, status=status, wait_s=wait_asked(headers), code=code, about=about,
        html=is_html(body),
    )  # fmt: skip


def wait_asked(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that Retry-After asks for, 0 to 60; None where it asks for nothing.

    It may be seconds or an HTTP date (RFC 9110, 10.2.3); retry-after-ms is OpenAI's finer one.

    >>> wait_asked({"retry-after": "7"}), wait_asked({"retry-after-ms": "20"}), wait_asked({})
    (7.0, 0.02, None)
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        asked = headers.get(name)
        if asked is None:
            continue
        seconds = _seconds(asked, unit, now)
        if seconds is not None:
            return min(max(seconds, 0.0), LONGEST_WAIT_S)
    return None


def _seconds(asked: str, unit: float, now: datetime | None) -> float | None:
    try:
        seconds = float(asked) * unit
    except ValueError:
        pass
    else:
        return seconds if isfinite(seconds) else None
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (until - (now or datetime.now(UTC))).total_seconds()


def object_of(body: bytes | str) -> Mapping[str, object]:
    """Return the body's JSON object, an empty one where it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def is_html(body: bytes | str) -> bool:
    """Say whether a body is a web page."""
    start = body[:200] if isinstance(body, str) else body[:200].decode(errors="replace")
    return start.lstrip("\ufeff \r\n\t").startswith("<")


def _places(told: object) -> Iterable[Token]:
    """Read log-probabilities in the two formats that servers write them in.

    Chat completions have a list of places under `content`, each with its `top_logprobs` as a list;
    text completions have parallel lists, the alternatives as objects from text to number. llama.cpp
    writes the first format for both. What does not fit either is no place at all.
    """
    if not isinstance(told, Mapping):
        return []
    content = told.get("content")
    if isinstance(content, list):
        return [_token(each) for each in content if isinstance(each, Mapping)]
    columns = [told.get(name) for name in ("tokens", "token_logprobs", "top_logprobs")]
    rows = zip_longest(*(each if isinstance(each, list) else [] for each in columns))
    return [
        Token(text, _pairs(others.items() if isinstance(others, Mapping) else (), (text, own)))
        for text, own, others in rows
        if isinstance(text, str)
    ]


def _token(place: Mapping[str, object]) -> Token:
    text = str(place.get("token", ""))
    others = place.get("top_logprobs")
    shown = (
        [each for each in others if isinstance(each, Mapping)] if isinstance(others, list) else []
    )
    pairs = [(each.get("token"), each.get("logprob")) for each in shown]
    return Token(text, _pairs(pairs, (text, place.get("logprob"))))


def _pairs(others: Iterable[tuple[object, object]], own: tuple[object, object]) -> dict[str, float]:
    """Return the numbers by text; of two tokens with one text the likelier."""
    likely: dict[str, float] = {}
    for text, number in (*others, own):
        if isinstance(text, str) and isinstance(number, int | float) and number is not True:
            likely[text] = max(float(number), likely.get(text, float("-inf")))
    return likely
