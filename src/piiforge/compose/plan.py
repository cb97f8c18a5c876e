"""The plan: a recipe's quotas solved into specs, one a row, before anything is drawn.

For each split and category the counts of label, variant, language and event are met exactly; the
disguises within a variant and the kinds within it are even. Twins are planned from the negative
side: the positive twin takes over language, event and disguises, and the other positives are
planned into what is left. `additions` plans more training rows of the kind that a model still gets
wrong.

Shares become whole numbers, and tables with given margins are filled, in `shares`. A set that is
made in shards is planned shard by shard: each has its exact part of every margin, so that the sums
over shards are the same for any number of them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain, product
from random import Random
from typing import NamedTuple

from piiforge import types
from piiforge.compose.frames import nouns_of, owner_of
from piiforge.compose.pools import least, least_around, shortest
from piiforge.compose.shares import apportion, evenly, ones, portion, spread, weighed
from piiforge.compose.spec import (
    CHAT,
    CUE_TWIN,
    FIELDS,
    NEED_A_KEY,
    NO_TWIN,
    TEXT,
    TURNS,
    VALUE_TWIN,
    WHOLE,
    Kind,
    Shard,
    Spec,
    combinations,
    group_of,
    language_of,
    needs_no_cue,
    negative_kinds,
    positive_groups,
    size_of,
    wearable_by,
)
from piiforge.errors import QuotaUnmet
from piiforge.rng import child, digest, pick
from piiforge.types import COMBINED, EASY_VARIANTS, HARD_VARIANTS, Category, Cue, MinedCell

TWIN_OF = {
    "impossible": VALUE_TWIN,
    "placeholder": VALUE_TWIN,
    "vetoed": CUE_TWIN,
    "uncued": CUE_TWIN,
}
_TEST_EVERY = 3  # one combination in three is shown by the test set alone
_TWIN_CAP = 0.9  # at most this share of a positive margin is taken by twins
_SMALL_CAPS = (1.0, 0.9, 0.8, 0.7, 0.6)  # the same where positives change disguise; first to fit
_TURNS = 6  # places from which they are tried
_TEXT_SHARE = 0.3  # of the rows outside a chat, those whose value stands in a sentence
_TWO_BESIDE = 0.3  # of the rows with bystanders, those with two
LEAST_AROUND = 30  # tokens that a line needs around a value
_SHORT_CHATS = (
    16.0  # to one of another event, in shares of the short lines: most chats are one turn
)
_IN_FIELDS = frozenset({"empty_field", "benign_fields"})  # kinds
_OF_ADDRESSES = frozenset({"percent", "percent_twice"})  # what a URL or a form body makes
SHORT, LINE, _LONG = types.LENGTHS
_RANKS = {name: rank for rank, name in enumerate(types.LENGTHS)}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: the recipe's part that the plan needs, in plain values."""

    seed: int
    rows: Mapping[str, int]  # by split, over all categories
    positive: float
    easy: Mapping[str, float]  # share of rows by easy variant
    languages: Mapping[str, float]
    events: Mapping[str, float]
    groups: Mapping[str, Mapping[str, float]]  # weights by category, "default" for the rest
    twins: float
    uncued: float
    injections: float
    bystanders: float
    partial_mask: bool = True
    hard: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # as `groups`
    lengths: Mapping[str, float] = field(default_factory=dict)  # shares; left alone where empty
    content: int | None = None  # tokens that a content may have
    shard: Shard = WHOLE  # the part of the set that is planned

    def weights(self, table: Mapping[str, Mapping[str, float]], owner: str) -> Mapping[str, float]:
        """Return the weights of `table` for a category: its own, else the default."""
        return table.get(owner) or table.get("default", {})


