"""Kinds of writing that the reader has to see through; every value is invented or reserved."""

import pytest

from piiforge.reader import find, judge
from piiforge.reader.halves import part_named, parts
from piiforge.reader.records import placed

SSN = "501-23-4568"


def found(content: str, category: str) -> bool:
    return judge(find(content, category))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("_part1", "_part2"), ("Left", "Right"), (" head", " tail"), ("_prefix", "_suffix"),
        ("Seg1", "Seg2"), ("-a", "-b"), ("Begin", "End"), ("_p1", "_p2"), (".first", ".second"),
        ("_izquierda", "_derecha"), ("_debut", "_fin"), ("_前", "_后"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "frame",
    [
        '{{"x": 1, "ssn{0}": "501", "ssn{1}": "23-4568", "y": "2"}}',
        "x: 1\nssn{0}: 501\nssn{1}: 23-4568\ny: 2",
        '"x","1"\n"ssn{0}","501"\n"ssn{1}","23-4568"',
        '"x","ssn{0}","ssn{1}","y"\n"1","501","23-4568","2"',
        '<a question="ssn{0}" value="501"/><a question="ssn{1}" value="23-4568"/>',
        '<i key="ssn{0}">501</i>\n  <i key="ssn{1}">23-4568</i>',
        "/x/1/ssn{0}/501/ssn{1}/23-4568/y/2",
    ],
)
def test_fields_that_name_their_parts_are_read_as_one(frame: str, first: str, second: str) -> None:
    assert found(frame.format(first, second), "ssn")


def test_parts_of_an_order_or_of_two_things_are_no_value() -> None:
    assert not found("order_part1=501&order_part2=23-4568", "ssn")
    assert not found("ssn_part1=501&zip_part2=23-4568", "ssn")
    assert not found("ssn_part2=501&ssn_part1=23-4568", "ssn")
    assert not found("ssn_part1=000&ssn_part2=23-4568", "ssn")


def test_a_mailbox_beside_its_site_is_an_address() -> None:
    assert found("email_part1=jane.roe&email_part2=northsite.es", "email")
    assert not found("file_part1=report&file_part2=final.es", "email")


def test_three_and_four_parts_follow_one_another() -> None:
    groups = list(parts("cc1=4000&cc2=1234&cc3=5678&cc4=9017"))
    assert [part.rank for part in groups[-1]] == [0, 1, 2, 3]
    assert part_named("subtotal") is None


@pytest.mark.parametrize("key", ["travelerpassport", "uspassportnumber", "txtpassportno"])
def test_words_of_a_key_are_told_apart_without_humps(key: str) -> None:
    assert found(f"{key}=501234568", "passport")


@pytest.mark.parametrize(
    "said",
    [
        "FIVEZEROONE-23-FOURFIVESIXEIGHT", "5zero1 twothree 4568", "five-0-1-23-four-5-six-eight",
        "cincocerouno-23-cuatro5seis8", "CINCO0UNO, dos3, 45seisocho", "cinqzérounvingttrois4568",
        "cinq0un-23-quatre5sixhuit", "五〇一-二三-四五六八", "5零一 23 四5六八",
    ],
)  # fmt: skip
def test_digits_and_words_in_one_number_are_read(said: str) -> None:
    assert found(f"ssn: {said}.", "ssn")
    assert not found(f"order number: {said}.", "ssn")


@pytest.mark.parametrize(
    ("content", "category"),
    [
        ("社會安全號碼：501234568", "ssn"),
        ("護照號碼=501234568", "passport"),
        ('{"applicant_ssn": "NTAxLTIzLTQ1Njg="}', "ssn"),
        ('{"kind":"ssn","raw":"501 23 4568"}', "ssn"),
        ('{"text":"What is your SSN?","ts":17000},{"text":"one moment. 501234568"}', "ssn"),
        ("passport: c/2517/3117", "passport"),
        ("passport-no=A11-6+3871-0", "passport"),
        ("501234568. That's the passport, not the order.", "passport"),
        ("write to jane arrobase northsite point es", "email"),
        ("email: l . evans @ northsite . es", "email"),
        ("call (364)FLOWERS", "phone"),
        ("reach jane-at-northsite-dot-es", "email"),
        ('name="travelerSsn"\n\n501234568\n--b', "ssn"),
        ("me sale error cuando pongo 501234568 en pasaporte", "passport"),
    ],
)
def test_other_ways_of_writing(content: str, category: str) -> None:
    assert found(content, category)


@pytest.mark.parametrize("words", ["routing and account", "ruta y cuenta", "ABA / account number"])
@pytest.mark.parametrize("between", [" and ", ", ", " then ", " / "])
def test_a_pair_that_is_asked_for_together(words: str, between: str) -> None:
    assert found(f"the {words}: 011000138{between}70164354", "bank_account")
    assert not found(f"the {words}: 011000139{between}70164354", "bank_account")
    assert not found(f"the {words}: order 12, part 011000138{between}70164354 =", "ssn")


def test_samples_of_telephones_stay_samples() -> None:
    assert not found("手机13800138000", "phone")
    assert not found("write to jdoe at example dot org. please", "email")


@pytest.mark.parametrize(
    ("content", "category"),
    [
        ("P<USAROE<<JANE<<<<<<<< A012345184USA7001014F3001012<<<<<<", "passport"),
        ("SSR DOCS XX HK1 /P/USA/501234568/USA/01JAN70/F/", "passport"),
        ("ANSI 636014 DAQA0100017 DCSROE DAJCA", "drivers_license"),
        ("NM1*IL*1*ROE*JANE****MI*ABC010017~", "member_id"),
    ],
)
def test_records_of_a_fixed_form_name_their_values(content: str, category: str) -> None:
    assert found(content, category)


def test_records_of_others_are_none() -> None:
    assert not list(placed("DAQA0100017 DAJNV", "drivers_license"))
    assert not list(placed("DAQA0100017 DAJCA", "phone"))
