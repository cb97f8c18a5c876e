"""A spec: one planned row, or one planned pair of twins; and what it may be about.

Variants are the cells within (category, label) that quotas are even over. A positive's is the group
of its disguises. A negative's says why it is negative:

    impossible   breaks a rule of the number, under the category's own name (policy 4)
    placeholder  a documented sample or a filler (5)
    incomplete   a part of a value (last four, routing alone)
    masked       a real value behind a mask (8)
    uncued       a real value in a form that needs a cue and has none (7)
    vetoed       a real value that is clearly named as something else (6)
    named        another number that passes for one, and is named as what it is (6)
    misleading   a key that sounds like the category, over something else; hashes (6, 8)
    other        a real value of another category (3)
    absent       speaks of the category and holds none
    benign       nothing of the kind
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import MappingProxyType

from piiforge import categories, disguises, prompt
from piiforge.rng import child, digest
from piiforge.types import COMBINED, EASY_VARIANTS, HARD_VARIANTS, Category, Cue, Disguise, Value

FIELDS, TEXT, TURNS = "fields", "text", "turns"
CHAT = "chat_message"
NO_TWIN, VALUE_TWIN, CUE_TWIN = "", "value", "cue"
EASY_POSITIVES = frozenset({"plain", "separators", "encoded", "phone_writing"})
PLAIN = ("canonical",)
NEED_A_KEY = frozenset({"base64", "split_fields"})
_PHONE_FORMS = frozenset({"national", "international", "extension", "vanity"})
_BARE = frozenset(
    (category, variant) for category in ("phone", "member_id") for variant in ("uncued", "vetoed")
)
_POSITIVE_MASKS = {"credit_card": ("mask_first6_last4",)}
_LANGUAGES = {d.name: d.language for d in disguises.ALL if d.language}  # of those bound to one
_DRAWS = 24
_SHORT_DRAWS, _SHORT = 6, 220
_SIZED = 3  # draws by which the tokens of a value are told
_FITTING_SHARE = 0.25
_PHASES = 2**16


@dataclass(frozen=True, slots=True)
class Spec:
    """What a row is to be. `kind` says which value: "valid", a lookalike's kind, a category's id...

    `variant` is the quota cell within (category, label). `disguises` are names, in the order they
    are applied. `twin` is "" for a row of its own; else the spec makes a positive and this negative
    that differ in the value ("value") or in what names it ("cue").
    """

    number: int
    split: str
    category: str
    label: bool
    variant: str
    kind: str
    disguises: tuple[str, ...]
    language: str
    event: str
    cue: Cue
    carrier: str
    injection: bool = False
    bystanders: int = 0
    twin: str = NO_TWIN
    frame: str = ""
    length: str = ""  # of `types.LENGTHS`, "" where none is asked for
    noun: str = ""  # what a veto calls the value
    turn: int = 0  # how many before it draw on the same sentences: banks are gone through so

    @property
    def rows(self) -> int:
        """How many rows it makes: 2 for twins, else 1."""
        return 2 if self.twin else 1


@dataclass(frozen=True, slots=True)
class Shard:
    """One of the `of` parts that a set is made in, numbered from 0. Its text is "" for the whole.

    Families, formats and combinations are dealt by the recipe's seed alone, so that a split draws
    on the same in every shard; a frame, which may serve so many rows, belongs to one.
    """

    number: int = 0
    of: int = 1

    def __str__(self) -> str:
        return "" if self.of == 1 else f" of shard {self.number} of {self.of}"

    @property
    def phase(self) -> int:
        """Where it begins in what is gone through in turn."""
        return 0 if self.of == 1 else digest(0, "phase", self.number, self.of) % _PHASES

    def of_rows(self, rows: int) -> tuple[int, int]:
        """Return how many of `rows` come before it and how many are its own."""
        first = rows * self.number // self.of
        return first, rows * (self.number + 1) // self.of - first

    def holds(self, frame: str) -> bool:
        """Say whether the frame of that name serves rows of this shard."""
        return digest(0, "shard", frame) % self.of == self.number


WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to be negative: its name, its cue, and the disguises that it may wear."""

    name: str
    variant: str
    cue: Cue
    disguises: tuple[str, ...]


