"""The model: what can't be trained, merged or served safely is refused by name."""

import json

import pytest

from piiforge import prompt
from piiforge.errors import AskedWrongly
from piiforge.train import data, settings


def test_a_plain_folder_passes(model):
    assert data.look(model).dtype == "bfloat16"


def spoil_code(model):
    (model / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}', encoding="utf-8")


def spoil_tokenizer_code(model):
    (model / "tokenizer_config.json").write_text('{"auto_map": {}}', encoding="utf-8")


def spoil_pickle(model):
    (model / "model.safetensors").rename(model / "pytorch_model.bin")


def spoil_weights(model):
    (model / "model.safetensors").unlink()


def spoil_shard(model):
    index = {"weight_map": {"a": "model-00002-of-00002.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def spoil_template(model):
    (model / "chat_template.jinja").unlink()


def spoil_config(model):
    (model / "config.json").rename(model / "adapter_config.json")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_code, r"/config.json asks for code of its own \(auto_map\)"),
        (spoil_tokenizer_code, r"/tokenizer_config.json asks for code of its own"),
        (spoil_pickle, "weights as pickles only"),
        (spoil_weights, r"no weights \(\*.safetensors\)"),
        (spoil_shard, "lacks 1 of its weight files"),
        (spoil_template, "no chat template. Take the instruct model"),
        (spoil_config, "holds a LoRA adapter, not a model"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_folder_that_wont_do_is_refused_by_name(model, spoil, said):
    spoil(model)
    with pytest.raises(AskedWrongly, match=said) as caught:
        data.look(model)
    assert str(model) in str(caught.value)


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AskedWrongly, match=r"no model at .*nowhere"):
        data.look(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "folder"),
    [("org/model", False), ("./org/model", True), ("/org/model", True), ("model", True)],
)
def test_an_id_on_the_hub_is_told_from_a_path(name, folder):
    assert data.is_folder(name) is folder


def test_an_id_on_the_hub_needs_the_environment(data, tmp_path):
    from piiforge import train

    with pytest.raises(AskedWrongly, match="org/model has to be fetched"):
        train.plan(train.Asked(data, "org/model"), train.Run(tmp_path), None)


@pytest.mark.parametrize("place", ["file", "held", "named"])
def test_a_chat_template_is_found_wherever_it_may_stand(model, place):
    if place != "file":
        (model / "chat_template.jinja").unlink()
        held = "T" if place == "held" else [{"name": "default", "template": "T"}]
        (model / "tokenizer_config.json").write_text(json.dumps({"chat_template": held}))
    assert data.look(model).chat_template == ("T" if place != "file" else prompt.QWEN)


def test_the_view_in_fp32_links_the_weights_and_changes_the_type_alone(model, tmp_path):
    view = data.in_fp32(data.look(model), tmp_path / "view")
    assert (view / "model.safetensors").is_symlink()
    assert json.loads((view / "config.json").read_bytes()) == {"dtype": "float32"}
    assert json.loads((model / "config.json").read_bytes()) == {"dtype": "bfloat16"}


def test_an_unknown_family_asks_for_a_template():
    with pytest.raises(AskedWrongly, match="template=NAME"):
        settings.family(settings.Settings(), "{{ messages }}", "org/odd")
