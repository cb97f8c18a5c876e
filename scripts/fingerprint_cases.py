"""The cases of scripts/fingerprints.py: every command, in the order in which one needs another.

`@` in the words of a case is the case's own folder, all other paths are the workspace's. Waves
follow one another, so that a case may read what one of an earlier wave wrote; between two of them
stands what is made for the next. Quick cases need no other than quick ones.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import fingerprint_inputs as inputs
from fingerprint_inputs import TINY

SEEDS = {"tiny": (3, 4), "base": (1, 2), "loop": (1, 2), "plain": (2, 3)}  # each passes its gates
CATEGORIES = ("ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport",
              "drivers_license", "member_id")  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One command: its words, the file that it is given as stdin, whether --quick runs it."""

    name: str
    words: str
    stdin: str = ""
    quick: bool = False


Waves = Iterator[Sequence[Case]]  # the cases of a wave may run side by side, the waves not


def _building(recipe: str) -> str:
    return f"build recipes/{recipe}.yaml -o @/data --json --workers WORKERS"


FIRST = Case("tiny", _building("tiny"))  # of the group build; the cases of all groups read it


def build(_: Path) -> Waves:
    """Build the shipped recipes, each with three seeds, and with every source of rows."""
    yield [
        *(Case(name, _building(name)) for name in SEEDS if name != "tiny"),
        *(Case(f"{name}-{seed}", f"{_building(name)} --seed {seed}")
          for name, seeds in SEEDS.items() for seed in seeds),
        Case("sources", f"{_building('tiny')} seeds=[presidio] written=[inputs/written]"),
        Case("mined", f"{_building('tiny')} mined=inputs/mined.yaml"),
        Case("content-first", f"{_building('tiny')} order=content_first rows.test=90"),
        Case("impossible", f"{_building('tiny')} --seed 1"),
        Case("plan", "build recipes/tiny.yaml --dry-run", quick=True),
        Case("plan-json", "build recipes/base.yaml --dry-run --json"),
        Case("write-plan", "write recipes/tiny.yaml --model none --dry-run"
             " --base-url http://127.0.0.1:9/v1 -o @/lines"),
    ]  # fmt: skip


def stages(folder: Path) -> Waves:
    """Run the stages of a build one by one, and what reads a built folder."""
    inputs.decisions(folder)
    yield [
        Case("compose", "compose recipes/tiny.yaml -o @/rows.jsonl --json", quick=True),
        Case("verify", f"verify {TINY}", quick=True),
        Case("verify-json", f"verify {TINY} --json"),
        Case("report", f"report {TINY} -o @/page.html", quick=True),
        Case("review", "review inputs/review.jsonl --tally", quick=True),
        Case("review-json", "review inputs/review.jsonl --tally --bound 0.5 --json"),
        Case("categories", "categories", quick=True),
        Case("categories-json", "categories --json"),
        *(Case(f"show-{name}", f"categories show {name}", quick=name == "ssn")
          for name in CATEGORIES),
        *(Case(f"show-{name}-json", f"categories show {name} --json")
          for name in CATEGORIES),
    ]  # fmt: skip
    yield [Case("check", "check stages/compose/rows.jsonl -o @/kept", quick=True)]
    yield [Case("split", "split stages/check/kept/rows.jsonl -o @/rows.jsonl", quick=True)]
    proved = "stages/split/rows.jsonl"
    yield [Case("export", f"export {proved} recipes/tiny.yaml -o @/data --json", quick=True)]


def seeds(folder: Path) -> Waves:
    """Cut seeds out of inputs of every kind, and build with them."""
    names = inputs.examples(folder)
    yield [Case(name, f"seeds inputs/seeds/{name} -o @/seeds.jsonl --json")
           for name in names]  # fmt: skip
    every = " ".join(f"inputs/seeds/{name}" for name in names if "broken" not in name)
    yield [Case("all", f"seeds {every} -o @/seeds.jsonl", quick=True)]
    yield [Case("build", f"{_building('tiny')} seeds=[seeds/all/seeds.jsonl]")]