@cache
def negative_kinds(
    category: Category, *, partial_mask: bool = True
) -> Mapping[str, tuple[Kind, ...]]:
    """Return the negative kinds of `category` by variant; a variant without any is left out.

    `partial_mask` is the policy's switch: a card's first six and last four count as positive.
    """
    shown = _POSITIVE_MASKS.get(category.id, ()) if partial_mask else ()
    found: dict[str, list[Kind]] = {name: [] for name in (*HARD_VARIANTS, *EASY_VARIANTS)}
    for kind in (*_imitations(category), *_real_ones(category, shown), *_easy_ones(category)):
        found[kind.variant].append(kind)
    return MappingProxyType({name: tuple(kinds) for name, kinds in found.items() if kinds})


def _imitations(category: Category) -> Iterator[Kind]:
    for look in category.lookalikes:
        worn = worn_alike(category.id, look.kind)
        if look.plain:
            worn = tuple(filter(_is_plain, worn))
        elif combinations(category.id, look.kind):
            worn = (*worn, COMBINED)
        variant, cue = ("named", Cue.VETO) if look.nouns else (look.group, Cue.CONFIRM)
        yield Kind(look.kind, variant, cue, worn or PLAIN)


def _real_ones(category: Category, shown: Sequence[str]) -> Iterator[Kind]:
    """Yield the ways in which a real value is none; `shown` are masks that leave it one."""
    real = _sample(category.id, "valid")
    for mask in disguises.ALL:
        if mask.masks and mask.name not in shown and _fits(mask, category.id, real):
            yield Kind(mask.name, "masked", Cue.CONFIRM, (mask.name,))
    if not category.checked:
        yield Kind("uncued", "uncued", Cue.NEUTRAL, _formless(category.id))
    if category.vetoable:
        worn = tuple(n for n in worn_alike(category.id, "vetoed") if n not in _PHONE_FORMS)
        yield Kind("vetoed", "vetoed", Cue.VETO, (*worn, COMBINED))


def _easy_ones(category: Category) -> Iterator[Kind]:
    """Yield what takes no look at the value, the misleading keys of the hard ones included."""
    plain = tuple(filter(_is_plain, wearable_by(category.id, "valid")))
    for name in ("misleading_key", "hashed"):
        yield Kind(name, "misleading", Cue.MISLEADING, plain[:1])
    for other in categories.ALL:
        if other.id != category.id:
            yield Kind(other.id, "other", Cue.OTHER, wearable_by(other.id, "valid") or PLAIN)
    for name in ("talk", "empty_field"):
        yield Kind(name, "absent", Cue.NONE, PLAIN)
    for name in ("benign_talk", "benign_fields"):
        yield Kind(name, "benign", Cue.NONE, PLAIN)


def positive_groups(
    category: Category, groups: Sequence[str], *, partial_mask: bool = True
) -> dict[str, tuple[str, ...]]:
    """Return the disguises of each asked group that `category` can wear; empty groups are left out.

    "combined" is kept as it is: which combination is drawn per row, by split and language.
    A group that is not asked for is left out, whatever of its disguises is named beside.
    """
    by_group: dict[str, list[str]] = {COMBINED: [COMBINED]}
    masks = _POSITIVE_MASKS.get(category.id, ()) if partial_mask else ()
    for name in (*wearable_by(category.id, "valid"), *masks):
        by_group.setdefault(disguises.get(name).group, []).append(name)
    return {group: tuple(by_group[group]) for group in groups if group in by_group}


def writings_of(category: Category) -> tuple[str, ...]:
    """Return the groups that `category`'s values can wear, and each disguise of them."""
    names = (*wearable_by(category.id, "valid"), *_POSITIVE_MASKS.get(category.id, ()))
    return (*dict.fromkeys(disguises.get(name).group for name in names), COMBINED, *names)


def hard_variants_of(category: Category) -> tuple[str, ...]:
    """Return the hard variants that `category` has any kind of."""
    return tuple(name for name in negative_kinds(category) if name in HARD_VARIANTS)


@cache
def wearable_by(category: str, kind: str) -> tuple[str, ...]:
    """Return the names of the unmasking disguises that fit what `category` draws as `kind`."""
    draws = _sample(category, kind)
    return tuple(d.name for d in disguises.ALL if not d.masks and _fits(d, category, draws))


@cache
def worn_alike(category: str, kind: str) -> tuple[str, ...]:
    """Return what both `kind` and real values wear: a disguise of one alone would tell them."""
    draws, real = _sample(category, kind), wearable_by(category, "valid")
    return tuple(name for name in real if _fits(disguises.get(name), category, draws))


