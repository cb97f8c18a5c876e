"""Verdict tuning: what a step is made of, and that its shortcuts change nothing."""

import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from train_rows import row, write_rows

from piiforge import train
from piiforge.errors import AskedWrongly
from piiforge.train import data as read_data
from piiforge.train import environment, settings, verdict
from piiforge.train.run import read, tuning

HERE = Path(__file__).parent
QUIET = train.Teller(lambda _text, _done, _total: None, lambda _sentence: None)
PAIRS = ("epochs=3", "batch=4", "checkpoints=3", "cutoff=600", "lr=1e-2", "profile=cpu")


def asked_for(**settings) -> verdict.Tuning:
    empty = dict.fromkeys(verdict.Tuning.__dataclass_fields__, "")
    usual = {"rows": 8, "batch": 16, "seed": 1, "epochs": 1, "easy_first": True}
    return verdict.Tuning(**(empty | usual | settings))


def examples(count: int, seed: int = 0) -> list[verdict.Example]:
    """Rows of three categories: a third stand in pairs, a third are easy."""
    dice, made = random.Random(seed), []
    for number in range(count):
        category, twin = dice.choice("abc"), f"t{number}" if dice.random() < 0.2 else ""
        prompt, easy = [number] * dice.randint(3, 60), dice.random() < 0.3
        one = verdict.Example(prompt, [1], True, category, twin, easy)
        made += [one, replace(one, label=False)] if twin else [one]
    dice.shuffle(made)
    return made


@pytest.mark.parametrize("rows", [1, 2, 3, 8, 16])
@pytest.mark.parametrize("count", [1, 7, 300])
@pytest.mark.parametrize("easy_first", [True, False])
def test_an_epoch_has_every_row_once_in_micro_batches_of_one_category(rows, count, easy_first):
    given = examples(count, rows)
    steps = verdict.plan(
        given, asked_for(rows=rows, batch=2 * rows), random.Random(1), easy_first=easy_first
    )
    micros = [micro for step in steps for micro in step]
    placed = Counter((*one.prompt, one.label) for micro in micros for one in micro)
    assert placed == Counter((*one.prompt, one.label) for one in given)
    assert all(len({one.category for one in micro}) == 1 for micro in micros)
    assert max(map(len, micros)) <= max(2, rows)
    pairs = [micro for micro in micros for one in micro if one.twin and one.label]
    assert len(pairs) == sum(bool(one.twin) and one.label for one in given)
    assert sum(len(list(verdict.twins(micro))) for micro in micros) == len(pairs)
    assert all(len(step) <= 2 for step in steps)


def test_easy_rows_come_first_in_the_first_epoch_alone():
    given, asked = examples(400), asked_for(epochs=2)
    steps = verdict.schedule(given, asked)
    easy = [verdict.is_easy(micro) for step in steps for micro in step]
    half = len(easy) // 2
    assert easy[:half] == sorted(easy[:half], reverse=True)
    assert any(easy[:half])
    assert easy[half:] != sorted(easy[half:], reverse=True)


def test_a_part_of_an_epoch_is_its_share_of_steps():
    given = examples(320)
    first = len(verdict.schedule(given, asked_for()))
    second = len(verdict.schedule(given, asked_for(epochs=2))) - first
    assert len(verdict.schedule(given, asked_for(epochs=1.5))) == first + math.ceil(second / 2)
    assert len(verdict.schedule(given, asked_for(epochs=0.1))) == math.ceil(first / 10)
    assert verdict.schedule(given, asked_for()) == verdict.schedule(given, asked_for())
    assert verdict.schedule(given, asked_for()) != verdict.schedule(given, asked_for(seed=2))


def test_the_state_counts_the_checkpoints_since_the_best():
    state = verdict.State()
    for auc in (0.6, None, 0.7, 0.7, None, 0.5):
        state = state.after(auc)
    assert state == verdict.State(global_step=6, best_auc=0.7, waited=2)


# What it is asked


