"""The records that pass between the rooms. All frozen; none knows a room.

A `Value` is drawn by a category, written by disguises, placed by a line and judged by the label
rule; an `Example` is the finished row. Offsets are half-open and count code points of the content.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from random import Random
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le, MinLen

# The words of a recipe, a row and a report. Their order is frozen: draws go by index.
Language = Literal["en", "es", "fr", "zh", "mixed"]
Event = Literal["form_submit", "page_view", "xhr", "chat_message"]
Split = Literal["train", "val", "test"]
Source = Literal["rules", "seeds", "written"]
LANGUAGES: tuple[str, ...] = get_args(Language)
PURE_LANGUAGES = LANGUAGES[:4]
EVENTS: tuple[str, ...] = get_args(Event)
SPLITS: tuple[str, ...] = get_args(Split)
TRAIN, VAL, TEST = SPLITS
SOURCES: tuple[str, ...] = get_args(Source)
RULES, SEEDS, WRITTEN = SOURCES
# Why a row is negative (see `compose.spec`); a positive's variant is the group of its disguises
HARD_VARIANTS = (
    "impossible", "placeholder", "incomplete", "masked", "uncued", "vetoed", "named", "misleading",
)  # fmt: skip
EASY_VARIANTS = ("other", "absent", "benign")
# Tokens that a content of each length has, from above the first to the second
LENGTHS = MappingProxyType({"short": (0, 60), "line": (60, 150), "long": (150, 400)})
COMBINED = "combined"  # the group of two or more disguises over one another

Progress = Callable[[str, int, int], None]  # step, done, total


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line asks for a field of a request: `Annotated[int, Option("Rows.")] = 30`.

    `help` is what it says, `default` what stands for a default that does not explain itself. The
    option is called as the field is, unless `flag` says otherwise; `argument` is no option, but a
    word in its place. `least` and `most` bound a number.
    """

    help: str
    default: str = ""
    flag: str = ""
    argument: bool = False
    least: float | None = None
    most: float | None = None


FINITE = frozenset({"placeholder", "incomplete"})


class Cue(StrEnum):
    """What the key or sentence around a value says of it, seen from the asked category."""

    CONFIRM = "confirm"  # names the asked category
    NEUTRAL = "neutral"  # names nothing ("field_3", "here it is")
    VETO = "veto"  # clearly names something else (order number, tracking number)
    MISLEADING = "misleading"  # sounds like the category and isn't (ssn_status, phone_model)
    OTHER = "other"  # names another category of personal data
    NONE = "none"  # there is no value to speak of


def silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody how far work has come."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What a recipe may decide where the policy leaves it open."""

    partial_mask: bool = True  # a card's first six and last four count as the card
    role_mailbox: bool = True  # sales@ and the like count as an address


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands in a content: half-open, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in the place of what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with edits, which do not overlap, made."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda each: each.start):
        pieces += (text[done : edit.start], edit.text)
        done = edit.end
    return "".join(pieces) + text[done:]


@dataclass(frozen=True, slots=True)
class Part:
    """One written piece of a value. Roles: value, routing, account, first, second."""

    text: str
    role: str = "value"


@dataclass(frozen=True, slots=True)
class Value:
    """A drawn value, or a lookalike of one.

    `category` is the category it belongs to or imitates. `kind` is "valid" or a name that the
    category gives (a lookalike's kind, "role_mailbox", "mbi"). `telling` says that the form as
    drawn names the category by itself (the dashes of an SSN, the + of a phone number): rule 7.
    `state` is the state that a driver's licence is said to come from, else "".
    """

    category: str
    kind: str
    parts: tuple[Part, ...]
    telling: bool = False
    state: str = ""

    @property
    def key(self) -> str:
        """The characters that make the value, without its separators: lower case, parts by '|'.

        >>> Value("phone", "valid", (Part("+1 (415) 555-0100"),)).key
        '14155550100'
        """
        return "|".join([key_of(part.text) for part in self.parts])


def key_of(text: str) -> str:
    """Return what identifies a value: an address in lower case, else its letters and digits."""
    lowered = text.lower()
    if "@" in lowered:
        return lowered
    return lowered if lowered.isalnum() else "".join(filter(str.isalnum, lowered))


