"""The words of the data set card. Columns are tested against what the export writes."""

from collections.abc import Mapping
from types import MappingProxyType

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
file has relative paths and `trust_remote_code: false`. With LLaMA-Factory 0.9.5 installed in an
environment of its own, from inside this folder:

```sh
{commands}
```

The validation rows are given as `eval_dataset`. Don't set `val_size` instead: it would split
twins. Serve with the template and system prompt that the training file names, or accuracy falls
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
