"""The plan: a recipe's quotas solved into specs, one a row, before anything is drawn.

For each split and category the counts of label, variant, language and event are met exactly; the
disguises within a variant and the kinds within it are even. Twins are planned from the negative
side: the positive twin takes over language, event and disguises, and the other positives are
planned into what is left.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from piiforge.compose.quotas import apportion, evenly, spread
from piiforge.compose.spec import (
    ABSENT_KINDS,
    BENIGN_KINDS,
    CHAT,
    COMBINED,
    CUE_TWIN,
    EASY,
    FIELDS,
    NO_TWIN,
    TEXT,
    TURNS,
    VALUE_TWIN,
    Spec,
    all_ids,
    combinations,
    group_of,
    language_of,
    needs_no_cue,
    negative_kinds,
    positive_groups,
    wearable_by,
)
from piiforge.rng import child, digest
from piiforge.types import Category, Cue

# Cells: which variant, kind, disguise, language and event may stand together in one row.
#
# A row key is "variant|kind|disguise", then "|language" and "|event" as they are decided.


SEP = "|"
TWIN_OF = {
    "impossible": VALUE_TWIN,
    "placeholder": VALUE_TWIN,
    "vetoed": CUE_TWIN,
    "uncued": CUE_TWIN,
}


def speakable(
    rows: Mapping[str, int], options: Sequence[str], room: dict[str, int]
) -> dict[str, int]:
    """Move rows of disguises whose language has no room left to others of the same group.

    `room` is the rows left by language; what is used is taken from it. Matters in small sets only.
    """
    found: Counter[str] = Counter()
    for name, number in rows.items():
        if not language_of((name,)):
            found[name] += number
            continue
        group = group_of(name)
        same = [name, *(other for other in options if group_of(other) == group)]
        for _ in range(number):
            chosen = next((n for n in same if _has_room(n, room)), name)
            bound = language_of((chosen,))
            if bound:
                room[bound] = room.get(bound, 0) - 1
            found[chosen] += 1
    return dict(found)


def _has_room(name: str, room: Mapping[str, int]) -> bool:
    bound = language_of((name,))
    return not bound or room.get(bound, 0) > 0


def speaks(row: str, language: str) -> bool:
    """Say whether a row key (variant, kind, disguise) can be a line in `language`."""
    bound = language_of(row.split(SEP, 3)[2:3])
    return not bound or language in {bound, "mixed"}


def happens(row: str, event: str) -> bool:
    """Say whether a row key (variant, kind, disguise, language) can be a line of `event`."""
    variant, kind, worn, *_ = row.split(SEP)
    if event == CHAT:
        return not needs_fields(variant, kind, (worn,)) and kind != "benign_fields"
    return True


def needs_fields(variant: str, kind: str, worn: Sequence[str]) -> bool:
    """Say whether the row makes sense only where a key stands beside the value."""
    only = {"empty_field", "benign_fields"}
    return variant == "misleading" or kind in only or bool({"base64", "split_fields"} & set(worn))


def cue_of(variant: str, category: Category, kind: str) -> Cue:
    """Return what a negative of the variant and kind has around it."""
    if variant in {"absent", "benign"}:
        return Cue.NONE
    if variant == "other":
        return Cue.OTHER
    kinds = negative_kinds(category)[variant]
    return next((found.cue for found in kinds if found.name == kind), Cue.CONFIRM)


def twin_kind(spec: Spec) -> str:
    """Return how a negative may be one of twins, "" where it can't."""
    twin = TWIN_OF.get(spec.variant, NO_TWIN)
    # a sentence that names nothing has no word to exchange for a name
    return NO_TWIN if spec.variant == "uncued" and spec.carrier != FIELDS else twin


def worn_as(spec: Spec) -> str:
    """Return the disguise of a spec as quotas count it."""
    return COMBINED if len(spec.disguises) > 1 else spec.disguises[0]


# Which two disguises stand one over the other in a row whose variant is "combined".
#
# A third of all combinations is kept for the test set, by name, so that it asks what training
# never showed. Among those a split may use, the one with the rarest disguise is taken:
# combinations even out what languages and shapes made uneven.


_TEST_EVERY = 3