def scan(folder: Path) -> Waves:
    """Scan logs of every form, and one log in every manner."""
    names = inputs.logs(folder)
    manners = {
        "told": "", "values": "--show-values --no-keys", "two": "-c ssn -c email --fail-on-found",
        "column": "--column content --json", "no-column": "--column nothing --json",
        "lines": "--format lines --json --row-limit-bytes 1000 --fail-on-unscanned",
        "references": "--reference-key inputs/secret --batch 7",
        "emitted": "--emit ga4=@/ga4.json --emit otel=@/otel.yaml",
    }  # fmt: skip
    log, out = "inputs/logs/rows.jsonl", "-o @/found.jsonl"
    yield [
        *(Case(name, f"scan inputs/logs/{name} {out} --json", quick=name in inputs.FEW)
          for name in names),
        *(Case(f"as-{name}", f"scan {log} {out} {words}", quick=name == "emitted")
          for name, words in manners.items()),
        Case("no-header", f"scan inputs/logs/rows.csv {out} --no-header --json"),
        Case("utf-16", f"scan inputs/logs/marked.csv {out} --encoding utf-16 --json"),
        Case("parquet-out", f"scan inputs/logs {log} -o @/found.parquet"),
        Case("stdin", f"scan - {out} --json", stdin="inputs/logs/access.log"),
        Case("stdin-gzip", f"scan - {out} --json", stdin="inputs/logs/rows.log.gz"),
        Case("missing", f"scan inputs/none {out}"),
    ]  # fmt: skip


def predict(folder: Path) -> Waves:
    """Judge rows with the rules, score what was said, mine it, calibrate by it."""
    inputs.cases(folder)
    rules = "predict {} --with rules -o @/said.jsonl {}"
    yield [
        Case("test", rules.format(TINY, ""), quick=True),
        Case("decoded", rules.format(TINY, "--decode --json"), quick=True),
        Case("val", rules.format(TINY, "--split val --json"), quick=True),
        Case("cases", rules.format("inputs/cases.jsonl", "--latency 0 --limit 60")),
        Case("absent", rules.format("inputs/none.jsonl", "")),
    ]
    for name in ("test", "decoded", "val"):  # every answer took as long as every other
        inputs.pin_latency(folder / f"predict/{name}/said.jsonl", folder / f"inputs/{name}.jsonl")
    both, two = f"{TINY} inputs/test.jsonl", f"{TINY} inputs/test.jsonl inputs/decoded.jsonl"
    slices = "--by language --by variant --by category"
    yield [
        Case("score-one", f"score {both} {slices}", quick=True),
        Case("score-two", f"score {two} --json --report @/page.html {slices}", quick=True),
        Case("score-named", f"score {two} --name a --name b --draws 100 --seed 5"),
        Case("score-calibrated", f"score {both} --calibrate-from {TINY} inputs/val.jsonl"
             " --precision 0.8 --calibration @/calibration.json --report @/page.html"),
        Case("score-cases", "score inputs/cases.jsonl predict/cases/said.jsonl --json"),
        Case("score-absent", f"score {TINY} inputs/val.jsonl"),
        Case("mine-rules", f"mine {TINY} inputs/test.jsonl --split test -o @/mined.yaml"),
        Case("mine-never", f"mine {TINY} inputs/never.jsonl --split test -o @/mined.yaml",
             quick=True),
        Case("mine-never-json", f"mine {TINY} inputs/never.jsonl --split test -o @/mined.yaml"
             " --rows 50 --json"),
    ]  # fmt: skip
    calibration = "--calibration predict/score-calibrated/calibration.json"
    yield [
        Case("calibrated", rules.format(TINY, calibration)),
        Case("scan-calibrated", f"scan inputs/cases.jsonl -o @/found.jsonl {calibration}"),
        Case("build-mined", f"{_building('tiny')} mined=predict/mine-never-json/mined.yaml"),
    ]


def reports(folder: Path) -> Waves:
    """Put the files of a folder of odd inputs through the command that each is for."""
    names = {
        where: sorted(path.name for path in (folder / "odd" / where).iterdir() if _is_input(path))
        for where in (".", "seeds", "cases")
    }
    yield [
        *(Case(name, f"scan odd/{name} -o @/found.jsonl --json")
          for name in names["."]),
        *(Case(f"seeds-{name}", f"seeds odd/seeds/{name} -o @/seeds.jsonl --json")
          for name in names["seeds"]),
        *(Case(f"cases-{name}", f"predict odd/cases/{name} --with rules"
               " --latency 0 -o @/said.jsonl") for name in names["cases"]),
    ]  # fmt: skip
    yield [Case(f"score-{name}", f"score odd/cases/{name}"
                f" reports/cases-{name}/said.jsonl") for name in names["cases"]]  # fmt: skip


GROUPS: Mapping[str, Callable[[Path], Waves]] = {
    each.__name__: each for each in (build, stages, seeds, scan, predict, reports)
}


def _is_input(path: Path) -> bool:
    return path.is_file() or path.name not in {"seeds", "cases"}
