"""Each check of one row by its reason: this row falls because of that, a sound one does not."""

import re
import sys
from dataclasses import replace

import pytest
from crafted import DESCRIPTIONS, drawn, having, row, said
from hypothesis import given
from hypothesis import strategies as st

from piiforge import checks, prompt
from piiforge.errors import AskedWrongly, MissingExtra, PiiforgeError
from piiforge.types import Cue, Mention, Span, Switches, Verdict, key_of

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


@pytest.mark.parametrize("check", ["shape", "span", "echo", "provenance"])
def test_a_check_has_an_empty_text_for_a_sound_row_and_one_to_tell_for_another(check):
    assert getattr(checks.row, check)(SOUND) == ""
    for reason, _, example in FALLS:
        if reason == check:
            assert getattr(checks.row, check)(example)


@pytest.mark.parametrize(
    ("key", "explanation", "falls"),
    [("abcde", "It is Abcde.", True), ("abcd", "It is abcd.", False), ("ab.cdefg", "cdefg", True),
     ("abc@def.gh", "abc def gh", False), ("12|abcde", "abcde", True), ("abcde", "abcd e", False)],
)  # fmt: skip
def test_a_piece_of_five_signs_is_an_echo(key, explanation, falls):
    assert bool(checks.row.echo(said(having(SOUND, key=key), explanation))) is falls


def test_spans_may_touch_and_reach_both_ends():
    whole = len(SOUND.content)
    for spans in ((Span(0, 4), Span(4, whole)), (Span(4, whole), Span(0, 4))):
        assert checks.row.span(having(SOUND, spans=spans)) == ""
    assert checks.row.span(having(SOUND, spans=(Span(0, 5), Span(4, whole)))) == "two spans overlap"
    assert checks.row.span(having(SOUND, spans=(Span(0, whole + 1),)))


def test_tokens_are_those_of_question_and_answer_and_of_the_frame_around_them():
    seen = []
    counter = checks.row.TokenCounter("signs", lambda text: seen.append(text) or len(text))
    count = checks.row.tokens_of(SOUND, counter, "a description")
    (text,) = seen
    assert count == len(text) + checks.row.CHAT_FRAME
    assert text.startswith(prompt.INSTRUCTION + "\n")
    assert prompt.question("ssn", "a description", SOUND.content) in text
    assert text.endswith(prompt.answer(SOUND.verdict))


def test_an_estimate_is_a_tenth_and_a_little_over_the_middle():
    for text in ("", "word", "ssn=219-45-7382", "身份证号码 1234"):
        count, middle = checks.row.counter("").count(text), prompt.tokens(text)
        assert 1.1 * middle <= count < 1.15 * middle + 1


def test_what_the_room_offers_is_there():
    assert all(hasattr(checks, name) for name in checks.__all__)


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


def beside(more: str, **changes: object):
    """Return a sound positive with more behind its line."""
    return replace(SOUND, content=f"{SOUND.content}&{more}", **changes)


def masked(*disguises: str):
    card = key_of(drawn("credit_card", 2))
    shown = f"{card[:6]}{'*' * (len(card) - 10)}{card[-4:]}"
    content = f"page=pay&card_number={shown}&x=1"
    span = Span(content.index(shown), content.index(shown) + len(shown))
    return replace(
        SOUND, category="credit_card", content=content, disguises=disguises,
        values=(Mention("credit_card", "valid", card, (span,)),),
    )  # fmt: skip


SECOND = drawn("ssn", 7)
NOT_PUT, IN_NEGATIVE = "a value that was not put there", "takes the value for one of the category"
LOOKS = (
    ("a positive that is named", SOUND, "", False),
    ("a positive that is found nowhere", replace(SOUND, content="page=a&ssn=hidden"), "", True),
    ("beside another that is named", beside(f"ssn2={SECOND}"), NOT_PUT, False),
    ("beside another that its form tells", beside(f"field_4={SECOND}"), NOT_PUT, False),
    ("beside another that nothing tells", beside(f"field_4={key_of(SECOND)}"), "", False),
    ("beside one that is an order", beside(f"order_no={SECOND}"), "", False),
    ("a card of which six and four are shown", masked("mask_first6_last4"), "", False),
    ("digits of a card that nobody masked", masked("canonical"), NOT_PUT, False),
    ("a negative that tells itself, named nothing",
     replace(row(key="field_3", sensitive=False), cue=Cue.NEUTRAL), "", True),
    ("a negative with a veto that is not read",
     replace(row(key="field_3", sensitive=False), cue=Cue.VETO), "", True),
    ("a negative that is read as named", row(sensitive=False), IN_NEGATIVE, False),
    ("a negative whose other value is valid", replace(row(sensitive=False), values=()),
     "a value that nothing explains", False),
)  # fmt: skip


@pytest.mark.parametrize(
    ("example", "problem", "review"), [one[1:] for one in LOOKS], ids=[one[0] for one in LOOKS]
)
def test_a_second_look_drops_what_it_proves_wrong_and_lists_what_it_cannot_follow(
    example, problem, review
):
    seen = checks.row.look(example, Switches())
    assert problem in seen.problem
    assert bool(seen.problem) is bool(problem)
    assert seen.review is review


@given(st.text("0123456789", min_size=1, max_size=14), st.text("019", max_size=3))
def test_a_key_is_the_same_with_a_country_before_it_or_an_extension_behind_it(key, more):
    for longer in (more + key, key + more):
        same = longer == key or len(key) >= 7
        assert checks.row.is_same(key, longer) is checks.row.is_same(longer, key) is same


@given(st.text("0123", max_size=9), st.text("4567", max_size=9))
def test_keys_without_a_common_sign_are_not_the_same(one, other):
    assert checks.row.is_same(one, other) is (one == other)


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


def test_a_tokenizer_counts_its_own_tokens_and_is_told_by_its_file(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0, "[B]": 1}, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing("[B] $A", None, [("[B]", 1)])
    made.save(str(tmp_path / "words.json"))
    counter = checks.row.counter(str(tmp_path / "words.json"))
    assert (counter.name, counter.count("one two three")) == ("words.json", 3)


def test_who_lacks_the_extra_is_told_which(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=re.escape("[tokenizer]")):
        checks.row.counter(str(tmp_path / "any.json"))


def test_a_tokenizer_that_is_not_there_is_asked_wrongly(tmp_path):
    with pytest.raises(PiiforgeError) as raised:
        checks.row.counter(str(tmp_path / "none.json"))
    assert isinstance(raised.value, AskedWrongly)
