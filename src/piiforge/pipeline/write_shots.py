"""Few-shot examples: rows of our own making with their values put back to slots.

Drawn anew from the recipe's seed at every run, from the families of the training split alone: what
a model writes after their example must tell nothing of the test set.
"""

from collections.abc import Iterator

from piiforge import categories, compose
from piiforge.checks import written as checks
from piiforge.compose import writer, written
from piiforge.pipeline.ordering import plan_of
from piiforge.pipeline.write_lines import slot_problem
from piiforge.recipe import Recipe
from piiforge.rng import child
from piiforge.types import Cue, Example, Mention

_SPLIT = "train"
_LONGEST = 420  # characters: an example is paid for in every call
_PLAIN = frozenset({(), ("canonical",)})


class Shots:
    """Examples for calls, `count` for each."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._count, self._seed = count, recipe.seed
        self._found: dict[tuple[str, str], list[str]] = {}
        if count:
            self._specs = [
                spec
                for spec in plan_of(recipe)
                if spec.split == _SPLIT and spec.disguises in _PLAIN and not spec.injection
            ]
            switches = compose.Switches(**recipe.switches.model_dump())
            pool = compose.make_pool(_SPLIT, recipe.seed)
            self._composer = compose.Composer(pool, switches, recipe.seed)

    def of(self, call: writer.Call) -> tuple[str, ...]:
        """Return the examples for one call: of its category and side, each call its own."""
        if not self._count:
            return ()
        key = call.category, call.side
        if key not in self._found:
            self._found[key] = list(dict.fromkeys(map(writer.shot_of, self._lines(*key))))
        found = self._found[key]
        chosen = child(self._seed, "shots", call.name).sample(found, min(self._count, len(found)))
        return tuple(chosen)

    def _lines(self, category: str, side: str) -> Iterator[written.WrittenLine]:
        rng = child(self._seed, "shots", category, side)
        for spec in self._specs:
            if spec.category == category and spec.cue in writer.SIDES[side]:
                for row in self._composer.compose(spec, rng):
                    line = line_of(row)
                    if line and line.cue in writer.SIDES[side] and _is_fit(line):
                        yield line


def line_of(row: Example) -> written.WrittenLine | None:
    """Return a row with slots in place of its values; None where its noun can't be told."""
    edits: list[tuple[int, int, str]] = []
    noun = _noun(row)
    for at, mention in enumerate(row.values):
        for place, span in enumerate(mention.spans):
            slot = (
                _slot(row, mention, place, noun) if not at else f"{{{{other:{mention.category}}}}}"
            )
            edits.append((span.start, span.end, slot))
    text = row.content
    for start, end, slot in sorted(edits, reverse=True):
        text = text[:start] + slot + text[end:]
    if slot_problem(row.category, text, row.cue, noun):
        return None
    return written.WrittenLine(
        "", "slots", row.category, row.cue, noun, row.language, row.event, text
    )


def _is_fit(line: written.WrittenLine) -> bool:
    """Say whether a line keeps the rules that the model is told."""
    return len(line.text) <= _LONGEST and not checks.value(
        written.plain(line.text, lambda _slot: "value")
    )


def _noun(row: Example) -> str:
    """Return what a veto calls the value, "" where its kind may be called several things."""
    if row.cue is not Cue.VETO or not row.values:
        return ""
    kinds = categories.get(row.category).lookalikes
    named = next((look.nouns for look in kinds if look.kind == row.values[0].kind), ())
    return named[0] if len(named) == 1 else ""


def _slot(row: Example, mention: Mention, place: int, noun: str) -> str:
    if row.cue is Cue.VETO:
        return f"{{{{lookalike:{noun}}}}}"
    if mention.category != row.category:
        return f"{{{{other:{mention.category}}}}}"
    role = written.PAIR_ROLES[place % 2]
    return f"{{{{value:{role}}}}}" if written.is_pair(row.category) else "{{value}}"
