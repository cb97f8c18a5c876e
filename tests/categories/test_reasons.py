"""Why a lookalike is none: its group, what its form tells, and that one thing alone is wrong."""

import re
from random import Random

import pytest

from piiforge.categories import ALL, bank_account, digits, get
from piiforge.categories.bank_account import SAMPLE_ACCOUNTS, SAMPLE_ROUTINGS
from piiforge.types import HARD_VARIANTS, Part, Value

DRAWS = 300
LOOKALIKES = [(category, look) for category in ALL for look in category.lookalikes]
every_lookalike = pytest.mark.parametrize(
    ("category", "look"), LOOKALIKES, ids=[f"{c.id}.{look.kind}" for c, look in LOOKALIKES]
)
every_category = pytest.mark.parametrize("category", ALL, ids=lambda category: category.id)


def values_of(name: str, kind: str, draws: int = DRAWS) -> list[Value]:
    rng = Random(f"{name}.{kind}")
    return [get(name).draw_lookalike(rng, kind) for _ in range(draws)]


# What the policy counts for nothing: documented samples (5), parts and masks of a value (8); else 4
PLACEHOLDERS = {"sample", "template", "test_pan", "filler", "placeholder"}
PARTS = {"last_four", "last_digits", "routing_alone", "account_alone"}


@pytest.mark.parametrize("look", [look for _, look in LOOKALIKES], ids=lambda look: look.kind)
def test_a_group_says_why_a_value_counts_for_nothing(look):
    assert look.group in HARD_VARIANTS
    fictional = look.kind.startswith("fictional")
    assert (look.group == "placeholder") is (look.kind in PLACEHOLDERS or fictional)
    assert (look.group == "incomplete") is (look.kind in PARTS)
    shown = [look.draw(Random(seed)).parts[-1].text for seed in range(50)]
    hidden = all(re.match(r"[*•xX]{4}", text) and text[-4:].isdecimal() for text in shown)
    assert (look.group == "masked") is hidden


@every_category
def test_a_title_is_made_of_words_of_its_chapter(category):
    chapter = __import__(f"piiforge.categories.{category.id}", fromlist=["x"]).__doc__.lower()
    assert all(word in chapter for word in category.title.lower().split())


# -- plain: written as drawn, for nobody spells it out


# By the signs in it, or because machines alone write it
BY_MACHINES = {"timestamp", "vin", "ga_client", "date", "ip", "price", "coordinate"}


@every_lookalike
def test_plain_is_what_nobody_would_spell_out(category, look):
    an_address_of_things = category.id == "email" and bool(look.nouns)
    hidden = look.kind == "template" or look.group == "masked"
    assert look.plain is (hidden or an_address_of_things or look.kind in BY_MACHINES)


# -- telling: the form names the category


def test_an_address_is_told_by_its_form_unless_it_is_named_as_something_else():
    for look in get("email").lookalikes:
        for value in values_of("email", look.kind, 50):
            broken = look.kind in {"no_at", "no_domain"}
            assert value.telling is not (bool(look.nouns) or broken)


def test_the_groups_of_a_number_tell_a_phone_and_those_of_a_time_or_a_price_do_not():
    strange = {"timestamp", "date", "ip", "price", "coordinate"}
    for look in get("phone").lookalikes:
        for value in values_of("phone", look.kind, 50):
            bare = value.parts[0].text.isdigit()
            assert value.telling is not (bare or look.kind in strange)


# -- one thing alone is wrong


def aba_ok(nine: str) -> bool:
    return sum(w * int(d) for w, d in zip((3, 7, 1) * 3, nine, strict=True)) % 10 == 0


def prefix_ok(nine: str) -> bool:
    return int(nine[:2]) in {*range(13), *range(21, 33), *range(61, 73), 80}


def test_a_pair_with_a_bad_checksum_has_a_legal_prefix_and_the_other_way_round():
    for value in values_of("bank_account", "bad_checksum", 2000):
        routing = value.parts[0].text
        assert prefix_ok(routing)
        assert not aba_ok(routing)
    prefixes = set()
    for value in values_of("bank_account", "bad_prefix", 3000):
        routing, account = (part.text for part in value.parts)
        assert (len(routing), aba_ok(routing), prefix_ok(routing)) == (9, True, False)
        assert get("bank_account").is_valid(Value("", "", pair("021000021", account)))
        prefixes.add(int(routing[:2]))
    assert prefixes == {at for at in range(100) if not prefix_ok(f"{at:02d}")}


def pair(routing: str, account: str) -> tuple[Part, Part]:
    return Part(routing, "routing"), Part(account, "account")


