"""The subject: the value that a row is about, drawn and written as its spec says."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from piiforge import categories, disguises
from piiforge.compose.remarks import draw_token
from piiforge.compose.shapes import pour
from piiforge.compose.spec import Spec
from piiforge.compose.variants import is_bare
from piiforge.lines import pick
from piiforge.types import Category, Disguise, Lookalike, Value

AS_DRAWN = ("canonical",)
SEPARATED = ("sep_changed",)


class Subject(NamedTuple):
    """A value (None where the row has none) and its texts as written, one a part."""

    value: Value | None
    texts: tuple[str, ...]
    disguises: tuple[Disguise, ...]


NOTHING = Subject(None, (), ())


class Drawer:
    """Draws subjects. Holds categories and disguises by name, so that a row looks up nothing."""

    def __init__(self) -> None:
        self._categories: Mapping[str, Category] = {c.id: c for c in categories.ALL}
        self._lookalikes: Mapping[tuple[str, str], Lookalike] = MappingProxyType(
            {(c.id, look.kind): look for c in categories.ALL for look in c.lookalikes}
        )
        self._disguises: Mapping[str, Disguise] = {d.name: d for d in disguises.ALL}
        self._others: Mapping[str, tuple[Category, ...]] = {
            asked: tuple(c for c in categories.ALL if c.id != asked) for asked in self._categories
        }

    def lookalike(self, category: str, kind: str) -> Lookalike | None:
        """Return the named lookalike, None where `kind` is none."""
        return self._lookalikes.get((category, kind))

    def draw(self, spec: Spec, rng: Random, shape: str = "") -> Subject | None:
        """Draw what `spec` is about; None where the drawn value can't wear the disguises.

        Other separators than the usual are those of `shape`, where the value fits it.
        """
        if spec.variant in {"absent", "benign"}:
            return NOTHING
        if spec.variant == "misleading":  # a remark is drawn later, to suit its key
            return Subject(None, (draw_token(rng) if spec.kind == "hashed" else "?",), ())
        return self.write(self._value(spec, rng), spec.disguises, rng, shape)

    def positive(self, spec: Spec, rng: Random, shape: str = "") -> Subject | None:
        """Draw a real value of the asked category in the same disguises: a twin's other side."""
        return self.write(self._categories[spec.category].draw(rng), spec.disguises, rng, shape)

    def bystander(self, asked: str, rng: Random) -> Value:
        """Draw a real value of another category than `asked`."""
        return pick(self._others[asked], rng).draw(rng)

    def write(
        self, value: Value, names: tuple[str, ...], rng: Random, shape: str = ""
    ) -> Subject | None:
        """Write `value` in the named disguises; None where one of them doesn't fit."""
        worn = tuple([self._disguises[name] for name in names])
        parts = value.parts
        if names != AS_DRAWN:
            if not disguises.takes(parts, worn):
                return None
            poured = pour(parts, shape) if names == SEPARATED else None
            parts = poured or disguises.write(parts, worn, rng)
        return Subject(value, tuple([part.text for part in parts]), worn)

    def _value(self, spec: Spec, rng: Random) -> Value:
        if spec.variant == "other":
            return self._categories[spec.kind].draw(rng)
        lookalike = self._lookalikes.get((spec.category, spec.kind))
        if lookalike:
            return lookalike.draw(rng)
        value = self._categories[spec.category].draw(rng)
        while value.telling and is_bare(spec.category, spec.variant):
            value = self._categories[spec.category].draw(rng)
        return value
