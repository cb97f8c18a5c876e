"""The laws that every category keeps, over all of them and over their gold files."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from piiforge import categories
from piiforge.categories import ALL, get
from piiforge.errors import UnknownName
from piiforge.types import Category, Lookalike, Part, Value

ROOM = Path(__file__).parent.parent / "src" / "piiforge" / "categories"
NOUNS = ROOM.parent / "lines" / "banks" / "nouns.yaml"
GOLD = Path(__file__).parent / "gold"
SHAPES = Path(__file__).parent / "categories" / "shapes.tsv"
DRAWS = 2000

IDS = (
    *("ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport"),
    *("drivers_license", "member_id"),
)
LOOKALIKES = tuple((category, lookalike) for category in ALL for lookalike in category.lookalikes)


@dataclass(frozen=True)
class Gold:
    """One line of a gold file: a value, whether it is valid, and the reason."""

    value: Value
    valid: bool
    reason: str


def name_of(category: Category, lookalike: Lookalike) -> str:
    return f"{category.id}.{lookalike.kind}"


def text_of(value: Value) -> str:
    return "|".join(part.text for part in value.parts)


def read_table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = (line for line in lines if not line.startswith("# "))
        yield from csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)


def read_gold(category: Category) -> Iterator[Gold]:
    for row in read_table(GOLD / f"{category.id}.tsv"):
        parts = parts_of(category, row["value"])
        value = Value(category.id, "gold", parts, state=row.get("state") or "")
        yield Gold(value, {"1": True, "0": False}[row["valid"]], row["reason"])


@cache
def shapes() -> dict[str, str]:
    return {row["kind"]: row["pattern"] for row in read_table(SHAPES)}


@cache
def nouns() -> frozenset[str]:
    return frozenset(yaml.safe_load(NOUNS.read_text("utf-8")))


def nouns_for(category: Category) -> frozenset[str]:
    """Return the nouns that fit the category: two numbers are named as a pair."""
    pairs = category.id == "bank_account"
    return frozenset(noun for noun in nouns() if noun.endswith("_pair") is pairs)


def parts_of(category: Category, text: str) -> tuple[Part, ...]:
    if category.id != "bank_account":
        return (Part(text),)
    routing, account = text.split("|")
    return (Part(routing, "routing"), Part(account, "account"))


every_category = pytest.mark.parametrize("category", ALL, ids=lambda category: category.id)
every_lookalike = pytest.mark.parametrize(
    ("category", "lookalike"), LOOKALIKES, ids=[name_of(*pair) for pair in LOOKALIKES]
)


# -- the list


def test_the_list_is_that_of_the_policy_in_its_order():
    assert tuple(category.id for category in ALL) == IDS


def test_every_file_of_a_category_is_on_the_list():
    files = {path.stem for path in ROOM.glob("*.py") if "\nCATEGORY = " in path.read_text("utf-8")}
    assert files == set(IDS)


def test_what_the_room_offers_is_there():
    assert all(hasattr(categories, name) for name in categories.__all__)


@every_category
def test_get_finds_a_category_by_its_name(category):
    assert get(category.id) is category


def test_get_names_the_nearest_of_an_unknown_name():
    with pytest.raises(UnknownName, match="Did you mean 'ssn'"):
        get("snn")


@every_category
def test_descriptions_are_short_enough_for_every_prompt(category):
    assert 1 <= len(category.description.split()) <= 12
    assert category.title


@every_category
def test_sources_are_addresses_that_the_docstring_shows(category):
    text = (ROOM / f"{category.id}.py").read_text("utf-8")
    assert category.sources
    for source in category.sources:
        assert source.startswith("https://")
        assert source.rsplit("/", 1)[-1] in text.split('"""')[1]


# -- drawing


@every_category
def test_drawn_values_are_valid(category):
    rng = Random(category.id)
    assert all(category.is_valid(category.draw(rng)) for _ in range(DRAWS))


@every_category
def test_same_seed_draws_the_same_values(category):
    first, second = Random(3), Random(3)
    assert [category.draw(first) for _ in range(50)] == [category.draw(second) for _ in range(50)]


@every_category
def test_drawn_values_seldom_repeat(category):
    rng = Random(5)
    assert len({category.draw(rng).key for _ in range(DRAWS)}) > 0.97 * DRAWS


@every_category
def test_drawn_values_name_their_category_and_roles(category):
    rng = Random(11)
    roles = ("routing", "account") if category.id == "bank_account" else ("value",)
    imitations = {lookalike.kind for lookalike in category.lookalikes}
    for value in (category.draw(rng) for _ in range(DRAWS)):
        assert value.category == category.id
        assert tuple(part.role for part in value.parts) == roles
        assert all(part.text for part in value.parts)
        assert value.kind not in imitations


# -- lookalikes


@every_category
def test_kinds_are_unique(category):
    kinds = [lookalike.kind for lookalike in category.lookalikes]
    assert len(kinds) == len(set(kinds))


