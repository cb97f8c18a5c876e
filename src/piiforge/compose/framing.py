"""Framing: a frame's own slots filled, with room left for the row's value.

What stands beside (other people's values, names, digits) is drawn here; the row's own value is put
in later, like in any line.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from piiforge import categories, lines
from piiforge.compose.frames import LOOKALIKE, OTHER, VALUE, Frame
from piiforge.compose.pools import Pool
from piiforge.compose.setup import FIRST_BYSTANDER
from piiforge.compose.spec import Spec
from piiforge.compose.subject import Subject
from piiforge.lines import SLOTS, Phrase, pick
from piiforge.types import Draft, Lookalike, Value

_JOINTS = (" ", " / ", ", ", " - ", "; ")
_JOINT = " "


class Framed(NamedTuple):
    """A frame ready for one row: its text with named slots, what they hold, who stands beside."""

    phrase: Phrase
    fills: Mapping[str, str]
    others: tuple[Value, ...]


class Framer:
    """Fills frames from one split's pool."""

    def __init__(self, pool: Pool) -> None:
        self._banks = pool.banks
        self._categories = {category.id: category for category in categories.ALL}
        self._by_noun: dict[str, list[Lookalike]] = {}
        for category in categories.ALL:
            for lookalike in category.lookalikes:
                for noun in lookalike.nouns:
                    self._by_noun.setdefault(noun, []).append(lookalike)

    def frame(self, frame: Frame, spec: Spec, subject: Subject, rng: Random) -> Framed:
        """Fill every slot of `frame` but those of the row's value, which get its sentinels."""
        pieces = list(frame.pieces)
        fills: dict[str, str] = {}
        others: list[Value] = []
        own = SLOTS[: len(subject.texts)]
        joint = pick(_JOINTS, rng) if frame.notation == "raw" else _JOINT
        for at in range(1, len(pieces), 2):
            slot, pieces[at] = pieces[at], f"slot{at}"
            if frame.is_subject(slot):
                second = slot == "value:account" or (
                    frame.in_parts and slot in frame.pieces[1:at:2]
                )
                part = own[-1:] if second else own[:1]
                fills[pieces[at]] = joint.join(part if frame.in_parts else own)
            elif slot.startswith(OTHER):
                value = self._categories[slot.partition(":")[2]].draw(rng)
                fills[pieces[at]] = _JOINT.join(_slots_of(value, others))
                others.append(value)
            else:
                fills[pieces[at]] = self._noise(slot, spec.language, rng)
        return Framed(Phrase(frame.family, tuple(pieces)), fills, tuple(others))

    def draft(self, frame: Frame, framed: Framed) -> Draft:
        """Write out a whole line; what fills its slots is escaped as the line has it."""
        chain = (frame.notation,)
        pieces = list(framed.phrase.pieces)
        for at in range(1, len(pieces), 2):
            pieces[at] = lines.encode(framed.fills[pieces[at]], chain)
        return Draft("".join(pieces), value_chain=chain)

    def _noise(self, slot: str, language: str, rng: Random) -> str:
        name, _, what = slot.partition(":")
        if name == "digits":
            count = int(what)
            return str(int((1 + 9 * rng.random()) * 10 ** (count - 1)))[:count]
        if name == LOOKALIKE and what in self._by_noun:
            value = pick(self._by_noun[what], rng).draw(rng)
            return _JOINT.join(part.text for part in value.parts)
        if name in {LOOKALIKE, VALUE}:  # a noun that no category imitates
            return lines.noise.order_id(rng)
        return lines.draw_noise(name, self._banks, language, rng)


def _slots_of(value: Value, before: Sequence[Value]) -> Sequence[str]:
    first = FIRST_BYSTANDER + sum(len(one.parts) for one in before)
    return SLOTS[first : first + len(value.parts)]
