"""Context's weights, what they say of one content, and the file that they are kept in.

The file is numpy's own archive of plain arrays, never a pickle:

    weights   float16 (SLOTS,)          what each slot adds to the log odds
    biases    float32 (categories,)     and each category
    bands     float32 (categories, 3)   sensitive from the first; surely not, surely: second, third
    curves    float32 (categories, 3, POINTS)  threshold, precision, recall, on validation
    about     uint8 (bytes,)            JSON: version, categories, what it was fitted from

>>> shipped().categories[:3]
('bank_account', 'credit_card', 'drivers_license')
>>> aim_of("recall=.98")
('recall', 0.98)
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import orjson

from piiforge import files, reader
from piiforge.context.features import SLOTS, seen, slots
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.reader import Finding
from piiforge.types import Switches

Floats = np.ndarray[Any, np.dtype[np.float64]]

VERSION = 1
POINTS = 65
AIMS = ("recall", "precision")
_MOST_BYTES = 8_000_000
_CUES = 3  # words told of what weighed most
_FOREIGN = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, BadZipFile)
_HINT = "Make one with `piiforge train DIR --kind context --out FILE`."


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the log odds part: sensitive from `at` on; between `low` and `high` it is unsure."""

    at: float
    low: float
    high: float

    def unsure(self, score: float) -> bool:
        """Whether a score is between surely not and surely."""
        return self.low < score < self.high


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of one content for one category.

    `score` is in calibrated log odds. `yes` is the reader's own verdict, `findings` are its, best
    first. `cues` are the words around that weighed most, for and against.
    """

    score: float
    yes: bool
    findings: tuple[Finding, ...]
    cues: tuple[str, ...] = ()

    @property
    def p(self) -> float:
        """The score as a probability."""
        grown = exp(-abs(self.score))
        return (1 if self.score >= 0 else grown) / (1 + grown)


@dataclass(frozen=True)
class Context:
    """A fitted context. `about` says what it was fitted from."""

    categories: tuple[str, ...]
    weights: Floats
    biases: Floats
    bands: Floats
    curves: Floats
    about: Mapping[str, object]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.categories)}

    def place(self, category: str) -> int:
        """Return where a category stands.

        Raises:
            UnknownName: this context was not fitted for it.
        """
        at = self._places.get(category)
        if at is None:
            raise UnknownName("category", category, self.categories, "context")
        return at

    def word(
        self,
        category: str,
        content: str,
        *,
        switches: Switches | None = None,
        explain: bool = False,
    ) -> Word:
        """Judge a content for a category; `explain` looks for the words that weighed most.

        Raises:
            UnknownName: this context was not fitted for the category.
        """
        at, decided = self.place(category), switches or Switches()
        found = reader.find(content, category)
        if not (decided.partial_mask and decided.role_mailbox):
            found = [reader.switched(one, decided) for one in found]
        names = seen(content, category, found)
        score = self._score_of_nothing(tuple(names)) if not found else self._score(names)
        score += float(self.biases[at])
        cues = self._cues(names) if explain else ()
        return Word(score, reader.judge(found), tuple(found), cues)

    def _score(self, names: Sequence[str]) -> float:
        return float(self.weights[slots(names)].sum(dtype=np.float64))

    @cached_property
    def _score_of_nothing(self) -> Callable[[tuple[str, ...]], float]:
        """The score where the reader found nothing: of that only so much can be seen."""
        return lru_cache(maxsize=512)(self._score)

    def _cues(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the words around that weighed most."""
        weighed: dict[str, float] = {}
        for name in names:
            side, _, word = name.rpartition("=")
            word = word.partition(":")[2]
            if side.endswith(("before", "after")) and word.isalpha():
                (slot,) = slots([name])
                weighed[word] = weighed.get(word, 0.0) + float(self.weights[slot])
        heaviest = sorted(weighed, key=lambda word: (-abs(weighed[word]), word))
        return tuple(heaviest[:_CUES])

    def parting(self, category: str, aim: str = "") -> Parting:
        """Return where verdicts part for a category; `aim` as `recall=.98` moves where.

        The threshold of an aim is the one of best precision at that recall on validation rows (or
        of best recall at that precision); what lies between it and the balanced one is no longer
        unsure on that side.

        Raises:
            AskedWrongly: it is no aim, or validation held no threshold that reaches it.
        """
        at, low, high = map(float, self.bands[self.place(category)])
        if not aim:
            return Parting(at, low, high)
        kind, wanted = aim_of(aim)
        thresholds, precision, recall = self.curves[self.place(category)]
        reached, other = (recall, precision) if kind == "recall" else (precision, recall)
        good = np.flatnonzero(reached >= wanted)
        if not len(good):
            best = float(reached.max())
            raise AskedWrongly(
                f"No threshold for {category} has a {kind} of {wanted:g} on validation rows; "
                f"{best:.3f} is the most.",
                "Ask for less, or leave --aim off.",
            )
        at = float(thresholds[good[np.argmax(other[good])]])
        return Parting(at, min(low, at), max(high, at))

    def bytes(self) -> bytes:
        """Return it as a file: the same context, the same bytes."""
        about = {"version": VERSION, "categories": self.categories, **self.about}
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "weights": self.weights.astype(np.float16),
            "biases": self.biases.astype(np.float32),
            "bands": self.bands.astype(np.float32),
            "curves": self.curves.astype(np.float32),
            "about": np.frombuffer(orjson.dumps(about, option=orjson.OPT_SORT_KEYS), np.uint8),
        }
        out = io.BytesIO()
        np.savez(out, allow_pickle=False, **arrays)
        return out.getvalue()


def aim_of(text: str) -> tuple[str, float]:
    """Read what verdicts aim at: `recall=.98` or `precision=.98`.

    Raises:
        AskedWrongly: it is neither, or the share is not between 0 and 1.
    """
    kind, _, number = text.partition("=")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if kind not in AIMS or not 0 < share <= 1:
        raise AskedWrongly(f"{text!r} is no aim.", "Write --aim recall=.98 or precision=.98.")
    return kind, share


@lru_cache(maxsize=1)
def shipped() -> Context:
    """Return the context that comes with piiforge (scripts/context.py makes it)."""
    return read(Path(__file__).with_name("data") / "base.npz")


def read(path: Path) -> Context:
    """Read a context's file.

    Raises:
        AskedWrongly: it is not there, or is no context of this version.
    """
    if not path.is_file():
        raise AskedWrongly(f"There is no context at {path}.", _HINT)
    problem = AskedWrongly(f"{path} is no context of this version.", _HINT)
    if path.stat().st_size > _MOST_BYTES:
        raise problem
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        about = orjson.loads(arrays.pop("about").tobytes())
        names = tuple(about.pop("categories"))
    except _FOREIGN as error:
        raise problem from error
    count = len(names)
    shapes = {
        "weights": (SLOTS,), "biases": (count,), "bands": (count, 3), "curves": (count, 3, POINTS)
    }  # fmt: skip
    fit = {name: array.shape for name, array in arrays.items()} == shapes and all(
        array.dtype.kind == "f" and np.isfinite(array).all() for array in arrays.values()
    )
    if about.pop("version", None) != VERSION or not fit or not all(map(str, names)):
        raise problem
    plain = {name: array.astype(np.float64) for name, array in arrays.items()}
    return Context(names, **plain, about=about)


def write(context: Context, path: Path, *, force: bool = False) -> None:
    """Write a context's file, whole or not at all; see `files.draft`."""
    with files.draft(path, force=force) as part:
        part.write_bytes(context.bytes())
