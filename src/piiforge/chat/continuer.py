"""The client that asks for continuations: the same patience and limit as `Client`, and no journal.

Nothing of what is asked or answered is kept, on disk or in memory, so that it may be used where
contents must not lie about, for as long as one likes. So no answer is remembered, and no budget can
be kept: that is what `connect` is for.
"""

from collections.abc import Sequence

from piiforge.chat.calls import Caller, Job, run_all
from piiforge.chat.checking import check
from piiforge.chat.continuation import Continuation, Continued, body_of, path_of
from piiforge.chat.endpoint import Endpoint
from piiforge.chat.loop import Loop
from piiforge.chat.payload import key_of
from piiforge.chat.records import Settings
from piiforge.chat.replies import Reply
from piiforge.chat.stops import NOT_FOUND, stop, stop_probe
from piiforge.errors import AskedWrongly

PROBE_TRIES = 3
TRANSIENT = frozenset({"rate_limited", "timeout", "connection"})


class Continuer:
    """Asks one model at one endpoint to go on with begun answers. `calls` counts what was sent.

    From one thread at a time, and not inside a running event loop: it runs its own.

    Raises:
        AskedWrongly: settings that can't work, or a budget.
        MissingExtra: the `openai` package is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        check(settings)
        if settings.budget_usd is not None:
            hint = "A budget is kept in a journal, and these questions are in none: leave it off."
            raise AskedWrongly("No budget can be kept here.", hint)
        self.calls = 0
        self._settings = settings
        self._endpoint: Endpoint | None = Endpoint(settings)
        self._caller = Caller(self._send, settings)
        self._loop = Loop()

    def ask(self, asked: Sequence[Continuation]) -> list[Continued]:
        """Ask them all, several at once; return what became of each, in their order.

        Raises:
            AskedWrongly: the endpoint will answer nobody (not there, key refused, quota used up).
        """
        return self._loop.run(self._ask(asked)) if asked else []

    def probe(self, asked: Continuation) -> Continued:
        """Ask once, to find out whether this way of asking is offered at all.

        Where it is not, the reason is "rejected" or "server_error" and nothing is raised.

        Raises:
            AskedWrongly: the endpoint can't be used now, whatever the way.
        """
        return self._loop.run(self._probe(asked))

    def close(self) -> None:
        """Close the connections. Twice is as good as once."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            self._loop.run(endpoint.close())
            self._loop.close()

    async def _ask(self, asked: Sequence[Continuation]) -> list[Continued]:
        jobs = [self._job(each) for each in asked]
        replies: dict[int, Reply] = {}

        async def work(numbered: tuple[int, Job]) -> None:
            at, job = numbered
            replies[at] = await self._caller.call(job)

        await run_all(enumerate(jobs), min(self._settings.most_at_once, len(jobs)), work)
        return [_outcome(each, replies[at]) for at, each in enumerate(asked)]

    async def _probe(self, asked: Continuation) -> Continued:
        tries = min(PROBE_TRIES, self._settings.tries)
        reply = await self._caller.reply(self._job(asked), tries=tries)
        no_such_path = reply.status == NOT_FOUND and "model" not in reply.about
        if reply.reason in TRANSIENT or reply.html:
            raise stop_probe(reply, self._settings)
        problem = None if no_such_path else stop(reply, self._settings)
        if problem is not None:
            raise problem
        return _outcome(asked, reply)

    async def _send(self, job: Job) -> Reply:
        assert self._endpoint is not None, "it is closed"
        self.calls += 1
        return await self._endpoint.go_on(job.path, job.payload)

    def _job(self, asked: Continuation) -> Job:
        body = body_of(asked, self._settings.model)
        return Job(key_of(body), body, path=path_of(asked))


def _outcome(asked: Continuation, reply: Reply) -> Continued:
    return Continued(asked, reply.reason, reply.text, reply.tokens, reply.input_tokens)
