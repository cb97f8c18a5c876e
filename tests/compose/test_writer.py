"""Laws of what is asked of a model and how its answer is read and filled."""

import json
from contextlib import suppress
from urllib.parse import parse_qs, unquote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import categories, reader
from piiforge.compose.frames import FULL_MODE, SLOTS_MODE, WrittenLine, nouns_asked
from piiforge.rng import child
from piiforge.types import Cue
from piiforge.write import answers, prompts
from piiforge.write.prompts import CONFUSER, POSITIVE, SIDES, Cell, calls_of, notation_of, targets
from piiforge.write.rows import draw_subject, finish, texts_of

LANGUAGES = {"en": 0.59, "es": 0.125, "fr": 0.125, "zh": 0.125, "mixed": 0.035}
EVENTS = {"form_submit": 0.27, "page_view": 0.2, "xhr": 0.25, "chat_message": 0.28}
CUES = {Cue.CONFIRM: 0.5, Cue.VETO: 0.3, Cue.NEUTRAL: 0.1, Cue.NONE: 0.1}
IDS = tuple(category.id for category in categories.ALL)
every_category = pytest.mark.parametrize("category", categories.ALL, ids=lambda c: c.id)


def wanted(lines: int = 60, ids: tuple[str, ...] = IDS) -> dict[Cell, int]:
    return targets(ids, lines, CUES, LANGUAGES, EVENTS)


def sums(cells: dict[Cell, int], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for cell, count in cells.items():
        found[getattr(cell, name)] = found.get(getattr(cell, name), 0) + count
    return found


@given(st.integers(4, 500))
def test_every_category_gets_its_lines_and_each_cue_its_share(lines):
    cells = wanted(lines, ("ssn", "email"))
    assert sums(cells, "category") == {"email": lines, "ssn": lines}
    for cue, share in CUES.items():
        assert abs(sums(cells, "cue").get(cue, 0) / 2 - share * lines) < 1
    for event, share in EVENTS.items():
        assert abs(sums(cells, "event").get(event, 0) / 2 - share * lines) < 1


@given(st.integers(1, 50), st.integers(4, 300))
def test_the_calls_of_a_round_ask_for_all_that_is_missing_and_no_more(most, lines):
    cells = wanted(lines, ("ssn", "email"))
    calls = calls_of(0, cells, {}, most)
    asked: dict[Cell, int] = {}
    for call in calls:
        assert 1 <= call.lines <= most
        for order in call.orders:
            assert order.cell.cue in SIDES[call.side]
            assert order.cell.category == call.category
            asked[order.cell] = asked.get(order.cell, 0) + order.count
    assert asked == cells


def test_a_later_round_asks_for_the_rest_and_the_thinnest_first():
    cells = wanted(200, ("ssn",))
    have = {cell: count - 1 for cell, count in cells.items()}
    thin = next(cell for cell, count in cells.items() if count > 5 and cell.cue is Cue.CONFIRM)
    have[thin] = 0
    calls = calls_of(1, cells, have, 25)
    first = next(call for call in calls if call.side == POSITIVE)
    assert first.orders[0].cell == thin
    assert sum(call.lines for call in calls) == len(cells) - 1 + cells[thin]


def test_nothing_is_asked_where_nothing_is_missing():
    assert calls_of(3, wanted(), wanted(), 25) == []


def test_the_same_state_plans_the_same_calls():
    assert calls_of(2, wanted(), {}, 25) == calls_of(2, wanted(), {}, 25)


def test_categories_and_sides_take_turns():
    calls = calls_of(0, wanted(200), {}, 25)
    heads = [(call.category, call.side) for call in calls[: 2 * len(IDS)]]
    assert len(set(heads)) == 2 * len(IDS)


def test_a_veto_names_a_noun_of_its_category_and_nothing_else_has_one():
    for call in calls_of(0, wanted(200), {}, 25):
        for order in call.orders:
            assert bool(order.noun) is (order.cell.cue is Cue.VETO)
            assert not order.noun or order.noun in nouns_asked(call.category)


def requests(mode: str = SLOTS_MODE, lines: int = 60):
    return [
        prompts.writing(call, mode, temperature=0.9, seed=1)
        for number in (0, 1)
        for call in calls_of(number, wanted(lines), {}, 25)
    ]


@pytest.mark.parametrize("mode", [SLOTS_MODE, FULL_MODE])
def test_no_two_requests_are_the_same(mode):
    said = [prompts.said(request) for request in requests(mode)]
    assert len(set(said)) == len(said)
    assert not any("$" in text for text in said)


def test_prompts_hold_no_value():
    for request in requests():
        text = prompts.said(request)
        assert not any(f.valid and f.telling for c in IDS for f in reader.find(text, c))


def test_prompts_are_short():
    longest = max(len(prompts.said(request)) for request in requests(lines=200))
    assert longest < 6000


@every_category
@pytest.mark.parametrize("side", [POSITIVE, CONFUSER])
def test_every_category_has_a_guide_for_each_side(category, side):
    call = next(
        call for call in calls_of(0, wanted(60, (category.id,)), {}, 25) if call.side == side
    )
    text = prompts.said(prompts.writing(call, SLOTS_MODE, temperature=1, seed=1))
    assert category.title in text
    if side == CONFUSER:
        guide = prompts.guide_of(category.id, side).lower()
        assert "for none:" in guide
        assert any("一" <= sign <= "鿿" for sign in guide)


def test_a_schema_allows_what_was_asked_for_and_no_more():
    for call in calls_of(0, wanted(60), {}, 25):
        schema = prompts.schema(call, SLOTS_MODE)
        item = schema["properties"]["lines"]["items"]
        cues = {order.cell.cue.value for order in call.orders}
        assert set(item["properties"]["cue"]["enum"]) == cues
        assert set(item["required"]) == set(item["properties"])
        assert item["additionalProperties"] is False


def test_verdicts_are_asked_for_at_temperature_0():
    assert prompts.judging("v", "ssn", ["ssn=000-12-3456"]).temperature == 0


GOOD = {"event": "xhr", "language": "en", "cue": "none", "noun": "", "text": "GET /x"}


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (json.dumps({"lines": [GOOD]}), ["GET /x"]),
        (f"```json\n{json.dumps({'lines': [GOOD]})}\n```\nDone.", ["GET /x"]),
        (json.dumps([GOOD, GOOD]), ["GET /x", "GET /x"]),
        (json.dumps({"lines": [GOOD, {**GOOD, "cue": "other"}, "x", {}]}), ["GET /x"] + 3 * [None]),
        (json.dumps({"lines": [{**GOOD, "text": "  "}, {**GOOD, "text": 5}]}), [None, None]),
        (json.dumps({"lines": [{**GOOD, "text": "\ud800"}]}), [None]),
        (json.dumps({"lines": []}), []),
    ],
)
def test_an_answer_is_read_line_by_line(answer, texts):
    assert [line and line.text for line in answers.read(answer)] == texts


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "not_json"),
        ("The sea is wide.", "not_json"),
        ('{"lines": [{"event"', "not_json"),
        ('{"unasked": 1}', "wrong_shape"),
        ('{"lines": "many"}', "wrong_shape"),
        ("[" * 100_000, "not_json"),
    ],
)
def test_an_answer_without_lines_has_its_reason(answer, reason):
    with pytest.raises(answers.Fault, match=reason):
        answers.read(answer)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_answers(answer):
    for read in (answers.read, answers.read_verdicts):
        with suppress(answers.Fault):
            read(answer)


