"""A spec: one planned row, or one planned pair of twins, before anything is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import MappingProxyType

from piiforge import categories, disguises
from piiforge.rng import child
from piiforge.types import Category, Cue, Disguise, Value

FIELDS, TEXT, TURNS = "fields", "text", "turns"
CHAT = "chat_message"
NO_TWIN, VALUE_TWIN, CUE_TWIN = "", "value", "cue"


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

    @property
    def rows(self) -> int:
        """How many rows it makes: 2 for twins, else 1."""
        return 2 if self.twin else 1


# Variants: the cells within (category, label) that quotas are even over, and what fills them.
#
# A positive's variant is the group of its disguises. A negative's says why it is negative:
#
#     impossible   breaks a rule of the number, under the category's own name (policy 4)
#     placeholder  a documented sample or a filler (5)
#     incomplete   a part of a value (last four, routing alone)
#     masked       a real value behind a mask (8)
#     uncued       a real value in a form that needs a cue and has none (7)
#     vetoed       a real value that is clearly named as something else (6)
#     named        another number that passes for one, and is named as what it is (6)
#     misleading   a key that sounds like the category, over something else; hashes (6, 8)
#     other        a real value of another category (3)
#     absent       speaks of the category and holds none
#     benign       nothing of the kind


HARD = (
    "impossible", "placeholder", "incomplete", "masked", "uncued", "vetoed", "named", "misleading",
)  # fmt: skip
EASY = ("other", "absent", "benign")
COMBINED = "combined"
MISLEADING_KINDS = ("misleading_key", "hashed")
ABSENT_KINDS = ("talk", "empty_field")
BENIGN_KINDS = ("benign_talk", "benign_fields")
_NEED_A_KEY = frozenset({"base64", "split_fields"})
_PHONE_FORMS = frozenset({"national", "international", "extension", "vanity"})
_BARE = frozenset({("phone", "uncued"), ("phone", "vetoed"), ("member_id", "uncued")})
_DRAWS = 24
_SHORT_DRAWS, _SHORT = 6, 220
_FITTING_SHARE = 0.25


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
    """Return the hard negative kinds of `category` by variant; a variant without any is left out.

    `partial_mask` is the policy's switch: a card's first six and last four count as positive.
    """
    wearable = wearable_by(category.id, "valid")
    plain = tuple(name for name in wearable if _is_plain(name))
    found: dict[str, list[Kind]] = {variant: [] for variant in HARD}
    for lookalike in category.lookalikes:
        variant = "named" if lookalike.nouns else lookalike.group
        cue = Cue.VETO if lookalike.nouns else Cue.CONFIRM
        fitting = worn_alike(category.id, lookalike.kind)
        worn = tuple(n for n in fitting if not lookalike.plain or _is_plain(n))
        if not lookalike.plain and combinations(category.id, lookalike.kind):
            worn = (*worn, COMBINED)
        found[variant].append(Kind(lookalike.kind, variant, cue, worn or ("canonical",)))
    positive = _positive_masks(category.id) if partial_mask else ()
    for name in _masks(category.id):
        if name not in positive:
            found["masked"].append(Kind(name, "masked", Cue.CONFIRM, (name,)))
    if not category.checked:
        found["uncued"].append(Kind("uncued", "uncued", Cue.NEUTRAL, _formless(category.id)))
    if category.vetoable:
        worn = tuple(n for n in worn_alike(category.id, "vetoed") if n not in _PHONE_FORMS)
        found["vetoed"].append(Kind("vetoed", "vetoed", Cue.VETO, (*worn, COMBINED)))
    for name in MISLEADING_KINDS:
        found["misleading"].append(Kind(name, "misleading", Cue.MISLEADING, plain[:1]))
    return MappingProxyType({name: tuple(kinds) for name, kinds in found.items() if kinds})


def positive_groups(
    category: Category, groups: Sequence[str], *, partial_mask: bool = True
) -> dict[str, tuple[str, ...]]:
    """Return the disguises of each asked group that `category` can wear; empty groups are left out.

    "combined" is kept as it is: which combination is drawn per row, by split and language.
    """
    by_group: dict[str, list[str]] = {}
    masks = _positive_masks(category.id) if partial_mask else ()
    for name in (*wearable_by(category.id, "valid"), *masks):
        by_group.setdefault(disguises.get(name).group, []).append(name)
    by_group[COMBINED] = [COMBINED]
    return {group: tuple(by_group[group]) for group in groups if by_group.get(group)}


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
    skipped = {"canonical", *_NEED_A_KEY} | (_PHONE_FORMS if kind == "vetoed" else frozenset())
    names = [name for name in worn_alike(category, kind) if name not in skipped]
    return tuple(
        (first, second)
        for first in names
        for second in names
        if _may_follow(first, second) and _is_short(category, first, second)
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


def language_of(names: Sequence[str]) -> str:
    """Return the language that the named disguises are bound to, or ""."""
    bound = _languages()
    for name in names:
        if name in bound:
            return bound[name]
    return ""


def all_ids() -> tuple[str, ...]:
    """Return the ids of every category, in their order."""
    return tuple(category.id for category in categories.ALL)


def group_of(name: str) -> str:
    """Return the variant that a positive with the named disguise counts for."""
    return COMBINED if name == COMBINED else disguises.get(name).group


def worn_as(names: Sequence[str]) -> str:
    """Return the variant of a positive that wears the named disguises."""
    return COMBINED if len(names) > 1 else group_of(names[0])


def needs_no_cue(category: Category, names: Sequence[str]) -> bool:
    """Say whether a value so disguised can be known for what it is without a name (rule 7)."""
    worn = [disguises.get(name) for name in names]
    if any(d.needs_cue or d.masks for d in worn):
        return False
    return category.checked or (_is_telling(category.id) and not any(d.drops_form for d in worn))


@cache
def _is_telling(category: str) -> bool:
    """Say whether most values of the category are drawn in a form that names it."""
    return 2 * sum(value.telling for value in _sample(category, "valid")) > _DRAWS


@cache
def _sample(category: str, kind: str) -> tuple[Value, ...]:
    asked = categories.get(category)
    rng = child(0, "sample", category, kind)
    if kind in {"valid", *HARD}:
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


@cache
def _may_follow(first: str, second: str) -> bool:
    """Say whether the second disguise may be worn over the first."""
    return disguises.may_follow(disguises.get(first), disguises.get(second))


def _masks(category: str) -> tuple[str, ...]:
    draws = _sample(category, "valid")
    return tuple(d.name for d in disguises.ALL if d.masks and _fits(d, category, draws))


def _positive_masks(category: str) -> tuple[str, ...]:
    return ("mask_first6_last4",) if category == "credit_card" else ()


def _formless(category: str) -> tuple[str, ...]:
    """Return the disguises under which the form tells nothing, beyond doubt.

    Where the form is telling, only dropping it will do, or a value drawn without it (`is_bare`):
    a spelled-out dash or a half-spelled group may still tell.
    """
    if not any(value.telling for value in _sample(category, "valid")):
        return tuple(n for n in wearable_by(category, "valid") if n not in _NEED_A_KEY)
    return ("canonical",) if is_bare(category, "uncued") else ("sep_dropped", "sep_mixed")


def is_bare(category: str, variant: str) -> bool:
    """Say whether a variant's real values are drawn without their telling form.

    A phone number with its plus sign is one under any name and under none.
    """
    return (category, variant) in _BARE


def _is_plain(name: str) -> bool:
    return disguises.get(name).group in {"plain", "encoded"} and name != "base64"


@cache
def _languages() -> Mapping[str, str]:
    """Return the language of each disguise that is bound to one."""
    return {disguise.name: disguise.language for disguise in disguises.ALL if disguise.language}


# Which rows count as hard: by rule, so that a slice means the same in every build.


EASY_POSITIVES = frozenset({"plain", "separators", "encoded", "phone_writing"})


def is_hard(spec: Spec, label: bool, cue: Cue) -> bool:
    """Say whether a row is hard.

    A negative is hard where its value passes for one of the category or its key sounds like it. A
    positive is hard where the value is disguised beyond separators and one encoding, where nothing
    names it, or where the line argues about the label.
    """
    if spec.injection:
        return True
    if not label:
        return spec.variant in HARD
    return cue is Cue.NEUTRAL or len(spec.disguises) > 1 or spec.variant not in EASY_POSITIVES
