"""A scene under way: what its slots will hold, and what the draft must not lose.

Slots of a draft: 0 and 1 the subject's parts, 2 the word a sentence calls it by, 3 to 6
bystanders, 7 an agent's question. Keys: 0 and 1 the subject's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from piiforge.types import Draft, Scene, Value

WORD_SLOT, FIRST_BYSTANDER, ASK_SLOT = 2, 3, 7
STATES: dict[str, tuple[str, str]] = {
    "CA": ("California", "CA"),
    "NY": ("New York", "NY"),
    "TX": ("Texas", "TX"),
}


@dataclass(slots=True)
class Setup:
    """A scene under way. `texts` are what slots hold, but for the subject's own and the word's.

    `fills` are what a frame's own slots hold, by their names. `needs` are the sentinels without
    which the draft would say something else; `draft` is the whole line where a frame gives it;
    `has_word`: the sentence calls the value by a word, in WORD_SLOT; `family` is the scenario's or
    the phrase's.
    """

    scene: Scene
    family: str
    texts: dict[int, str]
    needs: list[str] = field(default_factory=list)
    fills: Mapping[str, str] = field(default_factory=dict)
    bystanders: list[Value] = field(default_factory=list)
    style: str = "snake"
    draft: Draft | None = None
    has_word: bool = False

    @property
    def answers(self) -> bool:
        """Say whether the value answers a question of the turn before."""
        return ASK_SLOT in self.texts