def test_a_wrong_digit_is_any_behind_the_prefix_of_a_routing_number():
    changed = set()
    for seed in range(300):  # the same seed draws the true number first
        true = bank_account._draw_routing(Random(seed))
        false = bank_account._draw_bad_checksum(Random(seed))
        places = [at for at in range(9) if true[at] != false[at]]
        assert len(places) == 1
        changed.update(places)
    assert changed == set(range(2, 9))


@pytest.mark.parametrize("kind", ["routing_cut", "routing_long"])
def test_a_routing_number_of_another_length_has_a_true_account_beside_it(kind):
    for value in values_of("bank_account", kind):
        account = value.parts[1].text
        assert get("bank_account").is_valid(Value("", "", pair("021000021", account)))


def test_a_sample_pair_is_of_two_published_numbers_of_the_right_form():
    famed = set()
    for value in values_of("bank_account", "sample", 3000):
        routing, account = (part.text for part in value.parts)
        assert routing in SAMPLE_ROUTINGS or digits.is_filler(routing)
        assert account in SAMPLE_ACCOUNTS
        assert not get("bank_account").is_valid(Value("", "", pair("021000021", account)))
        assert not get("bank_account").is_valid(Value("", "", pair(routing, "7301946")))
        famed.add(routing)
    for samples, lengths in ((SAMPLE_ROUTINGS, {9}), (SAMPLE_ACCOUNTS, {8, 9, 10, 12})):
        assert {len(sample) for sample in samples} == lengths
        assert all(sample.isdecimal() for sample in samples)
    assert all(aba_ok(routing) for routing in SAMPLE_ROUTINGS[:3])
    assert len(famed) > 10


def test_a_licence_of_the_wrong_state_is_a_true_one_of_another():
    licence, states = get("drivers_license"), set()
    for value in values_of("drivers_license", "wrong_state_shape", 2000):
        fits = [state for state in ("CA", "NY", "TX")
                if licence.is_valid(Value("", "", value.parts, state=state))]  # fmt: skip
        assert len(fits) == 1
        assert fits[0] != value.state
        states.add((value.state, fits[0]))
    assert len(states) == 6


@pytest.mark.parametrize(
    "kind", ["sample", "template", "too_short", "too_long", "two_letters", "last_digits", "plate"]
)
def test_what_imitates_a_licence_says_any_of_the_three_states(kind):
    assert {value.state for value in values_of("drivers_license", kind)} == {"CA", "NY", "TX"}


def test_a_sample_licence_is_of_the_form_of_its_state_and_a_placeholder():
    forms = {"CA": r"[A-Z]\d{7}", "NY": r"\d{9}", "TX": r"\d{8}"}
    for value in values_of("drivers_license", "sample", 2000):
        assert re.fullmatch(forms[value.state], value.parts[0].text)
        assert digits.is_placeholder(value.parts[0].text)


def test_a_card_with_a_wrong_check_digit_keeps_its_issuer_and_half_of_them_swap_two_digits():
    from piiforge.categories.credit_card import fits_network

    swapped = 0
    for value in values_of("credit_card", "luhn_fail", 2000):
        key = value.key
        assert fits_network(key)
        assert not digits.luhn_ok(key)
        near = (key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(6, len(key) - 1))
        swapped += any(map(digits.luhn_ok, near))
    assert swapped > 1000  # a changed digit may look like a swap, too


def test_a_wrong_length_is_one_that_its_network_never_has():
    from piiforge.categories.credit_card import NETWORKS

    never = {str(prefix): network.never for network in NETWORKS for prefix in network.prefixes}
    for value in values_of("credit_card", "wrong_length", 2000):
        assert any(len(value.key) in never.get(value.key[:size], ()) for size in range(1, 7))


def test_groups_of_a_card_are_by_its_length_and_spaces_commoner_than_dashes():
    rng, card = Random(3), get("credit_card")
    texts = [card.draw(rng).parts[0].text for _ in range(4000)]
    sizes = {15: {(4, 6, 5)}, 14: {(4, 6, 4)}, 16: {(4, 4, 4, 4)}}
    for length, wanted in sizes.items():
        mine = [re.split("[ -]", text) for text in texts if not text.isdigit()]
        assert {tuple(map(len, one)) for one in mine if sum(map(len, one)) == length} == wanted
    assert 0.36 < sum(" " in text for text in texts) / len(texts) < 0.44
    assert 0.08 < sum("-" in text for text in texts) / len(texts) < 0.12


@every_lookalike
def test_nine_of_ten_samples_are_those_on_most_forms(category, look):
    famous = getattr(__import__(f"piiforge.categories.{category.id}", fromlist=["x"]), "FAMED", ())
    if look.kind not in {"sample", "test_pan"} or not famous or category.id == "drivers_license":
        return
    known = {re.sub(r"\W", "", text).lower() for text in famous}
    values = values_of(category.id, look.kind, 2000)
    share = sum(value.key in known for value in values) / len(values)
    assert 0.87 < share < 1
