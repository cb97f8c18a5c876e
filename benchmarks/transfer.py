r"""What a model learns from a data set, judged on lines that nobody made for it.

    python benchmarks/transfer.py out/base out/new --cases hard=HARD.jsonl --cases easy=EASY.jsonl
    python benchmarks/transfer.py out/base --cases hard=HARD.jsonl --tune MODEL --work DIR

For each folder that `piiforge build` wrote: (a) a context is fitted on its training rows, and (b)
with --tune a model is tuned by the verdict on --rows of its rows of at most --tokens tokens (whole
twins; the same draw each time). Both are asked about every set of cases. Printed are accuracy,
macro F1 at even odds with its 95 % interval, and AUC; with --by the same by slice. A mix is judged
by that, not by taste. (b) takes half an hour and more on two cores, and what is done in DIR is not
done again. --json prints one object a line.
"""

import argparse
import json
import math
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from piiforge import categories, context, evaluate, files, judge, prompt, train
from piiforge.types import TRAIN, VAL, Case, Prediction

Log = Callable[[Sequence[Case]], list[float]]  # log odds of each case


@dataclass(frozen=True, slots=True)
class Learner:
    """What learned from a folder, and what it says of cases."""

    name: str
    ask: Log


def main() -> None:
    """Fit, ask and print."""
    asked = parser().parse_args()
    sets = {name: judge.read_cases(Path(path)) for name, path in asked.cases}
    for folder in asked.folders:
        learners = [fitted(folder, asked.seed)]
        if asked.tune:
            learners.append(tuned(folder, asked))
        for learner in learners:
            for name, cases in sets.items():
                report(folder, learner, name, cases, asked)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command's words."""
    found = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    found.add_argument("folders", type=Path, nargs="+", help="folders that `piiforge build` wrote")
    found.add_argument("--cases", type=pair, action="append", required=True, metavar="NAME=FILE")
    found.add_argument("--by", action="append", default=[], help="a slice to print, too")
    found.add_argument("--tune", default="", metavar="MODEL", help="a model folder to tune as well")
    found.add_argument("--rows", type=int, default=4000)
    found.add_argument("--tokens", type=int, default=100)
    found.add_argument("--env", type=Path, help="the training environment")
    found.add_argument("--work", type=Path, default=Path("transfer"))
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--json", action="store_true")
    return found


def pair(text: str) -> tuple[str, str]:
    """Read NAME=FILE."""
    name, sign, path = text.partition("=")
    if not (name and sign and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, path


def fitted(folder: Path, seed: int) -> Learner:
    """Fit a context on the training rows, in an order drawn by `seed`."""
    rows = judge.read_cases(folder, TRAIN)
    random.Random(seed).shuffle(rows)
    made = context.fit(rows, judge.read_cases(folder, VAL))
    return Learner("context", lambda cases: [made.word(c.category, c.content).score for c in cases])


def tuned(folder: Path, asked: argparse.Namespace) -> Learner:
    """Tune the model on short rows of `folder`, or take up where that stood."""
    work = asked.work / folder.name
    data, run = work / "data", work / "run"
    if not data.is_dir():
        shorten(folder, data, asked)
    environment = train.find(asked.env)
    teller = train.Teller(lambda *_step: None, lambda said: print(said, file=sys.stderr))
    wanted = train.Asked(data, asked.tune, (), "verdict")
    resume = train.Run(run).record.is_file()
    train.run(wanted, run, environment, teller, resume=resume)
    words = categories.descriptions()

    def ask(cases: Sequence[Case]) -> list[float]:
        return train.verdicts(
            str(train.Run(run.absolute()).model),
            [prompt.question(c.category, words[c.category], c.content) for c in cases],
            environment,
            objective="verdict",
            log=work / "verdicts.log",
            progress=lambda *_step: None,
        )

    return Learner(f"model, {asked.rows:,} rows", ask)


def shorten(folder: Path, out: Path, asked: argparse.Namespace) -> None:
    """Write a folder to train from: short rows of `folder`, twins whole, an eighth to validate."""
    short: dict[str, list[list[Case]]] = {}
    for split in (TRAIN, VAL):
        units: dict[str, list[Case]] = defaultdict(list)
        for case in judge.read_cases(folder, split):
            units[case.twin or case.id].append(case)
        fit = [
            u for u in units.values() if max(prompt.tokens(c.content) for c in u) <= asked.tokens
        ]
        random.Random(asked.seed).shuffle(fit)
        short[split] = fit
    with files.folder(out, force=False) as place:
        for split, most in ((TRAIN, asked.rows), (VAL, asked.rows // 8)):
            taken: set[tuple[str, str]] = set()
            for unit in short[split]:
                if len(taken) + len(unit) <= most:
                    taken |= {(case.category, prompt.conceal(case.content)) for case in unit}
            rows = files.read(folder / f"{split}.jsonl")
            kept = [row for row in rows if prompt.asked(str(row["input"])) in taken]
            files.write(place / f"{split}.jsonl", kept)
            print(f"{folder.name}: {len(kept)} rows of {split}", file=sys.stderr)
        files.write_json(place / train.REGISTRY, train.registry((TRAIN, VAL)))
        shutil.copyfile(folder / "rows.parquet", place / "rows.parquet")


def report(
    folder: Path, learner: Learner, name: str, cases: Sequence[Case], asked: argparse.Namespace
) -> None:
    """Score what `learner` says of `cases`, and print it."""
    odds = learner.ask(cases)
    said = [
        Prediction(case.id, score > 0, 1 / (1 + math.exp(-score)))
        for case, score in zip(cases, odds, strict=True)
    ]
    score = evaluate.score(cases, said, by=asked.by)
    slices = {"all": score.overall} | {
        f"{axis} {part.name}": part for axis in asked.by for part in score.of(axis)
    }
    told: dict[str, object] = {
        "folder": folder.name,
        "learner": learner.name,
        "cases": name,
        "accuracy": score.overall.accuracy.value,
        "macro_f1": [score.macro_f1.value, score.macro_f1.low, score.macro_f1.high],
        "auc": [score.roc_auc.value, score.roc_auc.low, score.roc_auc.high],
        "slices": {key: part.accuracy.value for key, part in slices.items()},
    }
    if asked.json:
        print(json.dumps(told), flush=True)
        return
    f1, auc = score.macro_f1, score.roc_auc
    print(
        f"{folder.name:18} {learner.name:18} {name:6} accuracy {score.overall.accuracy.value:.3f}  "
        f"macro F1 {f1.value:.3f} ({f1.low:.3f} to {f1.high:.3f})  "
        f"AUC {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})",
        flush=True,
    )
    for key in asked.by:
        for part in score.of(key):
            print(
                f"    {key} {part.name}: accuracy {part.accuracy.value:.3f} of {part.counts.rows}"
            )


if __name__ == "__main__":
    main()
