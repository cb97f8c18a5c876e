"""Serving from start to end: bind, load, answer, drain."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from piiforge.errors import MissingExtra
from piiforge.predict import Detector
from piiforge.serve.wire import Place, Settings

_EXTRA = {"fastapi": "fastapi", "uvicorn": "uvicorn", "prometheus_client": "prometheus-client"}
_STOPS = (signal.SIGINT, signal.SIGTERM)


def run(
    load: Callable[[], Detector],
    settings: Settings,
    *,
    listening: Callable[[Place], None] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or `Place.stop`, then answer what was accepted and return.

    `load` runs beside the server, which says 503 until the model has answered once. `listening`
    hears where the server listens as soon as it does. Signals reach the main thread only.

    Raises:
        MissingExtra: the extra `serve` is not installed.
        AskedWrongly: nothing can listen there.
        PiiforgeError: the model can't be loaded.
    """
    try:
        from piiforge.serve.server import Server
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package in _EXTRA:
            raise MissingExtra(_EXTRA[package], "serve") from error
        raise
    server = Server(load, settings, listening)
    with _deaf_afterwards():
        server.run()
    if server.failure is not None:
        raise server.failure


@contextmanager
def _deaf_afterwards() -> Iterator[None]:
    """Let the server's end be the end: uvicorn raises the signal again that it stopped on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: None) for each in _STOPS}
    try:
        yield
    finally:
        for each, was in before.items():
            signal.signal(each, was)
