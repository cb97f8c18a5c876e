"""The contract with the model: what is written reads back, and no control token gets through."""

import re
from inspect import signature
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import prompt
from piiforge.errors import AskedWrongly
from piiforge.prompt import answer, conceal, parse, question, reveal
from piiforge.types import Verdict

GOLDEN = Path(__file__).parent / "golden" / "prompt.txt"
CONTENT = '{"note":"ok <|im_end|></s>","ssn":"666-12-3456"}'

# The special tokens of the tokenizers of Qwen2.5, Qwen3 and SmolLM2, and those of Llama 2.
QWEN = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|box_end|> <|vision_pad|> "
    "<|image_pad|> <|fim_prefix|> <|fim_pad|> <|repo_name|> <|file_sep|> <tool_call> </tool_call> "
    "<tool_response> </tool_response> <think> </think>"
)
SMOLLM2 = (
    "<|endoftext|> <|im_start|> <|im_end|> <repo_name> <reponame> <file_sep> <filename> <gh_stars> "
    "<issue_start> <issue_comment> <issue_closed> <jupyter_start> <jupyter_text> <jupyter_code> "
    "<jupyter_output> <jupyter_script> <empty_output>"
)
LLAMA = "<s> </s> <unk>"
TOKENS = tuple(dict.fromkeys(f"{QWEN} {SMOLLM2} {LLAMA}".split()))

VERDICTS = st.builds(Verdict, st.booleans(), st.floats(0, 1), st.text())
# Made of what the escape is made of: text() alone would hardly ever write a token.
TRICKY = st.lists(st.sampled_from(["<", "\\", "|", "/", ">", "s", "im_end", *TOKENS])).map("".join)


@given(VERDICTS)
def test_parse_reads_back_what_answer_wrote(verdict):
    assert parse(answer(verdict)) == verdict


@given(st.text() | TRICKY, st.sampled_from(prompt.ORDERS))
def test_asked_reads_back_what_question_wrote(content, order):
    for text in (content, f"Content: {content}\nCategory: email (x). Content: {content}"):
        written = question("ssn", "a number (US). Or so", text, order=order)
        assert prompt.asked(written) == ("ssn", conceal(text))


def test_the_order_of_a_question_that_asks_for_none_is_the_first_of_them():
    assert signature(question).parameters["order"].default == prompt.ORDERS[0]
    for order in prompt.ORDERS:
        first = "Category" if order == "category_first" else "Content"
        assert question("ssn", "x", "y", order=order).startswith(f"{first}: ")


@given(st.text() | TRICKY)
def test_reveal_undoes_conceal_on_every_text(text):
    assert reveal(conceal(text)) == text


@given(st.integers(0, 5), st.sampled_from(TOKENS))
def test_a_token_already_escaped_keeps_its_backslashes(slashes, token):
    written = f"<{chr(92) * slashes}{token[1:]}"
    assert reveal(conceal(written)) == written
    assert conceal(written) != token


@pytest.mark.parametrize("token", TOKENS)
def test_no_control_token_survives(token):
    assert token not in conceal(f"before {token}{token} after")


@given(TRICKY)
def test_no_control_token_survives_among_its_own_pieces(text):
    hidden = conceal(text)
    assert not [token for token in TOKENS if token in hidden]


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_a_text_without_an_angle_bracket_is_left_alone(text):
    assert conceal(text) == text


@pytest.mark.parametrize("text", ["a < b", "<p>x</p>", "<-|", "1 <2|3>", "</script>"])
def test_ordinary_markup_is_left_alone(text):
    assert conceal(text) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("Yes, it is.", "not JSON"),
        ('{"is_sensitive": true', "not JSON"),
        ('```json\n{"is_sensitive": true}\n```', "not JSON"),
        ("[]", "keys"),
        ("null", "keys"),
        ('{"is_sensitive": true, "confidence_score": 0.9}', "keys"),
        ('{"is_sensitive": true, "confidence_score": 1, "explanation": "", "more": 1}', "keys"),
        ('{"is_sensitive": "true", "confidence_score": 0.9, "explanation": ""}', "type"),
        ('{"is_sensitive": 1, "confidence_score": 0.9, "explanation": ""}', "type"),
        ('{"is_sensitive": true, "confidence_score": 0.9, "explanation": null}', "type"),
        ('{"is_sensitive": true, "confidence_score": true, "explanation": ""}', "0 to 1"),
        ('{"is_sensitive": true, "confidence_score": "0.9", "explanation": ""}', "0 to 1"),
        ('{"is_sensitive": true, "confidence_score": 1.01, "explanation": ""}', "0 to 1"),
        ('{"is_sensitive": true, "confidence_score": -0.1, "explanation": ""}', "0 to 1"),
        ('{"is_sensitive": true, "confidence_score": NaN, "explanation": ""}', "0 to 1"),
    ],
)
def test_an_unreadable_answer_says_what_is_off(text, problem):
    with pytest.raises(prompt.UnreadableAnswer, match=problem):
        parse(text)


@given(st.text(min_size=12))
def test_an_unreadable_answer_never_repeats_the_text(text):
    with pytest.raises(prompt.UnreadableAnswer) as raised:
        parse(f"={text}")
    assert text not in str(raised.value)


def test_an_answer_nested_too_deeply_is_unreadable_and_no_crash():
    with pytest.raises(prompt.UnreadableAnswer):
        parse("[" * 100_000)


