"""An event loop of one's own, for a client that is used without `await`."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from piiforge.errors import AskedWrongly

T = TypeVar("T")


class Loop:
    """Runs one piece of work after another. Not for use inside a running event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` to its end.

        Raises:
            AskedWrongly: an event loop is running in this thread.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            running = False
        else:
            running = True
        if not running:
            return self._runner.run(work)
        work.close()
        problem = "A chat client can't be used inside a running event loop."
        raise AskedWrongly(problem, "Use it from a thread of its own.")

    def close(self) -> None:
        """End it. Twice is as good as once."""
        self._runner.close()
