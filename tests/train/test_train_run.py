"""A run: what it refuses before it starts, and end to end with a real tiny model."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from train_rows import row, write_rows

from piiforge import train
from piiforge.errors import AskedWrongly, FolderExists, GateFailed, UnknownName
from piiforge.train import environment, settings
from piiforge.train.data import refuse_difference
from piiforge.train.run import Record, read

QUIET = train.Teller(lambda _text, _done, _total: None, lambda _sentence: None)
ROOT = Path(__file__).parents[2]
# As `piiforge train` does, but below the command line: the folder is not one that was built
SCRIPT = """
import sys
from pathlib import Path
from piiforge import train
from piiforge.errors import PiiforgeError
data, model, out, resume, *pairs = sys.argv[1:]
say = lambda text: print(text, flush=True)
teller = train.Teller(lambda text, done, total: say(f"{text} {done}/{total}"), say)
try:
    asked = train.Asked(Path(data), model, tuple(pairs))
    train.run(asked, Path(out), train.find(), teller, resume=resume == "1")
except PiiforgeError as error:
    say(f"piiforge: {error}")
    sys.exit(error.exit_code)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def opened(data, model, tmp_path):
    """A run that was begun: its record and its training file."""
    where = train.Run(tmp_path / "run")
    asked = train.Asked(data, str(model), ("epochs=1", "profile=cpu"))
    planned = train.plan(asked, where, None)
    where.folder.mkdir()
    made = Record(
        model=asked.model,
        data=str(data),
        manifest=planned.data.manifest,
        rows=planned.data.rows,
        asked=asked.pairs,
        settings=planned.made,
        versions={},
        machine="CPU",
        parity={},
    )
    made.write(where.record)
    return asked, where, made


def test_a_record_is_read_back_as_it_was_written(opened):
    _, where, made = opened
    judged = (train.Judged(3, 16, 0.5, None, 0.7),)
    full = replace(made, checkpoints=judged, best=3, loss=((1, 0.5), (2, None)))
    full.write(where.record)
    assert read(where.record) == full


def test_what_a_run_was_asked_is_known_to_a_resume(opened):
    asked, where, _ = opened
    assert train.begun(where.folder) == asked


def test_a_resume_with_other_settings_is_refused_by_name(opened, fake):
    asked, where, _ = opened
    other = replace(asked, pairs=("epochs=2", "profile=cpu"))
    with pytest.raises(AskedWrongly, match="begun with another num_train_epochs"):
        train.run(other, where.folder, fake, QUIET, resume=True)


def test_a_resume_on_other_data_is_refused(opened, fake):
    asked, where, _ = opened
    (asked.data / "manifest.json").write_text('{"seed": 2}', encoding="utf-8")
    with pytest.raises(AskedWrongly, match="not the data"):
        train.run(asked, where.folder, fake, QUIET, resume=True)


def test_a_resume_of_nothing_is_refused(tmp_path):
    with pytest.raises(AskedWrongly, match="is no run"):
        train.begun(tmp_path)


def test_a_run_is_not_overwritten_without_leave(opened, fake):
    asked, where, _ = opened
    with pytest.raises(FolderExists):
        train.run(asked, where.folder, fake, QUIET)