@every_lookalike
def test_lookalikes_say_whom_they_imitate_and_how(category, lookalike):
    rng = Random(17)
    for value in (lookalike.draw(rng) for _ in range(100)):
        assert (value.category, value.kind) == (category.id, lookalike.kind)
        assert value.parts
        assert all(part.text for part in value.parts)


@every_lookalike
def test_same_seed_draws_the_same_lookalikes(category, lookalike):
    first, second = Random(3), Random(3)
    drawn = [category.draw_lookalike(first, lookalike.kind) for _ in range(20)]
    assert drawn == [lookalike.draw(second) for _ in range(20)]


@every_lookalike
def test_lookalikes_are_drawn_in_their_shape_and_impossible_ones_never_validate(
    category, lookalike
):
    rng = Random(name_of(category, lookalike))
    drawn = [lookalike.draw(rng) for _ in range(DRAWS)]
    assert lookalike.nouns or not any(map(category.is_valid, drawn))
    have_their_shape(name_of(category, lookalike), drawn)


@every_category
def test_values_of_each_kind_are_drawn_in_their_shape(category):
    rng = Random(category.id)
    drawn = defaultdict[str, list[Value]](list)
    for value in (category.draw(rng) for _ in range(2 * DRAWS)):
        drawn[f"{category.id}.{value.kind}"].append(value)
    named = {name_of(category, lookalike) for lookalike in category.lookalikes}
    assert set(drawn) | named == {name for name in shapes() if name.startswith(f"{category.id}.")}
    for name, values in drawn.items():
        have_their_shape(name, values)


def have_their_shape(name: str, values: Sequence[Value]) -> None:
    """Say that all of `values` are of the shape of that name, and that all it allows is drawn."""
    forms = forms_of(shapes()[name])
    texts = list(map(text_of, values))
    for text in texts:
        assert any(re.fullmatch(form, text) for form in forms), text
    for form in forms:
        for choice in (form, *choices_in(form)):
            assert any(re.fullmatch(choice, text) for text in texts), (choice, form)


def forms_of(pattern: str) -> list[str]:
    """Return the alternatives of a pattern."""
    forms, depth = [""], 0
    for sign in re.findall(r"\\.|.", pattern):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and not depth:
            forms.append("")
        else:
            forms[-1] += sign
    return forms


CHOICE = re.compile(
    r"\[(?P<one_of>[^\]^\\]{1,8})\]|\((?P<either>[^()?]*\|[^()]*)\)"
    r"|\\d(?![*+?]|\{\d+,)(?:\{(?P<digits>\d+)\})?|\{(?P<least>\d+),(?P<most>\d+)\}"
    r"|(?<=[\])\w])(?P<whether>\?)"
)


def choices_in(form: str) -> Iterator[str]:
    """Yield the pattern with one of its choices made.

    One of a set or a group, the fewest or the most, there or not, a digit of a place low or high.
    """
    for found in CHOICE.finditer(form):
        match found.lastgroup or "digits":
            case "one_of":
                signs = "" if re.search(r"\w-\w", found["one_of"]) else found["one_of"]
                made = [re.escape(sign) for sign in signs]
            case "either":
                made = [f"({one})" for one in found["either"].split("|")]
            case "whether":
                made = ["{0}", "{1}"]
            case "digits":
                count = int(found["digits"] or 1)
                places = [(rf"\d{{{at}}}", rf"\d{{{count - 1 - at}}}") for at in range(count)]
                made = [f"{a}{half}{b}" for a, b in places for half in ("[0-4]", "[5-9]")]
            case _:
                made = [f"{{{found['least']}}}", f"{{{found['most']}}}"]
        yield from (form[: found.start()] + one + form[found.end() :] for one in made)


@every_lookalike
def test_the_bank_has_the_nouns_of_lookalikes(category, lookalike):
    assert set(lookalike.nouns) <= nouns_for(category)
    assert len(set(lookalike.nouns)) == len(lookalike.nouns)


@every_category
def test_the_bank_has_the_nouns_of_vetoes(category):
    assert set(category.vetoable) <= nouns_for(category)


def test_an_unknown_kind_is_a_key_error():
    with pytest.raises(KeyError):
        get("ssn").draw_lookalike(Random(1), "order_pair")


# -- gold


@every_category
def test_gold_files_agree_with_is_valid(category):
    for gold in read_gold(category):
        assert category.is_valid(gold.value) is gold.valid, (text_of(gold.value), gold.reason)


@every_category
def test_gold_files_hold_thirty_of_each_with_reasons(category):
    rows = list(read_gold(category))
    counts = Counter(gold.valid for gold in rows)
    assert min(counts[True], counts[False]) >= 30
    assert all(gold.reason for gold in rows)
    assert len({(gold.value.parts, gold.value.state) for gold in rows}) == len(rows)
