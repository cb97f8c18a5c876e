"""What people's own files held that was taken for something else: dates, versions, vetoes."""

from random import Random

import drawing
import pytest

from piiforge import seeds
from piiforge.compose import frames
from piiforge.types import Cue

DATES = [
    "2026-01-15",
    "01/15/2026",
    "15.01.2026",
    "January 15, 1990",
    "15th of January 1990",
    "el 15 de enero de 1990",
    "le 15 janvier 1990",
    "1990年1月15日",
]
TIMES = [
    ("2026-01-15T10:20:30.123Z", "{{date}}T{{time}}Z"),
    ("2026-01-15 10:20", "{{date}} {{time}}"),
    ("[15/Jan/2026:10:20:30 +0100]", "[{{date}} {{time}}]"),
    ("Jan 15 10:20:30", "{{date}} {{time}}"),
    ("10:20", "{{time}}"),
]
AGENTS = [
    "Mozilla/5.0 (Linux; Android 14) Chrome/{a}.0.{b}.{c} Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/{a}.0.{b}.{c} Safari/537.36 Edg/{a}.0.{b}.{c}",
    "MobileApp/5.12.{b}.{c} CFNetwork/{b}.0.3 Darwin/22.6.0 on my phone",
    "Browser {a}.0.0.{c}.{a} Android mobile app ({c}/9.0; 420dpi; 1080x2130; {a}{b}{c})",
    "call from mobile browser {a}.1.{b}.{a} please today",
    "user agent of my phone is Foo/{a}.{a}.{b} please",
]
VETOES = [
    ("my tracking number is {} thanks", "tracking"),
    ("my tracking is {} and it is late", "tracking"),
    ("order number {} please help me", "order"),
    ("invoice number: {} is what it says", "invoice"),
    ("POST /a?order_id={}&b=1 HTTP/1.1", "order"),
    ("order_no: {}", "order"),
    ("el número de pedido es {} por favor", "order"),
    ("mon numéro de commande est {} merci", "order"),
    ("我的订单号是{}谢谢", "order"),
]


@pytest.mark.parametrize("date", DATES)
def test_a_date_becomes_a_slot_for_one(date):
    done = seeds.dissect(f"my ssn is 000-12-3456, it was {date} then")
    assert isinstance(done, seeds.Cut)
    assert done.text.replace("el ", "").replace("le ", "") == (
        "my ssn is {{value}}, it was {{date}} then"
    )


@pytest.mark.parametrize(("written", "slots"), TIMES)
def test_a_time_becomes_a_slot_for_one(written, slots):
    done = seeds.dissect(f"{written} INFO phone=202-555-0123 ok")
    assert isinstance(done, seeds.Cut)
    assert done.text == f"{slots} INFO phone={{{{value}}}} ok"


def test_what_is_filled_into_a_date_is_a_day_that_exists(tmp_path):
    (tmp_path / "a.txt").write_text("my ssn is 000-12-3456, of 2026-01-15 10:20 then")
    seeds.write(tmp_path / "seeds.jsonl", seeds.read([tmp_path / "a.txt"]))
    (seed,) = seeds.load(tmp_path / "seeds.jsonl")
    slots = frames.slots_of(seed.text)
    assert [slot.name for slot in slots] == ["value", "date", "time"]
    assert all(slot.is_known for slot in slots)


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("seed", range(5))
def test_no_part_of_a_browsers_name_is_a_value(agent, seed):
    rng = Random(seed)
    a, b, c = (str(rng.randrange(10**n, 10 ** (n + 1))) for n in (2, 3, 1))
    done = seeds.dissect(agent.format(a=a, b=b, c=c))
    assert isinstance(done, seeds.Refused)


@pytest.mark.parametrize("written", ["{}.{}.{}", "1.{}.{}.{}", "+1.{}.{}.{}"])
def test_a_phone_in_dots_is_still_one(written):
    number = "".join(filter(str.isdigit, drawing.phone(Random(3))))
    dotted = written.format(number[:3], number[3:6], number[6:])
    for text in (f"my phone is {dotted} thanks", f"GET /phone/{dotted} HTTP/1.1"):
        done = seeds.dissect(text)
        assert isinstance(done, seeds.Cut)
        assert done.category == "phone"


@pytest.mark.parametrize(("text", "noun"), VETOES)
def test_a_veto_seed_says_by_its_phrase_which_noun_it_means(tmp_path, text, noun):
    (tmp_path / "a.txt").write_text(text.format(drawing.phone(Random(text))), encoding="utf-8")
    (seed,) = seeds.read([tmp_path / "a.txt"]).seeds
    assert (seed.category, seed.cue) == ("phone", Cue.VETO)
    assert frames.from_seed(seed).noun == noun
    assert frames.idle([frames.from_seed(seed)]).counts == {}


def test_seeds_that_can_carry_no_row_are_counted_by_why():
    def frame(cue):
        return frames.Frame("f", "seeds", "sentence", "phone", cue, "en", "", ("a ", "value", ""))

    idle = frames.idle(map(frame, (Cue.VETO, Cue.VETO, Cue.MISLEADING, Cue.CONFIRM)))
    assert idle.counts == {"unknown noun": 2, "misleading": 1}
    assert idle.text.startswith("3 seeds will carry no row of a build: 2 call")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("nothing of the kind stands here", "no_value: holds no value of any category. Give files"),
        ("my {{blood_type}} is {{us_ssn}}", "unknown_slot: a placeholder that our table"),
        ("my ssn is ***-**-1234", "masked: what stands there is hidden already. Give the texts"),
    ],
)
def test_where_no_seed_comes_out_it_says_what_to_do(tmp_path, text, advice):
    (tmp_path / "a.txt").write_text(text)
    harvest = seeds.read([tmp_path / "a.txt"])
    assert f"Most were refused as {advice}" in harvest.advice
    assert harvest.record()["advice"] == harvest.advice
