"""Every refusal says what exactly is wrong, and holds nothing of the text."""

import json

import pytest

from piiforge.chat.records import Answer, Outcome, Request
from piiforge.types import Cue, Switches
from piiforge.write import answers, prompts

CELL = prompts.Cell("phone", Cue.CONFIRM, "en", "form_submit")
CALL = prompts.Call("round-0/phone/positive/0", "phone", prompts.POSITIVE,
                    (prompts.Order(CELL, "", 1),))  # fmt: skip
LINE = {"event": "form_submit", "language": "en", "cue": "confirm", "noun": "", "text": "x"}


def refused(answer: str, *, mode: str = "slots", reason: str = "") -> answers.Rejected:
    intake = answers.Intake({CELL: 1}, mode, 1, Switches())
    request = Request("r", (), {}, 1.0, 10, 1)
    said = None if reason else Answer(answer, 1, 1)
    intake.take(CALL, request, Outcome(request, said, reason))
    return intake.rejected[0]


def lines(**changed: object) -> str:
    kept = {name: value for name, value in {**LINE, **changed}.items() if value is not None}
    return json.dumps({"lines": [kept]})


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        ("no answer", "not_json", "an answer of 9 characters: it has none"),
        ('{"lines": [{"event', "not_json", "an answer of 18 characters: it breaks off"),
        ('{"rows": []}', "wrong_shape", 'the answer has no list "lines"'),
        ('{"lines": ["x"]}', "wrong_shape", "it is no object"),
        (lines(text=None), "wrong_shape", "without text"),
        (lines(cue="sure"), "wrong_shape", "not an allowed value: cue"),
        (lines(cue="other"), "wrong_shape", "a cue that nobody asks for: other"),
        (lines(text=" "), "wrong_shape", "its text is empty"),
        ('{"lines": []}', "not_delivered", "0 of 1 lines came"),
        (lines(text="phone=x&a=1"), "no_slot", "confirm asks for value, there are: none"),
        (lines(text="phone={{value}}&tel={{value}}"), "wrong_slot",
         "confirm asks for value, there are: value, value"),
        (lines(text="phone={{my_tel:0000000}}"), "unknown_slot", "braces that make no slot"),
        (lines(text="phone={{value:0000000}}"), "unknown_slot", "no slot of ours: value:#######"),
        (lines(text="tel={{value}}&a=1", language="es"), "not_asked",
         "phone/confirm/es/form_submit is none that the call asks for"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(answer, reason, detail):
    found = refused(answer)
    assert (found.reason, found.detail) == (reason, detail)


def test_a_cut_that_fails_says_why():
    found = refused(lines(text="phone=two oh two five five five oh one two three"), mode="full")
    assert (found.reason, found.detail.partition(":")[0]) == ("uncut", "spoken")


@pytest.mark.parametrize("reason", ["truncated", "refused", "timeout", "bad_body", "rejected"])
def test_a_call_without_an_answer_says_what_that_means(reason):
    found = refused("", reason=reason)
    assert (found.reason, len(found.detail) > 20) == (reason, True)
