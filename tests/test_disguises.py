"""Laws over all disguises: they fit or they change, and what they write can be read back."""

import re
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piiforge import disguises
from piiforge.disguises import ALL, CATEGORY_OF, GROUPS
from piiforge.errors import UnknownName
from piiforge.types import Disguise, Part, key_of

FORMS = {
    "ssn": ("###-##-####", "#########", "### ## ####"),
    "credit_card": ("#### #### #### ####", "################", "####-####-####-####"),
    "amex": ("#### ###### #####", "###############", "###################"),
    "bank_account": ("#########", "####", "#####", "############", "#################"),
    "phone": (
        *("+1 ###-###-####", "(N##) N##-####", "N#########", "+33 6 ## ## ## ##", "1-N##-N##-####"),
        *("138 #### ####", "+52 55 #### ####", "+44 20 #### ####", "+86 138 #### ####"),
        *("+86 10 #### ####", "06 ## ## ## ##", "+1##########", "+336########", "+39 06 ########"),
        *("+55 11 9####-####", "+91 ##### #####", "+49 1511 #######", "+54 11 ####-####"),
        *("+33 (0)6 ## ## ## ##", "(+34) 6## ### ###", "0034 6## ### ###", "+1.N##.N##.####"),
        *("+81 90-####-####", "+86-138########", "138########", "(030) ########", "0###/#######"),
    ),
    "passport": ("A########", "#########", "C########", "a########"),
    "drivers_license": ("A#######", "########", "#########"),
    "member_id": ("AAA#########", "#A##-AA#-AA##", "#A##AA#AA##", "AAA-####-####", "SIX######"),
}
LOCALS = (
    "jane",
    "jane.doe",
    "j_doe+tag",
    "at",
    "x_at",
    "look_at_me",
    "dot.at",
    "a-b",
    "Jane.Doe99",
)
DOMAINS = ("example.com", "mail.example.co.uk", "my-shop.example", "xn--caf-dma.example", "at.dot")


def _fill(form: str, rng: Random) -> str:
    def char(found: re.Match[str]) -> str:
        if found[0] == "#":
            return str(int(rng.random() * 10))
        return str(2 + int(rng.random() * 8)) if found[0] == "N" else chr(65 + rng.randrange(26))

    return form if "SIX" in form and rng.random() < 0.01 else re.sub("[#NA]", char, form)


def _draw(rng: Random, category: str = "") -> str:
    """Draw a text of a shape that the categories draw; `category` asks for one of its shapes."""
    if category == "email" or (not category and rng.random() < 0.15):
        return f"{rng.choice(LOCALS)}@{rng.choice(DOMAINS)}"
    return _fill(rng.choice(FORMS[category or rng.choice(list(FORMS))]), rng)


def _fitting(worn: tuple[Disguise, ...], rng: Random) -> Part | None:
    category = next((CATEGORY_OF[d.name] for d in worn if d.name in CATEGORY_OF), "")
    for _ in range(400):
        part = Part(_draw(rng, category))
        if disguises.takes((part,), worn):
            return part
    return None


def _restored(asked: str, text: str, read: str) -> bool:
    """Say whether what was read keeps the law of `restores`."""
    if asked == "text":
        return read == text
    if asked == "key":
        return key_of(read) == key_of(text)
    if asked == "tail":
        return key_of(text).endswith(key_of(read)) and len(key_of(read)) >= 7
    if asked == "head":
        return key_of(read).startswith(key_of(text))
    shown = zip(reversed(read), reversed(key_of(text)), strict=False)
    return all(seen in ("*", true) for seen, true in ((a.lower(), b) for a, b in shown))


every_disguise = pytest.mark.parametrize("disguise", ALL, ids=lambda d: d.name)
PAIRS = [(a, b) for a in ALL for b in ALL if disguises.may_follow(a, b)]
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p[0].name}+{p[1].name}")
TRIPLES = [
    (a, b, c)
    for a, b in PAIRS
    for c in ALL
    if disguises.may_follow(b, c) and disguises.may_follow(a, c)
]


@every_disguise
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_undo_restores_what_it_says(disguise: Disguise, seed: int) -> None:
    rng = Random(seed)
    part = _fitting((disguise,), rng)
    assert part is not None
    written = disguise.apply(part, rng)
    read = disguise.undo(written)
    assert _restored(disguise.restores, part.text, read), (part.text, written, read)


@every_disguise
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_disguise_but_canonical_changes_the_text(disguise: Disguise, seed: int) -> None:
    rng = Random(seed)
    part = _fitting((disguise,), rng)
    assert part is not None
    changed = [one.text for one in disguise.apply(part, rng)] != [part.text]
    assert changed == (disguise.name != "canonical")


@every_disguise
def test_same_seed_writes_the_same(disguise: Disguise) -> None:
    part = _fitting((disguise,), Random(5))
    assert part is not None
    assert disguise.apply(part, Random(3)) == disguise.apply(part, Random(3))


@every_disguise
def test_one_part_keeps_its_role_and_two_are_first_and_second(disguise: Disguise) -> None:
    part = _fitting((disguise,), Random(6))
    assert part is not None
    roles = tuple(one.role for one in disguise.apply(part, Random(2)))
    assert roles == (("first", "second") if disguise.group == "split" else ("value",))


@every_disguise
def test_a_disguise_writes_with_variety(disguise: Disguise) -> None:
    rng = Random(9)
    parts = [part for _ in range(20) if (part := _fitting((disguise,), rng))]
    forms = [len({disguise.apply(part, rng) for _ in range(20)}) for part in parts]
    assert max(forms) > 1 or disguise.name in {"canonical", "sep_dropped"}