@pytest.mark.parametrize(
    ("pair", "objective", "said"),
    [
        ("pair=1", "answer", "pair is a setting of --objective verdict. Leave it away"),
        ("easy_first=no", "answer", "easy_first is a setting of --objective verdict"),
        ("weight_decay=0.1", "verdict", r"no setting of --objective verdict.*--objective answer"),
        ("patienc=2", "verdict", r"patienc is no setting.*Did you mean 'patience'"),
        ("pair=-1", "verdict", "pair is zero or more"),
        ("patience=0", "verdict", "patience is above zero"),
        ("easy_first=3", "verdict", "easy_first=3 is neither true nor false"),
        ("epochs=1", "verdicts", "no objective 'verdicts'. There are answer"),
    ],
)
def test_a_setting_of_the_other_objective_is_refused_by_name(pair, objective, said):
    with pytest.raises(AskedWrongly, match=said):
        settings.read([pair], objective)


def test_the_defaults_are_those_of_the_objective():
    ours, theirs = settings.read([], "verdict"), settings.read([])
    assert (ours.epochs, ours.lr, ours.checkpoints) == (1.0, 4e-4, 8)
    assert (theirs.epochs, theirs.lr, theirs.checkpoints) == (3.0, 2e-4, 6)
    assert settings.read(["pair=0", "easy_first=false"], "verdict").easy_first is False


@pytest.fixture
def asked(data, model):
    return train.Asked(data, str(model), ("profile=cpu", "rank=4", "patience=2"), "verdict")


def test_a_run_is_asked_all_that_the_script_takes_and_no_more(asked, tmp_path):
    planned = train.plan(asked, train.Run(tmp_path / "run"), None)
    made = verdict.Tuning(**tuning(planned))
    assert (made.rank, made.patience, made.batch, made.rows) == (4, 2, 16, 8)
    assert (made.lr, made.epochs, made.checkpoints) == (4e-4, 1.0, 8)
    assert not {"save_steps", "lr_scheduler_type", "pair"} & planned.made.keys()
    assert {"pair", "answers", "patience", "easy_first"} <= planned.settings.keys()


def test_a_dry_run_shows_the_file_of_the_objective(asked, tmp_path):
    name, text = train.shown(train.plan(asked, train.Run(tmp_path / "run"), None))
    assert (name, json.loads(text)["objective"]) == ("verdict.json", "verdict")
    assert "about" not in json.loads(text)
    answer = replace(asked, objective="answer", pairs=("profile=cpu",))
    name, text = train.shown(train.plan(answer, train.Run(tmp_path / "run"), None))
    assert (name, yaml.safe_load(text)["lora_rank"]) == ("train.yaml", 16)


def test_twins_and_easy_rows_are_known_by_the_table_of_rows(data):
    import pyarrow as pa
    import pyarrow.parquet as pq

    assert read_data.about(data)["train"][3] == ("ssn", "", False)
    told = [
        {"category": "ssn", "content": "field=ssn0", "twin_id": "t1", "variant": "plain"},
        {"category": "ssn", "content": "field=sku1", "twin_id": "t1", "variant": "impossible"},
        {"category": "itin", "content": "field=ssn2", "twin_id": "t2", "variant": "absent"},
    ]
    pq.write_table(pa.Table.from_pylist(told), data / "rows.parquet")
    found = read_data.about(data)["train"]
    assert found[:3] == [("ssn", "t1", True), ("ssn", "t1", False), ("ssn", "", False)]
    (data / "rows.parquet").write_bytes(b"x")
    with pytest.raises(AskedWrongly, match="not a table of rows"):
        read_data.about(data)


def test_the_script_imports_nothing_of_piiforge_when_it_runs():
    script = Path(verdict.__file__)
    code = f"import runpy; runpy.run_path({str(script)!r}); import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert "piiforge" not in done.stdout
    assert "torch" not in done.stdout.split()


# From here on in the real environment: opt-in, see `real` in conftest.py


