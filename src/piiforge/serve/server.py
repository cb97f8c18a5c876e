"""Serving from start to end: bind, load, answer, drain."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.predict import Detector
from piiforge.serve.wire import Place, Settings

MOST_CONNECTIONS = 1024
_KEPT_ALIVE_S = 15
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
        import uvicorn

        from piiforge.serve.app import create
        from piiforge.serve.gate import Gate
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package in _EXTRA:
            raise MissingExtra(_EXTRA[package], "serve") from error
        raise
    failures: list[BaseException] = []

    class Server(uvicorn.Server):
        """Says where it listens; ends where the model can't be loaded."""

        async def startup(self, sockets: object = None) -> None:
            """Bind, then say where."""
            del sockets
            try:
                await super().startup()
            except SystemExit as error:
                place = f"{settings.host}:{settings.port}"
                hint = "It is taken or not ours: try another --port."
                raise AskedWrongly(f"Nothing can listen at {place}.", hint) from error
            if listening is not None:
                port = self.servers[0].sockets[0].getsockname()[1]
                listening(Place(settings.host, port, self.stop))

        def stop(self) -> None:
            """Drain and end, from any thread."""
            self.should_exit = True

    def failed(error: BaseException) -> None:
        failures.append(error)
        server.stop()

    config = uvicorn.Config(
        Gate(create(load, settings, failed), settings),
        host=settings.host,
        port=settings.port,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",  # what it says of a failed request may hold the request
        access_log=False,  # it would hold queries
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEPT_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.grace_s)),
    )
    server = Server(config)
    with _deaf_afterwards():
        server.run()
    for failure in failures:
        raise failure


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
