r"""Ask systems about sets of cases, score what they said, and write the first tables of results.md.

    python scripts/results.py --cases "hard lines=HARD.jsonl" --cases "base test rows=out/base" \
        --with rules --decoded rules --with presidio@0.4 --with "model=pack:out/pack" --work DIR

Each set is a file of cases or a built folder (its test rows), each system what `piiforge predict
--with` takes; `--decoded` asks it about decoded lines. NAME= gives it a name, which the page shows.
What is kept in DIR, one folder a set: a file of predictions a system (`--resume` goes on with
those that are there) and `score.html`, the report with curves, slices and every pair of systems.
A system that needs what is not installed is told and left out.

The block between the two marks of the page (--page, docs/results.md without it) is written anew,
and the picture of cost against F1 of the first set beside it, img/cost-f1.svg.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from piiforge import files, judge, predict
from piiforge.errors import AskedWrongly, MissingExtra, PiiforgeError

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
PAGE = Path(__file__).parents[1] / "docs" / "results.md"
PICTURE = Path("img") / "cost-f1.svg"
HEAD = (
    *("system", "precision", "recall", "macro F1", "accuracy", "AUC", "alarms on benign rows"),
    "ms a line: p50 / p95",
)


@dataclass(frozen=True, slots=True)
class System:
    """A system by the name that the page gives it. `asked` is what `predict` opens."""

    name: str
    asked: str
    decode: bool


@dataclass(frozen=True, slots=True)
class Set:
    """Cases by the name that the page gives them."""

    name: str
    place: Path


def main() -> int:
    """Ask, score and write; return 1 where no system answered.

    Raises:
        PiiforgeError: files of an earlier run without --resume, cases or systems as they are.
    """
    asked = parser().parse_args()
    blocks: list[str] = []
    picture = ""
    for one in asked.cases:
        folder = asked.work / "".join(sign if sign.isalnum() else "-" for sign in one.name)
        said = dict(answers(one, asked.systems, folder, asked.latency, resume=asked.resume))
        if not said:
            print("No system answered.", file=sys.stderr)
            return 1
        about = judge.Judging(one.place, tuple(said.values()), names=tuple(said), by=axes(one))
        judged = judge.score_files(about)
        judge.write_score_report(judged, folder / "score.html", force=True)
        blocks.append(table(one.name, judged))
        picture = picture or str(judge.cost_against_f1(judged.comparison.scores, alone=True))
    write(asked.page, block(asked.cases[0].name, blocks), picture)
    print(f"Written: the tables of {asked.page}, and {asked.page.parent / PICTURE}.")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the command's words."""
    found = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    found.add_argument("--cases", type=set_of, action="append", required=True, metavar="NAME=PATH")
    kinds = (("--with", system_of), ("--decoded", lambda text: system_of(text, decode=True)))
    for flag, kind in kinds:
        found.add_argument(
            flag, type=kind, action="append", dest="systems", metavar="[NAME=]SYSTEM"
        )
    found.add_argument("--work", type=Path, required=True, metavar="DIR")
    found.add_argument("--page", type=Path, default=PAGE)
    found.add_argument("--latency", type=int, default=200, help="rows that are timed alone")
    found.add_argument("--resume", action="store_true", help="go on with the files in DIR")
    found.set_defaults(systems=[])
    return found


def set_of(text: str) -> Set:
    """Read NAME=PATH."""
    name, sign, place = text.partition("=")
    if not (name and sign and place):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return Set(name, Path(place))


def system_of(text: str, *, decode: bool = False) -> System:
    """Read SYSTEM or NAME=SYSTEM; a name has no colon, so that a path or address may hold a "="."""
    name, sign, asked = text.partition("=")
    if not sign or ":" in name:
        name, asked = text, text
    return System(f"{name}, decoded" if decode else name, asked, decode)


def answers(
    cases: Set, systems: Sequence[System], folder: Path, latency: int, *, resume: bool
) -> Iterator[tuple[str, Path]]:
    """Ask each system that is installed about `cases`; yield its name and file of predictions."""
    for system in systems:
        kept = "".join(sign if sign.isalnum() or sign in ".@-" else "_" for sign in system.name)
        out = folder / f"{kept}.jsonl"
        settings = predict.Settings(decode=system.decode)
        question = judge.Question(cases.place, system.asked, settings, latency=latency)
        print(f"{cases.name}: {system.name}", file=sys.stderr)
        try:
            judge.predict_file(
                question, out, resume=resume, force=False, progress=lambda *_step: None
            )
        except MissingExtra as missing:
            print(f"left out: {missing}", file=sys.stderr)
        else:
            yield system.name, out


def axes(cases: Set) -> tuple[str, ...]:
    """Return the slices to score by: `benign`, where the cases tell it."""
    found = judge.read_cases(cases.place, judge.split_of(cases.place, "", "test"))
    return ("benign",) if any("benign" in case.slices for case in found) else ()


def table(name: str, judged: judge.Judged) -> str:
    """Return the table of one set of cases."""
    done = judged.comparison
    lines = [
        f"**{name[:1].upper()}{name[1:]}**: {done.cases:,} cases, {done.sensitive:,} sensitive.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
    ]
    for score in done.scores:
        whole, took = score.overall, score.latency
        benign = next((part for part in score.of("benign") if part.name == "true"), None)
        cells = (
            score.system,
            share(whole.precision.value),
            share(whole.recall.value),
            share(score.macro_f1.value)
            + ("" if score.macro_f1.low is None or score.macro_f1.high is None
               else f" ({share(score.macro_f1.low)}–{share(score.macro_f1.high)})"),
            share(whole.accuracy.value),
            share(score.roc_auc.value),
            "–" if benign is None else f"{benign.counts.false_alarms} of {benign.counts.rows:,}",
            "–" if took is None else f"{took.p50_ms:.2f} / {took.p95_ms:.2f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def share(value: float | None) -> str:
    """Write a share as the page does.

    >>> share(0.8754), share(1.0), share(None)
    ('.875', '1.000', '–')
    """
    return "–" if value is None else f"{value:.3f}".removeprefix("0")


def block(first: str, tables: Sequence[str]) -> str:
    """Return what stands between the marks."""
    about = (
        "In brackets: 95 % intervals over families and twin pairs. Macro F1 is the mean over the "
        "categories that have a positive; a system that gives no probability has no AUC. A timed "
        f"line is asked alone, for one category. The picture is of the {first}."
    )
    return "\n\n".join((about, f"![Cost against F1]({PICTURE.as_posix()})", *tables))


def write(page: Path, text: str, picture: str) -> None:
    """Put `text` between the marks of `page`, and the picture beside it.

    Raises:
        AskedWrongly: the page has no place for it.
    """
    there = page.read_text(encoding="utf-8") if page.is_file() else ""
    before, begin, rest = there.partition(BEGIN)
    _, end, behind = rest.partition(END)
    if not begin or not end:
        raise AskedWrongly(f"{page} has no place for the tables.", f"Write {BEGIN} {END} there.")
    (page.parent / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    with files.draft(page.parent / PICTURE) as draft:
        draft.write_text(f"{picture.strip()}\n", encoding="utf-8")
    with files.draft(page) as draft:
        draft.write_text(f"{before}{BEGIN}\n{text}\n{END}{behind}", encoding="utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PiiforgeError as error:
        sys.exit(f"results: {error}")
