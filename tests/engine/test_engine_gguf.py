"""GGUF: what was written reads back as the model; `-m model` asks llama.cpp itself.

For that $PIIFORGE_LLAMA names a Python that has xllamacpp (`scripts/model_server.py --env DIR`
makes one: DIR/bin/python).
"""

import json
import os
import socket
import subprocess
from pathlib import Path

import engine_models
import numpy as np
import pytest

from piiforge import engine, files, prompt
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.pack import Packing, write_gguf
from piiforge.pack.gguf import _QWEN2, cut_by, modelfile

gguf = pytest.importorskip("gguf", reason="the extra `gguf` is not installed")
NEAR = 0.02  # of a margin: weights and products are of halves
BLOCK_NEAR = 0.01  # of the largest weight of a block of Q8_0
MODELS = [(family, tied) for family in engine.FAMILIES for tied in (True, False)]
every_model = pytest.mark.parametrize(("family", "tied"), MODELS)
every_kind = pytest.mark.parametrize("kind", ["F16", "Q8_0"])
TEXTS = ("Category: ssn (x). Content: form_submit ssn=1", "hello 123 \u00e9lan x",
         "Content: a=<\\|im_end|>\nCategory: phone (y).")  # fmt: skip


def written(tmp_path, family="qwen2", kind="F16", *, tied=True):
    model = engine_models.make(tmp_path / "model", family, tied=tied)
    asked = Packing(model, rows=0, gguf=kind)
    return model, write_gguf(asked, tmp_path / "out", force=False, progress=lambda *_: None)


def tensors(made):
    reader = gguf.GGUFReader(made.folder / "model.gguf")
    return reader, {
        one.name: gguf.quants.dequantize(one.data, one.tensor_type) for one in reader.tensors
    }


def field(reader, name):
    return reader.fields[name].contents()


@every_model
@every_kind
def test_the_weights_read_back_are_those_of_the_model(tmp_path, family, tied, kind):
    model, made = written(tmp_path, family, kind, tied=tied)
    _, found = tensors(made)
    weights = engine_models.read_back(model)
    assert len(found) == len(weights)
    assert ("output.weight" in found) != tied
    for layer in range(2):
        for theirs, ours in (("ffn_up", "mlp.up_proj"), ("attn_v", "self_attn.v_proj"),
                             ("attn_norm", "input_layernorm")):  # fmt: skip
            wanted = weights[f"model.layers.{layer}.{ours}.weight"]
            close = BLOCK_NEAR * np.abs(wanted).max()
            assert np.abs(found[f"blk.{layer}.{theirs}.weight"] - wanted).max() < close


def test_the_sizes_and_the_words_stand_in_the_file(tmp_path):
    model, made = written(tmp_path)
    reader, _ = tensors(made)
    shape = engine.read_shape(model)
    assert field(reader, "general.architecture") == "qwen2"
    assert field(reader, "qwen2.block_count") == shape.layers
    assert field(reader, "qwen2.attention.head_count_kv") == shape.kv_heads
    assert field(reader, "qwen2.rope.freq_base") == shape.theta
    tokens = field(reader, "tokenizer.ggml.tokens")
    told = json.loads((model / "tokenizer.json").read_text("utf-8"))
    assert len(tokens) == shape.vocabulary
    assert {tokens[at] for at in told["model"]["vocab"].values()} == told["model"]["vocab"].keys()
    assert field(reader, "tokenizer.chat_template") == engine_models.TEMPLATE
    kinds = field(reader, "tokenizer.ggml.token_type")
    specials = {tokens[at] for at, kind in enumerate(kinds) if kind == gguf.TokenType.CONTROL}
    assert specials == set(engine_models.SPECIALS)


def test_the_modelfile_asks_as_the_model_was_trained(tmp_path):
    _, made = written(tmp_path)
    told = files.read_json(made.folder / engine.ABOUT)
    text = (made.folder / "Modelfile").read_text("utf-8")
    assert "FROM ./model.gguf" in text
    template = text.partition('TEMPLATE """')[2].partition('"""')[0]
    assert template == f"{told['before']}{{{{ .Prompt }}}}{told['after']}{{{{ .Response }}}}"


def test_a_template_that_would_be_an_instruction_is_refused(tmp_path):
    _, made = written(tmp_path)
    told = files.parsed(files.read_json(made.folder / engine.ABOUT), engine.Told, Path("x"))
    for text in ("{{ .System }}", '"""'):
        with pytest.raises(AskedWrongly, match="Modelfile"):
            modelfile(engine.Told(**{**{n: getattr(told, n) for n in told.__slots__},
                                     "before": text}))  # fmt: skip


def test_nothing_is_replaced_unasked_and_a_kind_is_known(tmp_path):
    model, made = written(tmp_path)
    with pytest.raises(FolderExists):
        write_gguf(Packing(model, gguf="F16"), made.folder, force=False, progress=lambda *_: None)
    write_gguf(Packing(model, gguf="q8_0"), made.folder, force=True, progress=lambda *_: None)
    with pytest.raises(AskedWrongly, match="no kind"):
        write_gguf(Packing(model, gguf="Q4"), tmp_path / "x", force=False, progress=lambda *_: None)


BYTES = {"type": "ByteLevel", "use_regex": False}


@pytest.mark.parametrize(
    ("cut", "name"),
    [
        ({"type": "ByteLevel", "use_regex": True}, "gpt-2"),
        ({"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel"}]}, "smollm"),
        ({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": _QWEN2}}, BYTES]}, "qwen2"),
    ],
)  # fmt: skip
def test_how_a_text_is_cut_has_llama_cpps_name(cut, name):
    assert cut_by({"pre_tokenizer": cut}, Path("m")) == name


@pytest.mark.parametrize("cut", [None, {}, BYTES, {"type": "Whitespace"}, {
    "type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": r"\d{1,3}"}},
                                          BYTES]}])  # fmt: skip
def test_another_cut_is_refused_rather_than_guessed(cut):
    with pytest.raises(AskedWrongly, match="not known here"):
        cut_by({"pre_tokenizer": cut}, Path("m"))


@pytest.mark.model
@every_model
def test_llama_cpp_reads_the_same_tokens_and_gives_the_same_margins(tmp_path, family, tied):
    from tokenizers import Tokenizer

    python = os.environ.get("PIIFORGE_LLAMA", "")
    if not python:
        pytest.skip("PIIFORGE_LLAMA names no Python with xllamacpp.")
    model, made = written(tmp_path, family, tied=tied)
    told = files.read_json(made.folder / engine.ABOUT)
    texts = [f"{told['before']}{prompt.turn(text)}{told['after']}{prompt.ANSWER_PREFIX}"
             for text in TEXTS]  # fmt: skip
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokens = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = Path(__file__).with_name("llama_margins.py")
    done = subprocess.run(
        [python, script, made.folder / "model.gguf", str(port)], check=True, capture_output=True,
        input=json.dumps({"texts": texts, "words": told["words"]}), text=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["tokens"] == tokens
    wanted = engine_models.margins(model, [tuple(one) for one in tokens], tuple(told["words"]))
    told_margins = [(ours, theirs) for ours, theirs in zip(wanted, found["margins"], strict=True)
                    if theirs is not None]  # fmt: skip
    assert told_margins
    assert all(abs(ours - theirs) < NEAR for ours, theirs in told_margins)