def plan(order: Order, categories: Sequence[Category]) -> tuple[Spec, ...]:
    """Solve the quotas of `order` for `categories`.

    Raises:
        QuotaUnmet: they exclude each other; says which cell and why.
    """
    if order.content and order.content < LEAST_AROUND:
        form = shortest()
        why = f"a value and its line take {LEAST_AROUND} tokens and more"
        why += f"; of the formats {form.name} is the shortest and takes {least(form):.0f} by itself"
        raise QuotaUnmet(f"limits.content={order.content}", why, "Raise it.")
    by_split: dict[str, list[_Block]] = {}
    for split, total in order.rows.items():
        shares = apportion(total, {category.id: 1.0 for category in categories})
        by_split[split] = [
            _Block(order, split, category, shares[category.id], place)
            for place, category in enumerate(categories)
        ]
    # a spec has one row or two: numbered so, no two shards have a number in common
    first = sum(block.before for blocks in by_split.values() for block in blocks)
    specs: list[Spec] = []
    for split, blocks in by_split.items():
        planned = [spec for block in blocks for spec in block.specs()]
        measured = measure(planned, order, f"{split}: lengths{order.shard}")
        for block in blocks:
            mine = [spec for spec in measured if spec.category == block.category.id]
            specs.extend(block.crowd(mine, first + len(specs)))
    return tuple(turns(specs, order.shard.phase))


def turns(specs: Iterable[Spec], phase: int = 0) -> Iterator[Spec]:
    """Yield `specs` with what a veto calls them, and how many before draw on the same sentences.

    Of what a number may be called instead, the noun that was used least comes next. `phase` says
    where a shard begins: small as it is, it must not begin where every other does.
    """
    called: Counter[Hashable] = Counter()
    seen: Counter[Hashable] = Counter()
    for spec in specs:
        place = spec.split, spec.language
        noun = ""
        if spec.cue is Cue.VETO:
            nouns = nouns_of(spec.category, spec.kind)
            noun = min(
                nouns, key=lambda one: (called[*place, spec.category, one], digest(phase, one))
            )
            called[*place, spec.category, noun] += 1
        owner = "" if spec.cue is Cue.NEUTRAL else owner_of(spec)
        bank = (*place, owner, spec.cue, spec.twin == CUE_TWIN, spec.variant == "benign", noun)
        alike = (*bank, spec.length)  # a short line has room for the shorter sentences alone
        if spec.carrier != FIELDS:
            yield replace(spec, noun=noun, turn=phase + seen[alike])
            seen[alike] += 1
        else:
            yield replace(spec, noun=noun, turn=spec.number)


def measure(specs: Sequence[Spec], order: Order, name: str) -> list[Spec]:
    """Give each spec of a split a length: shares exact by label, none too short for its value.

    Raises:
        QuotaUnmet: too many values are too long for the lengths that are asked for.
    """
    measured = list(specs)
    longest = order.content or math.inf
    wanted = {length: share for length, share in order.lengths.items()
              if types.LENGTHS[length][0] + LEAST_AROUND < longest}  # fmt: skip
    for label in (True, False) if wanted else ():
        places: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
        for at, spec in enumerate(specs):
            if spec.label is label:
                size = size_of(spec.category, spec.kind, spec.disguises)
                size += least_around(spec.event, spec.carrier)
                fits = (length for length in wanted if size <= types.LENGTHS[length][1])
                least_of = next(fits, max(wanted, key=_RANKS.__getitem__))
                places[spec.category, least_of, spec.event == CHAT].append(at)
        table = spread(
            {place: len(found) for place, found in places.items()},
            _portion_of(order.shard, sum(map(len, places.values())), wanted),
            lambda place, length: _RANKS[length] >= _RANKS[place[1]],
            name=name,
            leaning=lambda place, length: _SHORT_CHATS if place[2] and length == SHORT else 1.0,
        )
        rng = child(order.seed, name, label)
        for (place, length), number in table.items():
            for _ in range(number):
                at = places[place].pop(rng.randrange(len(places[place])))
                measured[at] = replace(measured[at], length=length)
    return measured


class Cell(NamedTuple):
    """Which variant, kind, disguise, language and event stand together; "" is not yet decided."""

    variant: str
    kind: str
    worn: str
    language: str = ""
    event: str = ""

    def __str__(self) -> str:
        return "|".join(filter(None, self))

    def speaks(self, language: str) -> bool:
        """Say whether it can be a line in `language`."""
        return language_of((self.worn,)) in {"", language} or language == "mixed"

    def happens(self, event: str) -> bool:
        """Say whether it is a line of `event` as a rule: nobody types percent signs in a chat."""
        return self.can_happen(event) and not (event == CHAT and self.worn in _OF_ADDRESSES)

    def can_happen(self, event: str) -> bool:
        """Say whether it can be a line of `event`: in a chat no key stands beside a value."""
        return event != CHAT or not (
            needs_fields(self.variant, self.kind, (self.worn,)) or self.kind == "benign_fields"
        )


