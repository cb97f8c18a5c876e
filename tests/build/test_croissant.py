"""Croissant: the set is described as it lies there. `-m slow` asks mlcroissant and datasets."""

import importlib.util
import json
import os
import shutil
import subprocess

import pyarrow.parquet as pq
import pytest

from piiforge import build, files
from piiforge.build import croissant, folder

RAI = {
    "dataCollection", "dataCollectionType", "dataManipulationProtocol", "dataLimitations",
    "dataPreprocessingProtocol", "dataAnnotationProtocol", "annotationsPerItem", "dataUseCases",
    "machineAnnotationTools", "personalSensitiveInformation", "dataBiases", "dataSocialImpact",
    "dataReleaseMaintenancePlan",
}  # fmt: skip
READER = """
import itertools, json, sys, mlcroissant, datasets
place, told = sys.argv[1], {}
found = mlcroissant.Dataset(jsonld=place + "/croissant.json")
told["errors"] = sorted(found.metadata.ctx.issues.errors)
told["warnings"] = sorted(found.metadata.ctx.issues.warnings)
for name in ("train", "val", "test", "rows"):
    rows = list(found.records(record_set=name))
    told[name] = [len(rows), {key: str(value) for key, value in rows[0].items()}]
loaded = datasets.load_dataset(place, cache_dir=sys.argv[2])
told["loaded"] = {name: [len(each), each.column_names] for name, each in loaded.items()}
print("\\n" + json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tiny):
    return files.read_json(tiny.folder / croissant.FILE)


def sets(told):
    return {one["@id"]: one for one in told["recordSet"]}


def test_the_fields_of_responsible_use_are_there(told):
    assert {key.removeprefix("rai:") for key in told if key.startswith("rai:")} == RAI
    assert all(told[f"rai:{name}"] for name in RAI)


def test_every_file_named_is_there_by_its_hash(told, tiny):
    for one in told["distribution"]:
        assert one["sha256"] == files.sha256(tiny.folder / one["contentUrl"])


def test_every_field_comes_from_a_file_and_a_column_that_are_there(told, tiny):
    named = {one["@id"] for one in told["distribution"]}
    columns = {
        name: set(pq.read_schema(tiny.folder / name).names) if name.endswith("parquet")
        else set(next(files.read(tiny.folder / name)))
        for name in named
    }  # fmt: skip
    fields = [each for one in told["recordSet"] for each in one["field"] if "source" in each]
    assert len({each["@id"] for each in fields}) == len(fields)
    for each in fields:
        source = each["source"]
        assert source["extract"]["column"] in columns[source["fileObject"]["@id"]]


def test_the_parquet_table_is_described_whole_but_for_the_places_of_values(told, tiny):
    described = {one["name"] for one in sets(told)["rows"]["field"]}
    assert described | {"values"} == set(pq.read_schema(tiny.folder / "rows.parquet").names)


def test_the_canary_stands_in_what_describes_the_set_and_in_no_row(tiny):
    there = {
        path.name
        for path in tiny.folder.iterdir()
        if path.suffix != ".parquet" and folder.CANARY.encode() in path.read_bytes()
    }
    assert there == {"README.md", files.MANIFEST, croissant.FILE}
    table = pq.read_table(tiny.folder / "rows.parquet")
    assert table.schema.metadata[b"piiforge.canary"].decode() == folder.CANARY
    assert folder.CANARY not in json.dumps(table.to_pylist())


def test_the_table_says_licence_and_provenance(tiny):
    told = pq.read_schema(tiny.folder / "rows.parquet").metadata
    assert told[b"piiforge.license"] == b"Apache-2.0"
    assert told[b"piiforge.personal_data"].decode() == folder.PERSONAL_DATA


def with_readers() -> str:
    """Return a Python that has mlcroissant and datasets: $PIIFORGE_READERS, or this one."""
    if os.environ.get("PIIFORGE_READERS"):
        return os.environ["PIIFORGE_READERS"]
    if all(map(importlib.util.find_spec, ("mlcroissant", "datasets"))):
        return "python"
    pytest.skip("no Python with mlcroissant and datasets: name one in $PIIFORGE_READERS")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["alpaca", "messages"])
def test_mlcroissant_and_datasets_read_the_folder(tiny, tmp_path, form):
    place = shutil.copytree(tiny.folder, tmp_path / "set")
    if form != "alpaca":
        (tmp_path / "rows.jsonl").write_text("")
        files.write(tmp_path / "rows.jsonl", map(folder.to_record, tiny.built.rows))
        recipe = tiny.recipe.model_copy(update={"format": form})
        build.export_file(tmp_path / "rows.jsonl", recipe, place, force=True)
    asked = [with_readers(), "-c", READER, str(place), str(tmp_path / "cache")]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    done = subprocess.run(asked, check=True, capture_output=True, text=True, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == []
    assert [one for one in found["warnings"] if "datePublished" not in one] == []
    counts = {"train": 810, "val": 90, "test": 180}
    assert {name: found[name][0] for name in (*counts, "rows")} == {**counts, "rows": 1080}
    columns = ["instruction", "input", "output"] if form == "alpaca" else ["messages"]
    assert found["loaded"] == {
        {"val": "validation"}.get(name, name): [count, columns] for name, count in counts.items()
    }
