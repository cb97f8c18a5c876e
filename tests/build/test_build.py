"""The build: whole or not at all, every row accounted for, the same bytes every time."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from piiforge import build, checks, files
from piiforge.build.build import Built, Made, judge, make_rows, would_do
from piiforge.errors import BadRecipe, FolderExists, GateFailed, QuotaUnmet
from piiforge.recipe import load

PIIFORGE = Path(sys.executable).with_name("piiforge")
SMALL = ("categories=[ssn, phone]", "rows.test=40")


class Recorded:
    """Gives the rows of a finished build again, spoiled at the first attempt by `spoil`."""

    def __init__(self, rows, spoil):
        self._rows, self._spoil = rows, spoil

    def __call__(self, jobs):
        for job in jobs:
            made = [Made(spec, self._rows[spec.number]) for spec in job.specs]
            yield self._spoil(made) if job.attempt == 0 else made


@pytest.fixture(scope="module")
def groups(tiny):
    """Return the built rows in groups of one or two, as specs make them."""
    found = {}
    for row in tiny.built.rows:
        found.setdefault(row.twin_id or row.id, []).append(row)
    return [tuple(group) for group in found.values()]


@pytest.fixture(scope="module")
def specs(tiny, groups):
    """Return as many numbered specs as there are groups; only their size is looked at."""
    planned = build.plan_of(tiny.recipe)
    single = next(spec for spec in planned if not spec.twin)
    double = next(spec for spec in planned if spec.twin)
    return [
        replace(double if len(group) == 2 else single, number=number)
        for number, group in enumerate(groups)
    ]


def test_the_asked_counts_are_met_exactly(tiny):
    rows = tiny.built.rows
    assert Counter(row.split for row in rows) == {"train": 810, "val": 90, "test": 180}
    by_category = Counter(row.category for row in rows if row.split != "test")
    assert by_category == dict.fromkeys(tiny.recipe.categories, 100)
    assert sum(row.verdict.is_sensitive for row in rows) == len(rows) / 2


def test_every_planned_negative_is_in_the_result(tiny):
    def cell(row):
        return row.split, row.category, row.variant, row.language, row.event

    planned = Counter(cell(spec) for spec in build.plan_of(tiny.recipe) if not spec.label)
    made = Counter(cell(row) for row in tiny.built.rows if not row.verdict.is_sensitive)
    assert made == planned


def test_asked_is_kept_and_dropped(tiny):
    assert tiny.built.asked == len(tiny.built.rows) + len(tiny.built.dropped)
    told = files.read_json(tiny.folder / files.MANIFEST)
    assert told["asked"] == tiny.built.asked
    assert sum(told["dropped"].values()) == len(list(files.read(tiny.folder / "dropped.jsonl")))
    assert set(tiny.built.reasons) <= set(checks.ALL)


def test_every_kept_row_passes_every_check_again(tiny):
    inspect = build.Maker(tiny.recipe).inspect
    spec = build.plan_of(tiny.recipe)[0]
    assert {inspect(Made(spec, (row,))).reason for row in tiny.built.rows} == {""}


@pytest.mark.parametrize("workers", [2, 4])
def test_the_bytes_depend_neither_on_the_workers_nor_on_what_was_there(tiny, tmp_path, workers):
    shutil.copytree(tiny.folder, tmp_path / "tiny")
    (tmp_path / "tiny" / "old.jsonl").write_text("an older build")
    build.build(tiny.recipe, tmp_path / "tiny", workers=workers, force=True)
    assert build.verify(tmp_path / "tiny")
    again = (tmp_path / "tiny" / files.MANIFEST).read_bytes()
    assert again == (tiny.folder / files.MANIFEST).read_bytes()


def repeated(made):
    """Put the first rows in the place of the second."""
    return [made[0], Made(made[1].spec, made[0].rows), *made[2:]]


def leaking(made):
    """Put the first row's family into a row of another split."""
    first = made[0].rows[0]
    at, other = next((at, m) for at, m in enumerate(made) if m.rows[0].split != first.split)
    rows = tuple(replace(row, family=first.family) for row in other.rows)
    return [*made[:at], Made(other.spec, rows), *made[at + 1 :]]