class Combiner:
    """Chooses combinations for one split of one category and keeps count of what was used."""

    def __init__(self, category: str, seed: int, *, for_test: bool) -> None:
        self._category, self._seed, self._for_test = category, seed, for_test
        self._used: Counter[str] = Counter()
        self._open: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def note(self, name: str, rows: int) -> None:
        """Count rows that wear a disguise by itself."""
        self._used[name] += rows

    def choose(self, worn: str, kind: str, language: str, rng: Random) -> tuple[str, ...]:
        """Return the disguises of a row: `worn` itself, or two for "combined"."""
        if worn != COMBINED:
            return (worn,)
        pairs = self._pairs(kind, language)
        rarest = min(self._used[name] for pair in pairs for name in pair)
        rare = [pair for pair in pairs if min(map(self._used.__getitem__, pair)) == rarest]
        chosen = rare[int(rng.random() * len(rare))]
        self._used.update(chosen)
        return chosen

    def _pairs(self, kind: str, language: str) -> list[tuple[str, str]]:
        """Return the combinations that may be shown in `language`: all where none is dealt."""
        place = (kind, language)
        if place not in self._open:
            spoken = [
                pair
                for pair in combinations(self._category, kind)
                if language in {language_of(pair) or language, "mixed"}
            ]
            dealt = [p for p in spoken if is_held_back(p, self._seed) == self._for_test]
            self._open[place] = dealt or spoken
        return self._open[place]


@cache
def is_held_back(pair: tuple[str, str], seed: int) -> bool:
    """Say whether a combination is kept for the test set."""
    return digest(seed, "combination", *pair) % _TEST_EVERY == 0


_TWIN_CAP = 0.9  # at most this share of a positive margin is taken by twins
_TEXT_SHARE = 0.3  # of the rows outside a chat, those whose value stands in a sentence


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: the recipe's part that the plan needs, in plain values."""

    seed: int
    rows: Mapping[str, int]  # by split, over all categories
    positive: float
    easy: Mapping[str, float]  # share of rows by easy variant
    languages: Mapping[str, float]
    events: Mapping[str, float]
    groups: Mapping[str, Sequence[str]]  # by category, "default" for the rest
    twins: float
    uncued: float
    injections: float
    bystanders: float
    partial_mask: bool = True


def plan(order: Order, categories: Sequence[Category]) -> tuple[Spec, ...]:
    """Solve the quotas of `order` for `categories`.

    Raises:
        QuotaUnmet: they exclude each other; says which cell and why.
    """
    specs: list[Spec] = []
    for split, total in order.rows.items():
        shares = apportion(total, {category.id: 1.0 for category in categories})
        for place, category in enumerate(categories):
            block = _Block(order, split, category, shares[category.id], place)
            specs.extend(block.specs(len(specs)))
    return tuple(specs)