@cache
def combinations(category: str, kind: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of disguises that `category`'s `kind` can wear, the inner one first."""
    skipped = {*PLAIN, *NEED_A_KEY} | (_PHONE_FORMS if kind == "vetoed" else frozenset())
    names = [name for name in worn_alike(category, kind) if name not in skipped]
    return tuple(
        (first, second)
        for first in names
        for second in names
        if disguises.may_follow(disguises.get(first), disguises.get(second))
        and _is_short(category, first, second)
    )


@cache
def _is_short(category: str, first: str, second: str) -> bool:
    """Say whether real values so disguised leave room for a line: escaped words may fill it all."""
    worn = (disguises.get(first), disguises.get(second))
    rng = child(0, "short", category, first, second)
    lengths = [
        sum(len(part.text) for part in disguises.write(value.parts, worn, rng))
        for value in _sample(category, "valid")[:_SHORT_DRAWS]
        if disguises.takes(value.parts, worn)
    ]
    return not lengths or max(lengths) <= _SHORT


@cache
def size_of(category: str, kind: str, names: tuple[str, ...]) -> float:
    """Return the tokens of a value of `kind` so disguised, as a rule; 0 where it is none."""
    try:
        draws = _sample(category, kind)[:_SIZED]
    except KeyError:
        return 0.0
    worn = tuple(map(disguises.get, names))
    rng = child(0, "size", category, kind, *names)
    sizes = sorted(
        sum(prompt.tokens(part.text) for part in disguises.write(value.parts, worn, rng))
        for value in draws
        if disguises.takes(value.parts, worn)
    )
    return sizes[len(sizes) // 2] if sizes else 0.0


def language_of(names: Sequence[str]) -> str:
    """Return the language that the named disguises are bound to, or ""."""
    return next((_LANGUAGES[name] for name in names if name in _LANGUAGES), "")


def group_of(name: str) -> str:
    """Return the variant that a positive with the named disguise counts for."""
    return COMBINED if name == COMBINED else disguises.get(name).group


def needs_no_cue(category: Category, names: Sequence[str]) -> bool:
    """Say whether a value so disguised can be known for what it is without a name (rule 7)."""
    worn = [disguises.get(name) for name in names]
    if any(d.needs_cue or d.masks for d in worn):
        return False
    # Most values of the category are drawn in a form that names it
    telling = 2 * sum(value.telling for value in _sample(category.id, "valid")) > _DRAWS
    return category.checked or (telling and not any(d.drops_form for d in worn))


@cache
def _sample(category: str, kind: str) -> tuple[Value, ...]:
    asked = categories.get(category)
    rng = child(0, "sample", category, kind)
    if kind in {"valid", *HARD_VARIANTS}:
        draws = (asked.draw(rng) for _ in iter(int, 1))
        bare = is_bare(category, kind)
        return tuple(islice((d for d in draws if not (bare and d.telling)), _DRAWS))
    return tuple(asked.draw_lookalike(rng, kind) for _ in range(_DRAWS))


def _fits(disguise: Disguise, category: str, draws: Sequence[Value]) -> bool:
    if disguises.CATEGORY_OF.get(disguise.name, category) != category:
        return False
    if disguise.name == "split_fields" and any(len(value.parts) > 1 for value in draws):
        return False
    wanted = _FITTING_SHARE * len(draws)
    for value in draws:
        wanted -= all(map(disguise.fits, value.parts))
        if wanted <= 0:
            return True
    return False


def _formless(category: str) -> tuple[str, ...]:
    """Return the disguises under which the form tells nothing, beyond doubt.

    Where the form is telling, only dropping it will do, or a value drawn without it (`is_bare`):
    a spelled-out dash or a half-spelled group may still tell.
    """
    if not any(value.telling for value in _sample(category, "valid")):
        return tuple(n for n in wearable_by(category, "valid") if n not in NEED_A_KEY)
    return PLAIN if is_bare(category, "uncued") else ("sep_dropped", "sep_mixed")


def is_bare(category: str, variant: str) -> bool:
    """Say whether a variant's real values are drawn without their telling form.

    A phone number with its plus sign is one under any name and under none.
    """
    return (category, variant) in _BARE


def _is_plain(name: str) -> bool:
    return disguises.get(name).group in {"plain", "encoded"} and name != "base64"


def is_hard(spec: Spec, label: bool, cue: Cue) -> bool:
    """Say whether a row is hard: by rule, so that a slice means the same in every build.

    A negative is hard where its value passes for one of the category or its key sounds like it. A
    positive is hard where the value is disguised beyond separators and one encoding, where nothing
    names it, or where the line argues about the label.
    """
    if spec.injection:
        return True
    if not label:
        return spec.variant in HARD_VARIANTS
    return cue is Cue.NEUTRAL or len(spec.disguises) > 1 or spec.variant not in EASY_POSITIVES
