"""A real server on loopback, and values to ask about."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import httpx

from piiforge import categories, predict, serve
from piiforge.predict import Detector

TOKEN = "correct-horse-battery"


@contextmanager
def serving(load: Callable[[], Detector] | None = None, **settings) -> Iterator[httpx.Client]:
    """Serve on a free port until the block ends; give a client of it once it is ready."""
    with started(load, **settings) as place:
        token = settings.get("token", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(base_url=place.url, headers=headers, timeout=30) as client:
            wait_until(lambda: client.get("/ready").status_code == 200)
            yield client


@contextmanager
def started(load: Callable[[], Detector] | None = None, **settings) -> Iterator[serve.Place]:
    """Serve on a free port until the block ends; give the place, ready or not."""
    places: list[serve.Place] = []
    asked = serve.Settings(port=0, **settings)
    loads = load or (lambda: predict.load("rules"))
    thread = threading.Thread(
        target=serve.run, args=(loads, asked), kwargs={"listening": places.append}
    )
    thread.start()
    wait_until(lambda: places or not thread.is_alive())
    try:
        yield places[0]
    finally:
        places[0].stop()
        thread.join(30)
        assert not thread.is_alive()


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def drawn(category: str, seed: int = 7) -> str:
    """Return a value of `category`, drawn from a seed, as it is usually written."""
    rng = Random(f"{category}/{seed}")
    return " ".join(part.text for part in categories.get(category).draw(rng).parts)