class _Block:
    """One split of one category. `place` rotates what is left over by rounding."""

    def __init__(self, order: Order, split: str, category: Category, rows: int, place: int) -> None:
        self.order, self.split, self.category, self.rows = order, split, category, rows
        self.place = place + 3 * len(split)
        self.name = f"{split}/{category.id}"
        self.rng = child(order.seed, "plan", split, category.id)
        self.combiner = Combiner(category.id, order.seed, for_test=split == "test")

    def specs(self, first: int) -> list[Spec]:
        """Plan the block's specs and number them from `first` on."""
        shares = {"positive": self.order.positive, **self.order.easy}
        shares["hard"] = 1 - sum(shares.values())
        counts = apportion(self.rows, shares)
        negatives = self._negatives(counts)
        positives = self._positives(counts["positive"], negatives)
        return self._extras([*negatives, *positives], first)

    def _negatives(self, counts: Mapping[str, int]) -> list[Spec]:
        kinds = self._kind_counts(counts)
        languages = apportion(self.rows - counts["positive"], self.order.languages)
        rows: Counter[str] = Counter()
        for (kind, variant), (count, worn) in kinds.items():
            for name, number in speakable(self._worn(worn, count), worn, languages).items():
                rows[SEP.join((variant, kind, name))] += number
                self.combiner.note(name, number)
        specs = [spec for key, n in self._cells(rows).items() for spec in self._negative(key, n)]
        self.rng.shuffle(specs)
        return self._paired(specs, counts["positive"])

    def _kind_counts(
        self, counts: Mapping[str, int]
    ) -> dict[tuple[str, str], tuple[int, tuple[str, ...]]]:
        hard = negative_kinds(self.category, partial_mask=self.order.partial_mask)
        found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        for variant, number in evenly(counts["hard"], tuple(hard), self.place).items():
            kinds = {kind.name: kind for kind in hard[variant]}
            for name, each in evenly(number, tuple(kinds), self.place).items():
                found[name, variant] = (each, kinds[name].disguises)
        for variant in EASY:
            kinds_of = self._easy_kinds(variant)
            for name, each in evenly(counts[variant], kinds_of, self.place).items():
                worn = wearable_by(name, "valid") if variant == "other" else ()
                found[name, variant] = (each, worn or ("canonical",))
        return found

    def _easy_kinds(self, variant: str) -> tuple[str, ...]:
        if variant == "absent":
            return ABSENT_KINDS
        if variant == "benign":
            return BENIGN_KINDS
        return tuple(name for name in all_ids() if name != self.category.id)

    def _worn(self, names: Sequence[str], count: int) -> dict[str, int]:
        """Spread `count` rows over the groups of `names` evenly, and within each group too."""
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(group_of(name), []).append(name)
        found: dict[str, int] = {}
        start = self.rng.randrange(len(groups))
        for group, number in evenly(count, tuple(groups), start).items():
            inner = groups[group]
            found.update(evenly(number, inner, self.rng.randrange(len(inner))))
        return {name: number for name, number in found.items() if number}

    def _cells(self, rows: Mapping[str, int]) -> dict[str, int]:
        """Give every row key a language and an event: margins exact, impossible pairs left out."""
        total = sum(rows.values())
        return self._with_margins(
            rows, apportion(total, self.order.languages), apportion(total, self.order.events)
        )

    def _with_margins(
        self, rows: Mapping[str, int], languages: Mapping[str, int], events: Mapping[str, int]
    ) -> dict[str, int]:
        by_language = spread(rows, languages, speaks, name=f"{self.name}: languages")
        keyed = {SEP.join(cell): number for cell, number in by_language.items()}
        by_event = spread(keyed, events, happens, name=f"{self.name}: events")
        return {SEP.join(cell): number for cell, number in by_event.items()}

    def _negative(self, key: str, number: int) -> Iterable[Spec]:
        variant, kind, worn, language, event = key.split(SEP)
        cue = cue_of(variant, self.category, kind)
        for _ in range(number):
            names = self.combiner.choose(worn, kind, language, self.rng)
            yield Spec(
                number=0,
                split=self.split,
                category=self.category.id,
                label=False,
                variant=variant,
                kind=kind,
                disguises=names,
                language=language,
                event=event,
                cue=cue,
                carrier=self._carrier(event, variant, kind, names),
            )

    def _paired(self, specs: list[Spec], positives: int) -> list[Spec]:
        """Make twins of as many negatives as are asked for and leave the other positives room."""
        wanted = round(self.order.twins * self.rows / 2)
        cap = self._room_for_twins(positives)
        paired: list[Spec] = []
        for spec in specs:
            twin = twin_kind(spec)
            cells = (
                (cap["language"], spec.language),
                (cap["event"], spec.event),
                (cap["disguise"], worn_as(spec)),
            )
            if wanted and twin and all(sums.get(name, 0) > 0 for sums, name in cells):
                for sums, name in cells:
                    sums[name] -= 1
                wanted -= 1
                paired.append(replace(spec, twin=twin))
            else:
                paired.append(spec)
        return paired

    def _room_for_twins(self, positives: int) -> dict[str, dict[str, int]]:
        """Return how many positives twins may take, so that the rest can still be planned."""
        rows = self._positive_rows(positives)
        languages = apportion(positives, self.order.languages)
        for name, number in rows.items():
            bound = language_of((name,))
            if bound:  # rows that can stand in this language only
                languages[bound] -= number
        events = apportion(positives, self.order.events)
        axes = {"language": languages, "event": events, "disguise": rows}
        return {
            axis: {name: int(count * _TWIN_CAP) for name, count in sums.items()}
            for axis, sums in axes.items()
        }

    def _positive_rows(self, count: int) -> dict[str, int]:
        asked = self.order.groups.get(self.category.id) or self.order.groups["default"]
        groups = positive_groups(self.category, asked, partial_mask=self.order.partial_mask)
        languages = apportion(count, self.order.languages)
        rows: dict[str, int] = {}
        for group, number in evenly(count, tuple(groups), self.place).items():
            names = groups[group]
            rows.update(speakable(evenly(number, names, self.place), names, languages))
        return rows

    def _positives(self, count: int, negatives: Sequence[Spec]) -> list[Spec]:
        twins = [spec for spec in negatives if spec.twin]
        rows = _less(self._positive_rows(count), map(worn_as, twins))
        for name, number in rows.items():
            self.combiner.note(name, number)
        cells = self._with_margins(
            {SEP.join(("positive", "valid", name)): number for name, number in rows.items()},
            _less(apportion(count, self.order.languages), (spec.language for spec in twins)),
            _less(apportion(count, self.order.events), (spec.event for spec in twins)),
        )
        specs = [spec for key, number in cells.items() for spec in self._positive(key, number)]
        self.rng.shuffle(specs)
        return self._neutral(specs, round(count * self.order.uncued))

    def _positive(self, key: str, number: int) -> Iterable[Spec]:
        _, _, worn, language, event = key.split(SEP)
        for _ in range(number):
            names = self.combiner.choose(worn, "valid", language, self.rng)
            yield Spec(
                number=0,
                split=self.split,
                category=self.category.id,
                label=True,
                variant=group_of(worn),
                kind="valid",
                disguises=names,
                language=language,
                event=event,
                cue=Cue.CONFIRM,
                carrier=self._carrier(event, "positive", "valid", names),
            )

    def _neutral(self, specs: list[Spec], wanted: int) -> list[Spec]:
        """Take the cue from `wanted` positives that need none."""
        found: list[Spec] = []
        for spec in specs:
            if wanted and needs_no_cue(self.category, spec.disguises):
                wanted -= 1
                found.append(replace(spec, cue=Cue.NEUTRAL))
            else:
                found.append(spec)
        return found

    def _carrier(self, event: str, variant: str, kind: str, worn: Sequence[str]) -> str:
        if event == CHAT:
            return TURNS
        if needs_fields(variant, kind, worn):
            return FIELDS
        if kind in {"talk", "benign_talk"}:
            return TEXT
        return TEXT if self.rng.random() < _TEXT_SHARE else FIELDS

    def _extras(self, specs: list[Spec], first: int) -> list[Spec]:
        """Add injections to an exact share of each label, bystanders, and numbers."""
        found: list[Spec] = []
        for label in (True, False):
            group = [spec for spec in specs if spec.label is label]
            marked = _sample_of(len(group), self.order.injections, self.rng)
            crowded = _sample_of(len(group), self.order.bystanders, self.rng)
            for at, spec in enumerate(group):
                others = 1 + (self.rng.random() < 0.3) if at in crowded else 0
                number = first + len(found)
                found.append(
                    replace(spec, number=number, injection=at in marked, bystanders=others)
                )
        return found


