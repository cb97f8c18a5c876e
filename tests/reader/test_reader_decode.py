"""Each way of hiding a text, undone alone and in combination."""

import html
import json
from base64 import b64encode
from collections.abc import Callable
from random import Random
from urllib.parse import quote

import pytest
from reader_draws import DRAWS, phone, ssn

from piiforge.reader import decode, find, judge, skeleton

EN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ES = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
FR = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
HIDING: dict[str, Callable[[str], str]] = {
    "percent": lambda text: "".join(f"%{ord(sign):02X}" for sign in text),
    "percent_twice": lambda text: "".join(f"%25{ord(sign):02x}" for sign in text),
    "json": lambda text: "".join(f"\\u{ord(sign):04x}" for sign in text),
    "hex": lambda text: "".join(f"\\x{ord(sign):02x}" for sign in text),
    "braces": lambda text: "".join(f"\\u{{{ord(sign):x}}}" for sign in text),
    "entity": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "entity_hex": lambda text: "".join(f"&#x{ord(sign):x};" for sign in text),
    "full_width": lambda text: "".join(chr(ord(sign) + 0xFEE0) for sign in text),
    "arabic": lambda text: "".join(chr(0x660 + int(sign)) for sign in text),
    "extended_arabic": lambda text: "".join(chr(0x6F0 + int(sign)) for sign in text),
    "devanagari": lambda text: "".join(chr(0x966 + int(sign)) for sign in text),
    "zero_width": "\u200b".join,
    "soft_hyphen": "\u00ad".join,
    "joiner": "\u2060".join,
    "no_break_space": "\u00a0".join,
    "en_dash": "\u2013".join,
    "dots": ".".join,
    "spaces": " ".join,
    "plus_as_space": "+".join,
    "words_en": lambda text: " ".join(EN[int(sign)] for sign in text),
    "words_en_hyphens": lambda text: "-".join(EN[int(sign)] for sign in text),
    "words_en_form": lambda text: "+".join(EN[int(sign)] for sign in text),
    "words_es": lambda text: " ".join(ES[int(sign)] for sign in text),
    "words_es_commas": lambda text: ", ".join(ES[int(sign)] for sign in text),
    "words_fr": lambda text: " ".join(FR[int(sign)] for sign in text),
    "words_zh": lambda text: "".join("〇一二三四五六七八九"[int(sign)] for sign in text),
    "words_zh_formal": lambda text: "".join("零壹贰叁肆伍陆柒捌玖"[int(sign)] for sign in text),
    "words_zh_spoken": lambda text: "".join("洞幺两三四五六拐八勾"[int(sign)] for sign in text),
    "mixed_en": lambda text: "".join(
        sign if place % 2 else EN[int(sign)] for place, sign in enumerate(text)
    ),
    "mixed_zh": lambda text: "".join(
        sign if place % 2 else "零一二三四五六七八九"[int(sign)] for place, sign in enumerate(text)
    ),
}
SPOKEN = [
    ("four fifteen twenty-three oh nine", "4152309"),
    ("double two triple seven four", "227774"),
    ("eight hundred five five five", "800555"),
    ("nine dash eight dash seven six", "9-8-76"),
    ("seiscientos doce treinta y cuatro cincuenta y seis", "6123456"),
    ("noventa y uno cero cinco", "9105"),
    ("soixante-douze quatre-vingt-dix-sept", "7297"),
    ("quatre-vingts soixante et onze zéro six", "807106"),
    ("dix-sept vingt-quatre", "1724"),
    ("septante-deux nonante-neuf", "7299"),
    ("uno dos guion tres cuatro", "12-34"),
    ("un deux tiret trois quatre", "12-34"),
    ("一二杠三四", "12-34"),
    ("B as in bravo one two three four", "B1234"),
]
ADDRESSES = [
    "{user} (at) {site} (dot) com",
    "{user} [at] {site}.com",
    "{user} at {site} dot com",
    "{user} arroba {site} punto com",
    "{user} arobase {site} point com",
    "{user}艾特{site}点com",
    "{user} @ {site} . com",
    "{user}%40{site}.com",
    "{user}&#64;{site}.com",
    "mailto:{user}@{site}.com?subject=hi",
    "user={user}&domain={site}.com",
    "{spaced} at {site} dot com",
]


