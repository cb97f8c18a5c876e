"""A shard: a part of a data set, made by itself, and the line that says what is in it.

A shard is a function of the order (recipe, seed, versions, of how many shards) and its number, and
of nothing else. It comes to two files, written in this turn, each whole or not at all:

    shard-00003-of-00050.parquet   its rows, and those that it dropped, with the reason
    shard-00003-of-00050.json      its line: the order's key, the file's SHA-256, what was counted,
                                   and 8-byte hashes of all that may not stand in two shards

A shard whose line is there is whole. What no shard can know alone holds by design, and `proof`
proves it from the lines: counts, as each shard has its exact part of every margin of the plan
(`compose.Shard`); splits, as families are dealt by the recipe's seed alone. A drawn value or a text
that another shard has drawn, too, is found there and drawn again here (`mend`).
"""

import base64
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from piiforge import __version__, build, categories, checks, compose, prompt
from piiforge.errors import AskedWrongly, QuotaUnmet
from piiforge.recipe import Recipe, make
from piiforge.rng import child, digest
from piiforge.scale.places import Place
from piiforge.types import FINITE, SPLITS, Cue, Example

if TYPE_CHECKING:
    import pyarrow as pa

ORDER = "order.json"
NAMED = "shard-"  # what the files of every shard begin with
WORK = ("input", "output", "spec", "reason", "detail")  # columns that only a shard has
ONCE = ("value", "text")  # what may stand in one unit alone
APART = ("skeleton", "family", "frame")  # what may stand in one split alone
_OF_ITS_LENGTH = 3  # rounds of mending: there are only so many short lines
_LONGER = {"short": "line", "line": "long"}

Hashes = NDArray[np.uint64]
Units = Mapping[str, tuple[Hashes, Hashes]]  # by axis: hashes, and the unit that has each


@dataclass(frozen=True, slots=True)
class Order:
    """What is made, in so many shards. `inputs` are the files drawn on, by SHA-256."""

    recipe: Mapping[str, object]
    of: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    piiforge: str = __version__
    prompt: int | str = prompt.VERSION

    @property
    def key(self) -> str:
        """A hash that two shards have in common if they may stand in one set; gates are no part."""
        told = asdict(self) | {"recipe": {k: v for k, v in self.recipe.items() if k != "gates"}}
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def named(self, number: int) -> str:
        """Return the name of a shard's files, without the suffix."""
        return f"{NAMED}{number:05}-of-{self.of:05}"

    def made(self) -> Recipe:
        """Return the recipe."""
        return make(dict(self.recipe))


def order_of(asked: Recipe, shards: int) -> Order:
    """Return the order of a recipe in so many shards.

    Raises:
        AskedWrongly: rows that mined cells add are no part of a plan that is cut.
    """
    if asked.mined:
        hint = "Build it without --engine and --shards."
        raise AskedWrongly("a recipe with mined cells is not made in shards.", hint)
    if asked.format != "alpaca":
        hint = "Leave format at alpaca, or build in one piece."
        raise AskedWrongly("a set made in shards is written as alpaca rows.", hint)
    return Order(asked.model_dump(mode="json"), shards, build.inputs_of(asked))


@dataclass(frozen=True, slots=True)
class Facts:
    """What was counted over rows, such that the facts of two shards add up.

    `cells` are rows by split and `compose.Place`, `pairs` twins by split, `tokens` rows by size,
    `finite` the finite values (a documented sample) by the split that they stand in.
    """

    cells: Counter[str] = field(default_factory=Counter)
    disguises: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    finite: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Facts") -> None:
        """Add the facts of more rows."""
        for name in self.__slots__:
            getattr(self, name).update(getattr(other, name))

    def take(self, other: "Facts") -> None:
        """Take the facts of rows away."""
        for name in self.__slots__:
            mine = getattr(self, name)
            mine.subtract(getattr(other, name))
            for each in [each for each, count in mine.items() if not count]:
                del mine[each]


def facts_of(rows: Sequence[Example], asked: Recipe) -> Facts:
    """Count rows."""
    found, counter = Facts(), checks.row.counter(asked.tokenizer)
    told, halves = categories.descriptions(), Counter[tuple[str, str]]()
    for row in rows:
        found.cells["|".join((row.split, *compose.place_of(row)))] += 1
        found.disguises.update(row.disguises)
        found.tokens[str(checks.row.tokens_of(row, counter, told[row.category]))] += 1
        halves[row.split, row.twin_id] += 1
        if row.variant in FINITE and row.values:
            found.finite[f"{row.split}|{row.values[0].category}:{row.values[0].kind}"] += 1
    found.pairs.update(split for (split, twin), count in halves.items() if twin and count == 2)
    return found


def unit_of(row: Example) -> int:
    """Return the number of the row, or of the pair of twins that it is one of."""
    return int(row.twin_id or row.id, 16)


