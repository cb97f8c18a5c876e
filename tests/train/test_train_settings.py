"""Settings: short names become a whole training file; what breaks a promise is refused."""

from pathlib import Path

import pytest
import yaml

from piiforge import train
from piiforge.errors import AskedWrongly
from piiforge.train import settings

GOLDEN = Path(__file__).parent / "golden"


def ground(*, gpu: bool, bf16: bool) -> settings.Ground:
    return settings.Ground(
        model=Path("/models/m"),
        data=Path("/data"),
        output=Path("/run/checkpoints"),
        family=settings.FAMILIES[0],
        cutoff=512,
        profile=settings.Profile(gpu=gpu, bf16=bf16),
    )


@pytest.mark.parametrize(
    ("name", "gpu", "bf16"), [("gpu", True, True), ("cpu", False, False), ("cpu_bf16", False, True)]
)
def test_the_training_file_is_the_golden_one(name, gpu, bf16):
    made = settings.training(settings.read([]), ground(gpu=gpu, bf16=bf16))
    assert settings.text(made) == (GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")


def test_a_key_of_llamafactory_is_passed_on_and_wins():
    made = settings.training(
        settings.read(["lr=1e-3", "learning_rate=5e-5", "weight_decay=0.01", "plot_loss=true"]),
        ground(gpu=True, bf16=True),
    )
    read_back = yaml.safe_load(settings.text(made))
    assert (read_back["learning_rate"], read_back["weight_decay"]) == (5e-5, 0.01)
    assert read_back["plot_loss"] is True


@pytest.mark.parametrize(
    "key",
    ["trust_remote_code", "output_dir", "dataset", "packing", "train_on_prompt", "finetuning_type"],
)
def test_what_would_break_a_promise_is_refused(key):
    with pytest.raises(AskedWrongly, match=f"{key} can't be set"):
        settings.read([f"{key}=x"])


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("epochs", "not key=value"),
        ("epochs=many", "epochs=many is not a number"),
        ("epochs=0", "out of range"),
        ("lr=-1", "out of range"),
        ("batch=0", "out of range"),
        ("rank=1.5", "whole number"),
        ("profile=tpu", "Known: auto, cpu, gpu"),
    ],
)
def test_a_setting_that_wont_do_is_named(pair, said):
    with pytest.raises(AskedWrongly, match=said):
        settings.read([pair])


@pytest.mark.parametrize("batch", [1, 6, 7, 16, 20, 33])
@pytest.mark.parametrize("gpu", [True, False])
def test_a_step_always_has_as_many_rows_as_asked(batch, gpu):
    made = settings.training(settings.read([f"batch={batch}"]), ground(gpu=gpu, bf16=gpu))
    assert made["per_device_train_batch_size"] * made["gradient_accumulation_steps"] == batch


def test_no_gpu_is_used_where_it_is_hidden(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not settings.profile("auto").gpu


def test_the_limit_of_tokens_is_that_of_the_data(data, model, tmp_path):
    planned = train.plan(train.Asked(data, str(model), ()), train.Run(tmp_path / "run"), None)
    assert planned.made["cutoff_len"] == 300


def test_a_cpu_without_bf16_trains_on_a_view_in_fp32(data, model, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "_CPU_INFO", tmp_path / "none")
    asked = train.Asked(data, str(model), ("profile=cpu",))
    planned = train.plan(asked, train.Run(tmp_path / "run"), None)
    assert planned.made["model_name_or_path"] == str(tmp_path / "run" / "base")
    assert not planned.made["bf16"]
