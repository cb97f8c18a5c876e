"""Numbers of other families: python-stdnum, or a sum made here, finds nothing wrong with them.

Days lie in the calendar, times in the years that the comments name.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from stdnum import cusip, ean, iban, imei, isbn, iso6346, luhn, verhoeff
from stdnum.ar import cuit
from stdnum.au import abn, tfn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.es import dni
from stdnum.fr import siren, siret
from stdnum.gb import nhs
from stdnum.iso7064 import mod_11_2
from stdnum.mx import rfc
from stdnum.nl import bsn
from stdnum.no import orgnr
from stdnum.nz import ird
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.us import ein

from piiforge.categories import get

DRAWS = 250


def weighted(text: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


def clabe_ok(text: str) -> bool:
    """Banco de México: weights 3, 7, 1, of each product its last digit."""
    total = sum(int(digit) * (3, 7, 1)[at % 3] % 10 for at, digit in enumerate(text[:17]))
    return len(text) == 18 and (total + int(text[17])) % 10 == 0


def s10_ok(text: str) -> bool:
    """UPU S10: weights 8, 6, 4, 2, 3, 5, 9, 7, and 11 less the rest."""
    left = 11 - weighted(text[2:10], (8, 6, 4, 2, 3, 5, 9, 7)) % 11
    return int(text[10]) == {10: 0, 11: 5}.get(left, left)


def dea_ok(text: str) -> bool:
    """DEA: the odd places and twice the even ones; the sum's last digit stands behind."""
    return weighted(text[2:8], (1, 2, 1, 2, 1, 2)) % 10 == int(text[8])


def gs1_ok(text: str) -> bool:
    """GS1: weights 3 and 1, from the right, before the check digit."""
    return sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(text[::-1])) % 10 == 0


TRUE = (
    *((f"{of}.canadian_sin", sin.is_valid) for of in ("ssn", "passport")),
    *((f"{of}.tfn", tfn.is_valid) for of in ("ssn", "itin")),
    *((f"{of}.portuguese_nif", nif.is_valid) for of in ("ssn",)),
    *((f"{of}.orgnr", orgnr.is_valid) for of in ("ssn", "itin")),
    *((f"{of}.cusip", cusip.is_valid) for of in ("ssn", "itin")),
    *((f"{of}.siren", siren.is_valid) for of in ("ssn", "itin")),
    *((f"{of}.ein", ein.is_valid) for of in ("ssn", "itin")),
    ("ssn.bsn", bsn.is_valid), ("ssn.ird", ird.is_valid), ("itin.canadian_sin", luhn.is_valid),
    ("credit_card.imei", imei.is_valid), ("credit_card.iccid", luhn.is_valid),
    ("credit_card.library", luhn.is_valid), ("credit_card.siret", siret.is_valid),
    ("credit_card.isbn", isbn.is_valid), ("credit_card.clabe", clabe_ok),
    ("credit_card.chinese_id", mod_11_2.is_valid),
    ("credit_card.sscc", gs1_ok),
    ("credit_card.loyalty", luhn.is_valid), ("credit_card.cnpj", cnpj.is_valid),
    ("credit_card.gtin", ean.is_valid), ("credit_card.gtin", luhn.is_valid),
    ("bank_account.device_pair", imei.is_valid), ("bank_account.iban", iban.is_valid),
    ("bank_account.clabe", clabe_ok), ("phone.nhs", nhs.is_valid), ("phone.cpf", cpf.is_valid),
    ("phone.pesel", pesel.is_valid), ("phone.cuit", cuit.is_valid), ("phone.abn", abn.is_valid),
    ("phone.aadhaar", verhoeff.is_valid), ("phone.upc", ean.is_valid),
    ("phone.isbn", isbn.is_valid), ("drivers_license.spanish", dni.is_valid),
    ("drivers_license.dea", dea_ok), ("member_id.dea", dea_ok), ("member_id.rfc", rfc.is_valid),
    ("member_id.container", iso6346.is_valid),
)  # fmt: skip


def drawn(name: str, draws: int = DRAWS) -> list[str]:
    """Return the last parts of so many lookalikes: of a pair, the account."""
    category, kind = name.split(".")
    rng = Random(name)
    return [get(category).draw_lookalike(rng, kind).parts[-1].text for _ in range(draws)]


@pytest.mark.parametrize(("name", "is_true"), TRUE, ids=[f"{n}-{f.__module__}" for n, f in TRUE])
def test_nothing_about_the_number_itself_is_wrong(name, is_true):
    for text in drawn(name):
        assert is_true(re.sub(r"[ .-]", "", text)), text


def test_a_parcel_of_the_post_has_the_check_digit_of_the_union():
    parcels = [text for text in drawn("member_id.parcel") if not text.startswith("1Z")]
    assert 0.4 < len(parcels) / DRAWS < 0.6
    assert all(map(s10_ok, parcels))
    assert {text[10] for text in parcels} == set("0123456789")


def test_a_canadian_routing_number_never_passes_for_a_us_one():
    rng = Random(1)
    for _ in range(3000):
        routing = get("bank_account").draw_lookalike(rng, "canadian_transit").parts[0].text
        assert weighted(routing, (3, 7, 1) * 3) % 10


