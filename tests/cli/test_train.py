"""`piiforge train`: what it asks for, what it refuses, and the training file it would write."""

import json

import pytest
import yaml

from piiforge.build.folder import MODELS
from piiforge.train import settings

QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    """No environment and no GPU, whatever this machine has."""
    monkeypatch.setenv("PIIFORGE_LF_ENV", str(tmp_path / "none"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(settings, "_CPU_INFO", tmp_path / "none")


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"dtype": "bfloat16"}', encoding="utf-8")
    (folder / "chat_template.jinja").write_text(QWEN, encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_a_dry_run_shows_the_training_file_and_writes_nothing(run, tiny, model, tmp_path):
    out = tmp_path / "run"
    words = ("train", tiny.folder, "epochs=1", "--model", model, "--out", out, "--dry-run")
    said = run(*words)
    assert said.code == 0
    made = yaml.safe_load(said.out)
    assert (made["template"], made["default_system"]) == ("qwen", QWEN)
    assert (made["num_train_epochs"], made["cutoff_len"], made["use_cpu"]) == (1.0, 512, True)
    assert made["model_name_or_path"] == str(out / "base")
    assert not out.exists()
    assert yaml.safe_load(json.loads(run(*words, "--json").out)["train.yaml"]) == made


def test_a_dry_run_of_the_verdict_shows_what_its_loop_is_asked(run, tiny, model, tmp_path):
    words = ("train", tiny.folder, "--model", model, "--objective", "verdict", "--dry-run")
    said = run(*words, "--out", tmp_path / "run", "pair=1")
    made = json.loads(said.out)
    assert (made["objective"], made["pair"], made["patience"]) == ("verdict", 1.0, 3)
    assert (made["lr"], made["epochs"], made["checkpoints"]) == (4e-4, 1.0, 8)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", MODELS)
def test_the_training_file_of_a_built_folder_is_what_a_run_trains_by(
    run, tiny, model, tmp_path, name
):
    shipped = yaml.safe_load((tiny.folder / f"train_{name}.yaml").read_text("utf-8"))
    assert shipped["model_name_or_path"] == MODELS[name]
    words = ("train", tiny.folder, "profile=gpu", "--model", model, "--out", tmp_path / "run")
    made = yaml.safe_load(run(*words, "--dry-run").out)
    places = ("model_name_or_path", "dataset_dir", "output_dir")
    assert [key for key, value in made.items() if shipped.get(key) != value] == list(places)
    assert list(made) == list(shipped)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["DATA", "--model", "MODEL"], "There is no --out."),
        (["--model", "MODEL", "--out", "OUT"], "There is no data folder."),
        (["epochs=1", "--model", "MODEL", "--out", "OUT"], "There is no data folder."),
        (["DATA", "--out", "OUT"], "There is no --model."),
        (["DATA", "--model", "MODEL", "--out", "OUT"], "piiforge train --setup"),
        (["DATA", "--model", "nowhere", "--out", "OUT", "--dry-run"], "no model at"),
        (["DATA", "--model", "MODEL", "--out", "OUT", "--dry-run", "rank=x"], "rank=x is not"),
        (["--resume", "--out", "OUT"], "is no run"),
    ],
)
def test_what_is_missing_is_asked_for(run, tiny, model, tmp_path, words, said):
    places = {"DATA": tiny.folder, "MODEL": model, "OUT": tmp_path / "run"}
    done = run("train", *[places.get(word, word) for word in words])
    assert (done.code, said in done.err) == (2, True), done.err


def test_data_that_fails_verify_is_refused(run, copy, model, tmp_path):
    with (copy / "train.jsonl").open("a", encoding="utf-8") as rows:
        rows.write("x")
    done = run("train", copy, "--model", model, "--out", tmp_path / "run", "--dry-run")
    assert (done.code, "train.jsonl" in done.err) == (1, True)


def test_a_folder_that_was_not_built_is_refused(run, model, tmp_path):
    done = run("train", tmp_path, "--model", model, "--out", tmp_path / "run", "--dry-run")
    assert (done.code, "manifest.json" in done.err) == (2, True)
