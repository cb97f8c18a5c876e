r"""How true to life are the rows of a built folder? One table, each figure beside its aim.

    python scripts/lifelike.py out/base [out/other ...]

Lengths are Qwen tokens, by the estimate (`prompt.tokens`). A random-looking string is a run of 16
and more letters, digits, "-" and "_" with three changes between letters and digits or hexadecimal
throughout; a bare row is a sentence with nothing around it. Veto and topic sentences are those of
the banks; a twin pair counts once. --json prints one object a folder.
"""

import argparse
import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from piiforge import build, lines, prompt
from piiforge.types import Cue, Example

Rows = Sequence[Example]
_RUN = re.compile(r"[A-Za-z0-9_-]{16,}")
_CHANGE = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_HEX = re.compile(r"(?i)(?=.*\d)(?=.*[a-f])[0-9a-f-]{16,}")
_DIGITS = re.compile(r"(?<!\d)\d{8,}(?!\d)")
_BARE = frozenset({"chat_bare", "form_text_alone", "chat_last_turn", "chat_note", "chat_said"})
_FAMOUS = re.compile(  # a value as it was drawn, in lower case and without separators
    r"078051120|219099999|111223333|[a-z]*0?123456789?0?|[a-z]*98765432\d|[a-z]?1234567|912345678|"
    r"41111{12}|4242(4242){3}|5555{12}4444|5105105105105100|3782822463\d+|3714496353\d+|"
    r"4012888888881881|6011\d{12}|3530111333300000|4222{12}|1234567890123456|0000111122223333|"
    r"1eg4te5mk7\d|[a-z]{0,3}(\d)\1{6,}|"
    r".*@(example|test|domain|yourdomain|email)\..*|(user|name|you|test|foo|nobody)@.*|.*55501\d\d"
)
VETO = "veto"
_EPOCH = re.compile(r"1[67]\d{8}(\d{3}){0,2}")
_PLAIN = frozenset({"canonical", "national", "international", "sep_changed"})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    read = {folder.name: build.read_rows(folder) for folder in asked.folders}
    table = {
        name: {fact: of(rows) for fact, (_, of) in FACTS.items()} for name, rows in read.items()
    }
    if asked.json:
        print(json.dumps(table))
        return
    print(f"{'':58} {'aim':>12} " + " ".join(f"{name[:14]:>14}" for name in read))
    for fact, (aim, _) in FACTS.items():
        print(f"{fact:58} {aim:>12} " + " ".join(f"{table[name][fact]:>14}" for name in read))


def share(is_so: Callable[[Example], bool]) -> Callable[[Rows], str]:
    """Return what tells the share of rows that are so."""
    return lambda rows: percent(sum(map(is_so, rows)), len(rows))


def within(
    some: Callable[[Example], bool], is_so: Callable[[Example], bool]
) -> Callable[[Rows], str]:
    """Return what tells the share among `some` of the rows."""

    def told(rows: Rows) -> str:
        mine = [row for row in rows if some(row)]
        return percent(sum(map(is_so, mine)), len(mine))

    return told


def percent(count: int, total: int) -> str:
    """Write a share.

    >>> percent(1, 8)
    '12.5 %'
    """
    return f"{100 * count / total:.1f} %" if total else "–"


def length(place: int) -> Callable[[Rows], str]:
    """Return what tells a percentile of the tokens of the content."""
    return lambda rows: (
        f"{statistics.quantiles([prompt.tokens(r.content) for r in rows], n=100)[place - 1]:.0f}"
    )


def looks_random(row: Example) -> bool:
    """Say whether a random-looking string stands in the row."""
    return any(
        _HEX.fullmatch(run) or len(_CHANGE.findall(run)) > 2 for run in _RUN.findall(row.content)
    )


def is_bare(row: Example) -> bool:
    """Say whether the row is a sentence with nothing around it."""
    return row.format in _BARE and "\n" not in row.content


def worn(*names: str) -> Callable[[Example], bool]:
    """Return what says whether a row wears one of the named disguises."""
    return lambda row: not set(names).isdisjoint(row.disguises)


def is_plain(row: Example) -> bool:
    """Say whether the value is written as people usually do."""
    return set(row.disguises) <= _PLAIN and bool(row.values)


def value_of(row: Example) -> str:
    """Return the row's value as written."""
    return "".join(row.content[s.start : s.end] for s in row.values[0].spans) if row.values else ""


