"""A data set made in shards: made, gathered into one folder, proved.

    piiforge build base rows=1000000 --engine processes     all of it, on this machine
    piiforge build base rows=1000000 --engine ray           the same, on a cluster
    piiforge build base rows=1000000 --shard 3/16           a sixteenth, of a job array
    piiforge gather out/base.shards                         what the array made

All four come to the same bytes. Shards lie in a folder of their own until they are gathered, each
with its line; what is there whole is not made again. The folder that comes of it is that of any
build (`build.folder`), written shard after shard and so in constant memory: rows are in the order
of the shards, and within each by split and id. Its probes are fitted on a sample, near duplicates
are looked for within shards alone, and there is no report; the manifest says so.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
import orjson

from piiforge import __version__, build, categories, checks, compose, files, prompt
from piiforge.errors import AskedWrongly, FolderExists, GateFailed, QuotaUnmet, VerifyFailed
from piiforge.recipe import Recipe, make, override
from piiforge.scale import proof, shards
from piiforge.scale.engines import Engine
from piiforge.scale.places import Place
from piiforge.scale.shards import Facts, File, Line, Mend, Mended, Order
from piiforge.types import SPLITS, TEST, TRAIN, Example, Option, Progress, silent

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_SHARD = 20_000
SHARDS = "shards"  # the key of the manifest by which a folder shows that it was made so
_MARK = ".shards"  # what the folder of shards is called behind the output
_ROUNDS = 30  # of mending
_FEW = 100  # rows that are mended here
_TOLD = 20  # problems of a folder


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a data set is made in shards. `shard` is I/N, the I-th pile of N, counted from 1."""

    engine: Annotated[
        str, Option("Make it in shards, with this engine: processes, or ray.", default="no shards")
    ] = ""
    shards: Annotated[
        int, Option("Shards to make it in.", default="one in 20,000 rows", least=0)
    ] = 0
    shard: Annotated[
        str, Option("Make the I-th of N piles of shards alone: for a job array.", default="all")
    ] = ""

    def __bool__(self) -> bool:
        return bool(self.engine or self.shards or self.shard)


@dataclass(frozen=True, slots=True)
class Run:
    """What runs the shards, what may be replaced or gone on with, and who is told."""

    engine: Engine
    resume: bool = False
    force: bool = False
    progress: Progress = silent


def run(asked: Recipe, out: str, wanted: Wanted, how: Run) -> dict[str, object]:
    """Build a recipe into `out`, shard by shard; return the manifest of the set.

    With `wanted.shard`, make its shards alone, into the folder `out`.shards, and return how many
    it has (`made`), and how many of all are there by now.

    Raises:
        FolderExists, AskedWrongly: something is in the place, or was asked otherwise.
        QuotaUnmet, GateFailed: as `build.build`.
    """
    total = asked.rows.test + asked.rows.per_category * len(asked.categories)
    order = shards.order_of(asked, wanted.shards or max(1, round(total / ROWS_A_SHARD)))
    numbers = _pile(wanted.shard, order.of)
    place = Place(f"{out}{_MARK}")
    if not wanted.shard:
        if how.resume and (built := _built(out, order)):
            return built
        refuse(out, force=how.force or how.resume)
        begun = any(name.startswith(shards.NAMED) for name in place.names())
        if not how.resume and (how.force or not begun):
            place.remove()
        elif not how.resume:
            hint = "--resume goes on with it, --force starts over."
            raise AskedWrongly(f"{place} is an unfinished data set.", hint)
    make_shards(order, place, numbers, how)
    if wanted.shard:
        there = {f"{order.named(number)}.json" for number in range(order.of)} & set(place.names())
        return {"shards": str(place), "made": len(numbers), "there": len(there), "of": order.of}
    gates = (f"gates.{name}={bound}" for name, bound in asked.gates.model_dump().items())
    found = gather([str(place)], out, how, list(gates))
    place.remove()
    return found


def _built(out: str, order: Order) -> dict[str, object]:
    """Return the manifest of `out` where it is whole and of this order, else nothing."""
    place = Place(out)
    if files.MANIFEST not in place.names():
        return {}
    manifest = cast("dict[str, Any]", orjson.loads(place.read(files.MANIFEST)))
    same = manifest.get(SHARDS, {}).get("key") == order.key
    return manifest if same and not (place.path and build.broken(place.path, manifest)) else {}