@pytest.fixture(scope="module")
def measured(real, tiny_model, tmp_path_factory):
    """What `verdict_laws.py` measured on 96 rows, a third of them twins."""
    folder = tmp_path_factory.mktemp("laws")
    write_rows(folder, "train", [row(number) for number in range(96)])
    write_rows(folder, "val", [row(number) for number in range(100, 116)])
    about = {
        "train": [
            ("ssn", f"t{number // 2}" if number % 6 < 2 else "", False) for number in range(96)
        ],
        "val": [("ssn", "", False)] * 16,
    }
    asked = asked_for(
        model=str(tiny_model), train=str(folder / "train.jsonl"), val=str(folder / "val.jsonl"),
        output=str(folder / "checkpoints"), system="A system.",
        true='{"is_sensitive": true, "c": 1}', false='{"is_sensitive": false, "c": 1}',
        bf16=False, gpu=False, lr=1e-2, rank=4, alpha=8,
        rows=2, batch=4, checkpoints=2, pair=0.5, answers=0.1, patience=9, about=about,
    )  # fmt: skip
    told = folder / "verdict.json"
    told.write_text(json.dumps({name: getattr(asked, name) for name in asked.__slots__}))
    done = subprocess.run(
        [real.python, "-I", HERE / "verdict_laws.py", told], capture_output=True, text=True,
        check=False, env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_shared_beginning_changes_no_margin(measured):
    assert measured["shared"] > 32
    assert measured["spread"] > 1e-3
    assert measured["margins"] < 1e-4
    assert measured["margins_of_worker"] < 1e-4


@pytest.mark.slow
def test_gradients_flow_through_the_shared_beginning(measured):
    assert measured["gradients"] < 1e-4 * max(1.0, measured["largest_gradient"])
    assert measured["largest_gradient"] > 1e-3


@pytest.mark.slow
def test_a_pair_costs_less_the_further_its_positive_is_above(measured):
    above, level, below = measured["pair"]
    assert above < level < below
    assert measured["no_pair"] == 0


@pytest.mark.slow
def test_a_stop_changes_nothing_of_what_is_learned(measured):
    assert measured["done"] > measured["steps"] > 20
    assert measured["same_records"]
    assert measured["apart"] < 1e-6
    assert measured["states"][0] == measured["states"][1]
    half = -(-measured["steps"] // 2)
    assert measured["left"] == [[half, measured["steps"]]] * 2


@pytest.mark.slow
def test_a_run_that_validation_ended_stays_ended(measured):
    step, steps = measured["early"]
    assert step == -(-steps * 3 // 8)  # the first of eight checkpoints is the best, and two wait
    assert measured["early_state"]["waited"] == 2
    assert measured["early_resumed"] == 0


@pytest.mark.slow
def test_that_validation_ended_a_run_is_told(real, tiny_model, data, tmp_path):
    from piiforge import loop

    out, said = tmp_path / "run", []
    pairs = (*PAIRS, "lr=1e-12", "patience=1")
    asked = train.Asked(data, str(tiny_model), pairs, "verdict")
    told = train.run(asked, out, real, train.Teller(QUIET.progress, said.append))
    assert (told.state, told.step, told.steps) == ("done", 16, 24)
    assert any(one.startswith("Stopped at step 16 of 24: the validation AUC") for one in said)
    assert [one.step for one in told.checkpoints] == [8, 16]
    assert "16 of 24 steps" in loop.training_text(told, out)


@pytest.mark.slow
def test_stopped_taken_up_judged_and_merged(real, tiny_model, data, tmp_path):
    out, said = tmp_path / "run", []
    asked = train.Asked(data, str(tiny_model), (*PAIRS, "patience=9"), "verdict")

    def stop(text, done, _total):
        if text.startswith("loss") and done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.run(asked, out, real, train.Teller(stop, said.append))
    assert any("goes on from step" in one for one in said)
    other = replace(asked, objective="answer", pairs=PAIRS)
    with pytest.raises(AskedWrongly, match="begun with another objective"):
        train.run(other, out, real, QUIET, resume=True)
    assert train.begun(out).objective == "verdict"
    told = train.run(train.begun(out), out, real, QUIET, resume=True)
    assert (told.state, told.step, told.steps) == ("done", 24, 24)
    assert [one.step for one in told.checkpoints] == [8, 16, 24]
    assert list(environment.whole(out / "checkpoints")) == [8, 16, 24]
    assert told.merged["agree"] == 1.0
    assert (told.settings["pair"], told.objective) == (0.5, "verdict")
    assert read(out / "run.json") == told
    assert not (out / "train.yaml").exists()
