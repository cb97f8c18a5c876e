"""uvicorn, told what to leave out: its access log would hold queries, its banner says nothing."""

from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from piiforge.errors import AskedWrongly
from piiforge.predict import Detector
from piiforge.serve.app import create
from piiforge.serve.wire import Place, Settings

MOST_CONNECTIONS = 1024
_KEPT_ALIVE_S = 15


class Server(uvicorn.Server):
    """A server around one model. `failure` is why the model could not be loaded."""

    def __init__(
        self,
        load: Callable[[], Detector],
        settings: Settings,
        listening: Callable[[Place], None] | None,
    ) -> None:
        self.failure: BaseException | None = None
        self._settings = settings
        self._listening = listening
        super().__init__(_config(create(load, settings, self._fail), settings))

    async def startup(self, sockets: object = None) -> None:
        """Bind, then say where.

        Raises:
            AskedWrongly: nothing can listen there.
        """
        del sockets
        try:
            await super().startup()
        except SystemExit as error:
            place = f"{self._settings.host}:{self._settings.port}"
            raise AskedWrongly(
                f"Nothing can listen at {place}.", "It is taken or not ours: try another --port."
            ) from error
        if self._listening is not None:
            port = self.servers[0].sockets[0].getsockname()[1]
            self._listening(Place(self._settings.host, port, self._stop))

    def _stop(self) -> None:
        self.should_exit = True

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self.should_exit = True


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",  # what it says of a failed request may hold the request
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEPT_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.grace_s)),
    )