@dataclass(frozen=True, slots=True)
class Lookalike:
    """One kind of value that looks like a category's and is not one.

    `nouns` empty: the value itself is impossible, a placeholder or incomplete, hence negative under
    any cue, the category's own name included. `nouns` given: well-formed (it may even pass
    `is_valid`), and negative only because a key or sentence names it as one of these nouns (see
    `lines/banks/nouns.yaml`): order, tracking, sku, timestamp, ... `plain` kinds are written
    as drawn or encoded, never respelled (an IP address, a price). `group` is the variant that a
    kind without nouns counts for: impossible, placeholder or incomplete.
    """

    kind: str
    draw: Callable[[Random], Value]
    nouns: tuple[str, ...] = ()
    plain: bool = False
    group: str = "impossible"


@dataclass(frozen=True, slots=True)
class Category:
    """One category of personal data: how it is drawn, imitated and checked.

    `checked`: a check digit or an unmistakable sign survives every change of separators, so no cue
    is needed (card, e-mail). `vetoable`: the nouns that may plausibly name a *real* value of this
    category as something else; empty where none can (an e-mail address is one whatever its key).
    """

    id: str
    description: str
    title: str
    draw: Callable[[Random], Value]
    lookalikes: tuple[Lookalike, ...]
    is_valid: Callable[[Value], bool]
    sources: tuple[str, ...]
    checked: bool = False
    vetoable: tuple[str, ...] = ()

    def draw_lookalike(self, rng: Random, kind: str) -> Value:
        """Draw a lookalike of the named kind. Raises KeyError where there is none."""
        for lookalike in self.lookalikes:
            if lookalike.kind == kind:
                return lookalike.draw(rng)
        raise KeyError(kind)


@dataclass(frozen=True, slots=True)
class Disguise:
    """One way of writing a part.

    `apply` returns one part, or two for adjacent fields (roles first, second). `undo` takes what
    `apply` returned and gives the text back as far as `restores` says: "text" (exactly), "key"
    (letters and digits, by `key_of`), "tail" (a tail of the key: a country code was left off),
    "head" (something was added behind the value: an extension) or "visible" (a mask:
    the characters still shown, "*" for the hidden ones). `drops_form`: the telling separators are
    gone. `needs_cue`: counts only where a key names it (base64). `group` is the variant it counts
    for. `suits` says of a part whether people would write it so (letters for digits only where they
    make a word); None: always.
    """

    name: str
    group: str
    apply: Callable[[Part, Random], tuple[Part, ...]]
    undo: Callable[[tuple[Part, ...]], str]
    fits: Callable[[Part], bool]
    restores: str = "key"
    language: str = ""
    drops_form: bool = False
    needs_cue: bool = False
    masks: bool = False
    suits: Callable[[Part], bool] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one line: the label, how sure (0 to 1) and why (at most 12 words)."""

    is_sensitive: bool
    confidence_score: float
    explanation: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A value as it stands in a content. `origin` is "drawn" for all that our generators made."""

    category: str
    kind: str
    key: str
    spans: tuple[Span, ...]
    origin: str = "drawn"


@dataclass(frozen=True, slots=True)
class Example:
    """One finished row: the line, the verdict and all that the generator knows about both.

    `values[0]` is the value that the row is about, where it has one; the rest are bystanders.
    `variant` is the cell that quotas are even over: the disguise group of a positive, the kind of
    a negative. `skeleton` is the decoded line with values as slots and digits as #. `source` is
    "rules", "seeds" or "written"; of the latter two `frame` names the seed or written line.
    """

    id: str
    split: str
    category: str
    content: str
    verdict: Verdict
    language: str
    event: str
    format: str
    family: str
    skeleton: str
    variant: str
    disguises: tuple[str, ...]
    cue: Cue
    key_names: tuple[str, ...]
    values: tuple[Mention, ...]
    twin_id: str = ""
    hard: bool = False
    injection: bool = False
    source: str = "rules"
    frame: str = ""

    @property
    def unique_values(self) -> list[str]:
        """The drawn values that no other row may hold, as category:key.

        The subject of a FINITE variant is left out: samples and four-digit tails come again.
        """
        return [
            f"{mention.category}:{mention.key}"
            for at, mention in enumerate(self.values)
            if at or self.variant not in FINITE
        ]

    def _repr_html_(self) -> str:
        """Show the row in a notebook, its values marked: all of them were drawn."""
        spans = {(one.start, one.end) for mention in self.values for one in mention.spans}
        shown, at = "", 0
        for start, end in sorted(spans):
            if start >= at:
                shown += escape(self.content[at:start])
                shown += f"<mark>{escape(self.content[start:end])}</mark>"
                at = end
        said = "sensitive" if self.verdict.is_sensitive else "not sensitive"
        told = f"{self.category}: {said}, {self.verdict.explanation} ({self.variant}, {self.split})"
        return f"<p>{escape(told)}</p><pre>{shown}{escape(self.content[at:])}</pre>"


