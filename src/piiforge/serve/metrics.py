"""What is counted, for Prometheus. Labels are routes, statuses, categories: never a content."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from piiforge.predict import Detection

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PAIRS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_ANSWERS = {True: "sensitive", False: "clean", None: "unread"}


class Counts:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "piiforge_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "piiforge_request_seconds",
            "From a request's first byte to its answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "piiforge_waiting_questions", "Questions in the queue.", registry=self._registry
        )
        self._batches = Histogram(
            "piiforge_batch_questions",
            "Questions asked of the model together.",
            buckets=_PAIRS,
            registry=self._registry,
        )
        self._verdicts = Counter(
            "piiforge_verdicts",
            "Verdicts by what they said and who decided.",
            ("category", "answer", "decided_by"),
            registry=self._registry,
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is one of ours or "other"; else labels would grow."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def waiting(self, questions: int) -> None:
        """Note how many questions wait."""
        self._waiting.set(questions)

    def batch(self, questions: int) -> None:
        """Count one call of the model."""
        self._batches.observe(questions)

    def said(self, found: Sequence[Detection]) -> None:
        """Count verdicts."""
        for each in found:
            answer = _ANSWERS[each.is_sensitive]
            self._verdicts.labels(each.category, answer, each.decided_by).inc()

    def page(self) -> bytes:
        """Return all of it in Prometheus's text format 0.0.4."""
        return generate_latest(self._registry)
