"""In which share the kinds and forms of a category are drawn, and where their ranges end."""

import re
from collections import Counter
from random import Random

import pytest

from piiforge.categories import credit_card, digits, get, phone
from piiforge.types import Value

DRAWS = 4000


def drawn(name: str, draws: int = DRAWS) -> list[Value]:
    """Return values of a category, or of one of its lookalikes (`category.kind`)."""
    category, _, kind = name.partition(".")
    rng, of = Random(name), get(category)
    return [of.draw_lookalike(rng, kind) if kind else of.draw(rng) for _ in range(draws)]


def texts_of(name: str, draws: int = DRAWS) -> list[str]:
    return [value.parts[0].text for value in drawn(name, draws)]


SHARES = (
    # category or lookalike, what is counted, at least, at most
    ("ssn", r"\d{3}-\d\d-\d{4}", 0.86, 0.90),
    ("ssn.part", r".*\..*", 0.46, 0.54),
    ("itin.wrong_length", r"(?:\D*\d){8}\D*", 0.46, 0.54),
    ("passport", r"[a-zC]\d{8}", 0.12, 0.22),
    ("passport", r"[a-z]\d{8}", 0.04, 0.09),  # one in eight of those with a letter
    ("passport", r"[Aa]\d{8}", 0.17, 0.21),
    ("passport", r"\d{9}", 0.42, 0.48),
    ("drivers_license", r"[a-z]\d{7}", 0.02, 0.05),
    ("drivers_license", r"\d{3} \d{3} \d{3}", 0.10, 0.14),
    ("drivers_license", r"[A-Za-z]\d{7}", 0.31, 0.36),
    ("member_id", r".*[a-z].*", 0.02, 0.06),
    ("member_id.mbi_bad_position", r"0.*", 0.28, 0.36),
    ("member_id.guid_slice", r".{8}", 0.46, 0.54),
    ("member_id.parcel", r"1Z.*", 0.46, 0.54),
    ("bank_account.iban", r".*XXX", 0.46, 0.54),
    ("phone.timestamp", r"\d{10}", 0.46, 0.54),
    ("phone.tracking", r"[2-9]\d\d[2-9]\d{6}", 0.56, 0.66),
    ("phone.too_short", r"\+1.*", 0.57, 0.63),
    ("credit_card.e_ticket", r"(?:421|479)\d{10}", 0.46, 0.54),
    ("credit_card.cnpj", r"3[689]\d{12}", 0.46, 0.56),
    ("credit_card.isbn", r"\d{13}", 0.46, 0.54),
)


@pytest.mark.parametrize(
    ("name", "pattern", "least", "most"), SHARES, ids=[f"{one[0]} {one[1]}" for one in SHARES]
)
def test_a_form_is_drawn_in_about_the_share_it_should_have(name, pattern, least, most):
    texts = [value.parts[-1 if ".*XXX" not in pattern else 0].text for value in drawn(name, 2000)]
    assert least < sum(bool(re.fullmatch(pattern, text)) for text in texts) / 2000 < most


@pytest.mark.parametrize(
    ("name", "kind", "least", "most"),
    [("member_id", "mbi", 0.23, 0.27), ("member_id", "medicaid", 0.18, 0.22),
     ("passport", "card", 0.085, 0.115), ("phone", "toll_free", 0.02, 0.1),
     ("email", "role_mailbox", 0.07, 0.09)],
)  # fmt: skip
def test_a_kind_is_drawn_in_about_the_share_it_should_have(name, kind, least, most):
    assert least < sum(value.kind == kind for value in drawn(name)) / DRAWS < most


def test_a_card_is_of_a_network_and_a_length_as_often_as_the_table_says():
    keys = [value.key for value in drawn("credit_card", 10_000)]
    for network in credit_card.NETWORKS:
        heads = tuple(map(str, network.prefixes))
        mine = Counter(len(key) for key in keys if key.startswith(heads))
        if len(heads[0]) == 6 or heads[0] == "65":  # may also be of a wider range
            continue
        for length, share in network.shares.items():
            assert abs(mine[length] / 10_000 - share / 1000) < 0.012, (heads[0], length)


@pytest.mark.parametrize("kind", ["sku", "coupon", "trace", "imei", "iccid", "library"])
def test_what_looks_like_a_card_has_a_check_digit_too(kind):
    assert all(digits.luhn_ok(value.key) for value in drawn(f"credit_card.{kind}", 500))