def test_force_never_removes_a_folder_that_is_no_run(data, model, fake, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(AskedWrongly, match="is not a run"):
        train.run(train.Asked(data, str(model)), tmp_path / "mine", fake, QUIET, force=True)
    assert (tmp_path / "mine" / "thesis.txt").is_file()


def test_a_training_file_of_someone_else_makes_no_run(data, model, fake, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "train.yaml").write_text("stage: sft\n", encoding="utf-8")
    for force, said in ((False, FolderExists), (True, AskedWrongly)):
        with pytest.raises(said):
            train.run(train.Asked(data, str(model)), mine, fake, QUIET, force=force)
    assert (mine / "train.yaml").is_file()


def test_a_run_that_a_gate_stopped_is_begun_anew_without_leave(data, model, fake, tmp_path):
    where = train.Run(tmp_path / "run")
    where.folder.mkdir()
    where.training.write_text(train.text({}), encoding="utf-8")
    with pytest.raises(GateFailed):  # the fake environment has no LLaMA-Factory to ask
        train.run(train.Asked(data, str(model)), where.folder, fake, QUIET)
    assert "lora_rank" in where.training.read_text("utf-8")


def test_a_merge_rounds_once_to_the_type_that_was_given(opened):
    asked, where, made = opened
    planned = train.plan(asked, where, None)
    model, adapter = planned.model, Path("/adapter")
    merged = settings.merging(made.settings, where.fp32, adapter, where.draft, model.dtype)
    assert (merged["model_name_or_path"], merged["infer_dtype"]) == (str(where.fp32), "bfloat16")
    assert merged["trust_remote_code"] is False


def test_a_difference_of_tokens_is_shown_with_control_characters_escaped():
    first = {
        "file": "/d/train.jsonl", "line": 4, "what": "prompt", "token": 7,
        "left": "LLaMA-Factory's template", "left_text": "user\nWhat\x1b",
        "right": "the chat template", "right_text": "user\n What",
    }  # fmt: skip
    parity = {"compared": 9}
    found = {"lost": 0, "grew": 0, "differ": 3, "parity": parity, "difference": first}
    with pytest.raises(GateFailed) as caught:
        refuse_difference(found, {"template": "qwen"})
    assert "train.jsonl:4, prompt, token 7" in str(caught.value)
    assert r'"user\nWhat\x1b"' in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_environment_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("PIIFORGE_LF_ENV", raising=False)
    assert environment.place() == tmp_path / "piiforge" / "llamafactory-0.9.5"
    with pytest.raises(AskedWrongly, match="piiforge train --setup"):
        environment.find()


def test_an_environment_of_another_version_is_refused(tmp_path):
    (tmp_path / environment.READY).write_text('{"llamafactory": "0.9.4"}', encoding="utf-8")
    with pytest.raises(AskedWrongly, match=r"another LLaMA-Factory than 0\.9\.5"):
        environment.find(tmp_path)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(AskedWrongly, match="no virtual environment"):
        environment.make(tmp_path, say=lambda _text: None)


def test_what_runs_in_the_environment_hears_nothing_from_outside(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("LLAMABOARD_ENABLED", "1")
    made = fake.variables(tmp_path)
    assert not {"PYTHONPATH", "LLAMABOARD_ENABLED"} & set(made)
    assert (made["HF_HUB_OFFLINE"], made["HF_DATASETS_CACHE"]) == ("1", str(tmp_path))


@pytest.mark.parametrize("worker", sorted(Path(train.__file__).parent.glob("worker*.py")))
def test_a_worker_imports_nothing_of_piiforge(worker):
    assert "from piiforge" not in worker.read_text(encoding="utf-8")


# From here on with the real LLaMA-Factory: opt-in, see `real` in conftest.py


def start(data, model, out, *pairs, resume=False, **variables):
    environ = os.environ | {"PYTHONPATH": str(ROOT / "src")} | variables
    command = [sys.executable, "-c", SCRIPT, str(data), str(model), str(out), str(int(resume))]
    return subprocess.Popen(
        [*command, *pairs], stdout=subprocess.PIPE, text=True, env=environ, cwd=out.parent
    )


PAIRS = ("epochs=3", "batch=4", "checkpoints=6", "cutoff=600", "lr=1e-2", "profile=cpu")


@pytest.mark.slow
def test_killed_resumed_judged_merged_and_proved(tiny_model, data, tmp_path):
    out = tmp_path / "run"
    first = start(data, tiny_model, out, *PAIRS)
    saved = out / "checkpoints" / "checkpoint-8"
    while not saved.is_dir() and first.poll() is None:
        time.sleep(0.1)
    first.send_signal(signal.SIGTERM)  # a shell's background jobs are deaf to SIGINT
    said = first.communicate()[0]
    assert first.returncode == 130, said
    assert "Stopped at step" in said
    second = start(data, tiny_model, out, *PAIRS, resume=True)
    said = second.communicate()[0]
    assert second.returncode == 0, said
    told = read(out / "run.json")
    assert (told.state, told.step, told.steps) == ("done", 24, 24)
    assert [one.step for one in told.checkpoints] == [4, 8, 12, 16, 20, 24]
    assert [step for step, _ in told.loss] == list(range(1, 25))
    assert told.merged["agree"] == 1.0
    assert {"config.json", "chat_template.jinja", "model.safetensors", "tokenizer.json"} <= {
        path.name for path in (out / "model").iterdir()
    }
    assert json.loads((out / "model" / "config.json").read_bytes())["dtype"] == "bfloat16"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "other", "said"),
    [
        ("'<|im_start|>' + m['role'] + '\\n'", "'<|im_start|>' + m['role'] + ' \\n'", "prompt"),
        ("assistant\\n'", "assistant\\n '", "prompt"),
        ("Hugging Face<|im_end|>", "Hugging Face.<|im_end|>", "without system text"),
    ],
    ids=["a space in each turn", "a space before the answer", "a full stop in the system text"],
)
def test_a_template_changed_by_one_character_is_caught(
    real, spoiled, data, tmp_path, text, other, said
):
    asked = train.Asked(data, str(spoiled(text, other)), PAIRS)
    with pytest.raises(GateFailed, match="Token ids differ in 48 of 48 rows") as caught:
        train.run(asked, tmp_path / "run", real, QUIET)
    assert said in str(caught.value)


@pytest.mark.slow
def test_the_real_parser_knows_a_misspelt_key(real, tiny_model, data, tmp_path):
    asked = train.Asked(data, str(tiny_model), (*PAIRS, "weight_dcay=0.1"))
    with pytest.raises(UnknownName, match="Did you mean 'weight_decay'"):
        train.run(asked, tmp_path / "run", real, QUIET)


@pytest.mark.slow
def test_rows_that_are_cut_or_forged_are_found_by_the_real_tokenizer(
    real, tiny_model, data, tmp_path
):
    forged = {**row(700), "input": "q=<|im_end|>"}
    write_rows(data, "train", [*(row(number) for number in range(8)), forged])
    asked = train.Asked(data, str(tiny_model), PAIRS)
    with pytest.raises(GateFailed, match=r"train.jsonl: a chat control token .*\(line 9\)"):
        train.run(asked, tmp_path / "run", real, QUIET)
    write_rows(data, "train", [row(number) for number in range(8)])
    short = replace(asked, pairs=(*PAIRS[:3], "cutoff=64", "profile=cpu"))
    with pytest.raises(GateFailed, match=r"over cutoff_len 64.*cutoff=\d+ holds it"):
        train.run(short, tmp_path / "run", real, QUIET)


@pytest.mark.slow
def test_two_processes_train_one_model(tiny_model, data, tmp_path):
    out = tmp_path / "run"
    two = start(
        data, tiny_model, out, *PAIRS, "ddp_backend=gloo",
        FORCE_TORCHRUN="1", NPROC_PER_NODE="2", OMP_NUM_THREADS="1",
    )  # fmt: skip
    said = two.communicate()[0]
    assert two.returncode == 0, said + (out / "llamafactory.log").read_text()[-2000:]
    told = read(out / "run.json")
    assert (told.state, told.steps) == ("done", 12)  # half the steps of one process
    assert environment.whole(out / "checkpoints")
    with environment.locked(out):
        pass
    assert train.begun(out).model == str(tiny_model)
