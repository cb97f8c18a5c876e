"""The plan: a recipe's quotas solved into specs, one a row, before anything is drawn.

For each split and category the counts of label, variant, language and event are met exactly; the
disguises within a variant and the kinds within it are even. Twins are planned from the negative
side: the positive twin takes over language, event and disguises, and the other positives are
planned into what is left.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from piiforge.compose import variants
from piiforge.compose.cells import (
    SEP,
    cue_of,
    happens,
    needs_fields,
    speakable,
    speaks,
    twin_kind,
    worn_as,
)
from piiforge.compose.combining import Combiner
from piiforge.compose.quotas import apportion, evenly, spread
from piiforge.compose.spec import CHAT, FIELDS, TEXT, TURNS, Spec
from piiforge.rng import child
from piiforge.types import Category, Cue

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
        hard = variants.negative_kinds(self.category, partial_mask=self.order.partial_mask)
        found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        for variant, number in evenly(counts["hard"], tuple(hard), self.place).items():
            kinds = {kind.name: kind for kind in hard[variant]}
            for name, each in evenly(number, tuple(kinds), self.place).items():
                found[name, variant] = (each, kinds[name].disguises)
        for variant in variants.EASY:
            kinds_of = self._easy_kinds(variant)
            for name, each in evenly(counts[variant], kinds_of, self.place).items():
                worn = variants.wearable_by(name, "valid") if variant == "other" else ()
                found[name, variant] = (each, worn or ("canonical",))
        return found

    def _easy_kinds(self, variant: str) -> tuple[str, ...]:
        if variant == "absent":
            return variants.ABSENT_KINDS
        if variant == "benign":
            return variants.BENIGN_KINDS
        return tuple(name for name in variants.all_ids() if name != self.category.id)

    def _worn(self, names: Sequence[str], count: int) -> dict[str, int]:
        """Spread `count` rows over the groups of `names` evenly, and within each group too."""
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(variants.group_of(name), []).append(name)
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
            rows,
            apportion(total, self.order.languages),
            apportion(total, self.order.events),
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
            bound = variants.language_of((name,))
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
        groups = variants.positive_groups(
            self.category, asked, partial_mask=self.order.partial_mask
        )
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
                variant=variants.group_of(worn),
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
            if wanted and variants.needs_no_cue(self.category, spec.disguises):
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
