"""The border to the `openai` package: payloads go out, raw replies come in, no error of theirs.

Their messages can quote a key, a header or a content. So nothing of theirs is raised on, chained or
logged: a call ends in a `Reply` of our own words.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from piiforge.chat.records import CHAT_COMPLETIONS, Settings
from piiforge.chat.replies import Reply, completion, continuation, failure
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

    async def send(self, payload: Mapping[str, object]) -> Reply:
        """Send one payload and return what came of it, within the timeout, whatever it was."""
        return await self._reply(lambda: self._calls.create(**payload), completion)

    async def go_on(self, path: str, body: Mapping[str, object]) -> Reply:
        """Send the body of a `Continuation` and return what came of it, as `send` does."""
        by_chat = path == CHAT_COMPLETIONS
        create, asks = (
            (self._calls.create, "messages") if by_chat else (self._texts.create, "prompt")
        )
        named = {name: body[name] for name in ("model", asks)}
        # What the package does not know of is for the server, too.
        more = {name: value for name, value in body.items() if name not in named}
        return await self._reply(lambda: create(**named, extra_body=more), continuation)

    async def _reply(
        self, call: Callable[[], Awaitable[Raw]], read: Callable[[bytes, int], Reply]
    ) -> Reply:
        errors = self.errors
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await call()
        except (TimeoutError, errors.APITimeoutError) as error:
            return Reply("unreachable" if _not_sent(error) else "timeout")
        except errors.APIConnectionError as error:
            return Reply("unreachable" if _not_sent(error) else "connection")
        except errors.APIStatusError as error:
            answer = error.response
            return failure(answer.status_code, answer.headers, answer.content)
        return read(raw.content, raw.status_code)

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


# Settings that nothing could come of are refused before anything is sent.


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


# Replies that no retry can mend: what is said of them, in one sentence, and what to do.


KEY_REFUSED = frozenset({401, 403})
NOT_FOUND = 404
REDIRECTS = range(300, 400)
KEPT = "What was answered so far is in the journal."


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
