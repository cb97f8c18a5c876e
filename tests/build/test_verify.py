"""Verify: what was built passes, and any changed byte is found and named."""

import pytest

from piiforge import build, files
from piiforge.errors import AskedWrongly, VerifyFailed

FILES = (
    *("train.jsonl", "val.jsonl", "test.jsonl", "rows.parquet", "dropped.jsonl"),
    *("dataset_info.json", "train_qwen2.5-0.5b.yaml", "train_qwen2.5-1.5b.yaml"),
    *("README.md", "report.html", "croissant.json"),
)


def flip(path, at=0.5):
    """Flip one bit of the byte that stands at the share `at` of the file."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 1
    path.write_bytes(content)


def sealed(folder):
    """Write the manifest's hashes anew, as somebody would who wants to hide a change."""
    told = files.read_json(folder / files.MANIFEST)
    del told["outputs"]
    build.folder.write_manifest(folder, told)


def relabelled(lines):
    return [lines[0].replace("true", "TRUE").replace("false", "true").replace("TRUE", "false"),
            *lines[1:]]  # fmt: skip


def test_what_was_built_passes(tiny):
    proved = build.verify(tiny.folder)
    assert (proved["rows"], proved["leaks"]) == (1080, 0)
    assert proved["files"] == len(FILES)


def test_the_folder_holds_exactly_these_files(tiny):
    assert {path.name for path in tiny.folder.iterdir()} == {*FILES, files.MANIFEST}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("at", [0, 0.5, 0.999999])
def test_one_flipped_bit_is_found_and_its_file_named(copy, name, at):
    flip(copy / name, at)
    with pytest.raises(VerifyFailed, match=f"{name} was changed"):
        build.verify(copy)


def test_every_broken_file_is_named_at_once(copy):
    flip(copy / "train.jsonl")
    (copy / "val.jsonl").unlink()
    (copy / "extra.jsonl").write_text("{}\n")
    with pytest.raises(VerifyFailed) as raised:
        build.verify(copy)
    for name in ("train.jsonl", "val.jsonl", "extra.jsonl"):
        assert name in str(raised.value)


SPOILS = {
    "a row less": (lambda lines: lines[1:], "has 809 rows, rows.parquet 810"),
    "two rows exchanged": (lambda lines: [lines[1], lines[0], *lines[2:]], ":1: not the row"),
    "two keys of three": (
        lambda lines: ['{"instruction":"a","input":"b"}', *lines[1:]],
        ":1: not exactly instruction, input and output",
    ),
    "another answer": (
        lambda lines: [lines[0].replace("is_sensitive\\", "sensitive\\"), *lines[1:]],
        ":1: the output is keys",
    ),
    "another label": (relabelled, ":1: not the row"),
}


@pytest.mark.parametrize(("spoil", "problem"), SPOILS.values(), ids=SPOILS)
def test_a_change_under_fresh_hashes_is_still_found(copy, spoil, problem):
    lines = (copy / "train.jsonl").read_text("utf-8").splitlines()
    (copy / "train.jsonl").write_text("\n".join(spoil(lines)) + "\n", "utf-8")
    sealed(copy)
    with pytest.raises(VerifyFailed, match=problem):
        build.verify(copy)


@pytest.mark.parametrize(
    "change",
    [{"certificate": {"clean": True}}, {"seed": 5}, {"counts": {"train": 1}}, {"asked": 3}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_manifest_is_found(copy, change):
    told = files.read_json(copy / files.MANIFEST)
    files.write_json(copy / files.MANIFEST, {**told, **change})
    with pytest.raises(VerifyFailed):
        build.verify(copy)


@pytest.mark.parametrize("name", ["piiforge", "prompt", "versions"])
def test_a_manifest_that_is_changed_where_nothing_else_proves_it_is_found(copy, name):
    told = files.read_json(copy / files.MANIFEST)
    files.write_json(copy / files.MANIFEST, {**told, name: "another"})
    with pytest.raises(VerifyFailed, match="its seal is not"):
        build.verify(copy)


def test_a_manifest_without_a_seal_is_found(copy):
    told = files.read_json(copy / files.MANIFEST)
    del told["seal"]
    files.write_json(copy / files.MANIFEST, told)
    with pytest.raises(VerifyFailed, match="has no seal"):
        build.verify(copy)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}"])
def test_a_folder_without_a_sound_manifest_is_no_built_folder(copy, content):
    (copy / files.MANIFEST).unlink()
    if content is not None:
        (copy / files.MANIFEST).write_bytes(content)
    with pytest.raises((AskedWrongly, VerifyFailed), match="manifest"):
        build.verify(copy)


def test_a_table_that_is_none_is_told_in_our_words(copy):
    (copy / "rows.parquet").write_bytes(b"PAR1 this is no table PAR1")
    sealed(copy)
    with pytest.raises(AskedWrongly, match=r"rows\.parquet is not a table"):
        build.verify(copy)


def test_a_built_folder_may_be_moved(copy, tmp_path):
    assert build.verify(copy.rename(tmp_path / "elsewhere"))["rows"] == 1080


def test_a_folder_is_built_only_if_whole_and_of_the_same_recipe(tiny, copy):
    assert build.is_built(copy, tiny.recipe)
    assert not build.is_built(copy, tiny.recipe.model_copy(update={"seed": 5}))
    (copy / "val.jsonl").write_bytes(b"")
    assert not build.is_built(copy, tiny.recipe)
    assert not build.is_built(copy / "nothing", tiny.recipe)
