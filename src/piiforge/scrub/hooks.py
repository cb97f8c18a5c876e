"""Scrubbing where text is made: a string, a record, the messages of `logging` and structlog.

Each takes values out before anything is written. What can't be judged, and what a value can't be
taken out of, gives way to `<removed>`.

>>> text("ssn: 666-12-3456, never issued")
'ssn: 666-12-3456, never issued'
"""

import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cache

import orjson

from piiforge import predict
from piiforge.scrub.cleaner import REMOVED, Cleaner
from piiforge.scrub.modes import Modes
from piiforge.types import applied

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


@cache
def usual() -> Cleaner:
    """Return a cleaner with the default detector that writes labels, made once."""
    return Cleaner(predict.load(), Modes())


def text(content: str, cleaner: Cleaner | None = None) -> str:
    """Return a text without the values in it."""
    [done] = (cleaner or usual()).clean([content])
    return REMOVED if done.stuck or done.unread else applied(content, done.edits)


def records(
    some: Iterable[Mapping[str, object]], cleaner: Cleaner | None = None
) -> Iterator[dict[str, object]]:
    """Yield each record without the values in it; what was not changed is the same object.

    A record is judged as the JSON that it makes: its keys say what its values are.
    """
    for record in some:
        yield _record(record, cleaner or usual())


def _record(record: Mapping[str, object], cleaner: Cleaner) -> dict[str, object]:
    content = orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    [done] = cleaner.clean([content])
    if done.stuck or done.unread:
        return dict.fromkeys(record, REMOVED)
    if not done.edits:
        return dict(record)
    before, after = orjson.loads(content), orjson.loads(applied(content, done.edits))
    return {
        name: record[name] if name in record and before.get(name) == said else said
        for name, said in after.items()
    }


class Filter(logging.Filter):
    """A filter of `logging` that scrubs messages, exceptions and what `extra` added.

    Put it on a handler: a filter of a logger does not see what its children log.

    >>> handler = logging.StreamHandler()
    >>> handler.addFilter(Filter())
    """

    def __init__(self, cleaner: Cleaner | None = None) -> None:
        """Take a cleaner, or the usual one, which is made with the first message."""
        super().__init__()
        self._cleaner = cleaner

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub a record in its place, and let it through."""
        cleaner = self._cleaner or usual()
        said = record.getMessage()
        clean = text(said, cleaner)
        if clean != said:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0]:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            record.exc_text, record.exc_info = text(trace, cleaner), None
        elif record.exc_text:
            record.exc_text = text(record.exc_text, cleaner)
        if record.stack_info:
            record.stack_info = text(record.stack_info, cleaner)
        own = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if own:
            record.__dict__.update(_kept(own, _record(own, cleaner)))
        return True


def _kept(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Return what attributes become: one whose key was dropped is empty."""
    return {name: after.get(name, "") for name in before}


class Processor:
    """A processor of structlog: event dictionaries without the values in them.

    It stands behind those that add to the event, such as `format_exc_info`, before the renderer.
    """

    def __init__(self, cleaner: Cleaner | None = None) -> None:
        """Take a cleaner, or the usual one, which is made with the first event."""
        self._cleaner = cleaner

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        """Return an event scrubbed."""
        return _record(event, self._cleaner or usual())
