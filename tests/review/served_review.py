"""A review served on loopback, and rows for it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from piiforge import review

HOSTILE = "<img src=x onerror=alert(1)><b>n</b>\u202e\u200b\x1b[2J"


@dataclass(frozen=True)
class Place:
    """Where a review is served."""

    url: str
    desk: review.Desk

    @property
    def token(self) -> str:
        return urlsplit(self.url).fragment

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def ask(self, path, body=None, method="", **headers):
        """Return status, headers and body of a request; with a body it is a decision."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection(self.host, timeout=30)
        content = json.dumps(body) if isinstance(body, dict) else body
        kept = {name: value for name, value in sent.items() if value is not None}
        connection.request(method or ("GET" if body is None else "POST"), path, content, kept)
        reply = connection.getresponse()
        told = reply.read()
        connection.close()
        return reply.status, dict(reply.getheaders()), told


@contextmanager
def reviewing(path: Path, reviewer: str = "ada", **where) -> Iterator[Place]:
    """Serve the review of a file until the block ends."""
    desk = review.Desk(review.open(path), reviewer)
    told: list[tuple[str, object]] = []
    thread = threading.Thread(
        target=review.serve,
        args=(desk, review.Listening(**where)),
        kwargs={"listening": lambda *each: told.append(each)},
    )
    thread.start()
    end = time.monotonic() + 15
    while not told:
        assert time.monotonic() < end, "the review never listened"
        time.sleep(0.01)
    try:
        yield Place(told[0][0], desk)
    finally:
        told[0][1]()
        thread.join()


def lines(path: Path, count: int = 12) -> Path:
    """Write lines to be labelled: a hostile one, an encoded one, two twins, plain ones."""
    contents = {0: HOSTILE, 1: "GET /a?ssn=%36%36%36-12-3456"}
    records = [
        {"id": f"row-{n}", "category": "ssn", "content": contents.get(n, f"ssn_{n}=666-12-{n:04d}")}
        | ({"twin": "pair"} if n in {2, 3} else {})
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
