"""Verdict tuning: what stands in a step, when it stops; with real weights, what it computes."""

import json
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from piiforge import prompt
from piiforge.train import environment, settings, verdict
from piiforge.train.verdict import Example, Stand
from piiforge.types import Verdict

ASKED = {"rows": 8, "batch": 16, "easy_first": True, "epochs": 1.0, "seed": 1}
SCRIPT = Path(verdict.__file__)
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def examples(count=230):
    """Rows of three categories, of many lengths; every fifth pair of neighbours are twins."""
    made = []
    for at in range(count):
        pair = at // 2
        twin = f"twin {pair}" if pair % 5 == 0 else ""
        tokens = [at, *range(10 + (pair * 7) % 60)]
        made.append(Example(tokens, [1, 2], at % 2 == 0, f"kind {pair % 3}", twin, pair % 4 == 0))
    return made


def planned(seed=1, **other):
    return verdict.plan(examples(), ASKED | other, random.Random(seed))


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_holds_every_row_once_in_steps_of_the_asked_size(seed):
    steps = planned(seed)
    found = Counter(one.prompt[0] for step in steps for micro in step for one in micro)
    assert found == Counter(range(230))
    assert all(sum(map(len, step)) <= 16 for step in steps)
    assert all(0 < len(micro) <= 8 for step in steps for micro in step)


@pytest.mark.parametrize("seed", range(5))
def test_a_micro_batch_has_one_category_and_never_tears_twins(seed):
    micros = [micro for step in planned(seed) for micro in step]
    assert all(len({one.category for one in micro}) == 1 for micro in micros)
    for micro in micros:
        assert set(Counter(one.twin for one in micro if one.twin).values()) <= {2}
        pairs = list(verdict.twins(micro))
        assert all(micro[yes].label and not micro[no].label for yes, no in pairs)
        assert len(pairs) == sum(bool(one.twin) for one in micro) / 2


def test_easy_micro_batches_come_first_where_that_is_asked():
    def easy(steps):
        return [all(one.easy for one in micro) for step in steps for micro in step]

    first = easy(planned())
    assert any(first)
    assert first == sorted(first, reverse=True)
    mixed = easy(planned(easy_first=False))
    assert sum(mixed) < sum(first)


def test_a_broken_number_of_epochs_cuts_the_last_one():
    one = len(verdict.schedule(examples(), ASKED))
    assert len(verdict.schedule(examples(), ASKED | {"epochs": 2.0})) in range(
        2 * one - 2, 2 * one + 3
    )
    assert one < len(verdict.schedule(examples(), ASKED | {"epochs": 1.5})) < 2 * one
    assert len(verdict.schedule(examples()[:1], ASKED | {"epochs": 0.01})) == 1


def test_it_is_over_after_as_many_misses_as_patience_says():
    stand = Stand(8).judged(0.9)
    assert (stand.best, stand.spared, stand.is_over(1)) == (0.9, 0, False)
    stand = stand.judged(0.9).judged(None).judged(0.8)  # an equal is a miss; None says nothing
    assert (stand.best, stand.spared) == (0.9, 2)
    assert (stand.is_over(2), stand.is_over(3), stand.is_over(0)) == (True, False, False)


def test_only_what_is_kept_or_newest_survives(tmp_path):
    for step in (4, 10, 20, 30):
        (tmp_path / f"checkpoint-{step}").mkdir()
    verdict.tidy(tmp_path, 30, kept={4, 30})
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"checkpoint-4", "checkpoint-30"}


def test_a_checkpoint_without_a_readable_state_says_nothing(tmp_path):
    for step, text in (
        (1, '{"global_step": 1, "best": 0.7, "spared": 2}'),
        (2, '{"global'),
        (3, ""),
    ):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text(text, encoding="utf-8")
    (tmp_path / "checkpoint-4").mkdir()
    assert list(verdict.stands(tmp_path)) == [Stand(1, 0.7, 2)]


# From here on with the real environment and a tiny model: opt-in, see `real` in conftest.py


@pytest.fixture
def request_of(tiny_model, data, tmp_path):
    """Return what makes a request on the tiny model in fp32, its output in a folder by name."""

    def made(name):
        (tmp_path / name).mkdir(exist_ok=True)
        return ASKED | {
            "model": str(tiny_model), "system": SYSTEM, "output": str(tmp_path / name),
            "train": str(data / "train.jsonl"), "val": str(data / "val.jsonl"), "about": {},
            "lr": 1e-2, "rank": 4, "alpha": 8, "rows": 2, "batch": 2, "epochs": 1.5,
            "checkpoints": 3, "bf16": False, "gpu": False, "pair": 0.5, "answers": 0.1,
            "patience": 0, "true": prompt.answer(Verdict(True, 0.5, ".")),
            "false": prompt.answer(Verdict(False, 0.5, ".")),
        }  # fmt: skip

    return made


STOPPED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import verdict
for record in verdict.tune(json.loads(sys.argv[2])):
    if record["current_steps"] == int(sys.argv[3]):
        break
"""
MARGINS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import torch, verdict, worker
from transformers import AutoTokenizer
asked = json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(asked["model"])
tokens = worker.verdict_tokens(tokenizer, asked["true"], asked["false"])
held = verdict.read(asked, "val", tokenizer, tokens)
model, _, stand = verdict.begin(asked, verdict.Path(asked["output"]), 24)
model.eval()
with torch.no_grad():
    ours = verdict.passed(verdict.Judge(model, *tokens[1:]), held)[0].tolist()
same = {**asked, "file": asked["val"], "rows": 16, "batch": 4}
adapter = asked["output"] + f"/checkpoint-{stand.step}"
*_, theirs = worker.judge({**same, "adapter": adapter})
print(json.dumps([stand.step, ours, theirs["margins"]]))
"""


def script(real, text, *words):
    command = [str(real.python), "-I", "-c", text, str(SCRIPT.parent), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_a_resumed_run_ends_as_one_that_went_through_and_judges_as_the_worker(
    real, request_of, tmp_path
):
    for name, stops in (("through", (0,)), ("resumed", (7, 13, 0))):
        for stop in stops:  # 7: before any checkpoint; 13: three steps after one for a resume
            script(real, STOPPED, json.dumps(request_of(name)), str(stop))
    one, other = (tmp_path / name for name in ("through", "resumed"))
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    assert list(environment.whole(one)) == [8, 16, 24]
    for name in names:
        weights = "adapter_model.safetensors"
        assert (one / name / weights).read_bytes() == (other / name / weights).read_bytes()
    step, ours, theirs = json.loads(script(real, MARGINS, json.dumps(request_of("through"))))
    assert (step, len(ours)) == (24, 16)
    assert ours == pytest.approx(theirs, abs=1e-4)
    assert max(ours) - min(ours) > 1e-3  # so the rows differ by far more than the two ways do


@pytest.mark.slow
def test_llamafactory_merges_what_it_saved(real, request_of, tmp_path, tiny_model):
    script(real, STOPPED, json.dumps(request_of("run")), "8")
    adapter, merged, log = tmp_path / "run" / "checkpoint-8", tmp_path / "merged", tmp_path / "log"
    made = {"template": "smollm2", "default_system": SYSTEM}
    asked = settings.merging(made, tiny_model, adapter, merged, "float32")
    (tmp_path / "merge.yaml").write_text(settings.text(asked), encoding="utf-8")
    command = [real.command, "export", tmp_path / "merge.yaml"]
    ended = environment.run(command, real.variables(tmp_path / "cache"), log)
    assert ended.status == 0, log.read_text(encoding="utf-8")[-2000:]
    assert (merged / "model.safetensors").is_file()
