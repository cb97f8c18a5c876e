"""A data set made in shards: the same bytes however it was made, and proved as any other."""

import json
import shutil
from collections import Counter

import pytest
from small_set import ASKED, OF, how, make, sums

from piiforge import build, files, prompt, scale
from piiforge.checks.whole_set import normalised
from piiforge.errors import AskedWrongly, FolderExists, GateFailed, VerifyFailed
from piiforge.recipe import override
from piiforge.scale import shards as shards_of
from piiforge.scale.places import Place
from piiforge.types import LENGTHS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("scale") / "set"
    make(out)
    return out


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """The same set's shards, made in two piles."""
    out = tmp_path_factory.mktemp("piles") / "set"
    for pile in ("2/2", "1/2"):
        make(out, shard=pile)
    return out.with_name("set.shards")


def test_two_workers_make_the_bytes_that_one_makes(made, tmp_path):
    make(tmp_path / "set", how(2), engine="processes")
    assert sums(tmp_path / "set") == sums(made)


def test_piles_gathered_from_folders_in_any_order_are_the_same_bytes(made, shards, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(shards, other)
    for path in sorted(other.glob("shard-00001*")):
        path.unlink()
    rest = tmp_path / "rest"
    shutil.copytree(shards, rest)
    for path in [*rest.glob("shard-00000*"), *rest.glob("shard-00002*")]:
        path.unlink()
    scale.gather([str(rest), str(other)], str(tmp_path / "set"), how())
    assert sums(tmp_path / "set") == sums(made)


def test_rows_are_not_read_together_where_nothing_is_held_against_them(tmp_path):
    assert build.compare(tmp_path / "no folder", ()) == {}


def test_counts_are_those_asked_for_and_nothing_stands_twice(made):
    rows = build.read_rows(made)
    splits = Counter(row.split for row in rows)
    both = 240 * 3
    assert splits == {"train": both - both // 4, "val": both // 4, "test": 180}
    assert all(
        n == 1 for n in Counter(v for r in rows for v in r.unique_values if not r.twin_id).values()
    )
    texts = Counter(normalised(row.content) for row in rows)
    assert max(texts.values()) == 1
    assert build.certify(rows)["clean"]


def test_the_manifest_tells_what_the_rows_give(made):
    told = json.loads((made / "manifest.json").read_text())
    rows = build.read_rows(made)
    fresh = build.certify(rows)
    assert told["certificate"] == fresh
    dropped = (made / "dropped.jsonl").read_text().splitlines()
    assert told["asked"] == len(rows) + len(dropped)
    assert sum(told["dropped"].values()) == len(dropped)


def test_verify_proves_it(made):
    assert scale.is_sharded(made)
    assert scale.verify(made)["rows"] == 240 * 3 + 180


@pytest.mark.parametrize("name", ["train.jsonl", "rows.parquet", "README.md"])
def test_verify_finds_a_changed_file(made, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(VerifyFailed, match=name):
        scale.verify(copy)


def test_verify_finds_a_figure_that_is_not_what_the_rows_give(made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    told = json.loads((copy / "manifest.json").read_text())
    told["coverage"]["share"] = 0.01
    files.write_json(copy / "manifest.json", files.sealed(told))
    with pytest.raises(VerifyFailed, match=r"coverage\.share"):
        scale.verify(copy)


def test_a_missing_shard_is_named(shards, tmp_path):
    copy = tmp_path / "copy.shards"
    shutil.copytree(shards, copy)
    next(copy.glob("shard-00001*.json")).unlink()
    with pytest.raises(AskedWrongly, match="1 of 3 shards are missing: 1"):
        scale.gather([str(copy)], str(tmp_path / "set"), how())


def test_a_shard_that_lies_in_two_folders_is_named(shards, tmp_path):
    shutil.copytree(shards, tmp_path / "copy")
    with pytest.raises(AskedWrongly, match="shard 0 of 3 lies in"):
        scale.gather([str(shards), str(tmp_path / "copy")], str(tmp_path / "set"), how())
    assert not (tmp_path / "set").exists()


def test_a_folder_that_is_named_in_two_ways_is_one(shards, made, tmp_path):
    same = f"{shards.parent}/../{shards.parent.name}/{shards.name}/"
    scale.gather([str(shards), same], str(tmp_path / "set"), how())
    assert sums(tmp_path / "set") == sums(made)


def test_every_task_of_an_array_tells_how_many_shards_are_there(tmp_path):
    told = [make(tmp_path / "set", shard=pile) for pile in ("2/3", "1/3")]
    assert [(one["made"], one["there"], one["of"]) for one in told] == [(1, 1, 3), (1, 2, 3)]


def test_where_nothing_could_be_made_there_is_nothing_to_go_on_with(tmp_path):
    class Unreached:
        def run(self, *_):
            raise AskedWrongly("no cluster answers.", "Check its address.")

    for asked in (ASKED.model_copy(update={"seed": 7}), ASKED):
        with pytest.raises(AskedWrongly, match="no cluster answers"):
            make(tmp_path / "set", scale.Run(Unreached()), asked=asked)


def test_shards_of_two_recipes_are_not_mixed(shards):
    other = ASKED.model_copy(update={"seed": 7})
    out = shards.with_name("set")
    with pytest.raises(AskedWrongly, match="another recipe"):
        make(out, asked=other, shard="1/3")
    with pytest.raises(AskedWrongly, match="another recipe"):
        make(out, shards=OF + 1, shard="1/3")


def test_a_changed_shard_is_not_gathered(shards, tmp_path):
    copy = tmp_path / "copy.shards"
    shutil.copytree(shards, copy)
    path = next(copy.glob("shard-00001*.parquet"))
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(AskedWrongly, match="was changed"):
        scale.gather([str(copy)], str(tmp_path / "set"), how())


def test_what_is_there_whole_is_not_made_again(shards, tmp_path):
    copy = tmp_path / "set.shards"
    shutil.copytree(shards, copy)
    before = {path: path.stat().st_mtime_ns for path in copy.glob("*.parquet")}
    lost = next(copy.glob("shard-00002*.json"))
    lost.unlink()
    make(tmp_path / "set", shard="1/1")
    changed = {path for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert changed == {lost.with_suffix(".parquet")}


def test_a_broken_gate_keeps_the_shards_and_resume_needs_no_new_ones(made, tmp_path):
    strict = ASKED.model_copy(update={"gates": ASKED.gates.model_copy(update={"families": 5000})})
    with pytest.raises(GateFailed, match=r"gates\.families"):
        make(tmp_path / "set", asked=strict)
    make(tmp_path / "set", how(resume=True))
    assert sums(tmp_path / "set") == sums(made)
    assert not (tmp_path / "set.shards").exists()


def test_an_existing_output_is_left_alone(made):
    with pytest.raises(FolderExists):
        make(made)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/"])
def test_a_part_that_is_none_is_refused(tmp_path, text):
    with pytest.raises(AskedWrongly, match="no part of a whole"):
        make(tmp_path / "set", shard=text)


def test_a_store_has_the_same_bytes_and_its_manifest_last(made):
    make("memory://sets/one")
    place = scale.Place("memory://sets/one")
    assert {name: len(place.read(name)) for name in place.names()} == {
        path.name: path.stat().st_size for path in made.iterdir()
    }
    assert not scale.Place("memory://sets/one.shards").names()


@pytest.mark.parametrize("url", ["ftp://host/out", "sftp://host/out", "http://host/out"])
def test_where_files_do_not_appear_whole_nothing_is_written(url):
    with pytest.raises(AskedWrongly, match="files appear whole"):
        make(url)


@pytest.mark.parametrize(("turn", "is_longer"), [(0, False), (2, False), (3, True), (9, True)])
def test_a_short_row_that_is_drawn_again_too_often_is_longer(tmp_path, turn, is_longer):
    asked = override(ASKED, ["lengths={short: 0.5, line: 0.5, long: 0}"])
    make(tmp_path / "set", asked=asked, shard="1/1")
    folder = str(tmp_path / "set.shards")
    order = shards_of.order_of(asked, OF)
    first = (folder, f"{order.named(0)}.parquet")
    rows = shards_of.read_table(Place(folder), first[1]).to_pylist()
    units = {
        shards_of.unit_of(build.from_record(row)): "duplicate"
        for row in rows
        if not row["reason"] and shards_of.spec_of(row["spec"]).length == "short"
    }
    some = dict(list(units.items())[:20])
    made = shards_of.start_mending(order)(
        shards_of.Mend(0, turn, some, (first,), str(tmp_path / "mended"))
    )
    again = shards_of.current([made.file], some)
    whole = shards_of.current([first, made.file], units)
    assert whole.keys() == units.keys()
    assert {unit: held for unit, held in whole.items() if unit in some} == again
    rest = {unit: told for unit, told in units.items() if unit not in some}
    assert shards_of.current([made.file], rest) == {}  # a later file has none of them
    sizes = [prompt.tokens(row.content) for held in again.values() for row, _ in held]
    longer = sum(size > LENGTHS["short"][1] for size in sizes) / len(sizes)
    assert longer > 0.7 if is_longer else longer < 0.1
