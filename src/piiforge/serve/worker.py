"""One thread that does what it is given, in turn, and does not keep the process from ending."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Done = TypeVar("Done")


class _Call(Generic[Done]):
    """Something to be done, and where its outcome goes."""

    def __init__(self, call: Callable[[], Done]) -> None:
        self.future: Future[Done] = Future()
        self._call = call

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            done = self._call()
        except BaseException as error:  # whoever waits gets it: that is this thread's border
            self.future.set_exception(error)
        else:
            self.future.set_result(done)


class Worker:
    """The thread. A daemon, unlike an executor's: an engine that hangs can't hold up the end."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, call: Callable[[], Done]) -> Future[Done]:
        """Have `call` run after what was submitted before it."""
        asked = _Call(call)
        self._calls.put(asked.run)
        return asked.future

    def stop(self) -> None:
        """End the thread once all is done that was submitted."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
