"""Engines: run pieces of work in this process, in several, or on a Ray cluster.

An engine knows nothing of what it runs. A piece is asked for by a small description (which shard,
which range of a file) and answers with a small line (where the result lies, its hash, its counts);
rows never pass through an engine. Each worker calls `start` once, which loads what is heavy (a
recipe's composers, a model) and returns what does a piece. So a model is loaded once a worker, and
what is passed must be picklable: a function of a module, a `functools.partial` of one, a record.

A worker that is killed costs its piece only. The piece is run again, by a new worker, twice at
most; so a piece must write its result whole or not at all, and the same each time.

>>> from functools import partial
>>> list(get("processes", workers=1).run(partial(partial, pow, 2), [3, 5]))
[(0, 8), (1, 32)]
"""

import asyncio
import logging
import multiprocessing
import os
import secrets
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from piiforge import __version__
from piiforge.errors import AskedWrongly, GateFailed, MissingExtra, PiiforgeError, UnknownName

NAMES = ("processes", "ray")
RUNS = 3  # of one piece: the first, and twice again
_REACHED_S = 5.0  # within which a cluster answers
# What a client says first, with settings of its own that are empty; and the type of such a frame
_HTTP2_HELLO, _HTTP2_SETTINGS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4" + bytes(5), 4
# Loaded by the server that workers are forked from, so that their memory is shared
_PRELOADED = ["piiforge.build", "piiforge.predict"]
# Read by Ray when it is imported: no word home, nothing but loopback where no cluster is named
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
_RAY_STORE_BYTES = 80 * 1024 * 1024  # the least that Ray takes: lines are small

Asked = TypeVar("Asked")
Line = TypeVar("Line")
Work = Callable[[Asked], Line]


class Engine(Protocol):
    """Runs pieces. `run` yields (place in `asked`, line) as pieces are done, in any order.

    It takes from `asked` as workers become free, so a long one may be an iterator. Closing what it
    returned ends the workers.

    Raises:
        GateFailed: a worker was killed RUNS times at the same piece.
        AskedWrongly: the engine can't be had, or its workers are not what this process is.
        PiiforgeError: what a piece raised.
    """

    def run(
        self, start: Callable[[], Work[Asked, Line]], asked: Iterable[Asked]
    ) -> Iterator[tuple[int, Line]]:
        """Run every piece of `asked`."""


def get(name: str, workers: int = 0) -> Engine:
    """Return the engine called `name` with so many workers; 0 is one a core, of the cluster's.

    One worker of "processes" is this process itself. "ray" joins the cluster that RAY_ADDRESS
    names; without one, it starts its own on loopback, under a token of its own, for the time of a
    run.
    """
    if name not in NAMES:
        raise UnknownName("engine", name, NAMES)
    if name == "ray":
        return _Ray(workers, os.environ.get("RAY_ADDRESS", ""))
    count = workers or os.cpu_count() or 1
    return _Here() if count == 1 else _Processes(count)


class _Pile(Generic[Asked]):
    """The pieces that are still to be given out, and how often each was."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        self._fresh = enumerate(asked)
        self._again: list[tuple[int, Asked]] = []
        self._lost: Counter[int] = Counter()

    def take(self) -> tuple[int, Asked] | None:
        """Return the next piece and its place, None where there is none left."""
        return self._again.pop() if self._again else next(self._fresh, None)

    def lost(self, place: int, piece: Asked) -> None:
        """Take back a piece whose worker was lost."""
        self._lost[place] += 1
        if self._lost[place] == RUNS:
            raise GateFailed(
                f"a worker was killed {RUNS} times at piece {place + 1}.",
                "Free some memory or use fewer --workers; what is done is kept for --resume.",
            )
        self._again.append((place, piece))


class _Here:
    """Runs pieces in this process, one after the other."""

    def run(
        self, start: Callable[[], Work[Asked, Line]], asked: Iterable[Asked]
    ) -> Iterator[tuple[int, Line]]:
        work = start()
        return ((place, work(piece)) for place, piece in enumerate(asked))


class _Worker(Generic[Asked, Line]):
    """A process and the pipe to it. `busy` is the piece that it is at."""

    def __init__(self, context: BaseContext, start: Callable[[], Work[Asked, Line]]) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, start), daemon=True)  # type: ignore[attr-defined]  # BaseContext has it by its classes
        with _no_main():
            self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self.busy: tuple[int, Asked] | None = None

    def give(self, piece: tuple[int, Asked]) -> None:
        self.busy = piece
        with suppress(OSError):  # it is gone: its end of the pipe tells
            self.pipe.send(piece[1])

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()
        self.process.close()


class _Processes:
    """Runs pieces in processes, each with its own pipe, so that the end of one touches no other."""

    def __init__(self, count: int) -> None:
        self._count = count

    def run(
        self, start: Callable[[], Work[Asked, Line]], asked: Iterable[Asked]
    ) -> Iterator[tuple[int, Line]]:
        method = (
            "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        )
        context = multiprocessing.get_context(method)
        context.set_forkserver_preload(_PRELOADED)
        pile, workers = _Pile(asked), dict[Connection, _Worker[Asked, Line]]()

        def hire() -> None:
            if piece := pile.take():
                worker = _Worker[Asked, Line](context, start)
                workers[worker.pipe] = worker
                worker.give(piece)

        try:
            for _ in range(self._count):
                hire()
            while workers:
                for pipe in wait(list(workers)):
                    worker = workers[pipe]  # type: ignore[index]  # only pipes were waited for
                    assert worker.busy  # it answers what it was given
                    try:
                        line, error = worker.pipe.recv()
                    except (EOFError, OSError):
                        workers.pop(worker.pipe).end()
                        pile.lost(*worker.busy)
                        hire()
                        continue
                    if error is not None:
                        raise error
                    place, _ = worker.busy
                    if piece := pile.take():
                        worker.give(piece)
                    else:
                        workers.pop(worker.pipe).end()
                    yield place, line
        finally:
            for worker in workers.values():
                worker.end()


def _serve(pipe: Connection, start: Callable[[], Work[Asked, Line]]) -> None:
    """Answer each piece that comes over `pipe` with (line, None) or (None, what was raised)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = start()
        while True:
            pipe.send((work(pipe.recv()), None))
    except (EOFError, BrokenPipeError):
        return
    except BaseException as error:  # whatever it is, it is the parent's to raise
        if not isinstance(error, PiiforgeError):
            error.add_note(traceback.format_exc())
        pipe.send((None, error))


