"""What `piiforge categories show` tells of one category: drawn examples of all it can be."""

from dataclasses import asdict, dataclass

from piiforge import categories, disguises
from piiforge.rng import child
from piiforge.types import Category, Disguise, Value

_DRAWN = 4
_TRIES = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """One category with examples, all drawn from seed 0."""

    id: str
    description: str
    sources: tuple[str, ...]
    drawn: tuple[str, ...]
    lookalikes: tuple[tuple[str, str, str], ...]  # kind, example, what makes it negative
    disguised: tuple[tuple[str, str], ...]  # disguise, example

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


def shown(name: str) -> Shown:
    """Return what there is to show of the category called `name`.

    Raises:
        UnknownName: there is none of that name.
    """
    category = categories.get(name)
    rng = child(0, "show", name)
    return Shown(
        id=category.id,
        description=category.description,
        sources=category.sources,
        drawn=tuple(_text(category.draw(rng)) for _ in range(_DRAWN)),
        lookalikes=tuple(
            (
                look.kind,
                _text(look.draw(rng)),
                f"named as {', '.join(look.nouns)}" if look.nouns else look.group,
            )
            for look in category.lookalikes
        ),
        disguised=tuple(
            (disguise.name, text)
            for disguise in disguises.ALL
            if (text := _disguised(category, disguise))
        ),
    )


def _disguised(category: Category, disguise: Disguise) -> str:
    if disguises.CATEGORY_OF.get(disguise.name, category.id) != category.id:
        return ""
    rng = child(0, "show", category.id, disguise.name)
    for _ in range(_TRIES):
        value = category.draw(rng)
        if all(map(disguise.fits, value.parts)):
            written = disguises.write(value.parts, (disguise,), rng)
            return " | ".join(part.text for part in written)
    return ""


def _text(value: Value) -> str:
    return " | ".join(part.text for part in value.parts)