def _pile(text: str, of: int) -> range:
    """Return the numbers of the shards that a pile I/N has."""
    if not text:
        return range(of)
    at, slash, piles = text.partition("/")
    if not (slash and at.isdigit() and piles.isdigit() and 1 <= int(at) <= int(piles)):
        hint = "Say I/N, I from 1 to N: --shard 1/16 and so on to 16/16."
        raise AskedWrongly(f"--shard {text} is no part of a whole.", hint)
    return range(int(at) - 1, of, int(piles))


def refuse(out: str, *, force: bool) -> None:
    """Raise where `out` may not be written; see `files.refuse_folder`."""
    place = Place(out)
    if place.path:
        files.refuse_folder(place.path, force=force)
    elif place.names() and not force:
        raise FolderExists(out)


def make_shards(order: Order, place: Place, numbers: Sequence[int], how: Run) -> None:
    """Make those of the shards that are not there whole.

    Raises:
        AskedWrongly: shards of another order lie there.
    """
    names = set(place.names())
    if shards.ORDER in names:
        if order_at(place).key != order.key:
            raise _mixed(place)
    else:
        place.write(shards.ORDER, orjson.dumps(asdict(order), option=orjson.OPT_INDENT_2))
    missing = [number for number in numbers if not _is_whole(order, place, number, names)]
    done = len(numbers) - len(missing)
    how.progress("shards", done, len(numbers))
    start = _Start(order, str(place))
    for _ in how.engine.run(start, missing):
        done += 1
        how.progress("shards", done, len(numbers))


@dataclass(frozen=True, slots=True)
class _Start:
    """Loads what makes shards, once a worker."""

    order: Order
    place: str

    def __call__(self) -> Callable[[int], shards.Receipt]:
        return shards.start(self.order, self.place)


@dataclass(frozen=True, slots=True)
class _StartMending:
    order: Order

    def __call__(self) -> Callable[[Mend], Mended]:
        return shards.start_mending(self.order)


def _is_whole(order: Order, place: Place, number: int, names: set[str]) -> bool:
    name = order.named(number)
    if not {f"{name}.json", f"{name}.parquet"} <= names:
        return False
    line = shards.line_of(place, f"{name}.json")
    if line.key != order.key:
        raise _mixed(place)
    return sha256(place.read(f"{name}.parquet")).hexdigest() == line.sha256


def _mixed(place: Place) -> AskedWrongly:
    hint = "Give another --out, or delete that folder."
    return AskedWrongly(f"{place} has shards of another recipe, seed, version or count.", hint)


def order_at(place: Place) -> Order:
    """Read the order of the shards of a folder.

    Raises:
        AskedWrongly: there is none.
    """
    try:
        return Order(**orjson.loads(place.read(shards.ORDER)))
    except (AskedWrongly, ValueError, TypeError) as error:
        hint = "Give a folder that `piiforge build --shard` wrote."
        raise AskedWrongly(f"{place} is no folder of shards.", hint) from error


class _Shards:
    """The shards that lie in some folders: each there once, all of one order."""

    def __init__(self, places: Sequence[Place]) -> None:
        """Find them.

        Raises:
            AskedWrongly: a folder has none, they are of two orders, one is missing or there twice.
        """
        orders = [order_at(place) for place in places]
        self.order = orders[0]
        for place, order in zip(places, orders, strict=True):
            if order.key != self.order.key:
                told = f"{places[0]} and {place} have shards of two recipes, seeds or versions."
                raise AskedWrongly(told, "Gather what was asked for alike.")
        self.at: dict[int, Place] = {}
        for place in places:
            names = set(place.names())
            for number in range(self.order.of):
                if f"{self.order.named(number)}.json" not in names:
                    continue
                if other := self.at.get(number):
                    told = f"shard {number} of {self.order.of} lies in {other} and in {place}."
                    raise AskedWrongly(told, "Give each shard once.")
                self.at[number] = place
        if missing := [number for number in range(self.order.of) if number not in self.at]:
            some = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
            raise AskedWrongly(
                f"{len(missing)} of {self.order.of} shards are missing: {some}.",
                "Run their --shard again, or name the folder that has them.",
            )
        self.mended: dict[int, list[Mended]] = defaultdict(list)

    def check(self) -> None:
        """Raise AskedWrongly where a shard's file is not the one that its line tells of."""
        for line in self.lines():
            place, name = self.at[line.number], f"{self.order.named(line.number)}.parquet"
            if sha256(place.read(name)).hexdigest() != line.sha256:
                told = f"{place}/{name} was changed: its SHA-256 is not its line's."
                raise AskedWrongly(told, "Delete its line and make it again.")

    def lines(self) -> Iterator[Line]:
        """Yield the line of each shard, in their order."""
        for number in range(self.order.of):
            line = shards.line_of(self.at[number], f"{self.order.named(number)}.json")
            if line.key != self.order.key or line.number != number:
                raise _mixed(self.at[number])
            yield line

    def files(self, number: int) -> tuple[File, ...]:
        """Return the files of a shard: its own, and those of its mended rows, the latest last."""
        own = str(self.at[number]), f"{self.order.named(number)}.parquet"
        return (own, *(one.file for one in self.mended[number]))


