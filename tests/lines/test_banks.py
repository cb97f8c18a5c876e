"""Laws over the banks: every category's bank and the nouns are complete, well-formed and varied."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from string import Formatter
from typing import cast

import pytest
import yaml

from piiforge import categories

BANKS = Path(__file__).parents[2] / "src" / "piiforge" / "lines" / "banks"
CATEGORIES = (
    "ssn",
    "itin",
    "credit_card",
    "bank_account",
    "phone",
    "email",
    "passport",
    "drivers_license",
    "member_id",
)
NOUN_LINE = (
    "order invoice tracking sku part serial model coupon gtin isbn ticket case booking reference "
    "batch session device timestamp date ip price coordinate version short_code plate vin package "
    "handle image repo login_url locator claim group rxbin payer mrn customer loyalty npi ein zip "
    "imei iccid transfer meter sku_pair order_pair "
    "canadian_sin tfn siren bsn portuguese_nif cusip duns orgnr ird a_number ptin cnpj "
    "chinese_id nhs cpf pesel cuit aadhaar abn rfc e_ticket library siret clabe "
    "message_id trace ad_id imsi sscc ads_account meeting ndc ga_client "
    "profile_url docker_image unit "
    "cron matrix decorator ssh_target selector git_ref object_ref action ktn visa_foil "
    "bar real_estate nursing dea npn uscis_receipt student employee rx_number pcn "
    "accession container asin uk_passport chinese_passport mexican_passport "
    "indian_passport french_passport spanish_passport canadian_passport german_passport "
    "italian_passport turkish_passport pennsylvania_license georgia_license "
    "florida_license illinois_license ontario_license uk_license french_license "
    "spanish_license sort_code_pair bsb_pair canadian_transit_pair iban_pair clabe_pair "
    "ifsc_pair blz_pair agencia_pair claim_pair ein_pair device_pair chart_pair "
    "visitor_pair meter_pair "
)
NOUNS = NOUN_LINE.split()
LANGUAGES = ("en", "es", "fr", "zh")
NOISE = {"name", "city", "amount", "date", "order", "company", "time"}
OWN = {"drivers_license": {"state"}, "member_id": {"issuer"}}

KEYS = {
    "confirm": {"en": 18, "es": 10, "fr": 10, "zh": 10},
    "misleading": {"en": 12, "es": 5, "fr": 5, "zh": 5},
}
WORDS = {"en": 10, "es": 5, "fr": 5, "zh": 5}
_OTHERS = {"confirm": 16, "open": 6, "veto": 16, "none": 16, "ask": 6}
PHRASES = {
    "en": {"confirm": 42, "open": 14, "veto": 42, "none": 42, "ask": 12},
    "es": _OTHERS,
    "fr": _OTHERS,
    "zh": _OTHERS,
    "mixed": {"confirm": 8, "veto": 6, "none": 6},
}
NOUN_MINIMA = {
    "keys": {"en": 3, "es": 2, "fr": 2, "zh": 2},
    "words": {"en": 2, "es": 1, "fr": 1, "zh": 1},
}
BARE = {"id", "number", "code", "no", "value", "ref", "numero", "codigo", "hao", "编号", "号码"}

Frame = tuple[str, str, str]
Bank = dict[str, dict[str, dict[str, list[str]]]]
every_bank = pytest.mark.parametrize(
    "category", [name for name in CATEGORIES if (BANKS / f"{name}.yaml").exists()]
)
every_noun = pytest.mark.parametrize("noun", NOUNS)


@cache
def load(name: str) -> Bank:
    return cast("Bank", yaml.safe_load((BANKS / f"{name}.yaml").read_text("utf-8")))


def frames(category: str) -> Iterator[Frame]:
    """Yield (language, kind, text); the noun of a veto is cut off."""
    for language, kinds in load(category)["phrases"].items():
        for kind, lines in kinds.items():
            for line in lines:
                yield language, kind, line.split(" | ", 1)[1] if kind == "veto" else line


def strings(node: object) -> Iterator[object]:
    """Yield every leaf of a bank."""
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from strings(child)
    else:
        yield node


def slots(text: str) -> Counter[str]:
    """Count the slots of a frame; a stray brace or a format specification is an error."""
    fields = [field for field in Formatter().parse(text) if field[1] is not None]
    assert all(not spec and not conversion for _, _, spec, conversion in fields), text
    return Counter(name for _, name, _, _ in fields if name is not None)


def wanted(category: str, kind: str) -> set[str]:
    """Return the slots that a frame of this kind holds, each exactly once."""
    value = {"routing", "account"} if category == "bank_account" else {"value"}
    if kind in {"none", "ask"}:
        return set()
    if kind.endswith("_alone"):
        return {"value"}
    return value | {"what"} if kind == "open" else value


def tokens(text: str) -> Counter[str]:
    """Count the words of a frame without its slots; each Han character is one."""
    bare = re.sub(r"\{\w+\}", " ", text.lower())
    return Counter(re.findall(r"[一-鿿]|[^\W一-鿿]+", bare))


def nearly_equal(one: Counter[str], two: Counter[str]) -> bool:
    """Tell whether one or two words make the whole difference between two frames."""
    return (one & two).total() >= 3 and max((one - two).total(), (two - one).total()) <= 2


@every_bank
def test_a_bank_opens_with_three_lines_of_comment(category: str) -> None:
    lines = (BANKS / f"{category}.yaml").read_text("utf-8").splitlines()
    assert [line.startswith("#") for line in lines[:4]] == [True, True, True, False]


@every_bank
def test_counts_are_reached_in_every_language(category: str) -> None:
    bank = load(category)
    assert set(bank["phrases"]) == set(PHRASES)
    short = []
    groups = [(f"keys.{kind}", bank["keys"][kind], least) for kind, least in KEYS.items()]
    groups.append(("words.confirm", bank["words"]["confirm"], WORDS))
    groups += [(f"phrases.{lang}", bank["phrases"][lang], least) for lang, least in PHRASES.items()]
    for where, lists, minima in groups:
        short += [
            f"{where}.{name}: {len(lists[name])} of {least}"
            for name, least in minima.items()
            if len(lists[name]) < least
        ]
    assert not short


@every_bank
def test_every_leaf_is_a_trimmed_string(category: str) -> None:
    leaves = list(strings(load(category)))
    assert [leaf for leaf in leaves if not isinstance(leaf, str) or leaf != leaf.strip()] == []
    assert "" not in leaves


@every_bank
def test_a_frame_holds_its_slots_once_and_no_unknown_one(category: str) -> None:
    for _, kind, text in frames(category):
        found, must = slots(text), wanted(category, kind)
        assert {name for name in found if name not in NOISE | OWN.get(category, set())} == must, (
            text
        )
        assert all(found[name] == 1 for name in must), text


@every_bank
def test_a_frame_without_a_value_brings_no_order_number(category: str) -> None:
    assert [t for _, kind, t in frames(category) if kind == "none" and "{order}" in t] == []


@every_bank
def test_every_veto_noun_is_known(category: str) -> None:
    vetoes = [v for kinds in load(category)["phrases"].values() for v in kinds["veto"]]
    assert {veto.split(" | ")[0] for veto in vetoes} <= set(NOUNS)


@every_bank
def test_a_noun_that_has_a_frame_has_one_in_every_language(category: str) -> None:
    """A noun without a frame of its own is said in those that leave the name open."""
    framed = {
        language: {veto.split(" | ")[0] for veto in load(category)["phrases"][language]["veto"]}
        for language in LANGUAGES
    }
    records = [one for one in categories.ALL if one.id == category]
    for kind in (kind for one in records for kind in one.lookalikes if kind.nouns):
        having = [language for language in LANGUAGES if framed[language] & set(kind.nouns)]
        assert having in ([], list(LANGUAGES)), kind.kind


@every_bank
def test_nothing_holds_a_run_of_four_digits(category: str) -> None:
    assert [leaf for leaf in strings(load(category)) if re.search(r"\d{4}", str(leaf))] == []


@every_bank
def test_no_two_frames_are_equal_but_for_case(category: str) -> None:
    counts = Counter(text.lower() for _, _, text in frames(category))
    assert [text for text, count in counts.items() if count > 1] == []


@every_bank
def test_no_two_frames_differ_in_one_or_two_words_only(category: str) -> None:
    bags = [(language, kind, text, tokens(text)) for language, kind, text in frames(category)]
    close = [
        (one, two)
        for (*place, one, a), (*other, two, b) in combinations(bags, 2)
        if place == other and nearly_equal(a, b)
    ]
    assert close == []


@every_bank
def test_the_worn_opening_is_rare(category: str) -> None:
    worn = re.compile(r"(my|mi|mon|ma|我的)\s?[\w ]{0,40}?\s?(is|es|est|是)\s?\{value\}", re.I)
    for language, kinds in load(category)["phrases"].items():
        assert sum(bool(worn.match(text)) for text in kinds["confirm"]) <= 2, language


@every_bank
def test_a_key_says_one_thing_and_is_lower_case(category: str) -> None:
    keys = load(category)["keys"]
    confirm, misleading = set(strings(keys["confirm"])), set(strings(keys["misleading"]))
    vetoing = {key for noun in NOUNS for key in strings(load("nouns")[noun]["keys"])}
    assert confirm.isdisjoint(misleading)
    assert (confirm | misleading).isdisjoint(vetoing)
    assert [key for key in confirm | misleading if key != str(key).lower() or "{" in key] == []


@every_bank
def test_a_key_stands_once_in_its_list(category: str) -> None:
    for kind in KEYS:
        for listed in load(category)["keys"][kind].values():
            assert len(listed) == len(set(listed))


def test_the_nouns_are_the_listed_ones() -> None:
    assert list(load("nouns")) == NOUNS


@every_noun
def test_a_noun_has_its_keys_and_words_in_every_language(noun: str) -> None:
    for field, minima in NOUN_MINIMA.items():
        lists = load("nouns")[noun][field]
        assert tuple(lists) == LANGUAGES
        for language, least in minima.items():
            assert len(set(lists[language])) == len(lists[language]) >= least, language


@every_noun
def test_a_nouns_keys_are_lower_case_and_never_bare(noun: str) -> None:
    for key in strings(load("nouns")[noun]["keys"]):
        assert isinstance(key, str)
        assert key == key.lower()
        assert BARE.isdisjoint(key.split(" / "))
        assert key.count(" / ") == noun.endswith("_pair")


def test_no_key_belongs_to_two_nouns() -> None:
    owners = Counter(key for noun in NOUNS for key in set(strings(load("nouns")[noun]["keys"])))
    assert [key for key, count in owners.items() if count > 1] == []