@pytest.mark.parametrize("how", HIDING)
def test_a_hidden_number_is_read_under_its_key(how: str) -> None:
    number = ssn(Random(how))
    best = find(f"ssn={HIDING[how](number)}", "ssn")[0]
    assert (best.key, best.valid) == (number, True)
    assert judge([best])


@pytest.mark.parametrize("outer", ["percent", "json", "entity", "percent_twice"])
@pytest.mark.parametrize("inner", ["full_width", "words_en", "words_zh", "zero_width", "hex"])
def test_layers_are_undone_in_any_order(inner: str, outer: str) -> None:
    number = phone(Random(inner + outer))
    hidden = HIDING[inner](number)
    hidden = (
        quote(hidden)
        if "percent" in outer
        else json.dumps(hidden)
        if outer == "json"
        else (html.escape(hidden))
    )
    assert judge(find(f"phone={hidden.strip(chr(34))}", "phone"))


@pytest.mark.parametrize(("said", "digits"), SPOKEN)
def test_spoken_numbers_are_read(said: str, digits: str) -> None:
    assert any(reading.text == f"it is {digits}." for reading in decode(f"it is {said}."))


@pytest.mark.parametrize("frame", ADDRESSES)
def test_addresses_in_at_dot_forms_are_read(frame: str) -> None:
    user, site = "brin", "tolvamar"
    content = frame.format(user=user, site=site, spaced=" ".join(user))
    assert find(content, "email")[0].key == "brin@tolvamar.com"
    assert judge(find(content, "email"))


@pytest.mark.parametrize("text", ["one moment, phone me at 10", "fourth of five", "un 4 y dos"])
def test_words_that_make_no_number_stay(text: str) -> None:
    assert decode(text)[-1].text == text


def test_words_without_an_address_stay() -> None:
    for text in ("look at example.net", "meet at noon", "one at a time", "4 at 10.50"):
        assert find(text, "email") == []


def test_base64_counts_only_under_a_key() -> None:
    number = ssn(Random(1))
    dashed = f"{number[:3]}-{number[3:5]}-{number[5:]}"
    hidden = b64encode(dashed.encode()).decode()
    assert judge(find(f"ssn_b64={hidden}", "ssn"))
    assert not judge(find(f"blob_b64={hidden}", "ssn"))


def test_base64_of_a_whole_payload_keeps_its_keys() -> None:
    payload = json.dumps({"ssn": ssn(Random(2)), "plan": "gold"})
    hidden = b64encode(payload.encode()).decode()
    assert judge(find(f"data={hidden}", "ssn"))


@pytest.mark.parametrize(
    "frame",
    [
        "ssn1={a}&ssn2={b}",
        '{{"ssn1":"{a}","ssn2":"{b}"}}',
        "<ssn_first>{a}</ssn_first><ssn_last>{b}</ssn_last>",
    ],
)
def test_values_over_two_fields_are_joined(frame: str) -> None:
    number = ssn(Random(frame))
    best = find(frame.format(a=number[:3], b=number[3:]), "ssn")[0]
    assert (best.key, judge([best])) == (number, True)


@pytest.mark.parametrize(
    ("category", "stem"),
    [
        ("credit_card", "card"),
        ("phone", "phone"),
        ("passport", "passport_no"),
        ("drivers_license", "dl"),
        ("member_id", "insurance_id"),
    ],
)
def test_halves_of_every_category_are_joined(category: str, stem: str) -> None:
    value = DRAWS[category](Random(stem))
    content = f"{stem}1={value[:4]}&{stem}2={value[4:]}"
    assert find(content, category)[0].key == value.lower()
    assert judge(find(content, category))


def test_neighbours_that_name_other_things_are_not_joined() -> None:
    number = ssn(Random(3))
    assert not judge(find(f"order1={number[:3]}&order2={number[3:]}", "ssn"))


def test_skeleton_forgets_digits_and_encodings() -> None:
    assert skeleton("a=%31%32&b=x") == skeleton("a=34&b=x") == "a=##&b=x"


def test_readings_begin_with_the_content() -> None:
    content = "q=%2541"
    assert [reading.text for reading in decode(content)] == [content, "q=%41", "q=A"]


def test_every_category_is_found_plain_under_its_own_name() -> None:
    names = {"member_id": "insurance_member_id", "email": "e"}
    for category, draw in DRAWS.items():
        value = draw(Random(category))
        assert judge(find(f"{names.get(category, category)}={value}", category)), category
