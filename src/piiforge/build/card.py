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
from piiforge.build import report
from piiforge.build.folder import MODELS, SPLITS, alpaca, order_of
from piiforge.build.report import Gate, is_clean, items, share, text, whole
from piiforge.types import Example

# The words of the data set card. Columns are tested against what the export writes.


ALPACA: Mapping[str, str] = MappingProxyType(
    {
        "`instruction`": "the question, the same in every row",
        "`input`": "the category with its description, and the line; chat control tokens escaped",
        "`output`": "the answer as strict JSON: is_sensitive, confidence_score, explanation",
    }
)

COLUMNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "id": ("text", "16 hex digits, from seed and place in the plan"),
        "split": ("text", "train, val or test"),
        "category": ("text", "the category that is asked for"),
        "language": ("text", "en, es, fr, zh or mixed"),
        "event": ("text", "form_submit, page_view, xhr or chat_message"),
        "format": ("text", "how the line is written"),
        "family": ("text", "line structure or phrase frame; never in two splits"),
        "skeleton": ("text", "the decoded line, values as {}, words with digits as #"),
        "variant": ("text", "how a positive is written, or why a negative is one"),
        "twin_id": ("text", "shared by a positive and the negative that differs in one thing"),
        "source": (
            "text",
            "rules, seeds (others' cue words or separators) or written (a model's line)",
        ),
        "frame": ("text", "the seed or written line that carries the row; empty for rules"),
        "label": ("boolean", "whether the line holds a value of the category"),
        "confidence": ("number", "how sure the stated verdict is, 0 to 1, by rule"),
        "explanation": ("text", "why, in at most 12 words, never repeating the value"),
        "content": ("text", "the line, nothing escaped"),
        "disguises": ("list of text", "how the value is written, innermost first"),
        "cue": (
            "text",
            "what stands around it says: confirm, neutral, veto, misleading, other, none",
        ),
        "key_names": ("list of text", "the keys that hold the value"),
        "values": (
            "list of records",
            "category, kind, key, origin, and spans as half-open code-point offsets; the first is "
            "what the row is about, where it has one",
        ),
        "hard": ("boolean", "disguised, uncued, argued about, or a lookalike"),
        "injection": ("boolean", "the line tells the model what to answer"),
        "order": ("text", "the prompt's order: category_first or content_first"),
    }
)

TRAINING = """\
The folder is its own `dataset_dir`: `dataset_info.json` names the three files, and each training
file has relative paths, `trust_remote_code: false` and the settings of `piiforge train` on a GPU.
With LLaMA-Factory 0.9.5 installed in an environment of its own, from inside this folder:

```sh
{commands}
```

The validation rows are for judging the checkpoints by their verdicts, as `piiforge train` does: the
mean loss of an answer hides an undecided classifier. Don't set `val_size`: it would split twins.
Serve with the template and system prompt that the training file names, or accuracy falls
silently."""

BODY = """\
# {name}

{rows} rows that teach a small language model to tell, for one web-analytics log line and one
category of personal data, whether the line holds such a value: {splits}. The answer is strict JSON.
Made by piiforge {version} from seed {seed}; all of it is synthetic.

Languages: {languages}. Events: {events}.

## Two rows

{pair}

## Columns

`train.jsonl`, `val.jsonl` and `test.jsonl` have exactly three columns, all text:

{alpaca}

`rows.parquet` has, in the same order, all that is known of each row:

{columns}

`dropped.jsonl` holds what did not pass, with the reason; `report.html` shows the set;
`manifest.json` has the whole recipe, the measures below and the SHA-256 of every file.

## Counts

Positive / negative rows:

{counts}

## How labels come about

By construction. A generator draws a value (or a lookalike, or none) from the seed, writes it in
some disguise under some name, and one function decides the label from these facts under a written
policy. No person and no language model labels. A reader that shares no code with the generators
then reads the finished line by itself; a row whose label it contradicts is dropped. Positives whose
disguise the reader can't undo are kept and counted for review, since dropping them would remove
just the hardest rows.

The label answers for the asked category only: a real value of another category is a negative row.

## Measures

{measures}

A probe is a linear classifier that sees one side of a row only; its figure is balanced accuracy on
the test rows, where 0.5 is chance.

## Leak certificate

{certificate}

## Where the values come from

Every value was drawn by a generator from the seed; none was copied from a person, a log or another
data set. A drawn number can by chance be one that is in use, since valid numbers are the subject;
nothing links it to anybody. Negatives also hold documented samples (test card numbers, 555-01xx
telephone numbers, example.com addresses).

## What it is not

- Not real traffic. The lines imitate formats of web analytics; the mix of formats, lengths and
  categories is the recipe's, not that of any site. {positive} of the rows are positive, far more
  than in traffic: set the decision threshold on your own data.
- Not a measure of quality by itself. The test split shares its makers with the training
  split; judge a model also on data that others made.
- Not world-wide. Identity numbers, passports, bank accounts, licences and health plan numbers are
  those of the United States; cards, telephone numbers and e-mail addresses come from elsewhere too.
- Not reviewed by native speakers in Spanish, French and Chinese.
- Not free text. Lines come from a finite number of families; a model may learn what they share.
- Not a list of all personal data: names, street addresses and dates of birth are no category here.

## Training

{training}

## Checking this folder

```sh
piiforge verify DIR
```

compares every file with its SHA-256 and proves the leak certificate again. The same recipe and seed
build the same bytes. Prompt version {prompt}.

## License

Apache-2.0.
"""


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
        for gate in report.gates(rows, facts)
    ]
    tokens = [whole(facts, "tokens", name) for name in ("median", "p95", "max", "limit")]
    if all(count is not None for count in tokens):
        median, p95, longest, limit = tokens
        shown = f"median {median:,}, p95 {p95:,}, longest {longest:,}"
        fits = longest is not None and limit is not None and longest <= limit
        lines.append(("tokens of prompt and answer", shown, f"at most {limit:,}", _state(fits)))
    table = _table(("measure", "value", "bound", ""), lines)
    counter = text(facts, "tokens", "counted_by")
    return f"{table}\n\nTokens are counted by: {counter}." if counter else table


def _figure(gate: Gate, value: float | None) -> str:
    if value is None:
        return NOT_MEASURED
    if gate.is_share:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3f}"


def _bound(gate: Gate) -> str:
    if gate.bound is None:
        return "none"
    return f"at {'most' if gate.at_most else 'least'} {_figure(gate, gate.bound)}"


def _state(holds: bool | None) -> str:
    return "" if holds is None else "holds" if holds else "**broken**"


def _certificate(facts: Mapping[str, object]) -> str:
    axes = report.axes(facts)
    if not axes:
        return f"Leaks between the splits: {NOT_MEASURED}."
    told = {True: "Nothing stands in two splits.", False: "**Something stands in two splits.**"}
    clean = is_clean(facts)
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