@contextmanager
def _no_main() -> Iterator[None]:
    """Keep a new process from running the script of this one, which need not expect that."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _end_with_parent() -> None:
    """End at once where the parent was killed: nobody waits for what is being made."""
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        os._exit(1)


class _Actor(Generic[Asked, Line]):
    """What each Ray worker holds: what `start` loaded, from the first piece on."""

    def __init__(self, start: Callable[[], Work[Asked, Line]]) -> None:
        self._start = start
        self._work: Work[Asked, Line] | None = None

    def work(self, piece: Asked) -> Line:
        if self._work is None:  # here and not above, so that its error is the piece's
            self._work = self._start()
        return self._work(piece)


class _Ray:
    """Runs pieces on Ray: a pool of actors, one piece at a time each."""

    def __init__(self, workers: int, address: str) -> None:
        self._workers, self._address = workers, address

    def run(
        self, start: Callable[[], Work[Asked, Line]], asked: Iterable[Asked]
    ) -> Iterator[tuple[int, Line]]:
        ray = _ray(loopback=not self._address)
        own = not ray.is_initialized()
        if own:
            self._join(ray)
        try:
            _look_at_nodes(ray)
            yield from self._pieces(ray, start, _Pile(asked))
        finally:
            if own:
                ray.shutdown()

    def _pieces(
        self,
        ray: Any,  # noqa: ANN401 (a module)
        start: Callable[[], Work[Asked, Line]],
        pile: _Pile[Asked],
    ) -> Iterator[tuple[int, Line]]:
        kind = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(_Actor)
        running: dict[object, tuple[Any, int, Asked]] = {}

        def give(actor: Any = None) -> None:  # noqa: ANN401 (Ray's own types are made at run time)
            if piece := pile.take():
                actor = actor or kind.remote(start)
                running[actor.work.remote(piece[1])] = actor, *piece

        for _ in range(self._workers or int(ray.cluster_resources().get("CPU", 1))):
            give()
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            actor, place, piece = running.pop(done)
            try:
                line = ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError:  # the worker or its node is gone
                pile.lost(place, piece)
                give()
                continue
            give(actor)
            yield place, line

    def _join(self, ray: Any) -> None:  # noqa: ANN401
        """Join the cluster of the address, or start one on loopback."""
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if not self._address:
            ray.init(
                address="local",
                num_cpus=self._workers or os.cpu_count(),
                include_dashboard=False,
                object_store_memory=_RAY_STORE_BYTES,
                **quiet,
            )
            return
        hint = "Check RAY_ADDRESS (HOST:PORT of its head, from one of its nodes) and its token."
        unreached = AskedWrongly(f"no Ray cluster answers at {self._address}.", hint)
        # Ray would end this process where nothing answers
        if self._address != "auto" and not asyncio.run(_answers(self._address)):
            raise unreached
        try:
            ray.init(address=self._address, **quiet)
        except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise unreached from error


async def _answers(address: str) -> bool:
    """Say whether `address` is HOST:PORT and what listens there speaks HTTP/2, as Ray's head does.

    It does so with its settings first (RFC 9113, 3.4 and 6.5). With TLS that is left to Ray.
    """
    host, _, port = address.rpartition(":")
    if "//" in host or not port.isdigit():
        return False
    try:
        async with asyncio.timeout(_REACHED_S):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                if os.environ.get("RAY_USE_TLS") == "1":
                    return True
                writer.write(_HTTP2_HELLO)
                return (await reader.readexactly(9))[3] == _HTTP2_SETTINGS
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


def _ray(*, loopback: bool) -> Any:  # noqa: ANN401 (a module)
    """Import Ray, quiet; its own cluster listens on loopback alone and asks for a new token."""
    os.environ.update(_QUIET)
    if loopback:
        ours = all(os.environ.get(name) == value for name, value in _LOOPBACK.items())
        if "ray" in sys.modules and not ours and not sys.modules["ray"].is_initialized():
            raise AskedWrongly(
                "Ray was imported before it could be told to listen on loopback alone.",
                "Call ray.init() yourself, or import ray later.",
            )
        os.environ.update(_LOOPBACK)
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("ray", "scale") from error
    return ray


def _look_at_nodes(ray: Any) -> None:  # noqa: ANN401
    """Raise where a node has no piiforge, or another version: what it makes would differ."""

    def version() -> str:  # pickled whole, for it is within a function: it needs nothing of ours
        try:
            from piiforge import __version__
        except ImportError:
            return ""
        return __version__

    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    look = ray.remote(num_cpus=0)(version)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    asked = [
        look.options(scheduling_strategy=strategy(node["NodeID"], soft=False)).remote()
        for node in nodes
    ]
    for node, found in zip(nodes, ray.get(asked), strict=True):
        if found != __version__:
            has = f"has piiforge {found}" if found else "has no piiforge"
            raise AskedWrongly(
                f"the node {node['NodeManagerAddress']} {has}, this process {__version__}.",
                "Install the same version on every node.",
            )