@pytest.mark.parametrize(
    ("spoil", "reason"), [(repeated, "duplicate"), (leaking, "leak")], ids=["duplicate", "leak"]
)
def test_what_falls_over_rows_is_kept_with_its_reason_and_made_up_for(
    tiny, groups, specs, spoil, reason
):
    mixed = sorted(specs, key=lambda spec: groups[spec.number][0].id)[:128]
    built = make_rows(tiny.recipe, mixed, Recorded(groups, spoil))
    assert set(built.reasons) == {reason}
    assert len(built.rows) == sum(spec.rows for spec in mixed)
    assert built.asked == len(built.rows) + len(built.dropped)
    assert all(dropped.detail for dropped in built.dropped)
    halves = Counter(d.example.twin_id for d in built.dropped if d.example.twin_id)
    assert all(count % 2 == 0 for count in halves.values()), "twins fall together"


def test_rows_that_never_pass_are_told_with_their_cell_and_leave_nothing(recipes, tmp_path):
    nothing_fits = load(recipes / "tiny.yaml", [*SMALL, "limits.tokens=128"])
    with pytest.raises(QuotaUnmet, match="at length") as raised:
        build.build(nothing_fits, tmp_path / "out", workers=1)
    assert str(raised.value).startswith("quota ")
    assert raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_set_that_breaks_a_bound_is_not_written(recipes, tmp_path):
    recipe = load(recipes / "tiny.yaml", [*SMALL, "gates.families=5000", "gates.probe=0.4"])
    with pytest.raises(GateFailed, match="fewer than 5000") as raised:
        build.build(recipe, tmp_path / "out", workers=1)
    assert "the probe keys reaches" in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["out.failed-report.html"]


def test_an_existing_folder_is_refused_before_any_work(tiny, tmp_path):
    (tmp_path / "mine").write_text("1")
    with pytest.raises(FolderExists, match="--force"):
        build.build(tiny.recipe, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("words", "would_do"),
    [
        (("gates.families=9999",), r"gates\.families=\d+"),
        (("gates.skeletons=1.0", "gates.top_skeletons=0.001"), r"gates\.top_skeletons=0\.\d+"),
        (("gates.per_disguise=900",), r"gates\.per_disguise=1\b"),
    ],
)
def test_a_failed_build_leaves_its_report_and_the_override_that_would_do(
    recipes, tmp_path, words, would_do
):
    small = ("categories=[ssn]", "rows.per_category=100", "rows.test=60", "gates.top_skeletons=1",
             "gates.families=1", "gates.probe=1")  # fmt: skip
    recipe = load(recipes / "tiny.yaml", [*small, *words])
    page = tmp_path / "out.failed-report.html"
    page.write_text("of an older build")
    with pytest.raises(GateFailed, match=would_do) as raised:
        build.build(recipe, tmp_path / "out", workers=1)
    assert str(page) in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == [page.name]
    assert 'class="state broken"' in page.read_text("utf-8")
    moved = re.findall(r"gates\.\w+=[\d.]*\d", str(raised.value))
    mended = load(recipes / "tiny.yaml", [*small, *words, *moved])
    assert build.build(mended, tmp_path / "out", workers=1).rows


def test_too_few_twins_are_told_with_the_override_that_would_do(tiny):
    alone = [replace(row, twin_id="") for row in tiny.built.rows]
    built = Built(alone, [], [])
    recipe = tiny.recipe.model_copy(update={"twins": 0.25})
    judge(built, recipe)
    told = [problem for problem in built.problems if "twins" in problem]
    assert told == [
        "train: 0 pairs of twins, under 80% of the 99 asked",
        "test: 0 pairs of twins, under 80% of the 18 asked",
    ]
    assert re.search(r"gates\.twins=0\b(?!\.\d)", would_do(built, recipe))
    judge(built, recipe.model_copy(update={"twins": 0.0}))
    assert not [problem for problem in built.problems if "twins" in problem]


def test_unknown_names_are_refused_before_any_work(tiny, tmp_path):
    recipe = tiny.recipe.model_copy(update={"categories": ("ssn", "snn")})
    with pytest.raises(BadRecipe, match=r"categories\.1.*'ssn'"):
        build.build(recipe, tmp_path / "out")


@pytest.mark.parametrize(("workers", "after_s"), [(1, 1.5), (2, 5)])
def test_control_c_leaves_no_folder_and_no_traceback(recipes, tmp_path, workers, after_s):
    """The signal goes to the whole group, as a terminal sends it."""
    command = [PIIFORGE, "build", recipes / "large.yaml", "--out", tmp_path / "out"]
    started = subprocess.Popen(
        [*map(str, command), "--workers", str(workers)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a test run in the background inherits an ignored SIGINT, a user's shell does not
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    time.sleep(after_s)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