def units_of(rows: Iterable[Example]) -> Units:
    """Return the hashes of all that may not stand in two units, or in two splits, by unit."""
    held: dict[str, dict[tuple[int, int], None]] = {axis: {} for axis in (*ONCE, *APART)}
    for row in rows:
        unit = unit_of(row)
        said = {
            "value": row.unique_values,
            "text": [checks.whole_set.normalised(row.content)],
            "skeleton": [row.skeleton],
            "family": [row.family],
            "frame": [row.frame] if row.frame else [],
        }
        for axis, texts in said.items():
            held[axis].update(((digest(axis, text), unit), None) for text in texts)
    return {
        axis: (
            np.array([key for key, _ in pairs], dtype=np.uint64),
            np.array([unit for _, unit in pairs], dtype=np.uint64),
        )
        for axis, pairs in held.items()
    }


@dataclass(frozen=True, slots=True)
class Line:
    """The manifest line of a shard. `splits` are the units of each split."""

    key: str
    number: int
    of: int
    rows: int
    sha256: str
    size_bytes: int
    asked: int
    dropped: Mapping[str, int]
    review: int
    facts: Facts
    splits: Mapping[str, Hashes]
    units: Units

    def written(self) -> bytes:
        """Return it as one line of JSON."""
        told = {name: getattr(self, name) for name in self.__slots__}
        told["facts"] = {n: dict(getattr(self.facts, n)) for n in self.facts.__slots__}
        told["splits"] = {split: _packed(units) for split, units in self.splits.items()}
        told["units"] = {axis: list(map(_packed, both)) for axis, both in self.units.items()}
        return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)


def line_of(place: Place, name: str) -> Line:
    """Read a line.

    Raises:
        AskedWrongly: it is not there, or not one.
    """
    try:
        told = cast("dict[str, Any]", orjson.loads(place.read(name)))
        told["facts"] = Facts(**{name: Counter(held) for name, held in told["facts"].items()})
        told["splits"] = {split: _unpacked(text) for split, text in told["splits"].items()}
        told["units"] = {axis: tuple(map(_unpacked, both)) for axis, both in told["units"].items()}
        return Line(**told)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        hint = "Delete it and run again with --resume."
        raise AskedWrongly(f"{place}/{name} is not the line of a shard.", hint) from error


def _packed(numbers: Hashes) -> str:
    return base64.b64encode(zlib.compress(numbers.astype("<u8").tobytes(), 1)).decode()


def _unpacked(text: str) -> Hashes:
    raw = zlib.decompress(base64.b64decode(text))
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker says of the shard that it made: the line itself lies beside the rows."""

    number: int
    rows: int
    sha256: str


class Maker:
    """Makes the shards of one order into one place. Made once a worker."""

    def __init__(self, order: Order, place: str) -> None:
        self.order, self._place = order, Place(place)
        self.recipe = order.made()
        if build.inputs_of(self.recipe) != order.inputs:
            raise AskedWrongly(
                "a worker has another file of seeds or written lines than this process.",
                "Put the same files at the same paths on every node.",
            )
        self.rows = build.Maker(self.recipe)

    def make(self, number: int) -> Receipt:
        """Make a shard: its rows, then its line."""
        specs: dict[str, compose.Spec] = {}

        def noted(jobs: Sequence[build.Job]) -> Iterator[list[build.Made]]:
            for batch in map(self.rows.make, jobs):
                specs.update((row.id, made.spec) for made in batch for row in made.rows)
                yield batch

        planned = build.plan_of(self.recipe, compose.Shard(number, self.order.of))
        built = build.make_rows(self.recipe, planned, noted)
        kept = [(row, "", "") for row in built.rows]
        lost = [(one.example, one.reason, one.detail) for one in built.dropped]
        name = self.order.named(number)
        content = written(records_of([*kept, *lost], specs, self.recipe))
        self._place.write(f"{name}.parquet", content)
        line = Line(
            key=self.order.key,
            number=number,
            of=self.order.of,
            rows=len(built.rows),
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            asked=built.asked,
            dropped=built.reasons,
            review=len(built.review),
            facts=facts_of(built.rows, self.recipe),
            splits=splits_of(built.rows),
            units=units_of(built.rows),
        )
        self._place.write(f"{name}.json", line.written())
        return Receipt(number, line.rows, line.sha256)


def start(order: Order, place: str) -> Callable[[int], Receipt]:
    """Return what makes a shard by its number; for an engine."""
    return Maker(order, place).make


def splits_of(rows: Iterable[Example]) -> dict[str, Hashes]:
    """Return the units of each split."""
    held: dict[str, dict[int, None]] = {split: {} for split in SPLITS}
    for row in rows:
        held[row.split][unit_of(row)] = None
    return {split: np.array(list(units), dtype=np.uint64) for split, units in held.items()}


def records_of(
    rows: Iterable[tuple[Example, str, str]], specs: Mapping[str, compose.Spec], asked: Recipe
) -> list[dict[str, object]]:
    """Return rows, each with the reason and detail of its drop, as they lie in a shard's file."""
    told = categories.descriptions()
    found = []
    for row, reason, detail in rows:
        order = build.prompt_order(row, asked.order)
        answered = build.alpaca(row, told[row.category], order)
        found.append(
            {
                **build.to_record(row),
                "order": order,
                "input": answered["input"],
                "output": answered["output"],
                "spec": orjson.dumps(specs[row.id]).decode(),
                "reason": reason,
                "detail": detail,
            }
        )
    return found