def test_an_issuer_that_is_none_has_no_network_of_the_world():
    heads = {value.key[:2] for value in drawn("credit_card.bad_prefix")}
    assert heads == set(credit_card.NO_PREFIXES)
    known = {str(prefix)[:2] for network in credit_card.NETWORKS for prefix in network.prefixes}
    wide = {str(p) for n in credit_card.NETWORKS for p in n.prefixes if len(str(p)) == 1}
    for head in heads:
        assert head not in known
        assert head[0] not in wide
    assert not heads & {"81", "86", "97", "98"}  # networks of one country


def test_numbers_of_uatp_are_not_drawn():
    ones = [value.key for value in drawn("credit_card.bad_prefix") if value.key[0] == "1"]
    assert {len(key) for key in ones} == {16}


def test_a_misplaced_sign_of_a_medicare_number_is_a_nought_or_a_swap():
    from piiforge.categories.member_id import _MBI

    for value in drawn("member_id.mbi_bad_position", 1500):
        key = value.key.upper()
        assert not _MBI.fullmatch(key)
        swaps = [key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(10)]
        assert any(map(_MBI.fullmatch, [*swaps, "1" + key[1:]]))


def test_a_barred_letter_stands_at_each_place_of_a_letter_and_is_each_of_them():
    from piiforge.categories.member_id import _MBI

    seen = set()
    for value in drawn("member_id.mbi_bad_letter", 3000):
        key = value.key.upper()
        (at,) = (at for at in range(11) if key[at] in "SLOIBZ")
        assert _MBI.fullmatch(f"{key[:at]}A{key[at + 1 :]}")
        seen.add((at, key[at]))
    assert seen == {(at, sign) for at in (1, 4, 7, 8) for sign in "SLOIBZ"}


# -- member ids: every shape of the table, and of a plan where that may be

SHAPES = digits.tables("member_id")
ALSO_PLANS = {"customer", "loyalty", "session", "claim", "order", "device"}


def pattern_of(shape: str) -> str:
    return re.escape(shape).replace(r"\#", r"\d").replace("#", r"\d").replace("@", "[A-Z]")


@pytest.mark.parametrize("kind", sorted(set(SHAPES) - {"plan", "medicaid"}))
def test_every_shape_of_a_kind_is_drawn_and_no_other(kind):
    wanted = {*SHAPES[kind], *(SHAPES["plan"] if kind in ALSO_PLANS else ())}
    seen, lower = set(), 0
    for text in texts_of(f"member_id.{kind}", 1200):
        fits = {shape for shape in wanted if re.fullmatch(pattern_of(shape), text.upper())}
        assert fits, text
        seen |= fits
        lower += text.islower()
    assert seen == wanted
    assert lower < 0.1 * 1200


# -- phones


def test_half_of_phones_are_north_american_and_few_are_toll_free():
    rng = Random(3)
    texts = [digits.bare(phone.draw(rng).parts[0].text) for _ in range(DRAWS)]
    free = phone.TOLL_FREE_AREAS
    ours = [text[-10:] for text in texts if len(text) in (10, 11) and text[-10:-7] in
            {*phone.AREAS, *free} and text[-7:-4] in phone.EXCHANGES]  # fmt: skip
    assert 0.47 < len(ours) / DRAWS < 0.65
    assert 0.03 < sum(number.startswith(free) for number in ours) / len(ours) < 0.09


def test_exchanges_are_all_that_are_no_service_codes_and_no_fiction():
    assert len(phone.EXCHANGES) == 800 - 8 - 1
    assert all(re.fullmatch(r"[2-9](?!11)\d\d", code) and code != "555" for code in phone.EXCHANGES)
    assert {value.key[4:7] for value in drawn("phone.bad_exchange")} == set(phone.BAD_EXCHANGES)
    for code in phone.BAD_EXCHANGES:
        assert re.fullmatch(r"[01]\d\d|[2-9]11", code)


def test_fiction_has_every_line_of_its_block():
    lines = {value.key[-4:] for value in drawn("phone.fictional_555")}
    assert lines == {f"01{at:02d}" for at in range(100)}


def test_fiction_abroad_begins_as_its_country_says():
    national = {"33": "0", "44": "0", "49": "0", "61": "0"}
    for value in drawn("phone.fictional_abroad", 2000):
        key = value.key
        full = [key, *(code + key[1:] for code, lead in national.items() if key[0] == lead)]
        assert any(one.startswith(phone.FICTIONAL) for one in full)


def test_a_number_that_is_cut_lacks_one_digit_or_two():
    lacking = Counter(11 - len(key) for key in (value.key for value in drawn("phone.too_short"))
                      if key[0] == "1")  # fmt: skip
    assert set(lacking) == {1, 2}
    assert 0.4 < lacking[1] / lacking.total() < 0.6
    abroad = {value.key[:2] for value in drawn("phone.too_short")} - {f"1{at}" for at in range(10)}
    assert abroad == {"52", "34", "33", "86", "44"}
