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

from piiforge.chat.continuation import CHAT_COMPLETIONS
from piiforge.chat.logprobs import continuation
from piiforge.chat.records import Settings
from piiforge.chat.replies import Reply, completion, failure
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