def needs_fields(variant: str, kind: str, worn: Sequence[str]) -> bool:
    """Say whether the row makes sense only where a key stands beside the value."""
    return variant == "misleading" or kind in _IN_FIELDS or not NEED_A_KEY.isdisjoint(worn)


class _Block:
    """One split of one category. `place` rotates what is left over by rounding."""

    def __init__(self, order: Order, split: str, category: Category, rows: int, place: int) -> None:
        self.order, self.split, self.category = order, split, category
        self.before, self.rows = order.shard.of_rows(rows)
        self.place = place + 3 * len(split) + order.shard.number
        self.name = f"{split}/{category.id}{order.shard}"
        self.rng = child(order.seed, "plan", split, f"{category.id}{order.shard}")
        self._shares = {"positive": order.positive, **order.easy}
        self._shares["hard"] = 1 - sum(self._shares.values())
        earlier = self._split(0, self.before, self._shares).get("positive", 0)
        self._earlier = {True: earlier, False: self.before - earlier}  # rows of earlier shards
        self._groups = order.weights(order.groups, category.id)
        self._hard = order.weights(order.hard, category.id)
        limits = [order.content] if order.content else []
        limits += [types.LENGTHS["long"][1]] if order.lengths else []
        self._most = max(0, min(limits, default=0) - LEAST_AROUND)  # tokens of a value; 0: any
        self._mates = Counter(map(group_of, wearable_by(category.id, "valid")))
        self.used: Counter[str] = Counter()  # rows by disguise, those of a combination included

    def specs(self) -> list[Spec]:
        """Plan the block's specs, not yet numbered."""
        counts = self._split(self.before, self.rows, self._shares)
        negatives = self._negatives(counts)
        positives = self._positives(counts["positive"], negatives)
        return [*negatives, *positives]

    def _split(self, before: int, total: int, weights: Mapping[str, float]) -> dict[str, int]:
        """Split `total` by weights; in a shard, after the `before` of the shards before it."""
        if self.order.shard == WHOLE:
            return apportion(total, weights)
        return portion(before, total, weights)

    def _weighed(
        self, before: int, total: int, names: Sequence[str], weights: Mapping[str, float]
    ) -> dict[str, int]:
        """Split `total` as `weighed`; in a shard, after the `before` of the shards before it."""
        if self.order.shard == WHOLE:
            return weighed(total, names, weights, self.place)
        first = (self.place - self.order.shard.number) % len(names)  # the same in every shard
        turned = [*names[first:], *names[:first]]
        mine = {name: weights.get(name, 0.0) for name in turned}
        return portion(before, total, mine if any(mine.values()) else ones(turned))

    def _margin(self, label: bool, total: int, weights: Mapping[str, float]) -> dict[str, int]:
        return self._split(self._earlier[label], total, weights)

    def _negatives(self, counts: Mapping[str, int]) -> list[Spec]:
        total = self.rows - counts["positive"]
        room = self._margin(False, total, self.order.languages)
        rows: Counter[Cell] = Counter()
        cues: dict[tuple[str, str], Cue] = {}
        for kind, count in self._kinds(counts):
            cues[kind.variant, kind.name] = kind.cue
            for worn, number in speakable(self._worn(kind, count), kind.disguises, room).items():
                rows[Cell(kind.variant, kind.name, worn)] += number
                self.used[worn] += number
        languages = self._margin(False, total, self.order.languages)
        events = self._margin(False, total, self.order.events)
        specs = self._drawn(self._spread(rows, languages, events), cues)
        return self._paired(specs, counts["positive"])

    def _kinds(self, counts: Mapping[str, int]) -> Iterator[tuple[Kind, int]]:
        """Yield every kind of negative and how many rows it has."""
        kinds = negative_kinds(self.category, partial_mask=self.order.partial_mask)
        hard = [variant for variant in HARD_VARIANTS if variant in kinds]
        earlier = self._split(0, self.before, self._shares).get("hard", 0)
        numbers = self._weighed(earlier, counts["hard"], hard, self._hard)
        for variant, number in (numbers | {easy: counts[easy] for easy in EASY_VARIANTS}).items():
            yield from evenly(number, kinds[variant], self.place).items()

    def _worn(self, kind: Kind, count: int) -> dict[str, int]:
        """Spread `count` rows over the groups of a kind's disguises, and within each, by weight.

        A kind wears what the positives wear, as often: how a value is written tells no label.
        """
        groups: dict[str, list[str]] = {}
        for name in self._short_enough(kind.name, kind.disguises):
            groups.setdefault(group_of(name), []).append(name)
        if not groups:
            raise self._no_room(f"{kind.variant}/{kind.name}")
        found: dict[str, int] = {}
        start = self.rng.randrange(len(groups))
        for group, number in weighed(count, tuple(groups), self._groups, start).items():
            inner = groups[group]
            at = self.rng.randrange(len(inner))
            found.update(weighed(number, inner, {**ones(inner), **self._groups}, at))
        return {name: number for name, number in found.items() if number}

    def _spread(
        self, rows: Mapping[Cell, int], languages: Mapping[str, int], events: Mapping[str, int]
    ) -> dict[Cell, int]:
        """Give every cell a language and an event: margins exact, impossible pairs left out."""
        spoken = spread(rows, languages, Cell.speaks, name=f"{self.name}: languages")
        keyed = {cell._replace(language=name): number for (cell, name), number in spoken.items()}
        name = f"{self.name}: events"
        try:
            placed = spread(keyed, events, Cell.happens, name=name)
        except QuotaUnmet:  # a small set has few events to choose from
            placed = spread(keyed, events, Cell.can_happen, name=name)
        return {cell._replace(event=name): number for (cell, name), number in placed.items()}

    def _drawn(
        self, cells: Mapping[Cell, int], cues: Mapping[tuple[str, str], Cue] | None
    ) -> list[Spec]:
        """Return a spec for each row of `cells`, shuffled; without `cues`, of a positive."""
        specs: list[Spec] = []
        for cell in (cell for cell, number in cells.items() for _ in range(number)):
            names = self._combined(cell) if cell.worn == COMBINED else (cell.worn,)
            specs.append(
                Spec(
                    number=0,
                    split=self.split,
                    category=self.category.id,
                    label=cues is None,
                    variant=group_of(cell.worn) if cues is None else cell.variant,
                    kind=cell.kind,
                    disguises=names,
                    language=cell.language,
                    event=cell.event,
                    cue=Cue.CONFIRM if cues is None else cues[cell[:2]],
                    carrier=self._carrier(cell, names),
                )
            )
        self.rng.shuffle(specs)
        return specs

    def _combined(self, cell: Cell) -> tuple[str, str]:
        """Choose two disguises of which one is the rarest so far, for its weight.

        So combinations even out what languages and shapes made uneven.
        """
        pairs = dealt_combinations(
            self.category.id, cell.kind, cell.language, self.order.seed, self.split == types.TEST
        )
        weights = {name: self._weight(name) for pair in pairs for name in pair}
        pairs = tuple(pair for pair in pairs if all(map(weights.get, pair))) or pairs
        rarity = {n: self.used[n] / weights[n] if weights[n] else 0 for n in weights}
        rarest = min(rarity[name] for pair in pairs for name in pair)
        rare = [pair for pair in pairs if min(map(rarity.__getitem__, pair)) == rarest]
        rest = [pair for pair in pairs if pair not in set(rare)]
        self.rng.shuffle(rare)
        chosen = next(filter(partial(self._leaves_room, cell), (*rare, *rest)), rare[0])
        self.used.update(chosen)
        return chosen

    def _leaves_room(self, cell: Cell, pair: tuple[str, str]) -> bool:
        """Say whether a line of usual length holds a value that wears both."""
        most = min(self._most, types.LENGTHS[LINE][1] - LEAST_AROUND)
        return not self._most or size_of(self.category.id, cell.kind, pair) <= most

    def _short_enough(self, kind: str, names: Sequence[str]) -> tuple[str, ...]:
        """Return the disguises that leave a line room; all where no length is asked for."""
        if not self._most:
            return tuple(names)
        sizes = {n: size_of(self.category.id, kind, (n,)) for n in names if n != COMBINED}
        return tuple(n for n in names if n == COMBINED or sizes[n] <= self._most)

    def _no_room(self, what: str) -> QuotaUnmet:
        why = f"none of its disguises fits a value of {self._most} tokens and its line"
        return QuotaUnmet(f"{self.name}/{what}", why, "Raise limits.content.")

    def _weight(self, name: str) -> float:
        """Return how often a disguise is asked for, beside others; a group left out is as one."""
        group = group_of(name)
        return (
            self._groups.get(group, 1.0) * self._groups.get(name, 1.0) / max(1, self._mates[group])
        )

    def _carrier(self, cell: Cell, worn: Sequence[str]) -> str:
        if cell.event == CHAT:
            return TURNS
        if needs_fields(cell.variant, cell.kind, worn):
            return FIELDS
        if cell.kind in {"talk", "benign_talk"}:
            return TEXT
        return TEXT if self.rng.random() < _TEXT_SHARE else FIELDS

    def _paired(self, specs: Sequence[Spec], positives: int) -> list[Spec]:
        """Make twins of as many negatives as are asked for and leave the other positives room.

        In a small split a disguise has one positive or none: there, positives of a group may change
        their disguise for a twin's, as long as what is left can still be planned.
        """
        wanted = _cut(self.order.twins / 2, self.before, self.rows)
        rows = self._positive_rows(positives)
        paired = _with_twins(specs, wanted, self._room_for_twins(positives, rows), _counted_as)
        missing = wanted - sum(bool(spec.twin) for spec in paired)
        groups: Counter[str] = Counter()
        for name, number in rows.items():
            groups[f"{group_of(name)} values"] += number
        best = paired
        for share, turn in product(_SMALL_CAPS, range(_TURNS)) if missing else ():
            room = self._margins(positives) | groups
            room = {place: int(count * share) for place, count in room.items()}
            taken = [spec for spec in paired if spec.twin]
            used = Counter(place for spec in taken for place in _places(spec, _group_counted_as))
            left = Counter(_less(room, used.elements()))
            start = turn * len(paired) // _TURNS
            more = _with_twins(paired, missing, left, _group_counted_as, start)
            twins = [spec for spec in more if spec.twin]
            if len(twins) > sum(bool(spec.twin) for spec in best) and self._can_be_planned(
                positives, twins
            ):
                best = more
                if len(twins) == wanted:
                    break
        return best

    def _margins(self, positives: int) -> dict[str, int]:
        """Return the positives by language and by event, none of which has the name of another."""
        languages = self._margin(True, positives, self.order.languages)
        return languages | self._margin(True, positives, self.order.events)

    def _room_for_twins(self, positives: int, rows: Mapping[str, int]) -> Counter[str]:
        """Return how many positives twins may take, so that the rest can still be planned.

        By language, event and disguise, none of which has the name of another.
        """
        room = {**self._margins(positives), **rows}
        for name, number in rows.items():
            if bound := language_of((name,)):  # rows that can stand in this language only
                room[bound] = room.get(bound, 0) - number
        return Counter({name: int(count * _TWIN_CAP) for name, count in room.items()})

    def _can_be_planned(self, positives: int, twins: Sequence[Spec]) -> bool:
        try:
            self._left_beside(positives, twins)
        except QuotaUnmet:
            return False
        return True

    def _left_beside(
        self, positives: int, twins: Sequence[Spec]
    ) -> tuple[dict[str, int], dict[Cell, int]]:
        """Return the positives that twins leave: by disguise, and spread over cells."""
        taken = Counter(map(_counted_as, twins))
        rows = _less(changed(self._positive_rows(positives), taken), taken.elements())
        languages = self._margin(True, positives, self.order.languages)
        events = self._margin(True, positives, self.order.events)
        cells = self._spread(
            {Cell("positive", "valid", name): number for name, number in rows.items()},
            _less(languages, (spec.language for spec in twins)),
            _less(events, (spec.event for spec in twins)),
        )
        return rows, cells

    def _positive_rows(self, count: int) -> dict[str, int]:
        partial = self.order.partial_mask
        groups = positive_groups(self.category, tuple(self._groups), partial_mask=partial)
        short = {group: self._short_enough("valid", names) for group, names in groups.items()}
        groups = {group: names for group, names in short.items() if names}
        if not groups:
            raise self._no_room("valid")
        languages = self._margin(True, count, self.order.languages)
        rows: dict[str, int] = {}
        for group, number in self._weighed(
            self._earlier[True], count, tuple(groups), self._groups
        ).items():
            names = groups[group]
            inner = weighed(number, names, {**ones(names), **self._groups}, self.place)
            rows.update(speakable(inner, names, languages))
        return rows

    def _positives(self, count: int, negatives: Sequence[Spec]) -> list[Spec]:
        rows, cells = self._left_beside(count, [spec for spec in negatives if spec.twin])
        self.used.update(rows)
        specs = self._drawn(cells, None)
        wanted = _cut(self.order.uncued, self._earlier[True], count)
        bare = [at for at, s in enumerate(specs) if needs_no_cue(self.category, s.disguises)]
        for at in bare[:wanted]:
            specs[at] = replace(specs[at], cue=Cue.NEUTRAL)
        return specs

    def crowd(self, specs: Sequence[Spec], first: int) -> list[Spec]:
        """Add injections to an exact share of each label, bystanders, and numbers from `first`."""
        found: list[Spec] = []
        for label in (True, False):
            group = [spec for spec in specs if spec.label is label]
            marked, crowded = (
                frozenset(self._some(group, share))
                for share in (self.order.injections, self.order.bystanders)
            )
            for at, spec in enumerate(group):
                others = 1 + (self.rng.random() < _TWO_BESIDE) if at in crowded else 0
                others = min(others, 1) if spec.length == LINE else others
                number = first + len(found)
                found.append(
                    replace(spec, number=number, injection=at in marked, bystanders=others)
                )
        return found

    def _some(self, group: Sequence[Spec], share: float) -> list[int]:
        """Draw the places of a share of `group`; a short line has no room for more."""
        roomy = [at for at, spec in enumerate(group) if spec.length != SHORT]
        wanted = _cut(share, self.order.shard.number * len(group), len(group))
        return self.rng.sample(roomy, min(len(roomy), wanted))


