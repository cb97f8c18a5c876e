"""The card of a data set on a hub: README.md, in the words of `card.txt`.

It tells what the set holds, whose its values are, how it was measured, and shows a row of each
label, out of the same facts as the report.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import jinja2

from piiforge import prompt, train
from piiforge.build import folder
from piiforge.build.report import Counts, Facts, counts_of, gates, share
from piiforge.types import SPLITS, Example

# Of each source: whose the line is, and what became of values that were not ours
PROVENANCE: Mapping[str, str] = {
    "rules": "Line and value are drawn by our generators; nothing of anybody's went in.",
    "seeds": "Cue words and separators come from other people's test sets; their values were "
    "thrown away when they were read, and ours are drawn in their place.",
    "written": "A language model wrote the line around a place for the value; values of its own "
    "were refused or cut out, and ours are drawn in their place.",
}
# Source, for these names and the front matter: https://huggingface.co/docs/hub/datasets-cards
_SIZES = (
    "n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B",
    "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T",
)  # fmt: skip
_SHORT = 320  # characters of a row that the card shows
_BACKTICKS = re.compile("`+")


def card(rows: Sequence[Example], facts: Facts, told: Counts | None = None) -> str:
    """Return README.md, a Hugging Face data set card; what `facts` lacks shows as not measured.

    Of a set that is too large to be held, `rows` are a sample, and `told` counts all; there is no
    report of it.

    The words are in `card.txt`, a Jinja template; here is what they are filled with.
    Where `facts` has descriptions, the rows shown are those of the JSONL files; without them, line
    and answer are shown.
    """
    found = told or counts_of(rows)
    by_split, languages, events = Counter[str](), Counter[str](), Counter[str]()
    counts = Counter[object]()
    for (split, category, label, language, event), number in found.cells.items():
        by_split[split] += number
        languages[language] += number
        events[event] += number
        for name in (category, "all"):
            counts[name] += number
            counts[name, split, label] += number
    total = by_split.total()
    sources = Counter(row.source for row in rows)
    if told and len(sources) == 1:  # `rows` are some of the set
        sources = Counter(dict.fromkeys(sources, total))
    positive = sum(number for (_, _, label, *_), number in found.cells.items() if label)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("piiforge.build", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["whole"] = lambda n: "not measured" if n is None else f"{n:,}"
    return environment.get_template("card.txt").render(
        facts=facts,
        rows=total,
        size=size_category(total),
        positive=share(positive, total),
        splits={name: by_split[name] for name in SPLITS if name in by_split},
        hub_languages=sorted(languages.keys() - {"mixed", ""}),
        languages=languages,
        events=events,
        categories=[*sorted({category for _, category, *_ in found.cells}), "all"],
        counts=counts,
        pair=_pair(rows, facts),
        provenance={name: PROVENANCE.get(name, "") for name in sources},
        sources=sources,
        messages=facts.wanted.format != train.ALPACA,
        gates=gates(found, facts),
        has_report=told is None,
        models=folder.MODELS,
        prompt_version=prompt.VERSION,
    )


def size_category(count: int) -> str:
    """Return the hub's name for a set of `count` rows.

    >>> size_category(8200)
    '1K<n<10K'
    """
    return _SIZES[min(max(len(str(count)) - 3, 0), len(_SIZES) - 1)]


def _pair(rows: Sequence[Example], facts: Facts) -> list[str]:
    """Show one row of each label: twins where the set has them, short and in plain characters."""
    waiting: dict[str, Example] = {}
    firsts: dict[bool, Example] = {}
    for row in rows:
        label, content = row.verdict.is_sensitive, row.content
        firsts.setdefault(label, row)
        plain = content.isascii() and content.isprintable() and len(content) <= _SHORT
        if not row.twin_id or not plain:
            continue
        other = waiting.setdefault(row.twin_id, row)
        if other.verdict.is_sensitive != label:
            firsts = {label: row, not label: other}
            break
    return [_fenced(firsts[label], facts) for label in (True, False) if label in firsts]


def _fenced(row: Example, facts: Facts) -> str:
    label = "Positive" if row.verdict.is_sensitive else "Negative"
    record: Mapping[str, object] = {"content": row.content, "output": prompt.answer(row.verdict)}
    if description := facts.descriptions.get(row.category):
        write = folder.FORMS[facts.wanted.format].write
        record = write(row, description, folder.order_of(row, facts.wanted.order))
    shown = json.dumps(record, ensure_ascii=False, indent=2)
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    return (
        f"{label} for `{row.category}` (`{row.id}`, {row.split}):\n\n{fence}json\n{shown}\n{fence}"
    )