@dataclass(frozen=True, slots=True)
class Case:
    """One line to be judged for one category, ours or anyone's.

    `label` is the gold verdict, None where there is none. `group` names what the line shares with
    others (a family, a twin pair). `twin` is shared by two lines that differ in one thing. `slices`
    are further keys to score by (language, variant, disguises, ...); "disguises" are joined by "+".
    """

    id: Annotated[str, MinLen(1)]
    category: Annotated[str, MinLen(1)]
    content: str
    label: bool | None = None
    group: str = ""
    twin: str = ""
    slices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system said of one row. `p_sensitive` is 0 to 1; `raw` is its text as it came.

    `decided_by` is the stage of a cascade whose word it is, "" where there is one system alone;
    `unsure`: no stage was sure. `evidence` is there where it was asked for.
    """

    id: Annotated[str, MinLen(1)]
    is_sensitive: bool | None
    p_sensitive: Annotated[float, Ge(0), Le(1)] | None = None
    confidence_score: Annotated[float, Ge(0), Le(1)] | None = None
    explanation: str = ""
    raw: str = ""
    latency_ms: Annotated[float, Ge(0)] | None = None
    decided_by: str = ""
    unsure: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that may not pass, with the reason (a name of `checks.ALL`) and what was seen."""

    example: Example
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a line is to carry, in which setting.

    `fields` are (key, text) pairs in the order to be written; some keys are KEYS sentinels, some
    texts are or contain SLOTS sentinels (see `Draft`). `turns` are (speaker, text) pairs of a
    conversation; speakers are "agent" and "visitor", and the last turn holds the value if any does.
    `setting` has host, path, title, action, operation, locale. `numeric` says that the value will
    be plain digits without a leading zero, so that a JSON line may leave off its quotes.
    """

    event: str
    language: str
    fields: tuple[tuple[str, str], ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    setting: Mapping[str, str] = field(default_factory=dict)
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A line written around sentinels: KEYS for key names, SLOTS for the parts of values.

    A sentinel is plain letters and digits, so every encoding of the line leaves it whole. What is
    put in its place later is written through `key_chain` or `value_chain`, innermost encoding
    first (names of `lines.ENCODERS`), exactly as the line's own writer would have done.
    """

    text: str
    key_chain: tuple[str, ...] = ()
    value_chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One way of writing a line of an event: one of `lines.FORMATS`, so compared by identity.

    `carries` is "fields" (key-value pairs), "text" (a sentence in one of its fields) or "turns" (a
    conversation). `only` names the one category that it can carry (a NACHA record), else "".
    `names` says that the format itself names the category, without any key. `plain` formats take
    values only as drawn. `weight` is how often it is drawn beside others of its event and carrier:
    below 1 for what is long or rare.
    """

    name: str
    event: str
    draft: Callable[[Scene, Random], Draft]
    carries: tuple[str, ...] = ("fields",)
    only: str = ""
    names: bool = False
    plain: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MinedCell:
    """A cell of the coverage matrix that a model gets wrong; an axis left out is any.

    `rows` of it are asked for. `misses` of `of` rows were wrong, a `share` of them (0 to 1), surely
    more than `low`: told, not used.
    """

    category: str
    rows: Annotated[int, Ge(0)]
    label: bool | None = None
    variant: str = ""
    disguise: str = ""
    cue: Literal["", "confirm", "neutral", "veto", "misleading", "other", "none"] = ""
    language: Literal["", Language] = ""
    event: Literal["", Event] = ""
    misses: Annotated[int, Ge(0)] = 0
    of: Annotated[int, Ge(0)] = 0
    share: Annotated[float, Ge(0), Le(1)] = 0.0
    low: float = 0.0
