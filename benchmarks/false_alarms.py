"""Which lines without anybody's data a detector flags: access logs of five formats, and one's own.

    python benchmarks/false_alarms.py [--detector context] [--rows 2000] [--seed 1] [--json]
                                      [--cases FILE.jsonl ...]

The lines are made here, in the layout that each server writes by default or that its documents
show: nginx's `main` with X-Forwarded-For, AWS ALB, AWS CloudFront, IIS (W3C) and Caddy (JSON).
Prints the share of rows in which any category is found, by format and by category, and of how many
the detector is unsure of any. `--cases` are
JSONL files of labelled cases; of each the share of benign rows that are flagged is printed: those
marked `benign`, else those whose label is false.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from access_log import FIVE, of_format

import piiforge
from piiforge.predict import Detector

Table = dict[str, object]
_AT_ONCE = 200


def main() -> int:
    """Measure and print; exit 1 where more rows are flagged than may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--detector", default="context", help="as in `piiforge predict`")
    parser.add_argument("--rows", type=int, default=2000, help="lines of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", nargs="*", type=Path, default=[], help="JSONL of labelled cases")
    parser.add_argument("--most", type=float, default=0.005, help="share of rows that may be")
    parser.add_argument("--show", type=int, default=0, help="flagged lines to print of each format")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    with piiforge.load(asked.detector) as detector:
        told: dict[str, Table] = {}
        for name in FIVE:
            log = list(of_format(name, asked.seed, asked.rows))
            told[name] = of_log(detector, log, show=asked.show)
        for path in asked.cases:
            told[path.name] = of_cases(detector, path)
    print(json.dumps(told) if asked.json else "\n".join(map(_line, told.items())))
    return int(any(float(str(told[name]["share"])) > asked.most for name in FIVE))


def of_log(detector: Detector, log: Sequence[str], *, show: int = 0) -> Table:
    """Return how many lines have a finding, and of which category."""
    by_category: Counter[str] = Counter()
    flagged = unsure = 0
    for at in range(0, len(log), _AT_ONCE):
        lines = log[at : at + _AT_ONCE]
        for line, said in zip(lines, detector.judge(lines), strict=True):
            found = [name for name, each in said.items() if each.is_sensitive]
            by_category.update(found)
            flagged += bool(found)
            unsure += any(each.unsure for each in said.values())
            if found and flagged <= show:
                print(found, line, file=sys.stderr)
    share = flagged / len(log)
    return {
        "rows": len(log),
        "flagged": flagged,
        "share": share,
        "unsure": unsure,
        **dict(by_category),
    }


def of_cases(detector: Detector, path: Path) -> Table:
    """Return how many benign cases of a file are flagged."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    benign = [row for row in rows if row.get("benign")] or [row for row in rows if not row["label"]]
    asked = [(row["category"], row["content"]) for row in benign]
    said = detector.verdicts(asked)
    wrong = Counter(each.category for each in said if each.is_sensitive)
    return {
        "rows": len(asked),
        "flagged": wrong.total(),
        "share": wrong.total() / max(1, len(asked)),
        **dict(wrong),
    }


def _line(told: tuple[str, Table]) -> str:
    name, table = told
    rest = " ".join(f"{key}={value}" for key, value in list(table.items())[3:])
    return (
        f"{name:<18} {table['flagged']:>5} of {table['rows']:<6} {float(str(table['share'])):.2%}"
        f"  {rest}"
    )


if __name__ == "__main__":
    sys.exit(main())
