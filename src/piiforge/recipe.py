"""A recipe: what to build, in quantities and names, read from YAML and checked strictly.

Every unknown key is an error that names its path in the file and the nearest known key. Recipes
that come with the package are called by name ("base"); docs/recipes.md explains every key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib import resources
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Literal, TypeVar, cast, get_args, get_type_hints

import pydantic
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from piiforge.errors import AskedWrongly, BadRecipe, near
from piiforge.types import Event, Language, MinedCell, Switches

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0)]
SUM_TOLERANCE = 1e-6
_FEWEST = 20  # rows of a category


class Settings(BaseModel):
    """Strict and frozen: no key that nothing reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Model = TypeVar("Model", bound=Settings)


def _strictly(kind: type) -> BeforeValidator:
    """Read a mapping as the dataclass `kind`, as strictly as settings are read."""
    hints = get_type_hints(kind, include_extras=True)
    asked = {
        field.name: (hints[field.name], ... if field.default is MISSING else field.default)
        for field in fields(kind)
    }
    model = pydantic.create_model(kind.__name__, __base__=Settings, **asked)  # type: ignore[call-overload]

    def read(found: object) -> object:
        return found if isinstance(found, kind) else kind(**dict(model.model_validate(found)))

    return BeforeValidator(read)


def _weighed(found: object) -> object:
    """Read a list of names as weights of one each."""
    if not isinstance(found, list | tuple):
        return found
    if len(set(found)) < len(found):
        raise ValueError("one is named twice")
    return dict.fromkeys(found, 1.0)


Weights = Annotated[dict[str, Weight], BeforeValidator(_weighed)]


class Rows(Settings):
    """How many rows. `per_category` is training and validation together; `test` is on top."""

    per_category: Annotated[int, Field(ge=_FEWEST)] = 800
    validation: Share = 0.08
    test: Count = 1000


class Negatives(Settings):
    """Shares of a category's rows. What the three leave of the negatives is hard negatives."""

    other: Share = 0.07  # a real value of another category
    absent: Share = 0.04  # speaks of the category, holds no value
    benign: Share = 0.03  # nothing of the kind


class Lengths(Settings):
    """Shares of the rows by the tokens of their content (LENGTHS of `types`)."""

    short: Share = 0.0
    line: Share = 0.0
    long: Share = 0.0


class Limits(Settings):
    """Bounds on a row, in tokens: of prompt and answer together, and of the content alone."""

    tokens: Annotated[int, Field(ge=128)] = 512
    content: Annotated[int, Field(ge=1)] | None = None
    tries: Annotated[int, Field(ge=1, le=100)] = 30


class Gates(Settings):
    """Bounds on the whole set; the build fails where one is passed."""

    probe: Share = 0.80  # balanced accuracy of a probe that sees one side only
    facts_probe: Share = 0.65  # of one that sees a dozen facts that a glance takes in
    masked_probe: Share = 0.65  # of one that reads all but the value and what names it
    twins: Share = 0.80  # what each split has of the pairs that `twins` asks for
    skeletons: Share = 0.70  # distinct skeletons over rows, a twin pair counted once
    top_skeletons: Share = 0.02  # what the ten commonest skeletons have together
    families: Count = 300
    per_disguise: Count = 30


class Sources(Settings):
    """What other sources may have of the rows; what they leave is made by the rules."""

    seeds: Annotated[float, Field(ge=0, le=0.5)] = 0.1  # share of the rows, where `seeds` names any
    written: Annotated[float, Field(ge=0, le=0.5)] = 0.15  # the same for `written`
    reuse: Annotated[int, Field(ge=1)] = 4  # rows that one line or seed may serve


class Writing(Settings):
    """What `piiforge write` asks a language model for. The four shares are of the lines."""

    lines: Annotated[int, Field(ge=4)] = 200  # a category
    confirm: Share = 0.5  # the line names the category
    veto: Share = 0.3  # it names the number as something else
    neutral: Share = 0.1  # it names nothing
    absent: Share = 0.1  # it speaks of the category and holds no value
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.9
    lines_per_call: Annotated[int, Field(ge=1, le=50)] = 25
    rounds: Annotated[int, Field(ge=1)] = 6
    wrong_labels: Share = 0.02  # bound of `piiforge review --tally`


