"""The data set's README.md: a Hugging Face data set card, made from the rows and the manifest.

Source:
    https://huggingface.co/docs/hub/datasets-cards, for the keys of the front matter.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import yaml

from piiforge import prompt
from piiforge.dataset import gates
from piiforge.dataset.card_text import ALPACA, BODY, COLUMNS, TRAINING
from piiforge.dataset.export import MODELS, SPLITS, alpaca, order_of
from piiforge.dataset.lookup import items, text
from piiforge.dataset.report_figures import share
from piiforge.types import Example

NOT_MEASURED = "not measured"
_HUB_SPLITS: Mapping[str, str] = MappingProxyType({"val": "validation"})
_SIZES = (
    "n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B",
    "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T",
)  # fmt: skip
_SHORT = 320  # characters of a row that is shown
_BACKTICKS = re.compile("`+")


def render(rows: Sequence[Example], facts: Mapping[str, object]) -> str:
    """Return the card. `facts` is the manifest's content; what it lacks is said to be not measured.

    Where `facts` has "descriptions" (each category's description in the prompt, by id), the rows
    shown are those of the JSONL files; without it, line and answer are shown.
    """
    front = yaml.safe_dump(_front(rows, facts), sort_keys=False, allow_unicode=True)
    body = BODY.format(
        name=text(facts, "name") or "data set",
        version=text(facts, "piiforge") or NOT_MEASURED,
        seed=text(facts, "seed") or NOT_MEASURED,
        rows=f"{len(rows):,}",
        positive=share(sum(row.verdict.is_sensitive for row in rows), len(rows)),
        splits=_splits(rows),
        languages=_listed(row.language for row in rows),
        events=_listed(row.event for row in rows),
        pair=_pair(rows, facts),
        alpaca=_table(("column", "content"), ALPACA.items()),
        columns=_table(("column", "type", "content"), ((n, *of) for n, of in COLUMNS.items())),
        counts=_counts(rows),
        measures=_measures(rows, facts),
        certificate=_certificate(facts),
        training=TRAINING.format(
            commands="\n".join(f"llamafactory-cli train train_{name}.yaml" for name in MODELS)
        ),
        prompt=prompt.VERSION,
    )
    return f"---\n{front}---\n\n{body}"


def size_category(count: int) -> str:
    """Return the hub's name for a set of `count` rows.

    >>> size_category(8200)
    '1K<n<10K'
    """
    return _SIZES[min(max(len(str(count)) - 3, 0), len(_SIZES) - 1)]


def _front(rows: Sequence[Example], facts: Mapping[str, object]) -> dict[str, object]:
    present = {row.split for row in rows}
    return {
        "license": "apache-2.0",
        "language": sorted({row.language for row in rows} - {"mixed", ""}),
        "task_categories": ["text-classification"],
        "pretty_name": f"piiforge {text(facts, 'name')}".strip(),
        "size_categories": [size_category(len(rows))],
        "tags": ["pii", "privacy", "synthetic", "web-analytics", "logs", "llama-factory"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": _HUB_SPLITS.get(name, name), "path": f"{name}.jsonl"}
                    for name in SPLITS
                    if name in present
                ],
            }
        ],
    }


def _pair(rows: Sequence[Example], facts: Mapping[str, object]) -> str:
    """Show one row of each label: twins where the set has them, short and in plain characters."""
    waiting: dict[str, Example] = {}
    firsts: dict[bool, Example] = {}
    for row in rows:
        label = row.verdict.is_sensitive
        firsts.setdefault(label, row)
        if not row.twin_id or len(row.content) > _SHORT or not _is_plain(row):
            continue
        other = waiting.setdefault(row.twin_id, row)
        if other.verdict.is_sensitive != label:
            firsts = {label: row, not label: other}
            break
    return "\n\n".join(_shown(firsts[label], facts) for label in (True, False) if label in firsts)


def _is_plain(row: Example) -> bool:
    return row.content.isascii() and row.content.isprintable()


def _shown(row: Example, facts: Mapping[str, object]) -> str:
    label = "Positive" if row.verdict.is_sensitive else "Negative"
    description = text(facts, "descriptions", row.category)
    record: dict[str, str] = {"content": row.content, "output": prompt.answer(row.verdict)}
    if description:
        order = order_of(row, text(facts, "recipe", "order") or prompt.ORDERS[0])
        record = alpaca(row, description, order)
    shown = json.dumps(record, ensure_ascii=False, indent=2)
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    return (
        f"{label} for `{row.category}` (`{row.id}`, {row.split}):\n\n{fence}json\n{shown}\n{fence}"
    )


def _counts(rows: Sequence[Example]) -> str:
    """Return positives and negatives by category and split as a Markdown table."""
    counts = Counter((row.category, row.split, row.verdict.is_sensitive) for row in rows)
    categories = sorted({row.category for row in rows})
    splits = [name for name in SPLITS if any(key[1] == name for key in counts)]
    lines = [
        (
            category,
            *(f"{counts[category, s, True]:,} / {counts[category, s, False]:,}" for s in splits),
            f"{sum(counts[category, s, label] for s in splits for label in (True, False)):,}",
        )
        for category in categories
    ]
    total = (
        "all",
        *(
            " / ".join(
                f"{sum(counts[c, s, label] for c in categories):,}" for label in (True, False)
            )
            for s in splits
        ),
        f"{len(rows):,}",
    )
    return _table(("category", *splits, "rows"), [*lines, total], right=True)


def _measures(rows: Sequence[Example], facts: Mapping[str, object]) -> str:
    lines = [
        (gate.name, _figure(gate, gate.measured), _bound(gate), _state(gate.holds))
        for gate in gates.gates(rows, facts)
    ]
    tokens = [gates.whole(facts, "tokens", name) for name in ("median", "p95", "max", "limit")]
    if all(count is not None for count in tokens):
        median, p95, longest, limit = tokens
        shown = f"median {median:,}, p95 {p95:,}, longest {longest:,}"
        fits = longest is not None and limit is not None and longest <= limit
        lines.append(("tokens of prompt and answer", shown, f"at most {limit:,}", _state(fits)))
    table = _table(("measure", "value", "bound", ""), lines)
    counter = text(facts, "tokens", "counted_by")
    return f"{table}\n\nTokens are counted by: {counter}." if counter else table


def _figure(gate: gates.Gate, value: float | None) -> str:
    if value is None:
        return NOT_MEASURED
    if gate.is_share:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3f}"


def _bound(gate: gates.Gate) -> str:
    if gate.bound is None:
        return "none"
    return f"at {'most' if gate.at_most else 'least'} {_figure(gate, gate.bound)}"


def _state(holds: bool | None) -> str:
    return "" if holds is None else "holds" if holds else "**broken**"


def _certificate(facts: Mapping[str, object]) -> str:
    axes = gates.axes(facts)
    if not axes:
        return f"Leaks between the splits: {NOT_MEASURED}."
    told = {True: "Nothing stands in two splits.", False: "**Something stands in two splits.**"}
    clean = gates.is_clean(facts)
    lines = [(axis.name, *(_whole(n) for n in (axis.keys, axis.leaks))) for axis in axes]
    table = _table(("axis", "keys", "in two splits"), lines, right=True)
    exempt = len(items(facts, "certificate", "exempt"))
    rest = (
        "Documented samples and fillers are finite and therefore exempt: "
        f"{exempt} kinds stand in several splits; `manifest.json` lists them."
    )
    verdict = "" if clean is None else told[clean]
    return f"{verdict}\n\n{table}" + (f"\n\n{rest}" if exempt else "")


def _splits(rows: Iterable[Example]) -> str:
    counts = Counter(row.split for row in rows)
    return ", ".join(f"{counts[name]:,} in `{name}.jsonl`" for name in SPLITS if name in counts)


def _listed(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(f"{name} ({count:,})" for name, count in sorted(counts.items()))


def _whole(count: int | None) -> str:
    return NOT_MEASURED if count is None else f"{count:,}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], *, right: bool = False) -> str:
    """Return a Markdown table; with `right`, all columns but the first are set to the right."""
    rule = ["---", *(["---:" if right else "---"] * (len(head) - 1))]
    cells = [list(head), rule, *([_cell(cell) for cell in line] for line in lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cell(content: str) -> str:
    return content.replace("|", "\\|").replace("\n", " ")
