"""The border to the `openai` package: payloads go out, replies come in, no error of theirs.

A `Caller` makes a call until there is an answer, a reason that stands, or no patience left, and
many at once, within a limit that follows what the endpoint takes.

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
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from math import isfinite
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import orjson

from piiforge.chat.records import Job, Reply, Settings, Token
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.rng import child

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
FIRST = 8
CUT = 0.75
SUCCESSES_A_STEP = 25
AGAIN = frozenset(
    {"rate_limited", "server_error", "timeout", "connection", "unreachable", "empty", "bad_body"}
)
THROTTLED_WEIGHT = 0.25  # a 429 says "later", not "no": four of them use up one try
LONGEST_BACKOFF_S = 30.0

LOG = logging.getLogger(__name__)
T = TypeVar("T")


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
        # For what may be repeated without harm; else every retry is ours (see `_opened`)
        self.again = self.api.with_options(max_retries=settings.tries)
        self._timeout_s = settings.timeout_s

    async def send(self, job: Job) -> Reply:
        """Send a payload and return what came of it, within the timeout, whatever it was."""
        errors, as_it_came = self.errors, self.errors.HttpxBinaryResponseContent
        try:
            async with asyncio.timeout(self._timeout_s):
                # Not by the package's own methods: what they do not know of is for the server, too.
                raw = await self.api.post(job.path, cast_to=as_it_came, body=job.payload)
        except (TimeoutError, errors.APIConnectionError) as error:
            late = isinstance(error, TimeoutError | errors.APITimeoutError)
            not_sent = type(error.__cause__).__name__ in NOT_SENT
            return Reply("unreachable" if not_sent else "timeout" if late else "connection")
        except errors.APIStatusError as error:
            answer = error.response
            return failure(answer.status_code, answer.headers, answer.content)
        return completion(raw.content, raw.response.status_code, begun=job.begun)

    async def close(self) -> None:
        """Close every connection."""
        await self.api.close()


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


class Caller:
    """Makes calls to one endpoint, within the limit of what is at once in flight.

    From one thread at a time, and not inside a running event loop: it runs its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limit = Limit(settings.most_at_once)
        self._runner = asyncio.Runner()
        self._opened: Endpoint | None = None

    @property
    def _endpoint(self) -> Endpoint:
        """The endpoint, opened when it is first needed."""
        if self._opened is None:
            self._opened = Endpoint(self._settings)
        return self._opened

    def close(self) -> None:
        """Close the connections. Twice is as good as once."""
        opened, self._opened = self._opened, None
        try:
            if opened is not None:
                self._run(opened.close())
        finally:
            self._runner.close()

    async def _send(self, job: Job) -> Reply:
        """Send once."""
        return await self._endpoint.send(job)

    async def _call(self, job: Job, tries: int | None = None) -> Reply:
        """Call until there is an answer, a reason that stands, or no patience left.

        Raises:
            AskedWrongly: the endpoint will answer nobody (no such model, key refused, quota).
        """
        reply = await self._reply(job, tries)
        problem = stop(reply, self._settings)
        if problem is not None:
            raise problem
        return reply

    async def _reply(self, job: Job, tries: int | None = None) -> Reply:
        """Do what `_call` does, but return the last reply even where no call can succeed."""
        patience = Patience(self._settings, job.key, tries or self._settings.tries)
        while True:
            ticket = await self._limit.enter()
            try:
                reply = await self._send(job)
                if reply.reason == "rate_limited":
                    self._limit.throttled(ticket, reply.wait_s)
                elif reply.final:
                    self._limit.succeeded()
            finally:
                self._limit.leave()
            wait_s = patience.wait_s(reply)
            LOG.debug(
                "call %s: status %d, %s, next in %s s",
                job.key[:12], reply.status, reply.reason or "answered", wait_s,
            )  # fmt: skip
            if wait_s is None:
                return reply
            await asyncio.sleep(wait_s)

    def _all(self, jobs: Sequence[Job], on_reply: Callable[[int, Reply], None]) -> None:
        """Call for every job, and give its number and reply to `on_reply` as each ends."""

        async def work(numbered: tuple[int, Job]) -> None:
            at, job = numbered
            on_reply(at, await self._call(job))

        most = min(self._settings.most_at_once, len(jobs))
        self._run(run_all(enumerate(jobs), most, work))

    def _run(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` to its end.

        Raises:
            AskedWrongly: an event loop is running in this thread.
        """
        running = True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            running = False  # and nothing more here: what is raised below has no context
        if not running:
            return self._runner.run(work)
        work.close()
        problem = "A chat client can't be used inside a running event loop."
        raise AskedWrongly(problem, "Use it from a thread of its own.")


class Limit:
    """A gate for calls. `at` is the bound as it stands, at least 1 and at most `most`.

    The rule is additive increase, multiplicative decrease (Chiu & Jain, 1989): times 0.75 on a 429,
    plus 1 after 25 successes. Calls that were already in flight when the limit was cut tell nothing
    new about it, so a burst of 429s cuts it once. Retry-After closes the gate for all of them.
    """

    def __init__(self, most: int) -> None:
        self.at = float(min(FIRST, most))
        self._most = most
        self._running = 0
        self._successes = 0
        self._tickets = 0
        self._cut_at = 0
        self._opens_at = 0.0
        self._changed = asyncio.Event()

    async def enter(self) -> int:
        """Wait for a place; return the call's ticket, a number that rises from call to call."""
        while True:
            closed_s = self._opens_at - time.monotonic()
            if closed_s > 0:
                await asyncio.sleep(closed_s)
            elif self._running < int(self.at):
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        self._running += 1
        self._tickets += 1
        return self._tickets

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        self._changed.set()

    def succeeded(self) -> None:
        """Count a call that the endpoint took."""
        self._successes += 1
        if self._successes >= SUCCESSES_A_STEP:
            self._successes = 0
            self.at = min(float(self._most), self.at + 1)
            self._changed.set()

    def throttled(self, ticket: int, wait_s: float | None) -> None:
        """Cut the limit for a 429, and let no call start for `wait_s` seconds."""
        self._successes = 0
        if ticket > self._cut_at:
            self.at = max(1.0, self.at * CUT)
            self._cut_at = self._tickets
        if wait_s is not None:
            self._opens_at = max(self._opens_at, time.monotonic() + wait_s)


class Patience:
    """Says how long to wait before the next call of one request, or that it was the last."""

    def __init__(self, settings: Settings, key: str, tries: int) -> None:
        self._settings = settings
        self._rng = child(settings.seed, "backoff", key)
        self._left = float(tries)
        self._failed = 0
        self._waited_s = 0.0

    def wait_s(self, reply: Reply) -> float | None:
        """Return the seconds to wait after `reply`, None where the request has had its share.

        What Retry-After asks for is obeyed; otherwise the wait doubles, with a jitter of half.
        """
        if reply.reason not in AGAIN or reply.code == "insufficient_quota":
            return None
        self._left -= THROTTLED_WEIGHT if reply.reason == "rate_limited" else 1.0
        doubled = self._settings.backoff_s * 2.0**self._failed
        wait = min(LONGEST_BACKOFF_S, doubled) * self._rng.uniform(0.5, 1.0)
        if reply.wait_s is not None:
            wait = max(reply.wait_s, wait if reply.reason != "rate_limited" else 0.0)
        self._failed += 1
        self._waited_s += wait
        if self._left <= 0 or self._waited_s > self._settings.patience_s:
            return None
        return wait


async def run_all(jobs: Iterable[T], at_once: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Do `work` for every job, at most `at_once` of them together.

    The first error, or a cancellation, stops all of them; it is raised when the last has ended.
    """
    queue = iter(jobs)

    async def worker() -> None:
        for job in queue:
            await work(job)

    tasks = [asyncio.create_task(worker()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def check(settings: Settings) -> None:
    """Refuse settings that can't work. Asks for no package.

    Raises:
        AskedWrongly: no key where one is needed, no model, no such address, numbers below their
            least.
    """
    url, key = settings.base_url, key_of(settings)
    if not url and not key:
        raise AskedWrongly(
            f"The environment variable {settings.key_variable} holds no key.",
            f"Set {settings.key_variable}, or give --base-url for a server that needs none;"
            " rules (`piiforge build`) need neither.",
        )
    if not (key.isascii() and key.isprintable()):
        problem = f"The environment variable {settings.key_variable} holds no key, but other text."
        raise AskedWrongly(problem, "A key is printable ASCII; was it copied whole?")
    numbers = (settings.budget_usd, settings.input_usd_per_million, settings.output_usd_per_million)
    fewest = min(settings.tries, settings.most_at_once)
    wrong = {
        "The model has no name.": not settings.model,
        "The base URL is no http:// or https:// address.": bool(url)
        and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname),
        "At least one try and one call at once are needed.": fewest < 1,
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
        if not key_of(settings):
            return AskedWrongly(f"{url} wants a key.", f"Set {settings.key_variable}.")
        problem = f"{url} does not accept the key in {settings.key_variable}."
        return AskedWrongly(problem, f"Set another. {KEPT}")
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


def completion(body: bytes | str, status: int = 200, *, begun: bool = False) -> Reply:
    """Read a body that should be a completion of either kind.

    Where an answer was `begun`, any end and no text at all is an answer too.
    """
    found = object_of(body)
    usage, choices = found.get("usage"), found.get("choices")
    counts = usage if isinstance(usage, dict) else {}
    told = (counts.get(f"{of}_tokens") for of in ("prompt", "completion"))
    tokens_in, tokens_out = (n if isinstance(n, int) and n >= 0 else None for n in told)
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