def drawn(row: Example) -> Sequence[str]:
    """Return the parts of the row's value before it was disguised."""
    return row.values[0].key.split("|") if row.values else ()


def led_by_one(rows: Rows) -> str:
    """Tell how many runs of eight and more digits outside of values begin with 1, but for times."""
    found = (run for row in rows for run in _DIGITS.findall(outside(row)))
    runs = [run for run in found if not _EPOCH.fullmatch(run)]
    return percent(sum(run.startswith("1") for run in runs), len(runs))


def outside(row: Example) -> str:
    """Return the content without its values."""
    text = list(row.content)
    for mention in row.values:
        for span in mention.spans:
            text[span.start : span.end] = " " * (span.end - span.start)
    return "".join(text)


def sentences(role: str) -> Callable[[Rows], str]:
    """Return what tells how many sentences of the banks are in use for a role."""

    def told(rows: Rows) -> str:
        banks = lines.load()
        of_role = [
            *(
                phrases
                for bank in banks.categories.values()
                for (named, _), phrases in bank.phrases.items()
                if named == role
            ),
            *(
                said
                for noun in banks.nouns.values()
                for said in noun.phrases.values()
                if role == VETO
            ),
        ]
        known = {phrase.family for phrases in of_role for phrase in phrases}
        firsts = {row.twin_id or row.id: row.family for row in rows}
        used = Counter(family for family in firsts.values() if family in known)
        return f"{len(used)} of {len(known)}"

    return told


def top_reasons(rows: Rows) -> str:
    """Tell the share that the nineteen commonest explanations have together."""
    counts = Counter(row.verdict.explanation for row in rows)
    return percent(sum(n for _, n in counts.most_common(19)), len(rows))


def _positive(row: Example) -> bool:
    return row.verdict.is_sensitive


def _is_placeholder(row: Example) -> bool:
    return row.variant == "placeholder"


def _negative(row: Example) -> bool:
    return not row.verdict.is_sensitive


# What is told, its aim, and how it is counted
FACTS: dict[str, tuple[str, Callable[[Rows], str]]] = {
    "rows": ("", lambda rows: f"{len(rows):,}"),
    "tokens of the content: median": ("70", length(50)),
    "tokens of the content: 90th percentile": ("150", length(90)),
    "tokens of the content: 99th percentile": ("to 400", length(99)),
    "a bare sentence or turn": ("28 to 38 %", share(is_bare)),
    "several lines": ("< 8 %", share(lambda row: "\n" in row.content)),
    "a random-looking string of 16 and more": ("< 15 %", share(looks_random)),
    "positives written plainly": ("30 to 60 %", within(_positive, is_plain)),
    "negatives well formed, named, undisguised": (
        "12 to 40 %",
        within(_negative, lambda r: r.variant in {"named", "vetoed"} and is_plain(r)),
    ),
    "full-width digits": ("< 3 %", share(worn("fullwidth"))),
    "full-width digits that stand in Chinese lines": (
        "most", within(worn("fullwidth"), lambda row: row.language in {"zh", "mixed"})),
    "Arabic-Indic digits": ("< 1 %", share(worn("arabic_indic"))),
    "half-spelled values": ("< 4 %", share(lambda r: any("mixed_" in d for d in r.disguises))),
    "mixed separators": ("< 1 %", share(worn("sep_mixed"))),
    "famous placeholders among placeholder rows": (
        "half", within(_is_placeholder, lambda r: any(map(_FAMOUS.fullmatch, drawn(r))))),
    "SSN and ITIN with blanks, of those with other separators": (
        "as dots",
        within(
            lambda r: r.category in {"ssn", "itin"} and "sep_changed" in r.disguises,
            lambda r: " " in value_of(r) or "+" in value_of(r),
        ),
    ),
    "veto sentences in use": ("", sentences(VETO)),
    "topic sentences in use": ("", sentences("none")),
    "other digit runs of 8 and more, no times, that begin with 1": ("any digit", led_by_one),
    "explanations": ("400", lambda rows: f"{len({r.verdict.explanation for r in rows}):,}"),
    "the 19 commonest explanations together": ("< 35 %", top_reasons),
    "negatives with a misleading key": ("", within(_negative, lambda r: r.cue is Cue.MISLEADING)),
}  # fmt: skip


if __name__ == "__main__":
    main()
