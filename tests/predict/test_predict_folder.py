"""Laws of which folders are loaded: decided by files alone, so no torch is needed here."""

import json

import pytest

from piiforge import predict, prompt
from piiforge.errors import AskedWrongly


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    return tmp_path


def test_a_whole_folder_is_taken(folder):
    prompt.check_model(folder)


def spoil_weights(folder):
    (folder / "model.safetensors").unlink()


def spoil_pickle(folder):
    spoil_weights(folder)
    (folder / "pytorch_model.bin").write_bytes(b"")


def spoil_template(folder):
    (folder / "chat_template.jinja").unlink()


def spoil_code(folder):
    (folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "m.Model"}}))


def spoil_tokenizer_code(folder):
    (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": {"AutoTokenizer": "t"}}))


def spoil_adapter(folder):
    (folder / "config.json").unlink()
    (folder / "adapter_config.json").write_text("{}")


def spoil_gguf(folder):
    (folder / "config.json").unlink()
    (folder / "model.gguf").write_bytes(b"")


def spoil_json(folder):
    (folder / "config.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_weights, "no weights"),
        (spoil_pickle, r"pickles only.*convert"),
        (spoil_template, r"no chat template.*instruct"),
        (spoil_code, "auto_map"),
        (spoil_tokenizer_code, "auto_map"),
        (spoil_adapter, r"adapter.*Merge"),
        (spoil_gguf, r"GGUF.*chat:URL#MODEL"),
        (spoil_json, "not JSON"),
    ],
)
def test_a_model_that_may_not_be_loaded_is_refused_with_what_to_do(folder, spoil, said):
    spoil(folder)
    with pytest.raises(AskedWrongly, match=said):
        predict.open(f"local:{folder}", predict.Settings())


def test_a_hub_name_is_no_folder():
    with pytest.raises(AskedWrongly, match="hf download"):
        predict.open("local:no-org/no-model", predict.Settings())


@pytest.mark.parametrize("text", prompt.SYSTEMS)
def test_the_system_text_is_that_of_the_family(folder, text):
    (folder / "chat_template.jinja").write_text(f"<|im_start|>system\n{text}<|im_end|>")
    assert prompt.system_of(folder) == text


def test_an_unknown_family_gets_no_system_text(folder):
    assert prompt.system_of(folder) == ""


def test_the_template_may_stand_in_the_tokenizers_settings(folder):
    (folder / "chat_template.jinja").unlink()
    named = [{"name": "default", "template": "{{ messages }}"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}))
    assert prompt.chat_template(folder) == "{{ messages }}"
