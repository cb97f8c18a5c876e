"""What addresses are made of: each kind of domain and of form in about its share."""

import re
from collections import Counter
from random import Random

import pytest

from piiforge.categories import digits, email, get
from piiforge.types import Part, Value

DRAWS = 6000
TABLES = digits.tables("email")


@pytest.fixture(scope="module")
def drawn() -> list[Value]:
    rng = Random(1)
    return [email.draw(rng) for _ in range(DRAWS)]


def kind_of(domain: str) -> str:
    """Return from which table a domain is."""
    if domain in TABLES["free_domains"]:
        return "free"
    if domain in TABLES["isp_domains"]:
        return "isp"
    if any(place in re.split(r"[.-]|^u", domain) for place in TABLES["places"]):
        return "school"
    accented = domain.startswith("xn--") or not domain.isascii()
    return "accented" if accented else "firm"


def lookalikes(kind: str, draws: int = 2000) -> list[str]:
    rng = Random(kind)
    return [get("email").draw_lookalike(rng, kind).parts[0].text for _ in range(draws)]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    # Most write from a free provider, a third from a firm; an accented domain is rare
    [("free", 0.44, 0.52), ("isp", 0.07, 0.11), ("school", 0.07, 0.11), ("accented", 0.01, 0.04),
     ("firm", 0.27, 0.36)],
)  # fmt: skip
def test_domains_of_people_are_of_every_kind(drawn, kind, low, high):
    domains = [one.parts[0].text.lower().partition("@")[2] for one in drawn if one.kind == "valid"]
    found = Counter(map(kind_of, domains))
    assert low < found[kind] / found.total() < high


def test_one_address_in_twelve_is_of_a_role_at_a_firm(drawn):
    roles = [one.parts[0].text for one in drawn if one.kind == "role_mailbox"]
    assert 1 / 15 < len(roles) / DRAWS < 1 / 10
    for address in roles:
        role, _, domain = address.partition("@")
        assert role in TABLES["roles"]
        assert kind_of(domain) == "firm"
    assert {address.partition("@")[0] for address in roles} == set(TABLES["roles"])


def test_few_are_in_capitals_or_with_a_tag_and_the_rest_in_lower_case(drawn):
    texts = [one.parts[0].text for one in drawn if one.kind == "valid"]
    upper = sum(text.isupper() for text in texts)
    titled = sum(text != text.lower() for text in texts) - upper
    tagged = sum("+" in text for text in texts)
    assert 0.01 < upper / len(texts) < 0.04
    assert 0.02 < titled / len(texts) < 0.05
    assert 0.03 < tagged / len(texts) < 0.07
    for text in texts:
        local, _, domain = text.partition("@")
        assert text.isupper() or domain == domain.lower()
        assert local in (local.lower(), local.upper(), local.title())
        if "+" in text:
            assert local.rpartition("+")[2].lower() in TABLES["tags"]


def test_most_accounts_at_qq_are_numbers_of_six_to_nine_digits():
    rng = Random(2)
    texts = [email.draw(rng).parts[0].text.lower() for _ in range(40_000)]
    mine = [text.partition("@")[0] for text in texts if text.endswith("@qq.com")]
    numbers = [local for local in mine if local.isdecimal()]
    assert 0.6 < len(numbers) / len(mine) < 0.8
    assert {len(number) for number in numbers} == {6, 7, 8, 9}
    assert {number[0] for number in numbers} == set("123456789")


def test_half_of_the_accented_domains_are_written_in_their_ascii_form():
    rng = Random(3)
    texts = [email._draw_accented(rng) for _ in range(1000)]
    punycode = [text for text in texts if text.startswith("xn--")]
    assert 0.45 < len(punycode) / len(texts) < 0.55
    for text in punycode:
        assert text.encode().decode("idna") != text


def test_firms_are_one_word_or_two_with_a_dash_and_some_have_a_host():
    rng = Random(4)
    texts = [email._draw_firm(rng) for _ in range(3000)]
    names = [f"{firm}{joint}{trade}" for firm in TABLES["firms"] for trade in TABLES["trades"]
             for joint in ("", "-")]  # fmt: skip
    under = [text for text in texts if text.startswith(TABLES["firm_subdomains"])]
    dashed = [text for text in texts if "-" in text]
    assert 0.07 < len(under) / len(texts) < 0.13
    assert 0.09 < len(dashed) / len(texts) < 0.15
    hosts = "|".join(map(re.escape, TABLES["firm_subdomains"]))
    bare = {re.sub(rf"^(?:{hosts})", "", text).partition(".")[0] for text in texts}
    assert bare <= set(names) | {re.sub(rf"^(?:{hosts})", "", name) for name in names}


FORMS = {"private_forms", "formal_forms", "student_forms", "handle_forms"}