@settings(max_examples=300, deadline=None)
@given(text=st.text(min_size=1).filter(lambda text: text.isprintable()), seed=st.integers(0, 999))
def test_encodings_restore_any_text(text: str, seed: int) -> None:
    for disguise in ALL:
        if disguise.group == "encoded":
            written = disguise.apply(Part(text), Random(seed))
            assert disguise.undo(written) == text, disguise.name


@settings(max_examples=400, deadline=None)
@given(
    text=st.from_regex(r"[A-Za-z0-9 .\-()/+#*_:]{1,24}", fullmatch=True)
    | st.from_regex(r"[a-z0-9._+\-]{1,12}@[a-z0-9.\-]{1,12}", fullmatch=True),
    seed=st.integers(0, 999),
)
def test_what_fits_odd_text_restores_it_too(text: str, seed: int) -> None:
    for disguise in ALL:
        if disguise.fits(Part(text)) and disguise.name not in CATEGORY_OF:
            read = disguise.undo(disguise.apply(Part(text), Random(seed)))
            assert _restored(disguise.restores, text, read), (disguise.name, read)


@pytest.mark.parametrize("name", ["words_en_grouped", "words_es", "words_fr"])
@pytest.mark.parametrize(
    "text", ["120-520-4206", "460 100 780", "10-70-24", "1900 2000 400", "0420 5000", "84 23 60 16"]
)
def test_numbers_side_by_side_are_not_heard_as_one(name: str, text: str) -> None:
    disguise = disguises.get(name)
    for seed in range(300):
        assert disguise.undo(disguise.apply(Part(text), Random(seed))) == key_of(text)


@pytest.mark.parametrize("name", [d.name for d in ALL if d.group in {"spelled", "mixed"}])
@pytest.mark.parametrize(
    "text", ["SIX-012", "TWO123456789", "ONE1", "UN-DOS-78", "Y30-Y4", "OH-07"]
)
def test_letters_that_look_like_words_stay_letters(name: str, text: str) -> None:
    disguise = disguises.get(name)
    for seed in range(100):
        assert key_of(disguise.undo(disguise.apply(Part(text), Random(seed)))) == key_of(text)


@every_pair
def test_pairs_read_back_what_they_say(pair: tuple[Disguise, Disguise]) -> None:
    for seed in range(40):
        _assert_chain_restores(pair, Random(seed))


@settings(max_examples=400, deadline=None)
@given(worn=st.sampled_from(TRIPLES), seed=st.integers(0, 2**32))
def test_triples_read_back_what_they_say(worn: tuple[Disguise, ...], seed: int) -> None:
    _assert_chain_restores(worn, Random(seed))


def _assert_chain_restores(worn: tuple[Disguise, ...], rng: Random) -> None:
    part = _fitting(worn, rng)
    assert part is not None, "no value can wear an allowed chain"
    written = disguises.write((part,), worn, rng)
    (read,) = disguises.read_back(written, worn)
    assert _restored(disguises.restores(worn), part.text, read), (part.text, written, read)


def test_two_part_values_wear_a_disguise_on_each_part() -> None:
    parts = (Part("000000000", "routing"), Part("0000123400", "account"))
    for disguise in ALL:
        if disguises.takes(parts, (disguise,)) and disguise.name not in CATEGORY_OF:
            written = disguises.write(parts, (disguise,), Random(1))
            assert [part.role for part in written] == ["routing", "account"], disguise.name
            read = disguises.read_back(written, (disguise,))
            for part, text in zip(parts, read, strict=True):
                assert _restored(disguise.restores, part.text, text), disguise.name


def test_addresses_are_split_only_over_encodings_and_invisible_signs() -> None:
    address = (Part("jane@example.com"),)
    split = disguises.get("split_fields")
    over = [d.name for d in ALL if disguises.takes(address, (split, d))]
    assert "percent" in over
    assert not {"words_en", "sep_changed", "at_dot_en"} & set(over)


def test_an_order_that_no_one_writes_is_refused() -> None:
    for first, second in (
        *(("percent", "words_en"), ("base64", "percent"), ("percent", "percent_twice")),
        *(("mask_last4", "fullwidth"), ("words_en", "split_fields"), ("canonical", "percent")),
        *(("words_en", "arabic_indic"), ("percent", "json_escape"), ("fullwidth", "sep_mixed")),
    ):
        assert not disguises.may_follow(disguises.get(first), disguises.get(second))
    assert disguises.may_follow(disguises.get("json_escape"), disguises.get("percent"))


def test_writing_what_fits_nothing_is_an_error_without_the_value() -> None:
    with pytest.raises(ValueError, match="words_en fits none") as caught:
        disguises.write((Part("jane@example.com"),), (disguises.get("words_en"),), Random(1))
    assert "jane" not in str(caught.value)


def test_names_are_unique_and_groups_are_theirs() -> None:
    names = [disguise.name for disguise in ALL]
    assert len(names) == len(set(names))
    assert set(GROUPS) == {disguise.group for disguise in ALL}
    assert set(CATEGORY_OF) <= set(names)
    assert set(disguises._AFTER) <= set(GROUPS)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="words_mixed_en"):
        disguises.get("word_mixed_en")


def test_groups_stand_together_in_the_list() -> None:
    groups = [disguise.group for disguise in ALL]
    changes = sum(first != second for first, second in pairwise(groups))
    assert changes == len(GROUPS) - 1
