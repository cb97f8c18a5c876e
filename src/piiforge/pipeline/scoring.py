"""Judging files: predictions joined with their cases, scored, calibrated, mined, written down."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import yaml

from piiforge import categories, dataset, disguises, evaluate, jsonl, recipe
from piiforge.errors import AskedWrongly
from piiforge.pipeline import score_report
from piiforge.pipeline.cases import read_cases
from piiforge.pipeline.predictions import read_predictions
from piiforge.types import Case, Cue, Prediction

TEST, VALIDATION = "test", "val"
COMBINED = "combined"
NEGATIVE_VARIANTS = (
    "impossible", "placeholder", "incomplete", "masked", "uncued", "vetoed", "named", "misleading",
    "other", "absent", "benign",
)  # fmt: skip
_MINED_HEAD = """\
# Where a system is surely worse than elsewhere: quotas for the next build (`mined:` in a recipe).
# {cases} cases of {place}, {mistakes} judged wrongly. Holds no row, no value and no id.
"""


@dataclass(frozen=True, slots=True)
class Judging:
    """What to score: a file or built folder, and what systems said of it.

    `names` are the systems' names, by default their files'. `split` "" is test in a folder and all
    of a file. `calibrate` is (cases, predictions) of validation; it needs one system, and adds
    "<name>, calibrated" with `precision` as the least precision of its threshold.
    """

    cases: Path
    said: tuple[Path, ...]
    names: tuple[str, ...] = ()
    split: str = ""
    by: tuple[str, ...] = ()
    calibrate: tuple[Path, Path] | None = None
    precision: float = evaluate.calibrate.PRECISION
    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison and what it was made of. `drawn`: generators drew every value of the cases."""

    cases: Sequence[Case]
    systems: Mapping[str, Sequence[Prediction]]
    comparison: evaluate.Comparison
    calibration: evaluate.Calibration | None
    drawn: bool

    def record(self) -> dict[str, object]:
        """Return it as one JSON object: measures, and no case."""
        found = None if self.calibration is None else self.calibration.record()
        return {**self.comparison.record(), "calibration": found}


def score_files(asked: Judging) -> Judged:
    """Read cases and predictions, calibrate where asked, and score.

    Raises:
        AskedWrongly: files that don't fit together, or calibration on cases that are scored.
        BadRecord, UnknownName: see `read_cases` and `read_predictions`.
    """
    names = _names(asked)
    if asked.calibrate and len(names) > 1:
        raise AskedWrongly("--calibrate-from goes with one system.", "Score the others apart.")
    cases = read_cases(asked.cases, split_of(asked.cases, asked.split, TEST))
    systems = {name: read_predictions(path) for name, path in zip(names, asked.said, strict=True)}
    calibration = _calibration(asked, cases) if asked.calibrate else None
    if calibration:
        made = evaluate.calibrate.apply(calibration, cases, systems[names[0]])
        systems[f"{names[0]}, calibrated"] = list(made)
    done = evaluate.compare(cases, systems, by=asked.by, draws=asked.draws, seed=asked.seed)
    return Judged(cases, systems, done, calibration, is_drawn(asked.cases))


def write_score_report(
    judged: Judged, out: Path, *, show_content: bool = False, force: bool = False
) -> None:
    """Write the report. Content is shown of drawn cases, of any other only with `show_content`."""
    jsonl.refuse_existing(out, force=force)
    page = score_report.render(
        judged.cases,
        judged.systems,
        judged.comparison,
        calibration=judged.calibration,
        show_content=show_content or judged.drawn,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def write_calibration(calibration: evaluate.Calibration, path: Path, *, force: bool) -> None:
    """Write a calibration as JSON."""
    jsonl.refuse_existing(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    jsonl.write_json(path, calibration.record())


def read_calibration(path: Path) -> evaluate.Calibration:
    """Read what `write_calibration` wrote. Raises AskedWrongly where it is none."""
    return evaluate.calibrate.read(jsonl.read_json(path))


def mine_files(
    cases: Path, said: Path, *, split: str = "", rows: int = evaluate.mine.ROWS
) -> evaluate.Mined:
    """Return the cells where the predictions are surely worse than elsewhere.

    `split` "" is val in a folder and all of a file.

    Raises:
        AskedWrongly, BadRecord, UnknownName: see `score_files`.
    """
    found = read_cases(cases, split_of(cases, split, VALIDATION))
    return evaluate.mine.find(
        list(map(_planned, found)),
        read_predictions(said),
        known=known(),
        rows=rows,
        system=said.name,
    )


def write_mined(mined: evaluate.Mined, out: Path, *, split: str, force: bool = False) -> None:
    """Write the quotas as `build` reads them under `mined:`."""
    jsonl.refuse_existing(out, force=force)
    head = _MINED_HEAD.format(
        cases=f"{mined.cases:,}", mistakes=f"{mined.mistakes:,}", place=split or "a file"
    )
    text = yaml.safe_dump(
        mined.quotas(), sort_keys=False, default_flow_style=None, width=200, allow_unicode=True
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(head + text, encoding="utf-8")


def known() -> dict[str, Collection[str]]:
    """Return the names that a mined file may hold, by axis: those that a build can plan."""
    return {
        "category": {category.id for category in categories.ALL},
        "variant": {*disguises.GROUPS, COMBINED, *NEGATIVE_VARIANTS},
        "disguise": {disguise.name for disguise in disguises.ALL},
        "cue": {cue.value for cue in Cue},
        "language": set(get_args(recipe.Language)),
        "event": set(get_args(recipe.Event)),
    }


def split_of(cases: Path, asked: str, usual: str) -> str:
    """Return the split to read: `usual` of a folder where none is asked for."""
    return asked or (usual if cases.is_dir() else "")


def is_drawn(cases: Path) -> bool:
    """Say whether it is a built folder whose files are those of its manifest."""
    if not (cases / jsonl.MANIFEST).is_file():
        return False
    return not dataset.broken(cases, jsonl.read_json(cases / jsonl.MANIFEST))


def _planned(case: Case) -> Case:
    """Drop the disguises of a combination: which ones are combined, a plan doesn't say."""
    if case.slices.get("variant") != COMBINED:
        return case
    return replace(case, slices={k: v for k, v in case.slices.items() if k != "disguises"})


def _names(asked: Judging) -> list[str]:
    """Return one name a system: as asked, else the file's, with its folder's where two agree."""
    if asked.names:
        names = list(asked.names)
    else:
        stems = [path.stem for path in asked.said]
        unique = len(set(stems)) == len(stems)
        names = stems if unique else [f"{path.parent.name}/{path.stem}" for path in asked.said]
    if not names or len(names) != len(asked.said) or len(set(names)) < len(names):
        raise AskedWrongly(
            f"{len(asked.said)} files of predictions and {len(set(names))} names.",
            "Give --name once for each file, all different.",
        )
    return names


def _calibration(asked: Judging, scored: Sequence[Case]) -> evaluate.Calibration:
    assert asked.calibrate
    place, said = asked.calibrate
    cases = read_cases(place, split_of(place, "", VALIDATION))
    if {case.id for case in cases} & {case.id for case in scored}:
        raise AskedWrongly(f"{place} holds cases that are scored.",
                           "Calibrate on validation, never on what is scored.")  # fmt: skip
    return evaluate.calibrate.fit(cases, read_predictions(said), precision=asked.precision)
