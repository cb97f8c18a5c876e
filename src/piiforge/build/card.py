"""The data set's README.md: a Hugging Face data set card, made from the rows and the manifest.

The words are in `card.txt`, a Jinja template; here is what they are filled with.

Source:
    https://huggingface.co/docs/hub/datasets-cards, for the keys of the front matter.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence

import jinja2

from piiforge import prompt
from piiforge.build import report
from piiforge.build.folder import MODELS, alpaca, order_of
from piiforge.types import SPLITS, Example

_SIZES = (
    "n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B",
    "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T",
)  # fmt: skip
_ALL = "all"
_SHORT = 320  # characters of a row that is shown
_BACKTICKS = re.compile("`+")


def render(rows: Sequence[Example], facts: report.Facts) -> str:
    """Return the card; what `facts` lacks is said to be not measured.

    Where `facts` has descriptions, the rows shown are those of the JSONL files; without them, line
    and answer are shown.
    """
    by_split, languages, events = (
        Counter(getattr(row, name) for row in rows) for name in ("split", "language", "event")
    )
    counts = Counter[object]()
    for row in rows:
        for category in (row.category, _ALL):
            counts.update([category, (category, row.split, row.verdict.is_sensitive)])
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
        rows=len(rows),
        size=size_category(len(rows)),
        positive=report.share(sum(row.verdict.is_sensitive for row in rows), len(rows)),
        splits={name: by_split[name] for name in SPLITS if name in by_split},
        hub_languages=sorted(languages.keys() - {"mixed", ""}),
        languages=languages,
        events=events,
        categories=[*sorted({row.category for row in rows}), _ALL],
        counts=counts,
        pair=_pair(rows, facts),
        gates=report.gates(rows, facts),
        models=MODELS,
        prompt_version=prompt.VERSION,
    )


def size_category(count: int) -> str:
    """Return the hub's name for a set of `count` rows.

    >>> size_category(8200)
    '1K<n<10K'
    """
    return _SIZES[min(max(len(str(count)) - 3, 0), len(_SIZES) - 1)]


def _pair(rows: Sequence[Example], facts: report.Facts) -> list[str]:
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
    return [_shown(firsts[label], facts) for label in (True, False) if label in firsts]


def _shown(row: Example, facts: report.Facts) -> str:
    label = "Positive" if row.verdict.is_sensitive else "Negative"
    record = {"content": row.content, "output": prompt.answer(row.verdict)}
    if description := facts.descriptions.get(row.category):
        record = alpaca(row, description, order_of(row, facts.wanted.order))
    shown = json.dumps(record, ensure_ascii=False, indent=2)
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    return (
        f"{label} for `{row.category}` (`{row.id}`, {row.split}):\n\n{fence}json\n{shown}\n{fence}"
    )