class Mined(Settings):
    """What `piiforge mine` writes: quotas for the next build, never rows."""

    version: Literal[1]
    rows: Count = 0
    cells: tuple[Annotated[MinedCell, _strictly(MinedCell)], ...] = ()


class Recipe(Settings):
    """Everything that decides the output, seed included. Shares of a mapping sum to 1."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    seed: Count = 1
    rows: Rows = Rows()
    categories: tuple[str, ...]
    positive: Annotated[float, Field(ge=0.4, le=0.6)] = 0.5
    negatives: Negatives = Negatives()
    languages: dict[Language, Share]
    events: dict[Event, Share]
    variants: dict[str, Weights]  # ways to write a value: groups of disguises, or one of a group
    hard: dict[str, Weights] = {}  # hard negatives by why they are negative; even where none is
    lengths: Lengths | None = None  # lengths are left to the formats where none are asked for
    twins: Share = 0.3  # share of the rows that stand in a twin pair
    uncued: Share = 0.12  # share of the positives that no key or sentence names
    injections: Share = 0.03  # share of the rows that try to tell the model what to answer
    bystanders: Share = 0.35  # share of the rows that hold other people's data beside
    order: Literal["category_first", "content_first", "both"] = "category_first"
    switches: Annotated[Switches, _strictly(Switches)] = Switches()
    limits: Limits = Limits()
    gates: Gates = Gates()
    seeds: tuple[str, ...] = ()  # files of `piiforge seeds`, or "presidio", which is shipped
    written: tuple[str, ...] = ()  # folders of `piiforge write`
    sources: Sources = Sources()
    mined: str = ""  # a file of `piiforge mine`: rows that are added to the training rows
    writing: Writing = Writing()
    tokenizer: str = ""  # a tokenizer.json; empty: lengths are estimated

    @pydantic.model_validator(mode="after")
    def _sums(self) -> "Recipe":
        for name in ("languages", "events"):
            total = sum(getattr(self, name).values())
            if abs(total - 1) > SUM_TOLERANCE:
                raise ValueError(f"{name}: the shares sum to {total:g}, not 1")
        if not self.categories:
            raise ValueError("categories: at least one is needed")
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("categories: one is named twice")
        for key, table in (("variants", self.variants), ("hard", self.hard)):
            for owner, weights in table.items():
                if not sum(weights.values()):
                    raise ValueError(f"{key}.{owner}: empty, or every weight is zero")
        if self.lengths and abs(sum(self.lengths.model_dump().values()) - 1) > SUM_TOLERANCE:
            raise ValueError("lengths: short, line and long don't sum to 1")
        asked = self.writing
        if abs(asked.confirm + asked.veto + asked.neutral + asked.absent - 1) > SUM_TOLERANCE:
            raise ValueError("writing: confirm, veto, neutral and absent don't sum to 1")
        if sum(self.negatives.model_dump().values()) > 1 - self.positive:
            raise ValueError("negatives: more than the rows that are not positive")
        return self


def shipped() -> dict[str, Path]:
    """Return the files of the recipes that come with the package, by name."""
    folder = Path(str(resources.files("piiforge") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def purpose(name: str) -> str:
    """Return what a shipped recipe says at its head that it is for."""
    lines = shipped()[name].read_text(encoding="utf-8").splitlines()
    head = takewhile(lambda line: line.startswith("#"), lines)
    return " ".join(line.lstrip("# ") for line in head).partition(". ")[0].rstrip(".") + "."


def load(path: Path | str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe: a file, or by its name one that is shipped ("base"; a file so called: ./base).

    `overrides` are key=value with dots for nesting ("rows.test=100"). "rows=1000000" asks for so
    many in all, in the proportion that the recipe has.

    Raises:
        AskedWrongly: there is no such file or name, or an override is no key=value.
        BadRecipe: not YAML, an unknown key, a wrong type, shares that don't sum to 1.
    """
    known = shipped()
    hint = f"A recipe is a file, or one of {', '.join(known)}: `piiforge recipes` lists them."
    tree = _read(known.get(str(path), Path(path)), hint)
    for override in overrides:
        key, _, count = override.partition("=")
        if key == "rows" and count.isdigit():
            tree["rows"] = _in_all(make(tree, str(path)), int(count)).model_dump()
        else:
            _override(tree, override)
    return make(tree, str(path))