def _less(sums: Mapping[str, int], taken: Iterable[str]) -> dict[str, int]:
    used = Counter(taken)
    return {name: number - used[name] for name, number in sums.items()}


def _sample_of(total: int, share: float, rng: Random) -> frozenset[int]:
    return frozenset(rng.sample(range(total), round(total * share)))


# Mined cells into specs: more training rows of the kind that a model still gets wrong.
#
# Specs are taken from the plan itself, from its training rows of the same cell, and given new
# numbers: so every row is new, with its own value, and no quota has to be solved again. For each
# row asked for comes one of the other label from the same category, and where possible the same
# language and event: the model is to learn the difference, not a new prior.


TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the coverage matrix and how many rows of it are asked for. "" fixes nothing."""

    category: str
    rows: int
    label: bool | None = None
    variant: str = ""
    disguise: str = ""
    cue: Cue | None = None
    language: str = ""
    event: str = ""

    def holds(self, spec: Spec) -> bool:
        """Say whether `spec` plans a row of this cell."""
        asked = (
            (self.category, spec.category),
            (self.variant, spec.variant),
            (self.language, spec.language),
            (self.event, spec.event),
        )
        if any(wanted not in {"", found} for wanted, found in asked):
            return False
        if self.label not in {None, spec.label} or self.cue not in {None, spec.cue}:
            return False
        return not self.disguise or self.disguise in spec.disguises


def additions(specs: Sequence[Spec], cells: Iterable[Cell], seed: int) -> tuple[Spec, ...]:
    """Return specs for the rows that `cells` ask for and as many of the other label.

    A cell that no training row of the plan stands in adds nothing. Numbers go on from the last.
    """
    pool = [spec for spec in specs if spec.split == TRAIN]
    by_category: dict[str, list[Spec]] = defaultdict(list)
    for spec in pool:
        by_category[spec.category].append(spec)
    found: list[Spec] = []
    first = 1 + max((spec.number for spec in specs), default=-1)
    for place, cell in enumerate(cells):
        rng = child(seed, "mined", place, cell.category)
        near = [spec for spec in by_category[cell.category] if cell.holds(spec)]
        for _ in range(cell.rows if near else 0):
            chosen = near[int(rng.random() * len(near))]
            for spec in (chosen, _other_side(by_category[cell.category], chosen, rng)):
                found.append(replace(spec, number=first + len(found), twin=NO_TWIN, frame=""))
    return tuple(found)


def _other_side(specs: Sequence[Spec], chosen: Spec, rng: Random) -> Spec:
    """Return a spec of the other label, of the same language and event where there is one."""
    others = [spec for spec in specs if spec.label is not chosen.label]
    alike = [s for s in others if (s.language, s.event) == (chosen.language, chosen.event)]
    fitting = alike or others
    return fitting[int(rng.random() * len(fitting))]