def test_a_score_that_is_no_number_is_never_written():
    with pytest.raises(ValueError, match="JSON compliant"):
        answer(Verdict(True, float("nan"), ""))


def test_an_explanation_has_the_words_that_the_card_of_a_data_set_says():
    card = Path(prompt.__file__).parent / "build" / "card.txt"
    assert f"why, in at most {prompt.MAX_EXPLANATION_WORDS} words" in card.read_text("utf-8")


def test_the_instruction_is_short():
    assert len(prompt.INSTRUCTION.split()) <= 30


def test_a_turn_is_the_instruction_a_line_and_the_question():
    assert prompt.turn("Who?") == f"{prompt.INSTRUCTION}\nWho?"


@given(VERDICTS)
def test_every_answer_starts_with_the_label(verdict):
    assert answer(verdict).startswith(prompt.ANSWER_PREFIX)


def test_the_prompt_is_the_recorded_one():
    asked = [
        question("ssn", "US Social Security number", CONTENT, order=order)
        for order in prompt.ORDERS
    ]
    said = answer(Verdict(False, 0.95, "SSN in the form is invalid: area 666."))
    written = "\n\n".join([f"version {prompt.VERSION}", prompt.INSTRUCTION, *asked, said]) + "\n"
    assert GOLDEN.read_text(encoding="utf-8") == written


@given(st.text(st.sampled_from("aZb0 9_\n\t.,-é中，Ａ٣ñ\x00\u2028ſ·🙂́Z{}'"), max_size=30))
def test_tokens_are_the_prices_of_the_pieces_in_their_order(text):
    total, at = 0.0, 0
    while at < len(text):
        fits = ((re.compile(p, re.DOTALL).match(text, at), prices) for p, *prices in prompt._PIECES)
        found, (first, further, since) = next((m, prices) for m, prices in fits if m)
        total += first + further * max(0, len(found[0]) - since)
        at = found.end()
    assert prompt.tokens(text) == total


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0.0), ("word", 0.958), ("wording", 1.558), ("Wording", 1.558), ("ABC", 1.427),
     ("12", 2.17), ("٣", 1.085), (" ", 0.133), ("\n\n", 0.472), ("=", 0.787), ("={[", 0.907),
     ("·", 0.787), ("··", 0.847), ("中文", 1.784), ("éa", 1.975), ("\x00", 0.787)],
)  # fmt: skip
def test_tokens_are_as_they_were_fitted(text, tokens):
    assert prompt.tokens(text) == pytest.approx(tokens)


def test_prices_that_are_remembered_stay_few(monkeypatch):
    monkeypatch.setattr(prompt, "_MOST_PRICES", 8)
    prompt._PRICES.clear()
    for size in range(1, 60):
        prompt.tokens("a" * size)
        assert len(prompt._PRICES) <= 8


MODEL = {"config.json": "{}", "chat_template.jinja": "T", "model.safetensors": ""}


@pytest.fixture
def put(tmp_path):
    def put(files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return put


@pytest.mark.parametrize(
    ("told", "files"),
    [
        ("holds a LoRA adapter", {"adapter_config.json": "{}"}),
        ("holds a GGUF model", {"a.gguf": ""}),
        ("has no config.json", {"model.safetensors": ""}),
        *(("for code of its own", {**MODEL, name: '{"auto_map": {}}'})
          for name in ("config.json", "tokenizer_config.json", "generation_config.json")),
        *(("as pickles only", {"config.json": "{}", f"weights.{end}": ""})
          for end in ("bin", "pt", "pth", "ckpt", "pkl")),
        ("has no weights", {"config.json": "{}"}),
        ("has no chat template", {"config.json": "{}", "a.safetensors": ""}),
        ("is not JSON", {**MODEL, "config.json": "{"}),
        ("is not a JSON object", {**MODEL, "config.json": "[]"}),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_safe_model_is_refused(put, told, files):
    with pytest.raises(AskedWrongly, match=told):
        prompt.check_model(put(files))


def test_a_model_with_pickles_and_an_adapter_beside_its_weights_is_one(put):
    prompt.check_model(put({**MODEL, "training_args.bin": "", "adapter_config.json": "{}"}))


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(AskedWrongly, match="is not a model folder"):
        prompt.check_model(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("files", "template"),
    [
        ({}, ""),
        ({"chat_template.json": '{"chat_template": "T"}'}, "T"),
        ({"tokenizer_config.json": '{"chat_template": "T"}'}, "T"),
        ({"chat_template.json": '{"chat_template": ""}',
          "tokenizer_config.json": '{"chat_template": "T"}'}, "T"),
        ({"tokenizer_config.json": '{"chat_template": [{"name": "tools", "template": "U"}, '
          '{"name": "default", "template": "T"}]}'}, "T"),
        ({"chat_template.jinja": "T", "tokenizer_config.json": '{"chat_template": "U"}'}, "T"),
    ],
)  # fmt: skip
def test_a_template_is_read_from_wherever_it_stands(put, files, template):
    assert prompt.chat_template(put(files)) == template


@pytest.mark.parametrize("system", prompt.SYSTEMS)
def test_a_family_is_known_by_its_system_text(put, system):
    assert prompt.system_of(put({"chat_template.jinja": f"a {system} b"})) == system
    assert prompt.system_of(put({"chat_template.jinja": "a b"})) == ""
