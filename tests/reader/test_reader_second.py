"""What the reader must not take for a value, and which words speak for one."""

import pytest

from piiforge.reader import find, judge
from piiforge.reader.cues import Place, cue_of, nearest
from piiforge.reader.decode import decode, spoken_addresses
from piiforge.reader.numbers import national_reason, numbers, told_apart, world_reason
from piiforge.types import Cue

ROUTING, ACCOUNT = "011000015", "90012304"
NAMED = [
    ("her social was ", "", "ssn"),
    ("they told me over the phone to send ", " as the ITIN #", "itin"),
    ("no es tarjeta, ", " es el número de rastreo", "veto"),
    ("the SSN was in the drawer the whole time, ", "", "ssn"),
    ("applicant passport card number ", "", "passport"),
    ("insurance card number ", "", "member_id"),
]


@pytest.mark.parametrize(("before", "after", "category"), NAMED)
def test_the_noun_that_names_the_value_wins(before: str, after: str, category: str) -> None:
    asked = category if category != "veto" else "credit_card"
    cue = cue_of(Place("", before, after, ""), asked)
    assert cue is (Cue.CONFIRM if category != "veto" else Cue.VETO)


def test_a_name_with_a_value_behind_it_is_spent() -> None:
    assert nearest("my ssn is 000-12-3456, then ") == ""
    assert nearest("my ssn is 000-12-3456 or ") == "ssn"


@pytest.mark.parametrize("other", ["due=2026-03-05", "total=229.85", "build=90012304"])
def test_a_routing_number_takes_no_unnamed_field_for_its_account(other: str) -> None:
    assert not judge(find(f"routing={ROUTING}&{other}", "bank_account"))
    found = find(f"routing={ROUTING}&account={ACCOUNT}&{other}", "bank_account")
    assert [finding.key for finding in found] == [f"{ROUTING}|{ACCOUNT}"]


@pytest.mark.parametrize("account", ["****2304", "xxxx2304"])
def test_a_masked_account_completes_no_pair(account: str) -> None:
    found = find(f"routing={ROUTING}&account={account}&ref=90012304", "bank_account")
    assert [finding.reason for finding in found] == ["masked"]


@pytest.mark.parametrize("text", ["2026-03-05", "05/03/2026", "1418.69", "203.0.113.29"])
def test_dates_and_decimals_are_told_apart(text: str) -> None:
    assert all(map(told_apart, numbers(text, range(4, 18), ((4, 2, 2),))))


@pytest.mark.parametrize(
    "digits",
    ["61491570006", "61755502247", "33639980000", "441134960000", "442896496000", "8613800138000"],
)
def test_numbers_kept_for_drama_are_not_dialled(digits: str) -> None:
    assert world_reason(digits) in {"fictional", "placeholder"}


@pytest.mark.parametrize("digits", ["0491570006", "0639980000", "01134960000"])
def test_drama_is_known_at_home_too(digits: str) -> None:
    assert national_reason(digits) == "fictional"


@pytest.mark.parametrize("text", ["1SG4TE5MK73", "1EGGTE5MK73"])
def test_what_medicare_names_must_have_its_form(text: str) -> None:
    assert not judge(find(f"medicare_number={text}", "member_id"))


def test_the_region_of_a_locale_is_no_state() -> None:
    assert judge(find("locale=fr-CA&driver_license=90482713", "drivers_license"))


def test_fields_of_another_stem_are_not_halves() -> None:
    assert not judge(find("fare=123.45&ssn=6789&gate=1", "ssn"))


@pytest.mark.parametrize("address", ["prueba@prueba.com", "correo@ejemplo.com", "ana@domain.com"])
def test_nobodys_mailboxes_are_placeholders(address: str) -> None:
    assert find(f"to={address}", "email")[0].reason == "placeholder"


@pytest.mark.parametrize("text", ["to .ana@tolvamar.com", "ana@mail.tolvamar,com"])
def test_a_misplaced_dot_is_no_address(text: str) -> None:
    assert not judge(find(text, "email"))


def test_letters_apart_are_joined_with_their_signs() -> None:
    assert spoken_addresses("a n a _ 1 @ t o l v a . c o m") == "ana_1@tolva.com"


def test_joined_digit_names_are_read() -> None:
    assert decode("six two one 0oh0three onenine6")[-1].text == "6210003196"
