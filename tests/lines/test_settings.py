"""Scenarios are read whole or not at all, and settings and noise fields are drawn from them."""

import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
import yaml

from piiforge.errors import BadRecipe, UnknownName
from piiforge.lines import banks
from piiforge.lines.banks import Scenario, draw_noise_fields, draw_setting, scenarios_from
from piiforge.types import PURE_LANGUAGES

BANK = Path(banks.__file__).parent / "banks" / "scenarios.yaml"
SHIPPED = scenarios_from(yaml.safe_load(BANK.read_text(encoding="utf-8")))
WORDING = {"paths": ["/start"], "titles": ["Start"], "actions": ["Go"]}
PLAIN: Mapping[str, object] = {
    "hosts": ["my"],
    "brands": ["quillfeather-post.com", "plumas-del-sur.mx"],
    "operations": ["send"],
    "api": ["/api/send"],
    **dict.fromkeys(PURE_LANGUAGES, WORDING),
    "fields": {"weight kg": [1, 2.5], "sent at": "iso_time"},
}
every_scenario = pytest.mark.parametrize("scenario", SHIPPED, ids=lambda s: s.name)


def test_the_bank_holds_at_least_56_journeys_of_different_names_and_brands() -> None:
    domains = [domain for s in SHIPPED for domain in _domains(s)]

    assert len({s.name for s in SHIPPED}) == len(SHIPPED) >= 56
    assert len(set(domains)) == len(domains)


@every_scenario
def test_a_scenario_has_enough_of_everything(scenario: Scenario) -> None:
    assert 5 <= len(scenario.fields) <= 9
    assert 2 <= len(scenario.operations) <= 4
    assert 2 <= len(scenario.api) <= 4
    assert 3 <= len(_domains(scenario)) <= 5
    for wording in scenario.wordings.values():
        assert min(map(len, (wording.paths, wording.titles, wording.actions))) >= 2


@every_scenario
def test_paths_and_hosts_can_stand_in_a_url_as_they_are(scenario: Scenario) -> None:
    paths = [*scenario.api, *(p for w in scenario.wordings.values() for p in w.paths)]

    assert all(re.fullmatch(r"(/[A-Za-z0-9-]+)+", path) for path in paths)
    assert all(re.fullmatch(r"[a-z0-9-]+\.[a-z]+", domain) for domain in _domains(scenario))


@every_scenario
@pytest.mark.parametrize("language", [*PURE_LANGUAGES, "mixed"])
def test_a_setting_has_six_parts_and_none_is_empty(scenario: Scenario, language: str) -> None:
    setting = draw_setting(scenario, "page_view", language, Random(4))

    assert list(setting) == ["host", "path", "title", "action", "operation", "locale"]
    assert all(setting.values())


def test_an_xhr_goes_to_the_api_and_a_page_view_to_a_page() -> None:
    scenario, rng = SHIPPED[0], Random(4)

    assert draw_setting(scenario, "xhr", "fr", rng)["path"] in scenario.api
    assert draw_setting(scenario, "page_view", "fr", rng)["path"] in scenario.wordings["fr"].paths


def test_a_mixed_setting_titles_one_language_over_the_path_of_another() -> None:
    scenario, rng = SHIPPED[0], Random(4)
    for _ in range(50):
        setting = draw_setting(scenario, "page_view", "mixed", rng)
        under = next(n for n in PURE_LANGUAGES if setting["path"] in scenario.wordings[n].paths)
        title = setting["title"].split(" | ")[0]
        assert title not in scenario.wordings[under].titles


def test_a_country_domain_serves_its_own_language_only() -> None:
    (scenario,) = scenarios_from({"mail": PLAIN})

    assert scenario.brands["en"] == (("quillfeather-post.com", "Quillfeather Post"),)
    assert [domain for domain, _ in scenario.brands["es"]][1:] == ["plumas-del-sur.mx"]


@pytest.mark.parametrize("n", [0, 3, 99])
def test_noise_fields_are_different_and_no_more_than_there_are(n: int) -> None:
    scenario = SHIPPED[0]
    keys = [key for key, _ in draw_noise_fields(scenario, Random(2), n)]

    assert len(set(keys)) == len(keys) == min(n, len(scenario.fields))


def test_a_field_holds_one_of_its_choices_or_what_its_generator_makes() -> None:
    (scenario,) = scenarios_from({"mail": PLAIN})
    fields = dict(draw_noise_fields(scenario, Random(2), 2))

    assert fields["weight kg"] in {"1", "2.5"}
    assert re.match(r"202[3-6]-\d\d-\d\dT", fields["sent at"])


@every_scenario
def test_same_seed_draws_the_same(scenario: Scenario) -> None:
    drawn = [
        (draw_setting(scenario, "xhr", "mixed", rng), draw_noise_fields(scenario, rng, 4))
        for rng in (Random(9), Random(9))
    ]

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("part", ["hosts", "brands", "operations", "api", "zh", "fields"])
def test_a_missing_part_is_named(part: str) -> None:
    tree = {key: entry for key, entry in PLAIN.items() if key != part}

    with pytest.raises(BadRecipe, match=rf"scenarios.yaml: mail\.{part}"):
        scenarios_from({"mail": tree})


def test_a_bare_truth_value_is_refused_because_yaml_would_change_it() -> None:
    with pytest.raises(BadRecipe, match="Quote it"):
        scenarios_from({"mail": {**PLAIN, "fields": {"signed": [True, False]}}})


def test_an_unknown_generator_is_refused_with_the_near_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'iso_time'"):
        scenarios_from({"mail": {**PLAIN, "fields": {"sent at": "iso_tme"}}})


def _domains(scenario: Scenario) -> set[str]:
    return {domain for brands in scenario.brands.values() for domain, _ in brands}
