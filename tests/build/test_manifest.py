"""The manifest: every file by its hash; a changed, missing or added one is named."""

import hashlib

import pytest
from hand_made import make_rows

from piiforge import build, files, prompt


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text("b: 2\n")
    build.folder.write_manifest(tmp_path, {"name": "by hand"})
    return tmp_path


def broken(folder):
    return build.broken(folder, files.read_json(folder / files.MANIFEST))


def test_the_manifest_lists_every_file_but_itself(folder):
    found = files.read_json(folder / files.MANIFEST)
    assert found["name"] == "by hand"
    assert found["outputs"] == {
        "a.jsonl": {"sha256": hashlib.sha256(b'{"a": 1}\n').hexdigest(), "bytes": 9},
        "deep/b.yaml": {"sha256": hashlib.sha256(b"b: 2\n").hexdigest(), "bytes": 5},
    }
    assert broken(folder) == []


def test_a_changed_file_is_named(folder):
    (folder / "deep" / "b.yaml").write_text("b: 3\n")
    assert broken(folder) == ["deep/b.yaml was changed: its SHA-256 is not the manifest's"]


def test_a_missing_file_is_named(folder):
    (folder / "a.jsonl").unlink()
    assert broken(folder) == ["a.jsonl is missing"]


def test_an_added_file_of_rows_is_named(folder):
    (folder / "more.jsonl").write_text("{}\n")
    assert broken(folder) == ["more.jsonl is not listed in the manifest"]


@pytest.mark.parametrize("outputs", [None, [], "all", {"a.jsonl": "5"}])
def test_a_manifest_without_hashes_proves_nothing(folder, outputs):
    assert build.broken(folder, {"outputs": outputs})


def test_the_facts_are_those_of_the_rows():
    rows = make_rows()
    told = build.folder.facts_of(
        rows, {"name": "by-hand", "seed": 7}, build.certify(rows), {"asked": 30}
    )
    assert (told["name"], told["seed"], told["asked"]) == ("by-hand", 7, 30)
    assert told["counts"] == {"test": 7, "train": 20}
    assert told["prompt"] == prompt.VERSION
    assert told["certificate"] == build.certify(rows)


def test_a_built_manifest_holds_what_made_it(tiny):
    found = files.read_json(tiny.folder / files.MANIFEST)
    assert found["recipe"] == tiny.recipe.model_dump(mode="json")
    assert found["counts"] == {"test": 180, "train": 810, "val": 90}
    assert found["asked"] == len(tiny.built.rows) + sum(found["dropped"].values())
    assert found["certificate"]["clean"] is True