def gather(
    places: Sequence[str], out: str, how: Run, overrides: Sequence[str] = ()
) -> dict[str, object]:
    """Join shards into the folder `out`, proved; return its manifest.

    `overrides` of the recipe may move its gates, and nothing else.

    Raises:
        AskedWrongly: a shard is missing, there twice, or of another order; `out` is in use.
        GateFailed: the set as a whole breaks a bound, or what is there twice can't be mended.
    """
    refuse(out, force=how.force or how.resume)
    alike = {str(one.path.resolve() if one.path else one): one for one in map(Place, places)}
    found = _Shards(list(alike.values()))
    found.check()
    recipe = override(found.order.made(), overrides)
    if replace(found.order, recipe=recipe.model_dump(mode="json")).key != found.order.key:
        raise AskedWrongly("only gates can be overridden.", "For example gates.skeletons=0.5.")
    with tempfile.TemporaryDirectory() as scratch:
        # beside the shards, where every worker reaches it
        work = Place(f"{places[0]}/mended")
        try:
            told = _mend(found, work, how)
            how.progress("prove", 0, 1)
            facts, counts, sample = _judged(found, told, recipe)
            how.progress("prove", 1, 1)
            card = build.card(sample, build.Facts.model_validate(facts), counts)
            with _folder(out, Path(scratch), force=how.force or how.resume) as folder:
                _write(folder, found, recipe, how)
                (folder / "README.md").write_text(card, encoding="utf-8")
                build.write_manifest(folder, facts)
        finally:
            work.remove()
    return facts


