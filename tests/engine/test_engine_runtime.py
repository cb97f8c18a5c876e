"""The graph computes what the architecture says: held against a second writing of it in numpy."""

import json
import subprocess
import sys

import engine_models
import numpy as np
import pytest

from piiforge import engine
from piiforge.errors import AskedWrongly

WORDS = (5, 9)
ROWS = [
    tuple(int(each) for each in np.random.default_rng(at).integers(0, 300, 3 + 5 * at))
    for at in range(5)
]
ROWS += [(*ROWS[3][:9], 7, 8), (*ROWS[3][:9], 7, 1, 2)]


@pytest.fixture(scope="module", params=["qwen2", "llama", "untied"])
def folder(request, tmp_path_factory):
    family = "llama" if request.param == "llama" else "qwen2"
    place = tmp_path_factory.mktemp(request.param)
    return engine_models.make(place, family, tied=request.param != "untied")


def runtime(folder, bits=32):
    graph = engine.build(engine.read_shape(folder), engine.Weights(folder), WORDS, bits=bits)
    return engine.Runtime(graph, threads=1)


def test_margins_are_the_architectures(folder):
    want = engine_models.margins(folder, ROWS, WORDS)
    assert np.std(want) > 0.5, "the rows must differ"
    np.testing.assert_allclose(runtime(folder).margins(ROWS), want, atol=2e-4)


def test_a_row_gets_the_same_alone_in_a_batch_and_on_a_kept_prefix(folder):
    computed = runtime(folder)
    alone = [computed.margins([row])[0] for row in ROWS]
    np.testing.assert_allclose(computed.margins(ROWS), alone, atol=1e-4)
    computed.keep(ROWS[3][:4])
    computed.keep(ROWS[3][:9])
    computed.keep(ROWS[2][:1])
    np.testing.assert_allclose(computed.margins(ROWS), alone, atol=1e-4)
    np.testing.assert_allclose(computed.margins(ROWS[::-1]), alone[::-1], atol=1e-4)


def test_more_rows_than_a_pass_holds(folder):
    computed = runtime(folder)
    rows = [tuple(np.random.default_rng(at).integers(0, 300, 90).tolist()) for at in range(14)]
    alone = [computed.margins([row])[0] for row in rows]
    np.testing.assert_allclose(computed.margins(rows), alone, atol=1e-4)


def test_eight_bits_stay_near(folder):
    exact = np.array(runtime(folder).margins(ROWS))
    near = np.array(runtime(folder, bits=8).margins(ROWS))
    assert not np.array_equal(exact, near)
    assert np.abs(exact - near).mean() < 0.2 * np.abs(exact).mean() + 0.05


def test_a_continuation_is_the_greedy_one(folder):
    computed = runtime(folder)
    row, seen = ROWS[2], ROWS[2]
    for _ in range(4):
        seen = (*seen, int(engine_models.row_logits(folder, seen).argmax()))
    wanted = seen[len(row) :]
    left = iter(range(4))
    made = computed.continuation(
        row, lambda logits: (int(logits.argmax()),) if next(left, None) is not None else ()
    )
    assert made == wanted


@pytest.mark.parametrize("kind", ["BF16", "F16", "F32"])
def test_weights_come_as_they_were_stored(tmp_path, kind):
    folder = engine_models.make(tmp_path, kind=kind)
    weights = engine.Weights(folder)
    for name, want in engine_models.read_back(folder).items():
        np.testing.assert_array_equal(weights[name], want)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "gemma2"},
        {"hidden_act": "gelu"},
        {"use_sliding_window": True},
        {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
        {"quantization_config": {"bits": 4}},
        {"hidden_size": "32"},
    ],
)
def test_what_the_graph_lacks_is_refused_by_name(tmp_path, change):
    folder = engine_models.make(tmp_path)
    config = json.loads((folder / "config.json").read_text()) | change
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(AskedWrongly, match=next(iter(change)).replace("model_type", "family")):
        engine.read_shape(folder)


def test_broken_and_missing_weights_are_named(tmp_path):
    folder = engine_models.make(tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-10])
    with pytest.raises(AskedWrongly, match=r"model\.safetensors is broken"):
        engine.Weights(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(AskedWrongly, match="has no weights"):
        engine.Weights(folder)


INTERRUPTED = """
import gc, signal
from piiforge import engine

kept = [engine.multiplier(8, 8, bits=8) for _ in range(3)]
for _ in range(3):
    kept.pop(0)
    gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_reaches_python_after_models_were_let_go():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n")
