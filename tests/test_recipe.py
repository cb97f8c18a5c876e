"""Recipes: the shipped ones load, and what is off is named by its path with the near name."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from piiforge import categories
from piiforge.build.order import asked_of
from piiforge.errors import AskedWrongly, BadRecipe, PiiforgeError
from piiforge.recipe import Recipe, load, make, purpose, shipped
from piiforge.types import EVENTS, HARD_VARIANTS, LANGUAGES, Switches

SHIPPED = sorted((Path(__file__).parent.parent / "recipes").glob("*.yaml"))
TINY = next(path for path in SHIPPED if path.stem == "tiny")

every_recipe = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)


@every_recipe
def test_a_shipped_recipe_loads_under_its_own_name(path):
    assert load(path).name == path.stem
    assert asked_of(load(path)).rows["train"] > 0


@every_recipe
def test_a_recipe_survives_being_written_into_a_manifest(path):
    recipe = load(path)
    assert make(yaml.safe_load(yaml.safe_dump(recipe.model_dump(mode="json")))) == recipe


def test_the_base_recipe_asks_for_the_rows_of_the_plan():
    asked = asked_of(load(TINY.with_name("base.yaml"))).rows
    assert (asked["train"] + asked["val"], asked["val"], asked["test"]) == (7200, 576, 1000)


@pytest.mark.parametrize(
    ("override", "path", "near"),
    [
        ("sede=1", "sede", "'seed'"),
        ("rows.tset=10", "rows.tset", "'test'"),
        ("negatives.benin=0.1", "negatives.benin", "'benign'"),
        ("gates.familys=3", "gates.familys", "'families'"),
        ("limits.token=3", "limits.token", "'tokens'"),
        ("switches.partialmask=true", "switches.partialmask", "'partial_mask'"),
        ("languages.enn=0.1", "languages.enn", "'en'"),
        ("events.form_sumbit=0.1", "events.form_sumbit", "'form_submit'"),
        ("order=content_frist", "order", "'content_first'"),
        ("categories=[ssn, snn]", "categories.1", "'ssn'"),
        ("variants.emial=[plain]", "variants.emial", "'email'"),
        ("variants.default=[plain, speled]", "variants.default.speled", "'spelled'"),
    ],
)
def test_an_unknown_name_is_told_with_its_path_and_the_near_one(override, path, near):
    with pytest.raises(BadRecipe) as raised:
        asked_of(load(TINY, [override]))
    assert f"{path}: " in str(raised.value)
    assert near in raised.value.hint


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("positive=0.9", "positive"),
        ("seed=-1", "seed"),
        ("seed=one", "seed"),
        ("rows.per_category=5", "rows.per_category"),
        ("rows=5", "rows"),
        ("limits.tries=0", "limits.tries"),
        ("name=Ü", "name"),
        ("name=../up", "name"),
        ("categories=[]", "categories"),
        ("categories=[ssn, ssn]", "categories"),
        ("languages={en: 0.5}", "languages: the shares sum to 0.5, not 1"),
        ("events={xhr: 0.5, page_view: 0.6}", "events: the shares sum to 1.1, not 1"),
        ("negatives={other: 0.3, absent: 0.2, benign: 0.1}", "negatives"),
        ("twins=1.5", "twins"),
        ("switches.partial_mask=1", "switches.partial_mask"),
        ("variants={email: [plain]}", "variants"),
        ("variants.default=[]", "variants"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_path(override, said):
    with pytest.raises(BadRecipe) as raised:
        asked_of(load(TINY, [override]))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "- a", "just text", "a: [", "\0", "name: x\nname: [1", "rows: {test: 1}"]
)
def test_a_file_that_is_no_recipe_is_asked_wrongly(tmp_path, text):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(AskedWrongly, match=r"r\.yaml"):
        load(path)


def test_a_recipe_that_is_not_there_is_asked_wrongly(tmp_path):
    with pytest.raises(AskedWrongly, match="can't be read"):
        load(tmp_path / "none.yaml")


def test_a_yaml_tag_makes_no_object(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(AskedWrongly):
        load(path)


def test_an_override_reaches_a_nested_key():
    recipe = load(TINY, ["rows.test=90", "twins=0", "order=both", "rows.validation=0.2"])
    assert (recipe.rows.test, recipe.twins, recipe.order) == (90, 0, "both")
    assert recipe.rows.validation == 0.2


@pytest.mark.parametrize("override", ["rows.test", "=5", "name.x=1", "seed: 5", "seed=[", "a..b=1"])
def test_an_override_that_is_none_is_told_in_our_words(override):
    with pytest.raises(PiiforgeError):
        load(TINY, [override])


def keys_of(model, before=""):
    """Yield (dotted key, default as YAML) of every key of the schema."""
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if inner is not None:
            yield from keys_of(inner, f"{before}{name}.")
        elif is_dataclass(field.annotation):
            yield from ((f"{before}{name}.{one.name}", one.default) for one in fields(Switches))
        else:
            yield f"{before}{name}", "–" if field.is_required() else field.default


def test_the_page_of_keys_tells_every_key_and_its_default():
    page = (Path(__file__).parent.parent / "docs" / "recipes.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"(?m)^\| `([\w.]+)` \| (.*?) \|", page))
    known = dict(keys_of(Recipe))
    assert told.keys() == known.keys()
    read = {key: text if text == "–" else yaml.safe_load(text) for key, text in told.items()}
    plain = {key: list(one) if isinstance(one, tuple) else one for key, one in known.items()}
    assert {key: None if one == "none" else one for key, one in read.items()} == plain


def test_the_page_of_keys_names_every_name_that_is_asked_by():
    page = (Path(__file__).parent.parent / "docs" / "recipes.md").read_text(encoding="utf-8")
    for name in (*LANGUAGES, *EVENTS, *HARD_VARIANTS, *(each.id for each in categories.ALL)):
        assert re.search(rf"\b{name}\b", page), name


def test_a_shipped_recipe_is_called_by_its_name_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    assert shipped().keys() == {path.stem for path in SHIPPED}
    assert load("base") == load(TINY.with_name("base.yaml"))
    with pytest.raises(AskedWrongly, match=r"none\.yaml can't be read\. .*base, .*tiny"):
        load("none.yaml")
    (tmp_path / "tiny").write_text(TINY.read_text("utf-8").replace("20261122", "7"), "utf-8")
    assert (load("tiny").seed, load("./tiny").seed) == (20261122, 7)


@every_recipe
def test_a_shipped_recipe_says_what_it_is_for(path):
    assert 20 < len(purpose(path.stem)) < 160
