"""What the cascade's prefilter misses, lets through and costs, with one command.

    python benchmarks/prefilter.py FOLDER... [--rows 20000] [--ms 250] [--json]

FOLDER is a built folder or a JSONL of labelled cases; all splits are read. Prints

- the positives that the prefilter would have kept from the model, by category, with the upper end
  of Wilson's 95 % interval, and the disguises and ids of the missed;
- the share of (row, category) pairs that it lets through: on access logs without anybody's data
  (`access_log.py`, nine categories a row) and on the negatives of the folders;
- what a row costs, and how many times faster the cascade is than the model alone, where a verdict
  takes `--ms` milliseconds for one category and 0.35 of that for each of several over one content;
- what google-re2's Set would save on the words that name a category, where it is installed. The
  other patterns look to either side, which re2 can't; they are bounded instead.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from pathlib import Path

from access_log import lines

from piiforge.judge.cases import read_cases
from piiforge.predict.prefilter import CATEGORIES, WORDS, TextTests, cues, named, read
from piiforge.types import Case

Table = dict[str, object]
_SHARED = 0.35  # of a single verdict, for each of several categories over one content
_TRIAL = 2000  # rows for timing re2 against re


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="built folders or JSONL of cases")
    parser.add_argument("--rows", type=int, default=20_000, help="lines of access log")
    parser.add_argument("--seed", type=int, default=1, help="of the access log")
    parser.add_argument("--ms", type=float, default=250.0, help="what a verdict costs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    log = list(lines(asked.seed, asked.rows))
    told: Table = {str(folder): of_cases(read_cases(folder)) for folder in asked.folders}
    told["access_log"] = of_log(log, asked.ms)
    told["re2"] = re2_against_re([cues(read(line).text) for line in log[:_TRIAL]])
    print(json.dumps(told) if asked.json else "\n".join(_written(told)))


def of_cases(cases: Iterable[Case]) -> Table:
    """Return misses and passes by category over labelled cases."""
    cascade = TextTests()
    asked: Counter[tuple[str, bool]] = Counter()
    held: Counter[tuple[str, bool]] = Counter()
    missed: list[str] = []
    for case in cases:
        if case.label is None:
            continue
        holds = cascade.may_hold(case.category, case.content)
        asked[case.category, case.label] += 1
        held[case.category, case.label] += holds
        if case.label and not holds:
            missed.append(f"{case.category} {case.id} {case.slices.get('disguises', '')}".strip())
    names = sorted({category for category, _ in asked})
    rows = {name: _row(name, asked, held) for name in names}
    positives = sum(count for (_, label), count in asked.items() if label)
    total = {"positives": positives, "missed": len(missed)}
    return {**rows, "all": {**total, **_rate(len(missed), positives)}, "missed": missed}


def _row(
    name: str, asked: Mapping[tuple[str, bool], int], held: Mapping[tuple[str, bool], int]
) -> Table:
    positives, negatives = asked.get((name, True), 0), asked.get((name, False), 0)
    missed = positives - held.get((name, True), 0)
    passed = held.get((name, False), 0) / negatives if negatives else None
    return {
        "positives": positives,
        "missed": missed,
        **_rate(missed, positives),
        "negatives": negatives,
        "negatives_passed": passed,
    }


def _rate(missed: int, positives: int) -> Table:
    if not positives:
        return {"miss_rate": None, "at_most": None}
    return {"miss_rate": missed / positives, "at_most": wilson(missed, positives)}


def wilson(hits: int, base: int, z: float = 1.96) -> float:
    """Return the upper end of Wilson's interval for a share. Source: Wilson 1927, JASA 22:209."""
    share = hits / base
    middle = share + z * z / (2 * base)
    spread = z * sqrt(share * (1 - share) / base + z * z / (4 * base * base))
    return (middle + spread) / (1 + z * z / base)


def of_log(log: Sequence[str], ms: float) -> Table:
    """Return what is let through of an access log, and what that makes of the model's time."""
    cascade = TextTests()
    start = time.process_time()
    possible = [cascade.possible(line, CATEGORIES) for line in log]
    spent = time.process_time() - start
    passed = Counter(category for each in possible for category in each)
    of_row_ms = spent / len(log) * 1000
    alone_ms = _model_ms(len(CATEGORIES), ms)
    behind_ms = sum(_model_ms(len(each), ms) for each in possible) / len(log)
    return {
        "rows": len(log),
        "characters_a_row": sum(map(len, log)) / len(log),
        "us_a_row": of_row_ms * 1000,
        "pairs_passed": passed.total() / len(log) / len(CATEGORIES),
        "rows_passed": sum(map(bool, possible)) / len(log),
        **{f"passed_{name}": passed[name] / len(log) for name in CATEGORIES},
        "model_ms_a_row": alone_ms,
        "cascade_ms_a_row": of_row_ms + behind_ms,
        "times_faster": alone_ms / (of_row_ms + behind_ms),
    }


def _model_ms(categories: int, ms: float) -> float:
    return ms * (categories if categories < 2 else categories * _SHARED)


def re2_against_re(texts: Sequence[str]) -> Table:
    """Return microseconds a text for the words of all categories: one by one, and as a re2.Set."""
    plain = _timed(lambda text: [named(name, text) for name in WORDS], texts)
    told: Table = {"re_us_a_text": plain}
    try:
        import re2
    except ImportError:
        return {**told, "re2_set_us_a_text": None}
    every = re2.Set.SearchSet()
    for words in WORDS.values():
        every.Add("|".join(map(_for_re2, words)))
    every.Compile()
    return {**told, "re2_set_us_a_text": _timed(every.Match, texts)}


def _for_re2(word: str) -> str:
    body = re.escape(word.strip("<>")).replace("\\~", "~").replace("~", "[^a-z0-9]{0,2}")
    before = "(?:^|[^a-z])" if word[0] == "<" else ""
    return before + body + ("(?:[^a-z]|$)" if word[-1] == ">" else "")


def _timed(work: Callable[[str], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - start) / len(texts) * 1e6


def _written(told: Mapping[str, object], depth: int = 0) -> Iterable[str]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield f"{'  ' * depth}{name}"
            yield from _written(value, depth + 1)
        elif isinstance(value, list):
            yield from (f"{'  ' * depth}{name}: {each}" for each in value)
        else:
            shown = f"{value:.5g}" if isinstance(value, float) else value
            yield f"{'  ' * depth}{name:<24} {shown}"


if __name__ == "__main__":
    main()