def test_verdicts_are_read_by_number():
    said = [{"line": 1, "is_sensitive": True}, {"line": 2}, {"line": True, "is_sensitive": False}]
    assert answers.read_verdicts(json.dumps({"verdicts": said})) == {1: True}


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("my ssn is {{value}}, thanks", "raw"),
        ("{{value}}", "raw"),
        ("level=info ssn={{value}} status=200", "raw"),
        ('{"a":{"ssn":"{{value}}"}}', "json"),
        ('{"a":{"ssn":{{value}}}}', "json"),
        ('POST /save {"note": "hi, it is {{value}} ok"}', "json"),
        ("a=1&ssn={{value}}", "form"),
        ("ssn={{value}}&a=1", "form"),
        ("https://www.example.com/x?ssn={{value}}", "percent"),
        ('GET /x?a=1&ssn={{value}} HTTP/1.1" 200', "percent"),
        ("page_view /member/{{value}}/edit", "percent"),
        ("dl=https%3A%2F%2Fwww.example.com%2F%3Fssn%3D{{value}}&v=2", "form"),
        ("<input name='ssn' value='{{value}}'>", "raw"),
        ("SSN: {{value}} | city: {{city}}", "raw"),
    ],
)
def test_the_notation_of_a_slot(text, notation):
    assert notation_of(text, text.index("{{value}}")) == notation


def line(category: str, text: str, **more: object) -> WrittenLine:
    cue = more.pop("cue", Cue.CONFIRM)
    return WrittenLine("w", "slots", category, cue, more.pop("noun", ""), "en", "xhr", text, **more)


@every_category
@pytest.mark.parametrize(
    ("before", "after", "notation"),
    [("", "", "raw"), ('{"a": "', '"}', "json"), ("a=", "&b=1", "form"), ("/x?a=", "", "percent")],
)
def test_a_filled_slot_reads_back_in_its_notation(category, before, after, notation):
    slots = "{{value:routing}}-{{value:account}}" if category.id == "bank_account" else "{{value}}"
    one = line(category.id, f"{before}{slots}{after}", notation=notation)
    value = draw_subject(one, child(7, category.id, notation))
    content = finish(one, texts_of(one, value), child(8))
    texts = "-".join(part.text for part in value.parts)
    read = {
        "raw": lambda: content,
        "json": lambda: json.loads(content)["a"],
        "form": lambda: parse_qs(content)["a"][0],
        "percent": lambda: unquote(content.partition("a=")[2]),
    }[notation]
    assert read() == texts


def test_other_slots_are_filled_too():
    text = "{{name}} {{city}} {{company}} {{digits:4}} {{other:email}} {{lookalike:isbn}} {{value}}"
    content = finish(line("ssn", text), ["000-12-3456"], child(1))
    assert "{{" not in content
    assert "@" in content
    assert content.endswith("000-12-3456")


def test_a_pair_goes_into_its_slots_whichever_comes_first():
    one = line("bank_account", "account {{value:account}} routing {{value:routing}}")
    value = draw_subject(one, child(3))
    routing, account = (part.text for part in value.parts)
    content = finish(one, texts_of(one, value), child(4))
    assert content == f"account {account} routing {routing}"


def test_a_medicare_line_gets_a_medicare_number():
    one = line("member_id", "my Medicare number is {{value}}")
    assert {draw_subject(one, child(n)).kind for n in range(20)} == {"mbi"}


def test_under_a_veto_stands_what_the_noun_names():
    one = line("phone", "ip {{lookalike:ip}}", cue=Cue.VETO, noun="ip")
    value = draw_subject(one, child(5))
    assert value.kind == "ip"
    assert unquote_plus(finish(one, texts_of(one, value), child(6))).count(".") == 3