def written(records: Sequence[Mapping[str, object]]) -> bytes:
    """Return records as the bytes of a Parquet file."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(build.table(records), out, compression="zstd")
    return out.getvalue()


def read_table(place: Place, name: str, columns: Sequence[str] | None = None) -> "pa.Table":
    """Read a Parquet file of rows; all columns, or those named."""
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(place.read(name)), columns=columns)


def spec_of(text: str) -> compose.Spec:
    """Read a spec as it lies in a shard's file."""
    told = orjson.loads(text)
    return compose.Spec(**told | {"disguises": tuple(told["disguises"]), "cue": Cue(told["cue"])})


File = tuple[str, str]  # a place and a name in it


@dataclass(frozen=True, slots=True)
class Mend:
    """Units of a shard to be drawn again, by the reason against each.

    `files` are the shard's own and those of earlier rounds, the latest last; `into` is the place of
    the new one.
    """

    number: int
    round: int
    reasons: Mapping[int, str]
    files: tuple[File, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of it: the file of the new rows, and what changes in the line of the shard."""

    number: int
    file: File
    asked: int
    dropped: Mapping[str, int]
    review: int
    old: Facts
    new: Facts
    splits: Mapping[str, Hashes]
    units: Units


def start_mending(order: Order) -> Callable[[Mend], Mended]:
    """Return what mends shards; for an engine."""
    return partial(_mend, Maker(order, "."))


def _mend(maker: Maker, asked: Mend) -> Mended:
    """Draw the rows of some units again, each after its spec; keep the old ones as dropped."""
    rows: list[tuple[Example, str, str]] = []
    specs: dict[str, compose.Spec] = {}
    gone, fresh, review = list[Example](), list[Example](), 0
    for unit, held in current(asked.files, asked.reasons).items():
        spec = held[0][1]
        specs |= {row.id: spec for row, _ in held}
        rows += [(row, asked.reasons[unit], "of another shard") for row, _ in held]
        gone += [row for row, _ in held]
        for attempt in range(maker.recipe.limits.tries):
            # the rules: what a seed or written line carried has been tried
            again = replace(spec, turn=spec.turn + 1 + asked.round + attempt, frame="")
            if asked.round >= _OF_ITS_LENGTH:
                again = replace(again, length=_LONGER.get(spec.length, spec.length))
            rng = child(maker.recipe.seed, "mend", spec.number, asked.round, attempt)
            made = maker.rows.make_one(again, rng)
            rows += [(row, made.reason, made.detail) for row in made.rows]
            if not made.reason:
                break
        else:
            cell = (
                f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind} of shard {asked.number}"
            )
            why = f"a row failed {maker.recipe.limits.tries} times, this one at {made.reason}"
            raise QuotaUnmet(cell, why, "Raise limits.tries or drop the variant.")
        fresh += made.rows
        review += len(made.review)
    name = f"{maker.order.named(asked.number)}.mended-{asked.round}.parquet"
    Place(asked.into).write(name, written(records_of(rows, specs, maker.recipe)))
    fresh = build.ordered(fresh)
    return Mended(
        asked.number,
        (asked.into, name),
        asked=len(rows) - len(gone),
        dropped=Counter(reason for _, reason, _ in rows if reason),
        review=review,
        old=facts_of(gone, maker.recipe),
        new=facts_of(fresh, maker.recipe),
        splits=splits_of(fresh),
        units=units_of(fresh),
    )


def current(
    files: Sequence[File], wanted: Iterable[int]
) -> dict[int, list[tuple[Example, compose.Spec]]]:
    """Return the rows of some units as they are by now, each with its spec; the latest file tells.

    Units and their rows come in the order of the first file.
    """
    units = set(wanted)
    found: dict[int, list[tuple[Example, compose.Spec]]] = {}
    for place, name in files:
        own: dict[int, list[tuple[Example, compose.Spec]]] = {}
        table = read_table(Place(place), name)
        places = [at for at, unit in kept_in(table) if unit in units]
        for record in taken(table, places).to_pylist():
            row = build.from_record(record)
            own.setdefault(unit_of(row), []).append((row, spec_of(record["spec"])))
        found |= own
    return found


def taken(table: "pa.Table", places: Sequence[int]) -> "pa.Table":
    """Return the rows of a table at some places, be they none."""
    import pyarrow as pa

    return table.take(pa.array(places, pa.int64()))


def kept_in(table: "pa.Table") -> Iterator[tuple[int, int]]:
    """Yield (place, unit) of the rows of a shard's file that were not dropped."""
    names = table.select(["id", "twin_id", "reason"]).to_pydict()
    for at, (row, twin, reason) in enumerate(zip(*names.values(), strict=True)):
        if not reason:
            yield at, int(twin or row, 16)
