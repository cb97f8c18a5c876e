"""Laws of reading cases: ours or anyone's, with the line named where one is no case."""

import json

import pytest

from piiforge import build, categories, files
from piiforge.errors import AskedWrongly, BadRecord, UnknownName
from piiforge.judge.cases import descriptions_of, read_cases

GOOD = {"id": "a", "category": "ssn", "content": "x"}


@pytest.fixture
def written(tmp_path):
    def write(*records):
        path = tmp_path / "cases.jsonl"
        files.write(path, records)
        return path

    return write


def test_a_case_needs_id_category_and_content_and_nothing_else(written):
    (case,) = read_cases(written(GOOD))
    assert (case.id, case.category, case.content, case.label) == ("a", "ssn", "x", None)
    assert (case.group, case.twin, case.slices) == ("", "", {})


@pytest.mark.parametrize(
    ("label", "read"), [(True, True), (False, False), (1, True), (0, False), (None, None)]
)
def test_a_label_is_true_false_one_or_zero(written, label, read):
    (case,) = read_cases(written({**GOOD, "label": label}))
    assert case.label is read


def test_other_keys_become_slices_as_texts(written):
    more = {"language": "en", "benign": False, "length": 3, "disguises": ["percent", "html"]}
    (case,) = read_cases(written({**GOOD, **more, "values": [{"a": 1}], "note": None}))
    assert case.slices == {
        "language": "en",
        "benign": "false",
        "length": "3",
        "disguises": "percent+html",
    }


@pytest.mark.parametrize(
    ("before", "more", "content"),
    [
        (b"\xef\xbb\xbf", b"", "x"),
        (b"", b', "weight": NaN', "x"),
        (b"", b', "note": "\\udc00"', "x"),
        (b"", b', "content": "x \\ud83d"', "x \ufffd"),
    ],
    ids=["mark", "number", "half beside", "half inside"],
)
def test_every_dialect_of_json_is_read(tmp_path, before, more, content):
    path = tmp_path / "cases.jsonl"
    path.write_bytes(before + b'{"id": "a", "category": "ssn", "content": "x"' + more + b"}\r\n")
    (case,) = read_cases(path)
    assert case.content == content


def test_groups_and_twins_are_known_under_our_names_too(written):
    ours = {**GOOD, "family": "f1", "twin_id": "t1"}
    theirs = {**GOOD, "id": "b", "group": "g1", "twin": "t2"}
    first, second = read_cases(written(ours, theirs))
    assert (first.group, first.twin) == ("t1", "t1")
    assert (second.group, second.twin) == ("g1", "t2")
    assert first.slices == {"family": "f1"}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({**GOOD, "id": 3}, "id is not a text"),
        ({**GOOD, "id": ""}, "id is not a text"),
        ({"id": "b", "category": "ssn"}, "content is not a text"),
        ({**GOOD, "id": "b", "label": "yes"}, "label is not"),
        ({**GOOD, "id": "b", "label": 2}, "label is not"),
        ({**GOOD, "id": "b", "label": 0.5}, "label is not"),
        (GOOD, "is that of line 1"),
    ],
)
def test_a_line_that_is_no_case_is_named_and_its_content_is_not(written, record, said):
    path = written({**GOOD, "content": "secret"}, {**record, "content": record.get("content")})
    with pytest.raises(BadRecord, match=said) as caught:
        read_cases(path)
    assert f"{path}:2:" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_unknown_category_is_named_with_the_near_one(written):
    with pytest.raises(UnknownName, match=r"cases\.jsonl:1.*'snn'.*'ssn'"):
        read_cases(written({**GOOD, "category": "snn"}))


def test_a_file_is_cut_to_the_split_that_it_names(written):
    path = written({**GOOD, "split": "test"}, {**GOOD, "id": "b", "split": "train"})
    assert [case.id for case in read_cases(path, "test")] == ["a"]
    assert [case.id for case in read_cases(path)] == ["a", "b"]
    with pytest.raises(AskedWrongly, match="no rows of the split 'val'"):
        read_cases(path, "val")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path, text):
    (tmp_path / "cases.jsonl").write_text(text)
    with pytest.raises(AskedWrongly, match="no rows"):
        read_cases(tmp_path / "cases.jsonl")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AskedWrongly, match="not a file"):
        read_cases(tmp_path / "none.jsonl")


def test_a_built_folder_gives_its_rows_with_label_twin_and_slices(tiny):
    cases = {case.id: case for case in read_cases(tiny.folder, "test")}
    rows = [row for row in build.read_rows(tiny.folder) if row.split == "test"]
    assert sorted(cases) == sorted(row.id for row in rows)
    for row in rows:
        case = cases[row.id]
        assert case.label is row.verdict.is_sensitive
        assert case.group == (row.twin_id or row.family)
        assert case.slices["disguises"] == "+".join(row.disguises)
        assert (case.slices["hard"] == "true") is row.hard


def test_every_split_of_a_folder_is_there_without_one(tiny):
    splits = [len(read_cases(tiny.folder, split)) for split in ("train", "val", "test")]
    assert len(read_cases(tiny.folder)) == sum(splits)


def test_words_for_the_categories_are_the_folders_own(copy, tmp_path):
    manifest = json.loads((copy / files.MANIFEST).read_text())
    manifest["descriptions"]["ssn"] = "their own words"
    files.write_json(copy / files.MANIFEST, manifest)
    assert descriptions_of(copy)["ssn"] == "their own words"
    ours = {each.id: each.description for each in categories.ALL}
    assert descriptions_of(tmp_path / "cases.jsonl") == ours