def _portion_of(shard: Shard, total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split `total` by weights; earlier shards are taken to have as many each."""
    return (
        apportion(total, weights)
        if shard == WHOLE
        else portion(shard.number * total, total, weights)
    )


def _cut(share: float, before: int, count: int) -> int:
    """Return the share of `count`, such that what was cut off before and this are its sum."""
    return round(share * (before + count)) - round(share * before)


def speakable(
    rows: Mapping[str, int], options: Sequence[str], room: dict[str, int]
) -> dict[str, int]:
    """Move rows of disguises whose language has no room left to others, of the same group first.

    `room` is the rows left by language; what is used is taken from it. Matters in small sets only.
    """
    found: Counter[str] = Counter()
    for name, number in rows.items():
        if not language_of((name,)):
            found[name] += number
            continue
        group = group_of(name)
        same = [name, *sorted(options, key=lambda other: group_of(other) != group)]
        for _ in range(number):
            free = (n for n in same if not (of := language_of((n,))) or room.get(of, 0) > 0)
            chosen = next(free, name)
            if bound := language_of((chosen,)):
                room[bound] = room.get(bound, 0) - 1
            found[chosen] += 1
    return dict(found)


@cache
def dealt_combinations(
    category: str, kind: str, language: str, seed: int, for_test: bool
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of disguises that a kind may wear in `language`: all where none is dealt.

    One in _TEST_EVERY is kept for the test set, by name, so that it asks what training never
    showed.
    """
    spoken = [
        pair
        for pair in combinations(category, kind)
        if language_of(pair) in {"", language} or language == "mixed"
    ]
    held = [digest(seed, "combination", *pair) % _TEST_EVERY == 0 for pair in spoken]
    dealt = [pair for pair, is_held in zip(spoken, held, strict=True) if is_held == for_test]
    return tuple(dealt or spoken)


def _counted_as(spec: Spec) -> str:
    """Return the disguise of a spec as quotas count it."""
    return COMBINED if len(spec.disguises) > 1 else spec.disguises[0]


def _group_counted_as(spec: Spec) -> str:
    return f"{group_of(_counted_as(spec))} values"  # "mixed" is a language, too


def _places(spec: Spec, counted_as: Callable[[Spec], str]) -> tuple[str, str, str]:
    return spec.language, spec.event, counted_as(spec)


def _with_twins(
    specs: Sequence[Spec],
    wanted: int,
    room: Counter[str],
    counted_as: Callable[[Spec], str],
    start: int = 0,
) -> list[Spec]:
    """Make twins of the first `wanted` specs, from `start` on, that have room and may be."""
    paired = list(specs)
    for at in chain(range(start, len(specs)), range(start)):
        spec = specs[at]
        twin = NO_TWIN if spec.twin else TWIN_OF.get(spec.variant, NO_TWIN)
        if spec.variant == "uncued" and spec.carrier != FIELDS:
            twin = NO_TWIN  # a sentence that names nothing has no word to exchange for a name
        places = _places(spec, counted_as)
        if wanted and twin and all(room[place] > 0 for place in places):
            room.subtract(places)
            wanted -= 1
            paired[at] = replace(spec, twin=twin)
    return paired


def changed(rows: Mapping[str, int], least: Mapping[str, int]) -> dict[str, int]:
    """Return `rows` with at least `least` of each disguise, taken from others of its group.

    >>> changed({"percent": 2, "html_escape": 0, "words_en": 1}, {"html_escape": 1})
    {'percent': 1, 'html_escape': 1, 'words_en': 1}
    """
    found = dict(rows)
    for name, number in least.items():
        for other in rows:
            spare = max(0, found[other] - least.get(other, 0))
            moved = min(max(0, number - found.get(name, 0)), spare)
            if moved and group_of(other) == group_of(name):
                found[other] -= moved
                found[name] = found.get(name, 0) + moved
    return found


def _less(sums: Mapping[str, int], taken: Iterable[str]) -> dict[str, int]:
    used = Counter(taken)
    return {name: number - used[name] for name, number in sums.items()}


def additions(specs: Sequence[Spec], cells: Iterable[MinedCell], seed: int) -> tuple[Spec, ...]:
    """Return specs for the rows that `cells` ask for and as many of the other label.

    Specs are taken from the plan itself, from its training rows of the same cell, and given new
    numbers from the last on: so every row is new, with its own value, and no quota has to be solved
    again. For each row asked for comes one of the other label from the same category, and where
    possible the same language and event: the model is to learn the difference, not a new prior. A
    cell that no training row of the plan stands in adds nothing.
    """
    by_category: dict[str, list[Spec]] = defaultdict(list)
    for spec in specs:
        if spec.split == types.TRAIN:
            by_category[spec.category].append(spec)
    found: list[Spec] = []
    first = 1 + max((spec.number for spec in specs), default=-1)
    for place, cell in enumerate(cells):
        rng = child(seed, "mined", place, cell.category)
        near = [spec for spec in by_category[cell.category] if is_of(spec, cell)]
        for _ in range(cell.rows if near else 0):
            chosen = pick(near, rng)
            for spec in (chosen, _other_side(by_category[cell.category], chosen, rng)):
                found.append(replace(spec, number=first + len(found), twin=NO_TWIN, frame=""))
    return tuple(found)


def is_of(spec: Spec, cell: MinedCell) -> bool:
    """Say whether `spec` plans a row of a mined cell."""
    axes = ("category", "variant", "cue", "language", "event")
    return (
        all(getattr(cell, axis) in {"", getattr(spec, axis)} for axis in axes)
        and cell.label in {None, spec.label}
        and cell.disguise in {"", *spec.disguises}
    )


def _other_side(specs: Sequence[Spec], chosen: Spec, rng: Random) -> Spec:
    """Return a spec of the other label, of the same language and event where there is one."""
    others = [spec for spec in specs if spec.label is not chosen.label]
    alike = [s for s in others if (s.language, s.event) == (chosen.language, chosen.event)]
    return pick(alike or others, rng)
