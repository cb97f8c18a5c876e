"""Context: same rows, same bytes; a file is plain arrays or refused; the words around count."""

import dataclasses
import io
import json

import numpy as np
import pytest

from piiforge import context, judge, reader
from piiforge.context.features import SLOTS, seen, slots
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.types import Case, Switches

LINES = (
    ("email", "contact=jo.smith%40mail-box.org", True),
    ("ssn", "my ssn is 219-45-7721", True),
    ("ssn", "order 219-45-7721 has shipped", False),
    ("ssn", "my ssn is 666-45-7721", False),
    ("phone", "call me at (415) 682-9914", True),
    ("email", "logo@2x.png", False),
)


@pytest.fixture(scope="module")
def fitted(tiny):
    cases = [judge.read_cases(tiny.folder, split) for split in ("train", "val")]
    return context.fit(*cases)


def test_the_same_rows_give_the_same_bytes(tiny, fitted):
    cases = [judge.read_cases(tiny.folder, split) for split in ("train", "val")]
    assert context.fit(*cases).bytes() == fitted.bytes()


def test_a_file_gives_back_what_was_written(tmp_path, fitted):
    context.write(fitted, tmp_path / "one.npz")
    again = context.read(tmp_path / "one.npz")
    assert again.bytes() == fitted.bytes()
    assert again.categories == fitted.categories


def test_what_ships_is_small_and_holds_plain_arrays():
    written = context.shipped().bytes()
    assert len(written) < 2_000_000
    with np.load(io.BytesIO(written), allow_pickle=False) as kept:
        assert sorted(kept.files) == ["about", "bands", "biases", "curves", "weights"]


@pytest.mark.parametrize(("category", "line", "label"), LINES)
def test_the_shipped_one_judges_plain_lines(category, line, label):
    word = context.shipped().word(category, line)
    assert (word.score > context.shipped().parting(category).at) is label
    assert word.yes is label


def _changed(name):
    """Return the shipped file with one array of another shape, type or content."""
    with np.load(io.BytesIO(context.shipped().bytes())) as kept:
        arrays = {each: kept[each] for each in kept.files}
    if name == "about":
        told = json.loads(arrays["about"].tobytes())
        arrays["about"] = np.frombuffer(json.dumps({**told, "version": 99}).encode(), np.uint8)
    elif name == "nan":
        arrays["weights"] = np.full(SLOTS, np.nan, np.float16)
    elif name == "missing":
        del arrays["curves"]
    else:
        arrays[name] = arrays[name][..., :-1]
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["weights", "biases", "bands", "curves", "about", "nan", "missing"]
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, name):
    path = tmp_path / "wrong.npz"
    path.write_bytes(_changed(name))
    with pytest.raises(AskedWrongly, match="is no context of this version") as raised:
        context.read(path)
    assert "piiforge train" in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"\x93NUMPY", b"{}"])
def test_foreign_bytes_are_refused(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(AskedWrongly, match="is no context"):
        context.read(path)


def test_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / "pickled.npz"
    np.savez(path, about=np.array([{"a": 1}], dtype=object))
    with pytest.raises(AskedWrongly, match="is no context"):
        context.read(path)


def test_a_category_that_was_not_fitted_is_refused(fitted):
    with pytest.raises(UnknownName):
        fitted.word("shoe_size", "42")


def test_features_hold_no_digit_of_a_value():
    line = "name=Ann&ssn=219-45-7721&after=1"
    names = seen(line, "ssn", reader.find(line, "ssn"))
    assert not any("219" in name or "7721" in name or "45" in name for name in names)
    assert max(slots(names)) < SLOTS


def test_switches_reach_the_word():
    line = "card 4000 00** **** 9482"
    on, off = (
        context.shipped().word("credit_card", line, switches=Switches(partial_mask=which)).yes
        for which in (True, False)
    )
    assert (on, off) == (True, False)


@pytest.mark.parametrize("aim", ["recall=.9", "precision=.9"])
def test_an_aim_moves_the_threshold_and_keeps_it_in_the_band(aim):
    found = context.shipped()
    for name in found.categories:
        parting = found.parting(name, aim)
        assert parting.low <= parting.at <= parting.high
    kind, wanted = context.aim_of(aim)
    thresholds, precision, recall = found.curves[0]
    at = int(np.flatnonzero(thresholds == found.parting(found.categories[0], aim).at)[0])
    assert {"recall": recall, "precision": precision}[kind][at] >= wanted


@pytest.mark.parametrize("aim", ["recall", "recall=2", "f1=.9", "precision=x"])
def test_what_is_no_aim_is_refused(aim):
    with pytest.raises(AskedWrongly, match="is no aim"):
        context.aim_of(aim)


def test_rows_of_one_label_can_not_be_fitted(tiny):
    cases = [case for case in judge.read_cases(tiny.folder, "train") if case.label]
    with pytest.raises(AskedWrongly, match="one label alone"):
        context.fit(cases, cases)


def _own(count, *, swapped):
    """Return lines of one source in which a word of its own tells the label."""
    found = []
    for at in range(count):
        label = at % 2 == 0
        digits = f"{219 + at % 60}-{45 + at % 30}-{7000 + at * 13 % 2999}"
        word = "mitarbeiter" if label != swapped else "charge"
        content = f"{word} {digits} ok" if swapped else f"my ssn is {digits}"
        found.append(Case(str(at), "ssn", content, label=label if swapped else True))
    return found


def test_adapting_learns_a_word_of_the_source():
    done = context.adapt(context.shipped(), _own(80, swapped=True))
    assert done.form == "words"
    assert done.low > 0
    fresh = _own(160, swapped=True)[80:]
    before, after = (
        np.mean([(one.word("ssn", case.content).score > 0) == case.label for case in fresh])
        for one in (context.shipped(), done.context)
    )
    assert after > before


def test_adapting_claims_nothing_that_the_lines_do_not_bear():
    cases = [Case(str(at), *LINES[at % len(LINES)][:2], label=LINES[at % len(LINES)][2])
             for at in range(24)]  # fmt: skip
    shuffled = [
        dataclasses.replace(case, label=at % 4 == 0, group=str(at)) for at, case in enumerate(cases)
    ]
    done = context.adapt(context.shipped(), shuffled[:20])
    if done.form == "as it is":
        assert done.gain == 0
        assert done.context.bytes()[-200:] != b""
        assert np.array_equal(done.context.weights, context.shipped().weights)
    else:
        assert done.low > 0


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (_own(19, swapped=True), "too few"),
        (_own(30, swapped=False), "one label alone"),
        ([*_own(20, swapped=True), Case("x", "ssn", "a")], "no label"),
    ],
)
def test_lines_that_can_not_be_adapted_to_are_refused(cases, said):
    with pytest.raises(AskedWrongly, match=said):
        context.adapt(context.shipped(), cases)
