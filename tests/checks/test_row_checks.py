"""Each check of one row by its reason: this row falls because of that, a sound one does not."""

from dataclasses import replace

import pytest
from crafted import DESCRIPTIONS, drawn, having, row, said

from piiforge import checks
from piiforge.errors import AskedWrongly, PiiforgeError
from piiforge.types import Cue, Mention, Span, Switches, Verdict

SOUND = row()
DIGITS = SOUND.values[0].key
SPAN = SOUND.values[0].spans[0]
IMPOSSIBLE = row(text="666-12-3456")
BESIDE = Mention("phone", "valid", "1", (Span(SPAN.start + 1, SPAN.start + 2),))
EMAIL = drawn("email", 5)

FALLS = (
    ("shape", "an empty content", replace(SOUND, content="  ", values=())),
    ("shape", "thirteen words", said(SOUND, "one " * 13)),
    ("shape", "a score over one", replace(SOUND, verdict=Verdict(True, 1.5, "Why."))),
    ("shape", "a lone surrogate", replace(SOUND, content=SOUND.content + "\ud800")),
    ("shape", "a score that is no number", replace(SOUND, verdict=Verdict(True, float("nan"), ""))),
    ("span", "no span", having(SOUND, spans=())),
    ("span", "a span beyond the end", having(SOUND, spans=(Span(5, 900),))),
    ("span", "a span before the start", having(SOUND, spans=(Span(-1, 4),))),
    ("span", "an empty span", having(SOUND, spans=(Span(7, 7),))),
    ("span", "two spans over each other", replace(SOUND, values=(*SOUND.values, BESIDE))),
    ("span", "a positive without a value", replace(SOUND, values=())),
    ("span", "a positive with another's value", having(SOUND, category="phone")),
    ("echo", "the value as it stands", said(SOUND, f"The number {DIGITS} is real.")),
    ("echo", "its last four", said(SOUND, f"It ends in {DIGITS[-4:]}.")),
    ("echo", "a mailbox", said(having(SOUND, key=EMAIL), f"Address {EMAIL} is named.")),
    ("echo", "a mailbox's name", said(having(SOUND, key="somebody@x.org"), "It is of Somebody.")),
    ("provenance", "from a seed file", having(SOUND, origin="seed")),
    ("provenance", "from a model", having(SOUND, origin="model")),
    ("length", "a long line", replace(SOUND, content=SOUND.content + " 1" * 600)),
    ("second_look", "an impossible value as a positive", IMPOSSIBLE),
    ("second_look", "a real value as an impossible one",
     replace(row(sensitive=False), variant="impossible", cue=Cue.CONFIRM)),
    ("second_look", "a value that nothing explains",
     replace(row(sensitive=False), values=(), variant="benign", cue=Cue.NONE)),
    ("unconfirmed", "a written line that names nothing",
     replace(row(key="field_3", text=drawn("ssn", 4).replace("-", "")), source="written")),
)  # fmt: skip


@pytest.fixture(scope="module")
def inspector():
    return checks.Inspector(DESCRIPTIONS, max_tokens=512)


@pytest.mark.parametrize(
    ("reason", "_why", "example"), FALLS, ids=[f"{r}: {w}" for r, w, _ in FALLS]
)
def test_a_row_falls_for_its_reason(inspector, reason, _why, example):
    seen = inspector.inspect(example)
    assert seen.reason == reason, seen.detail
    assert seen.detail


@pytest.mark.parametrize(
    "example",
    [
        SOUND,
        row(1),
        replace(row(2, text="666-12-3456", sensitive=False), variant="impossible", cue=Cue.CONFIRM),
        row(3, key="order_no", sensitive=False),
        said(SOUND, "one " * 12),
        said(SOUND, "Area 666 of form 22 is off."),
    ],
    ids=["positive", "another", "impossible", "vetoed", "twelve words", "short numbers"],
)
def test_a_sound_row_stays_and_its_tokens_are_told(inspector, example):
    tokens = checks.row.tokens_of(example, checks.row.counter(""), DESCRIPTIONS[example.category])
    assert inspector.inspect(example) == checks.Inspection(review=False, tokens=tokens)


def test_a_detail_never_holds_the_value(inspector):
    for _, _, example in FALLS:
        assert DIGITS not in inspector.inspect(example).detail


def test_every_reason_of_one_row_has_a_case_here():
    assert {reason for reason, _, _ in FALLS} == set(checks.ALL) - {"duplicate", "leak"}


def test_the_switches_reach_the_second_look():
    mailbox = "support@" + drawn("email", 3).split("@")[1]
    content = f"page=contact&email={mailbox}"
    mention = Mention("email", "role_mailbox", mailbox, (Span(19, len(content)),))
    example = replace(
        row(sensitive=False), category="email", content=content, values=(mention,),
        cue=Cue.CONFIRM, variant="impossible",
    )  # fmt: skip
    off = checks.Inspector(DESCRIPTIONS, max_tokens=512, switches=Switches(role_mailbox=False))
    on = checks.Inspector(DESCRIPTIONS, max_tokens=512)
    assert (off.inspect(example).reason, on.inspect(example).reason) == ("", "second_look")


def test_the_limit_is_the_last_length_that_stays():
    needed = next(
        limit
        for limit in range(20, 400)
        if not checks.Inspector(DESCRIPTIONS, max_tokens=limit).inspect(SOUND).reason
    )
    below = checks.Inspector(DESCRIPTIONS, max_tokens=needed - 1).inspect(SOUND)
    assert below.detail == f"{needed} tokens, over {needed - 1}"


@pytest.mark.parametrize("text", ["", "a", "12345", "身份证号码", "%7B%22a%22%3A1%7D", "🙂" * 9])
def test_more_text_never_has_fewer_tokens(text):
    count = checks.row.counter("").count
    assert count("") == 0
    assert count(text) < count(text + "x1，")


def test_a_tokenizer_that_is_not_there_is_asked_wrongly(tmp_path):
    with pytest.raises(PiiforgeError) as raised:
        checks.row.counter(str(tmp_path / "none.json"))
    assert isinstance(raised.value, AskedWrongly)
