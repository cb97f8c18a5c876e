"""Numbers of other kinds, judged by rules written apart; and the one published member id."""

import re
from random import Random

from stdnum import luhn

from piiforge.categories import drivers_license, member_id, passport
from piiforge.categories.digits import draw_npi
from piiforge.categories.drivers_license import draw_vin
from piiforge.categories.phone import draw_ip, draw_timestamp

DRAWS = 1000
# CMS, Understanding the MBI: a digit from 1, then letters without S, L, O, I, B, Z, and digits
MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)


def vin_sum(text: str) -> int:
    values = {"I": 0, "O": 0, "Q": 0, "P": 7, "R": 9}
    values |= {letter: at % 9 + 1 for at, letter in enumerate("ABCDEFGH JKLMN")}
    values |= {letter: at + 2 for at, letter in enumerate("STUVWXYZ")}
    values |= {"P": 7, "R": 9} | {str(digit): digit for digit in range(10)}
    weights = [*range(8, 1, -1), 10, 0, *range(9, 1, -1)]
    return sum(values[sign] * weight for sign, weight in zip(text, weights, strict=True)) % 11


def test_a_provider_number_passes_luhn_behind_its_prefix():
    rng = Random(1)
    for number in (draw_npi(rng) for _ in range(DRAWS)):
        assert number[0] in "12"
        assert luhn.is_valid(f"80840{number}")


def test_the_ninth_sign_of_a_vehicle_number_is_its_check_digit():
    rng = Random(2)
    for number in (draw_vin(rng) for _ in range(DRAWS)):
        assert "0123456789X"[vin_sum(number)] == number[8]


def test_no_machine_has_a_public_address():
    rng = Random(3)
    private = re.compile(r"10\.|192\.168\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.")
    assert all(private.match(draw_ip(rng)) for _ in range(DRAWS))


def test_times_have_ten_digits_or_thirteen():
    rng = Random(4)
    assert {len(draw_timestamp(rng)) for _ in range(DRAWS)} == {10, 13}


def test_a_medicare_number_keeps_the_published_format():
    rng = Random(5)
    assert all(MBI.fullmatch(member_id.draw_mbi(rng)) for _ in range(DRAWS))


def test_only_the_dashed_medicare_number_is_telling():
    rng = Random(6)
    for value in (member_id.draw(rng) for _ in range(DRAWS)):
        assert value.telling is (value.kind == "mbi" and "-" in value.parts[0].text)


def test_a_licence_says_its_state_and_fits_no_other():
    rng = Random(7)
    shapes = {"CA": r"[A-Z]\d{7}", "NY": r"\d{9}", "TX": r"\d{8}"}
    for value in (drivers_license.draw(rng) for _ in range(DRAWS)):
        fits = [state for state in shapes if re.fullmatch(shapes[state], value.key.upper())]
        assert fits == [value.state]


def test_passports_of_all_letters_and_of_digits_only_are_drawn():
    rng = Random(8)
    starts = {passport.draw(rng).key[0] for _ in range(5 * DRAWS)}
    assert starts == set("0123456789abcdefghijklmnopqrstuvwxyz")
