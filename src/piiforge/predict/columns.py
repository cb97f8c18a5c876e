"""Flag: a column of texts in, the same kind of column out, true where a text holds personal data.

pandas, Polars, NumPy, Arrow or any sequence: what comes back is of the same kind, in the same
order and with the same index. None of them is imported here that is not there already.

>>> flag(["a=1", "contact: 4111-20260121"])
[False, False]
>>> flag(["a=1"], by_category=True, categories=["ssn", "phone"])
{'ssn': [False], 'phone': [False]}
"""

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from piiforge.errors import AskedWrongly
from piiforge.predict.detector import Detector, load

_AT_ONCE = 512  # texts that are judged together
_MISSING = frozenset({"NoneType", "NAType", "NaTType"})
Flags = list[bool | None]


def flag(
    texts: Any,  # noqa: ANN401 (a column of whichever library; it comes back as the same)
    categories: Iterable[str] = (),
    *,
    by_category: bool = False,
    system: str | Path | Detector = "context",
) -> Any:  # noqa: ANN401
    """Say of each text whether it holds a value of `categories` (any without them).

    What comes back is a column of the kind of `texts` (a list for what is no column), or with
    `by_category` a table with a column a category (a dict of lists). True is a verdict that some
    stage was sure of, as `piiforge scan` counts findings; False is none, or no text there (None,
    NaN). None (pandas' NA, null) is a text that the system did not read to its end: not clean.
    Equal texts are asked once. `system` names one as `piiforge.load` takes it, or is one that is
    open, which stays open.

    Raises:
        AskedWrongly: a value of the column is no text.
        UnknownName: no such category or system.
    """
    values = list(texts)
    told = [_text(value, at) for at, value in enumerate(values)]
    if isinstance(system, Detector):
        names, found = _judged(system, told, tuple(categories) or system.categories)
    else:
        with load(system, categories=categories) as detector:
            names, found = _judged(detector, told, detector.categories)
    if by_category:
        columns = {
            name: [found[text][name] if text is not None else False for text in told]
            for name in names
        }
        return _table(texts, columns)
    whole = {text: _any(verdicts.values()) for text, verdicts in found.items()}
    return _column(texts, [whole[text] if text is not None else False for text in told])


def _text(value: object, at: int) -> str | None:
    if isinstance(value, str):
        return str(value)
    if type(value).__name__ in _MISSING or (isinstance(value, float) and value != value):
        return None
    as_py = getattr(value, "as_py", None)  # of an Arrow scalar
    if as_py is not None:
        return _text(as_py(), at)
    hint = "Turn the column into texts first."
    raise AskedWrongly(f"value {at} of the column is a {type(value).__name__}, no text.", hint)


def _judged(
    detector: Detector, told: Sequence[str | None], names: Sequence[str]
) -> tuple[Sequence[str], Mapping[str, Mapping[str, bool | None]]]:
    """Return for each distinct text what is said of each category."""
    distinct = iter(dict.fromkeys(text for text in told if text is not None))
    found: dict[str, dict[str, bool | None]] = {}
    while batch := list(islice(distinct, _AT_ONCE)):
        for text, said in zip(batch, detector.judge(batch, names), strict=True):
            found[text] = {
                name: None if one.is_sensitive is None else one.is_sensitive and not one.unsure
                for name, one in said.items()
            }
    return names, found


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    """Return True for one that is, else None for one that was not read, else False."""
    found = list(verdicts)
    return True if True in found else None if None in found else False


def _column(like: object, flags: Flags) -> object:
    make = _MAKERS.get(_library(like))
    return flags if make is None else make(like, flags)


def _library(like: object) -> str:
    return type(like).__module__.partition(".")[0]


def _pandas(like: Any, flags: Flags) -> object:  # noqa: ANN401
    pandas = importlib.import_module("pandas")
    index = like.index if isinstance(like, pandas.Series) else None
    kind = "boolean" if None in flags else bool  # pandas' own bool has no NA
    return pandas.Series(flags, index=index, name=getattr(like, "name", None), dtype=kind)


def _polars(like: Any, flags: Flags) -> object:  # noqa: ANN401
    polars = importlib.import_module("polars")
    return polars.Series(like.name, flags, dtype=polars.Boolean)


def _numpy(_like: object, flags: Flags) -> object:
    numpy = importlib.import_module("numpy")
    return numpy.array(flags, dtype=object if None in flags else bool)


def _arrow(_like: object, flags: Flags) -> object:
    arrow = importlib.import_module("pyarrow")
    return arrow.array(flags, arrow.bool_())


_MAKERS: Mapping[str, Callable[[Any, Flags], object]] = {
    "pandas": _pandas, "polars": _polars, "numpy": _numpy, "pyarrow": _arrow,
}  # fmt: skip


def _table(like: object, columns: Mapping[str, Flags]) -> object:
    made = {name: _column(like, flags) for name, flags in columns.items()}
    library = _library(like)
    if library in {"pandas", "polars"}:
        frames = importlib.import_module(library)
        return frames.DataFrame({name: _renamed(each, name) for name, each in made.items()})
    return importlib.import_module("pyarrow").table(made) if library == "pyarrow" else made


def _renamed(series: Any, name: str) -> object:  # noqa: ANN401
    return series.rename(name)