@pytest.mark.parametrize("table", sorted(FORMS))
def test_every_form_is_filled_with_what_it_asks_for(table):
    words = {
        "g": TABLES["given"], "f": TABLES["family"], "w": TABLES["words"], "v": TABLES["words"],
        "i": tuple({name[0] for name in TABLES["given"]}),
        "j": tuple({name[0] for name in TABLES["family"]}),
    }  # fmt: skip
    slots = {name: f"(?:{'|'.join(found)})" for name, found in words.items()}
    slots |= {"n": r"(?:\d\d|\d{3}|19[5-9]\d|200\d|201[0-2]|[123789])", "s": r"[1-9]\d{6}"}
    forms = {}
    for form in TABLES[table]:
        plain = form.replace(".", r"\.")
        forms[form] = re.compile(re.sub(r"\{(\w)\}", lambda slot: slots[slot[1]], plain))
    rng, seen = Random(table), set[str]()
    for _ in range(4000):
        text = email._fill(table, rng)
        fits = {form for form, pattern in forms.items() if pattern.fullmatch(text)}
        assert fits, text
        seen |= fits
    assert seen == set(forms)


def test_numbers_in_addresses_are_years_small_ones_and_round_ones():
    assert {f"{number:02d}" for number in range(100)} <= set(email._NUMBERS)
    longer = {number for number in map(int, email._NUMBERS) if number > 999}
    assert longer == set(range(1950, 2013))  # years of birth
    assert all(len(number) <= 4 for number in email._NUMBERS)


def test_half_of_the_placeholders_are_the_famous_ones_and_a_quarter_is_made_up():
    texts = lookalikes("placeholder", 4000)
    famed = sum(text in TABLES["famed"] for text in texts)
    made = sum(text not in {*TABLES["famed"], *TABLES["placeholders"]} for text in texts)
    assert 0.46 < famed / len(texts) < 0.58  # some stand on both lists
    assert 0.2 < made / len(texts) < 0.28
    assert set(TABLES["placeholders"]) <= set(texts)


@pytest.mark.parametrize(
    ("kind", "part", "low", "high"),
    [("handle", r"@[\w.-]+@", 0.09, 0.15), ("image", r"-[0-9a-f]{8}@", 0.45, 0.55),
     ("package", r"@[~^v]", 0.45, 0.55)],
)  # fmt: skip
def test_some_have_a_part_more(kind, part, low, high):
    texts = lookalikes(kind, 4000)
    assert low < sum(bool(re.search(part, text)) for text in texts) / len(texts) < high


@pytest.mark.parametrize(
    ("kind", "pattern", "tops"),
    [("package", r"@[~^v]?(\d+)\.(\d+)\.(\d+)$", (24, 40, 20)),
     ("go_module", r"@v([1-9]\d*|0)\.(\d+)\.(\d+)$", (5, 30, 9)),
     ("map_point", r",(\d+)z$", (21,)), ("price_each", r"^(\d+)", (98,))],
)  # fmt: skip
def test_versions_and_counts_take_every_number_up_to_their_last(kind, pattern, tops):
    found = [re.search(pattern, text) for text in lookalikes(kind, 6000)]
    groups = [tuple(map(int, one.groups())) for one in found if one]
    for at, top in enumerate(tops):
        low = {"map_point": 3, "price_each": 2}.get(kind, 0)
        assert {group[at] for group in groups} == set(range(low, top))


def test_a_quoted_price_is_from_half_a_unit_to_eighty():
    prices = [float(re.search(r"(\d+\.\d\d)", text)[1]) for text in lookalikes("price_each")]
    assert 0.5 <= min(prices) < 0.6
    assert 70 < max(prices) <= 80.5
    assert sum(price < 10.5 for price in prices) > 0.45 * len(prices)  # most are cheap


EDGES = (
    ("a" * 64 + "@x.org", True), ("a" * 65 + "@x.org", False),
    ("a@" + ".".join(["b" * 60] * 4) + ".x" + "y" * 7, True),  # 254
    ("a@" + ".".join(["b" * 60] * 4) + ".x" + "y" * 8, False),
    ("a@" + "b" * 63 + ".org", True), ("a@" + "b" * 64 + ".org", False),
    ("a@b.o", False), ("a@b.or", True), ("a@b." + "o" * 24, True), ("a@b." + "o" * 25, False),
    ("a@b.test", False), ("a@sub.example.com", False),
    ("your.name@b.org", False), ("a@b.org ", True),
)  # fmt: skip


@pytest.mark.parametrize(("address", "valid"), EDGES)
def test_an_address_is_one_up_to_its_longest_parts(address, valid):
    assert email.is_valid(Value("email", "", (Part(address),))) is valid
