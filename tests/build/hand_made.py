"""A small set made by hand: impossible values and documented placeholders only."""

from dataclasses import replace

from piiforge.types import Cue, Dropped, Example, Mention, Span, Verdict

CATEGORIES = ("ssn", "phone", "credit_card")
VALUES = {"ssn": "666-12-3456", "phone": "212-555-0147", "credit_card": "4111111111111112"}
POSITIVES = {
    "plain": ("canonical",),
    "combined": ("canonical", "percent"),
    "split": ("split_fields",),
}
NEGATIVES = ("impossible", "vetoed", "other", "absent")
LANGUAGES, EVENTS = ("en", "es", "zh", "mixed"), ("form_submit", "chat_message")


def row(number: int, category: str, variant: str, *, split: str = "train") -> Example:
    """Return a row; variants of POSITIVES are labelled positive, though no value is a real one."""
    label = variant in POSITIVES
    name = category if label or variant != "vetoed" else "order_no"
    value = "" if variant == "absent" else VALUES[category]
    content = f"{name}_{number}={value}&x={number}"
    at = content.index("=") + 1
    mention = Mention(category, "made_up", value, (Span(at, at + len(value)),))
    return Example(
        id=f"{number:016x}",
        split=split,
        category=category,
        content=content,
        verdict=Verdict(label, 0.97 if label else 0.9, f"Row about {category}."),
        language=LANGUAGES[number % len(LANGUAGES)],
        event=EVENTS[number % len(EVENTS)],
        format="form_urlencoded",
        family=f"family-{number}",
        skeleton=f"skeleton-{number}",
        variant=variant,
        disguises=POSITIVES.get(variant, ()),
        cue=Cue.NONE if variant == "absent" else Cue.CONFIRM,
        key_names=(name,),
        values=(mention,) if value else (),
        hard=variant != "plain",
    )


def twin(number: int, category: str, variant: str) -> Example:
    """Return half of the pair `number // 2`: the same line but for the name of its key."""
    made = row(number, category, variant)
    name = category if made.verdict.is_sensitive else "order"
    content = f"page=checkout&{name}={VALUES[category]}&step=2"
    at = content.index(VALUES[category])
    spans = (Span(at, at + len(VALUES[category])),)
    values = (Mention(category, "made_up", VALUES[category], spans),)
    return replaced(made, content=content, values=values, twin_id=f"{number // 2:016x}")


def replaced(example: Example, **changes: object) -> Example:
    """Return `example` with other fields."""
    return replace(example, **changes)  # type: ignore[arg-type]


def make_rows() -> list[Example]:
    """Return 27 rows: every variant of every category, two splits, one pair of twins a category."""
    cells = [(c, v) for c in CATEGORIES for v in (*POSITIVES, *NEGATIVES)]
    rows = [
        row(at, category, variant, split="test" if at % 3 == 0 else "train")
        for at, (category, variant) in enumerate(cells)
    ]
    pairs = [
        twin(100 + 2 * at + half, category, variant)
        for at, category in enumerate(CATEGORIES)
        for half, variant in enumerate(("plain", "vetoed"))
    ]
    return [*rows, *pairs]


DROPPED = [
    Dropped(row(200, "ssn", "plain"), "length", "530 tokens, over 512"),
    Dropped(row(201, "phone", "plain"), "length", "514 tokens, over 512"),
    Dropped(row(202, "phone", "vetoed"), "second_look", "the reader finds <another> value"),
]

FACTS: dict[str, object] = {
    "name": "by-hand",
    "piiforge": "0.0.0",
    "seed": 7,
    "recipe": {
        "name": "by-hand",
        "categories": list(CATEGORIES),
        "variants": {"default": list(POSITIVES)},
        "languages": {"en": 0.5, "es": 0.5},
        "order": "category_first",
        "gates": {
            "probe": 0.8, "skeletons": 0.7, "top_skeletons": 0.02, "families": 300,
            "per_disguise": 3,
        },
    },
    "certificate": {
        "clean": True,
        "axes": {"family": {"keys": 27, "in_two_splits": 0}},
        "exempt": ["credit_card:sample"],
    },
    "gates": {
        "probes": {"keys": {"pooled": 0.55, "by_category": {"ssn": 0.61, "phone": None}}},
        "distinct_skeletons": 0.95,
        "top_ten_skeletons": 0.37,
        "families": 27,
        "review": 2,
    },
    "tokens": {
        "counted_by": "estimate", "median": 120, "p95": 300, "max": 400, "limit": 512,
        "histogram": [[0, 100, 9], [100, 200, 12], [200, 300, 6]],
    },
}  # fmt: skip
