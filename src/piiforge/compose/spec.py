"""A spec: one planned row, or one planned pair of twins, before anything is drawn."""

from dataclasses import dataclass

from piiforge.types import Cue

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
