"""Packing measures what it cost; the bench measures what it says."""

import json
import re

import pytest
from typer.testing import CliRunner

from piiforge import cli, engine, files, predict
from piiforge.errors import AskedWrongly, FolderExists
from piiforge.pack.bench import (
    Benched,
    Benching,
    Rates,
    Timed,
    bench,
    bench_text,
    write_bench_report,
)
from piiforge.pack.pack import Packing, packed_text
from piiforge.pack.pack import pack as make_pack


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Forty labelled lines that hold nobody's number."""
    path = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    records = [
        {
            "id": str(at),
            "category": ("ssn", "email", "phone", "passport")[at % 4],
            "content": f"field{at % 7}={'x' * (at % 11)} page {at}",
            "label": at % 3 == 0,
        }
        for at in range(40)
    ]
    files.write(path, records)
    return path


def quiet(*_):
    pass


def test_packing_measures_and_calibrates(model, cases, tmp_path):
    asked = Packing(model, data=cases, split="", rows=24)
    pack = make_pack(asked, tmp_path / "pack", force=False, progress=quiet)
    cost = pack.told.cost
    assert cost["rows"] == 24
    assert 0 < cost["margin_mean"] <= cost["margin_most"]
    assert 0 <= cost["agreement"] <= 1
    assert pack.calibration is not None
    assert "same verdict in" in packed_text(pack)
    with predict.load(f"pack:{pack.folder}") as detector:
        raw = predict.load(f"pack:{pack.folder}", calibration=None)
        found = detector.verdict("ssn", "field1=xx page 1")
        assert found.is_sensitive is not None
        assert raw.name == detector.name


def test_the_reference_of_32_bits_costs_nothing(model, cases, tmp_path):
    asked = Packing(model, data=cases, split="", rows=8, bits=32)
    pack = make_pack(asked, tmp_path / "pack", force=False, progress=quiet)
    assert pack.told.cost["agreement"] == 1
    assert pack.told.cost["margin_most"] == 0


def test_a_pack_is_never_overwritten_by_chance(model, pack, tmp_path):
    with pytest.raises(FolderExists):
        make_pack(Packing(model, rows=0), pack.folder, force=False, progress=quiet)
    asked = Packing(model, rows=0, bits=16)
    with pytest.raises(AskedWrongly, match="16 bits"):
        make_pack(asked, tmp_path / "new", force=False, progress=quiet)
    assert not list(tmp_path.iterdir()), "a failed pack leaves nothing"


def test_an_unfinished_run_is_refused(tmp_path):
    files.write_json(tmp_path / "run.json", {"state": "training"})
    with pytest.raises(AskedWrongly, match="not finished"):
        make_pack(Packing(tmp_path), tmp_path / "p", force=False, progress=quiet)


def test_the_bench_asks_all_systems_the_same_rows(pack, cases):
    done = bench(Benching(pack.folder, cases, rows=9), quiet)
    names = [each.name for each in done.systems]
    assert names == ["verdict", "verdict, nothing kept", "whole JSON", "rules"]
    assert all(0 < each.p50_ms <= each.p95_ms <= each.p99_ms for each in done.systems)
    assert set(done.batches) == {1, 8}
    assert set(done.ratios) == {*names[1:], "one of all categories"}
    assert done.rates.fp32_gops > 0
    assert done.share > 0
    text = bench_text(done)
    assert "| whole JSON |" in text
    assert str(pack.folder.parent) not in text


def test_the_commands(model, cases, tmp_path):
    run = CliRunner().invoke
    out = str(tmp_path / "pack")
    made = run(cli.app, ["pack", str(model), "--out", out, "--rows", "0", "--json"])
    assert json.loads(made.stdout)["bits"] == 8
    told = run(cli.app, ["bench", out, "--data", str(cases), "--rows", "3", "--json"])
    assert json.loads(told.stdout)["rows"] == 3
    assert engine.read(tmp_path / "pack").told.order == "category_first"


def test_the_page_of_a_bench_shows_every_system_and_needs_nothing_from_elsewhere(tmp_path):
    systems = (
        Timed("verdict", 10.0, 12.0, 13.0, 1.0, 50.0, (9.0, 10.0, 12.0)),
        Timed("<b>slow</b>", 40.0, 41.0, 42.0, every_ms=(39.0, 40.0, 41.0)),
    )
    done = Benched(
        "a machine", 3, 100, 20, systems, {1: 20.0, 8: 35.0}, 9.0, Rates(100.0, 50.0), 0.4, 300,
        {"<b>slow</b>": 4.0},
    )  # fmt: skip
    write_bench_report(done, tmp_path / "b.html")
    text = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert (
        "A verdict takes 10 ms (median); slowest is &lt;b&gt;slow&lt;/b&gt;, 4 times that." in text
    )
    assert "Most verdicts a second: 35, asked 8 at once." in text
    assert "A prefill reaches 40 % of what this machine can multiply." in text
    assert not re.search(r"<(script|link|img|iframe)\b|https?://|<b>slow", text)
    with pytest.raises(FolderExists):
        write_bench_report(done, tmp_path / "b.html")