def test_every_prefix_of_an_employer_that_could_begin_an_ssn_is_drawn():
    known = {at for at in range(90) if ein.is_valid(f"{at:02d}0000000")} - {66}
    assert {int(text[:2]) for text in drawn("ssn.ein", 3000)} == known
    above = {at for at in range(90, 100) if ein.is_valid(f"{at:02d}0000000")}
    assert {int(text[:2]) for text in drawn("itin.ein", 1000)} <= above


@pytest.mark.parametrize("name", ["ssn.zip", "itin.zip"])
def test_no_zip_code_begins_with_less_than_any_has(name):
    assert all(int(text[:5]) >= 501 for text in drawn(name, 3000))


@pytest.mark.parametrize(
    ("name", "place", "first", "last"),
    [("phone.pesel", slice(0, 6), 1950, 1999), ("member_id.rfc", slice(4, 10), 1960, 1999),
     ("credit_card.chinese_id", slice(6, 14), 1950, 2004)],
)  # fmt: skip
def test_days_of_birth_are_days_of_all_the_years_they_may_be_of(name, place, first, last):
    days = [text[place] for text in drawn(name, 4000)]
    found = [datetime.strptime(day if len(day) == 8 else f"19{day}", "%Y%m%d").replace(tzinfo=UTC)
             for day in days]  # fmt: skip
    assert {day.year for day in found} == set(range(first, last + 1))
    assert {day.month for day in found} == set(range(1, 13))
    assert {day.day for day in found} == set(range(1, 29))


def seconds_of(name: str) -> list[float]:
    texts = drawn(name, 3000)
    if name == "credit_card.message":  # a snowflake: milliseconds since 2015 before 22 bits
        return [((int(text) >> 22) + 1_420_070_400_000) / 1000 for text in texts]
    if name == "credit_card.timestamp":
        return [int(text) / 1e6 for text in texts]
    if name == "phone.ga_client":
        return [int(text.partition(".")[2]) for text in texts]
    return [int(text) / (1000 if len(text) == 13 else 1) for text in texts]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("phone.timestamp", 2019, 2026), ("phone.ga_client", 2019, 2026),
     ("credit_card.timestamp", 2020, 2027), ("credit_card.message", 2016, 2026)],
)  # fmt: skip
def test_times_are_of_every_year_that_they_may_be_of_and_no_other(name, first, last):
    years = Counter(datetime.fromtimestamp(at, tz=UTC).year for at in seconds_of(name))
    assert set(years) == set(range(first, last + 1))


FORMATS = (
    "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d%H%M%S", "%d.%m.%Y %H:%M",
    "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d%H%M", "%Y年%m月%d日",
)  # fmt: skip


def test_dates_are_in_orders_that_people_write_and_of_every_year():
    seen, years = Counter(), set()
    for text in drawn("phone.date", 3000):
        for form in FORMATS:
            try:
                at = datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
            if at.strftime(form) == text:
                seen[form] += 1
                years.add(at.year)
                break
        else:
            pytest.fail(f"{text} is no date")
    assert set(seen) == set(FORMATS)
    assert years == set(range(2019, 2027))


def test_commits_of_a_pseudo_version_are_of_four_years_and_a_quarter():
    stamps = [text.split("-")[1] for text in drawn("email.go_module", 3000) if "@v0.0.0-" in text]
    times = [datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) for stamp in stamps]
    assert 0.55 < len(times) / 3000 < 0.65
    assert {at.year for at in times} == set(range(2021, 2026))
    assert min(times) >= datetime(2021, 5, 1, tzinfo=UTC)
    assert max(times) < datetime(2025, 9, 1, tzinfo=UTC)


def test_machines_have_every_last_number_of_a_private_network():
    ips = [text.split(".") for text in drawn("phone.ip", 6000)]
    assert all(int(number) <= 255 for ip in ips for number in ip)
    assert {int(ip[3]) for ip in ips if ip[0] != "10"} == set(range(1, 255))
    assert 0.45 < sum(ip[0] == "10" for ip in ips) / len(ips) < 0.55
    for place in (1, 2, 3):
        assert len({ip[place] for ip in ips if ip[0] == "10"}) > 250


@pytest.mark.parametrize("name", ["phone.coordinate", "email.map_point"])
def test_places_lie_on_every_side_of_the_globe_and_none_beyond(name):
    points = [re.findall(r"-?\d+\.\d+", text) for text in drawn(name, 3000)]
    pairs = [tuple(map(float, point)) for point in points if len(point) == 2]
    for at, most in ((0, 60), (1, 180)):
        sides = [pair[at] for pair in pairs]
        assert -most <= min(sides) < 0.95 * -most
        assert 0.95 * most < max(sides) <= most


def test_prices_go_from_small_change_to_six_figures():
    amounts = [float(re.sub(r"[^\d.]", "", text)) for text in drawn("phone.price", 3000)]
    assert 3 <= min(amounts) < 10
    assert 200_000 < max(amounts) < 1_000_000