def override(recipe: Recipe, overrides: Sequence[str]) -> Recipe:
    """Return a recipe with some keys set otherwise; errors as `load`."""
    tree = recipe.model_dump(mode="json")
    for text in overrides:
        _override(tree, text)
    return make(tree)


def _in_all(recipe: Recipe, count: int) -> Rows:
    """Return rows of the recipe's proportion that are `count` together."""
    rows, categories = recipe.rows, len(recipe.categories)
    each = round(count * rows.per_category / (rows.per_category * categories + rows.test))
    if rows.test == 0:
        each = count // categories  # what is left over has no split to go to
    if each < _FEWEST:
        raise BadRecipe("rows", f"{count} are too few.", f"Ask for {_FEWEST} a category and more.")
    return rows.model_copy(
        update={"per_category": each, "test": count - each * categories if rows.test else 0}
    )


def load_mined(path: Path) -> Mined:
    """Read a file of `piiforge mine`.

    Raises:
        AskedWrongly, BadRecipe: it can't be read, or names the path of what is off.
    """
    return _checked(Mined, _read(path, "`piiforge mine` writes such files."), str(path))


def make(tree: dict[str, object], where: str = "recipe") -> Recipe:
    """Check a mapping as read from YAML.

    Raises:
        BadRecipe: names the path of the first thing that is off.
    """
    return _checked(Recipe, tree, where)


def _read(path: Path, hint: str) -> dict[str, object]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AskedWrongly(f"{path} can't be read.", hint) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadRecipe(str(path), "not YAML.", _yaml_place(error)) from error
    if not isinstance(found, dict):
        raise BadRecipe(str(path), "not a mapping of keys to values.")
    return cast("dict[str, object]", found)


def _checked(model: type[Model], tree: dict[str, object], where: str) -> Model:
    try:
        return model.model_validate(_tuples(tree))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(step) for step in first["loc"] if step != "[key]")
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = near(str(first["loc"][-1]), _keys_at(model, first["loc"][:-1]))
        elif "literal_error" in first["type"]:
            hint = near(str(first["input"]), _quoted(str(first.get("ctx", {}).get("expected", ""))))
        problem = "unknown key." if first["type"] == "extra_forbidden" else f"{first['msg']}."
        raise BadRecipe(f"{where}: {path or 'the whole'}", problem, hint) from error


def _override(tree: dict[str, object], text: str) -> None:
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise AskedWrongly(f"{text!r} is not key=value.", "For example rows.test=100.")
    *parents, leaf = path.split(".")
    here = tree
    for parent in parents:
        below = here.setdefault(parent, {})
        if not isinstance(below, dict):
            raise BadRecipe(path, f"{parent} holds no keys.")
        here = below
    try:
        here[leaf] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise BadRecipe(path, "the value is not YAML.", "Quote it.") from error


def _tuples(found: object) -> object:
    """Strict validation wants tuples where YAML gives lists, and floats where it gives 0 or 1."""
    if isinstance(found, dict):
        return {key: _tuples(value) for key, value in found.items()}
    return tuple(_tuples(item) for item in found) if isinstance(found, list) else found


def _keys_at(model: type[BaseModel], path: Iterable[object]) -> list[str]:
    for step in path:
        if isinstance(step, int):  # a place in a list: its items are of the class named there
            continue
        below = model.model_fields[str(step)].annotation
        while inner := get_args(below):
            below = inner[0]
        if is_dataclass(below):
            return [field.name for field in fields(below)]
        if not (isinstance(below, type) and issubclass(below, BaseModel)):
            return []
        model = below
    return list(model.model_fields)


def _quoted(text: str) -> list[str]:
    return [piece for piece in text.split("'") if piece.isidentifier() and piece != "or"]


def _yaml_place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"See line {mark.line + 1}." if mark is not None else "It must be UTF-8 YAML."