@contextmanager
def _folder(out: str, scratch: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder to write into, which takes its place; in a store the manifest comes last."""
    place = Place(out)
    if place.path:
        with files.folder(place.path, force=force) as folder:
            yield folder
        return
    yield scratch
    place.remove()
    names = sorted(path.name for path in scratch.iterdir())
    for name in sorted(names, key=lambda name: name == files.MANIFEST):
        place.put(name, scratch / name)


def _mend(found: _Shards, work: Place, how: Run) -> proof.Proved:
    """Draw again what stands in two shards, until nothing does; return what was proved then."""
    rows = sum(line.rows for line in found.lines())
    mend = None
    for turn in range(_ROUNDS):
        told = proof.prove(found.lines, rows, found.mended)
        if not told.losers:
            return told
        asked = [
            Mend(number, turn, dict(sorted(units.items())), found.files(number), str(work))
            for number, units in sorted(told.losers.items())
        ]
        count = sum(map(len, told.losers.values()))
        how.progress("mend", 0, count)
        if count < _FEW:  # workers would take longer to start
            mend = mend or shards.start_mending(found.order)
            made = list(map(mend, asked))
        else:
            made = [one for _, one in how.engine.run(_StartMending(found.order), asked)]
        for one in made:
            found.mended[one.number].append(one)
        how.progress("mend", count, count)
    count = sum(map(len, told.losers.values()))
    number, units = min(told.losers.items())
    spec = next(iter(shards.current(found.files(number), units).values()))[0][1]
    cell = f"{spec.split}/{spec.category}/{spec.variant}/{spec.kind}"
    why = f"{count} rows have a value or text of another shard after {_ROUNDS} rounds, one of them"
    raise QuotaUnmet("of the whole set", f"{why} {cell}", "Ask for fewer rows or drop the variant.")


@dataclass(frozen=True, slots=True)
class _Sum:
    """What the lines come to, with what was mended."""

    facts: Facts
    asked: int
    dropped: Counter[str]
    review: int


def _sum(found: _Shards) -> _Sum:
    facts, dropped, asked, review = Facts(), Counter[str](), 0, 0
    for line in found.lines():
        facts.add(line.facts)
        dropped.update(line.dropped)
        asked += line.asked
        review += line.review
    for mended in found.mended.values():
        for one in mended:
            facts.add(one.new)
            facts.take(one.old)
            dropped.update(one.dropped)
            asked += one.asked
            review += one.review
    return _Sum(facts, asked, dropped, review)


def _judged(
    found: _Shards, told: proof.Proved, asked: Recipe
) -> tuple[dict[str, object], build.Counts, list[Example]]:
    """Return the manifest but for the files, what the card counts, and a sample of rows.

    Raises:
        GateFailed: a bound is broken, or the counts are not those that were asked for.
    """
    summed, sample = _sum(found), list[Example]()
    for line in found.lines():
        units = (
            *line.splits.items(),
            *(u for m in found.mended[line.number] for u in m.splits.items()),
        )
        chosen = {unit for split, held in units for unit in _sampled(held, split, summed.facts)}
        rows = shards.current(found.files(line.number), chosen).values()
        sample += build.ordered(row for held in rows for row, _ in held)
    measured = _measure(summed, told, asked, sample, found.order.of)
    if measured.problems:
        raise GateFailed(
            "The set was not gathered: " + "; ".join(measured.problems) + ".",
            f"{measured.would_do} The shards are kept: go on with --resume.",
        )
    mended = [one for each in found.mended.values() for one in each]
    facts = measured.manifest | {
        "inputs": dict(found.order.inputs),
        SHARDS: {
            "of": found.order.of,
            "key": found.order.key,
            "mended": sum(len(units) for one in mended for units in one.splits.values()),
            "probes": f"of a sample of {len(sample)} rows",
            "near_duplicates": "looked for within each shard",
        },
    }
    return facts, measured.counts, sample


def _sampled(units: shards.Hashes, split: str, facts: Facts) -> list[int]:
    """Return which units of a split are in the sample: as many rows as a probe takes."""
    rows = sum(count for cell, count in facts.cells.items() if cell.startswith(f"{split}|"))
    every = max(1, rows // checks.probes.MAX_ROWS)
    return [int(unit) for unit in units[units % np.uint64(every) == 0]]


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the set as a whole comes to: for the manifest, for the card, against its gates."""

    manifest: dict[str, object]
    counts: build.Counts
    problems: list[str]
    would_do: str


def _measure(
    summed: _Sum, told: proof.Proved, asked: Recipe, sample: Sequence[Example], of: int
) -> _Measured:
    cells: dict[tuple[str, compose.Place], int] = {}
    for cell, count in summed.facts.cells.items():
        split, *axes = cell.split("|")
        cells[split, compose.Place(*axes)] = count
    by_split, whole = Counter[str](), Counter[tuple[str, bool, str]]()
    by_category = Counter[tuple[str, str]]()
    shown = Counter[tuple[str, str, bool, str, str]]()
    for (split, at), count in cells.items():
        label = at.label == "positive"
        by_split[split] += count
        by_category[split, at.category] += count
        whole[at.category, label, at.variant] += count
        shown[split, at.category, label, at.language, at.event] += count
    twins = tuple(
        checks.whole_set.Twins(
            split,
            by_split[split],
            summed.facts.pairs[split],
            sum(round(asked.twins * n / 2) for (own, _), n in by_category.items() if own == split),
        )
        for split in SPLITS
        if by_split[split]
    )
    train, test = ([row for row in sample if row.split == split] for split in (TRAIN, TEST))
    probes = checks.probes.probe(train, test) if test else ()
    families = told.keys["family"]
    disguises = summed.facts.disguises
    counted = checks.whole_set.Counted(whole, disguises, told.distinct, told.top, families)
    measures = build.Measures(probes, twins, by_split[TEST])
    certificate = _certificate(summed, told)
    uneven = checks.whole_set.broken(counted, build.bounds_of(asked))
    problems = [*_off_counts(shown, asked, of), *uneven, *measures.problems(asked)]
    if not certificate["clean"]:
        problems.append("something stands in two splits")
    manifest = {
        "name": asked.name,
        "piiforge": __version__,
        "prompt": prompt.VERSION,
        "seed": asked.seed,
        "recipe": asked.model_dump(mode="json"),
        "counts": dict(sorted(by_split.items())),
        "certificate": certificate,
        "descriptions": categories.descriptions(),
        "asked": summed.asked,
        "dropped": dict(summed.dropped.most_common()),
        "gates": {
            "probes": build.probes_told(probes),
            "distinct_skeletons": round(told.distinct, 4),
            "top_ten_skeletons": round(told.top, 4),
            "families": families,
            "review": summed.review,
            "twins": build.twins_told(twins),
        },
        "coverage": build.coverage_told(
            compose.coverage_at({at for _, at in cells}, build.asked_of(asked),
                                build.categories_of(asked))
        ),
        "tokens": build.lengths_told(
            {int(size): count for size, count in summed.facts.tokens.items()}, asked
        ),
    }  # fmt: skip
    would = build.moved(counted, measures, asked, fixed=not certificate["clean"])
    return _Measured(manifest, build.Counts(shown, disguises), problems, would)


def _certificate(summed: _Sum, told: proof.Proved) -> dict[str, object]:
    """Return the leak certificate, as `build.certify` would."""
    pairs = summed.facts.pairs.total()  # a pair is made by one shard, in one split
    axes = {
        axis: {"keys": pairs, "in_two_splits": 0}
        if axis == "twin"
        else {"keys": told.keys[axis], "in_two_splits": told.apart[axis]}
        for axis in ("family", "skeleton", "value", "twin", "frame")
    }
    places: dict[str, set[str]] = defaultdict(set)
    for key in summed.facts.finite:
        split, _, value = key.partition("|")
        places[value].add(split)
    return {
        "clean": not any(axis["in_two_splits"] for axis in axes.values()),
        "axes": axes,
        "exempt": sorted(value for value, splits in places.items() if len(splits) > 1),
    }


def _off_counts(
    shown: Mapping[tuple[str, str, bool, str, str], int], asked: Recipe, of: int
) -> list[str]:
    """Return one sentence for each split and category whose counts are not those asked for."""
    order = build.asked_of(asked)
    found: list[str] = []
    for split, total in order.rows.items():
        share = compose.apportion(total, dict.fromkeys(asked.categories, 1.0))
        for category, rows in share.items():
            wanted = _margins(order, rows, of)
            have = Counter[tuple[bool, str]]()
            for (own, other, label, language, event), count in shown.items():
                if (own, other) == (split, category):
                    have.update({(label, language): count, (label, event): count})
            if have != wanted:
                found.append(f"{split}/{category}: the counts are not those that were asked for")
    return found


def _margins(order: compose.Order, rows: int, of: int) -> Counter[tuple[bool, str]]:
    """Return the rows by label and language, and by label and event, of one split and category."""

    def cut(total: int, weights: Mapping[str, float]) -> dict[str, int]:
        return compose.apportion(total, weights) if of == 1 else compose.portion(0, total, weights)

    shares = {"positive": order.positive, **order.easy}
    positive = cut(rows, shares | {"hard": 1 - sum(shares.values())}).get("positive", 0)
    return Counter(
        {
            (label, name): count
            for label, total in ((True, positive), (False, rows - positive))
            for weights in (order.languages, order.events)
            for name, count in cut(total, weights).items()
            if count
        }
    )


def _write(folder: Path, found: _Shards, asked: Recipe, how: Run) -> None:
    """Write all files but the manifest and the card, shard after shard."""
    import pyarrow.parquet as pq

    files.write_json(folder / build.REGISTRY, build.registry(SPLITS))
    for name, text in build.training_files(asked.limits.tokens).items():
        (folder / name).write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        out = {
            split: stack.enter_context((folder / f"{split}.jsonl").open("wb")) for split in SPLITS
        }
        dropped = stack.enter_context((folder / "dropped.jsonl").open("wb"))
        rows: pq.ParquetWriter | None = None
        for number in range(found.order.of):
            how.progress("gather", number, found.order.of)
            kept, lost = _current(found.files(number))
            told = kept.select(["split", "input", "output"]).to_pydict()
            for split, question, answer in zip(*told.values(), strict=True):
                record = {"instruction": prompt.INSTRUCTION, "input": question, "output": answer}
                out[split].write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            for record in lost.drop_columns(["order", "input", "output", "spec"]).to_pylist():
                first = {"reason": record.pop("reason"), "detail": record.pop("detail")}
                dropped.write(orjson.dumps(first | record, option=orjson.OPT_APPEND_NEWLINE))
            final = kept.drop_columns(list(shards.WORK))
            if rows is None:
                path = folder / "rows.parquet"
                rows = stack.enter_context(pq.ParquetWriter(path, final.schema, compression="zstd"))
            rows.write_table(final, row_group_size=max(1, final.num_rows))
    how.progress("gather", found.order.of, found.order.of)


def _current(own: Sequence[File]) -> tuple["pa.Table", "pa.Table"]:
    """Return the rows of a shard as they are by now, in their order, and those that it dropped."""
    import pyarrow as pa

    kept: dict[int, list[tuple[int, int]]] = {}  # by unit: file and place in it
    tables: list[pa.Table] = []
    for at, (url, name) in enumerate(own):
        tables.append(shards.read_table(Place(url), name))
        mine: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, unit in shards.kept_in(tables[-1]):
            mine[unit].append((at, place))
        kept |= mine
    firsts = [0]
    for table in tables:
        firsts.append(firsts[-1] + table.num_rows)
    whole = pa.concat_tables(tables)
    places = [firsts[at] + place for held in kept.values() for at, place in held]
    names = whole.select(["split", "id"]).to_pydict()
    places.sort(key=lambda at: (SPLITS.index(names["split"][at]), names["id"][at]))
    # a mended row's earlier self lies there twice: in its own file, and as dropped in the later one
    lost = [at for at, reason in enumerate(whole["reason"].to_pylist()) if reason]
    return shards.taken(whole, places), shards.taken(whole, lost)


def is_sharded(folder: Path) -> bool:
    """Say whether a built folder was made in shards."""
    path = folder / files.MANIFEST
    return path.is_file() and SHARDS in files.read_json(path)


def verify(folder: Path, progress: Progress = silent) -> dict[str, object]:
    """Prove again a folder that was made in shards, row group after row group.

    Every file by its hash; every JSONL row in step with rows.parquet; that nothing stands twice or
    in two splits, by hashes; counts and figures of the manifest afresh, but those that were counted
    while rows were made (`review`).

    Raises:
        VerifyFailed: names each file, row or figure and what is off.
    """
    import pyarrow.parquet as pq

    manifest = files.read_json(folder / files.MANIFEST)
    if problems := build.broken(folder, manifest):
        raise VerifyFailed(problems)
    asked = make(cast("dict[str, object]", manifest["recipe"]), files.MANIFEST)
    told = cast("Mapping[str, Any]", manifest[SHARDS])
    table, problems = pq.ParquetFile(folder / "rows.parquet"), []
    facts, rows = Facts(), table.metadata.num_rows
    counts = cast("Mapping[str, int]", manifest["counts"])
    every = Facts(Counter({f"{split}|": count for split, count in counts.items()}))
    sample: list[Example] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(scratch)
        answers = {split: files.numbered(folder / f"{split}.jsonl") for split in SPLITS}
        for number in range(table.num_row_groups):
            progress("verify", number, table.num_row_groups)
            held = [build.from_record(one) for one in table.read_row_group(number).to_pylist()]
            for row in held:
                at, record = next(answers[row.split], (0, {}))
                if problem := build.off(record, row):
                    problems.append(f"{row.split}.jsonl:{at}: {problem}")
            splits = shards.splits_of(held)
            chosen = {u for split, units in splits.items() for u in _sampled(units, split, every)}
            sample += [row for row in held if shards.unit_of(row) in chosen]
            own = Facts()
            facts.add(shards.facts_of(held, asked))
            line = Line("", number, table.num_row_groups, len(held), "", 0, 0, {}, 0, own, splits,
                        shards.units_of(held))  # fmt: skip
            place.write(f"{number:05}.json", line.written())
        problems += [f"{split}.jsonl has more rows than rows.parquet"
                     for split in SPLITS if next(answers[split], None)]  # fmt: skip
        proved = proof.prove(
            lambda: (shards.line_of(place, name) for name in place.names()), rows, {}
        )
    reasons = {reason for units in proved.losers.values() for reason in units.values()}
    problems += [f"a row is a {reason} of another" for reason in sorted(reasons)]
    lost = Counter(str(row.get("reason")) for row in files.read(folder / "dropped.jsonl"))
    review = cast("Mapping[str, Any]", manifest["gates"])["review"]
    summed = _Sum(facts, rows + lost.total(), lost, review)
    fresh = _measure(summed, proved, asked, sample, told["of"]).manifest
    names = ["counts", "certificate", "asked", "dropped"]
    names += ["gates", "coverage", "tokens"] if manifest.get("piiforge") == __version__ else []
    for name in names:
        off = build.differences(name, manifest.get(name), fresh[name])
        problems += [f"{files.MANIFEST}: {path} is not what the rows give" for path in off]
    if problems:
        raise VerifyFailed(problems[:_TOLD])
    count = len(cast("Mapping[str, object]", manifest["outputs"]))
    return {"folder": str(folder), "files": count, "rows": rows, "leaks": 0}
