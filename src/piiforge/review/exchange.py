"""What decisions are given on as: labelled lines, false alarms, and tasks of Label Studio.

`to_adapt` gives the lines that `piiforge adapt` takes. `false_alarms` gives what `piiforge scan`
can be told to keep quiet about, one JSON object a line, without a value in clear:

| key | value |
|---|---|
| `kind` | "false-alarm" |
| `category` | of the finding |
| `file`, `key` | where it stood: the file as the scan called it, the first key; null: none |
| `reference` | keyed digest of the content (`--reference-key`), null without a key |
| `time`, `reviewer`, `reason` | who said so, when and why |

A finding is the alarm that was meant where category and reference are equal; where a record has no
reference, where category, file and the first key are. `piiforge scan --suppress` takes the file.

Label Studio's tasks hold the contents, as they must. A decision comes back as the choice "right",
"wrong" or "unsure" of a control called "decision", and its text areas "reason" and "reviewer".

Sources:
    https://labelstud.io/guide/task_format
    https://labelstud.io/guide/export
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import orjson

from piiforge import categories, files
from piiforge.errors import AskedWrongly, BadRecord
from piiforge.review.items import FINDINGS, MISSED, Item, Opened
from piiforge.review.journal import DECIDED, Decision, Journal
from piiforge.types import Span

CONFIG = """\
<View>
  <Header value="$question"/>
  <Labels name="value" toName="text"><Label value="value"/></Labels>
  <Text name="text" value="$text"/>
  <Choices name="decision" toName="text" choice="single" showInLine="true">
    <Choice value="right" hotkey="y"/><Choice value="wrong" hotkey="n"/>
    <Choice value="unsure" hotkey="u"/>
  </Choices>
  <TextArea name="reason" toName="text" rows="1"/>
  <TextArea name="reviewer" toName="text" rows="1" maxSubmissions="1"/>
</View>
"""
_EXPORTED = "Export it from Label Studio as JSON (not JSON-MIN)."


def to_adapt(opened: Opened, journal: Journal) -> Iterator[dict[str, object]]:
    """Yield id, category, content and label of every decided item that has all of them.

    What is unsure is left out, and so is a row that was judged for several categories at once.
    """
    for item in opened.settled(journal):
        if item.decision in DECIDED and item.category and item.content:
            yield {
                "id": item.id,
                "category": item.category,
                "content": item.content,
                "label": label_of(item),
            }


def label_of(item: Item) -> bool:
    """Return the label that a decided item has by what was said; without a claim, right is true."""
    claimed = True if item.label is None else item.label
    return claimed if item.decision is Decision.RIGHT else not claimed


def false_alarms(opened: Opened, journal: Journal) -> Iterator[dict[str, object]]:
    """Yield a record for every finding that was called a false alarm."""
    for item in opened.settled(journal):
        said = journal.settled(item.id)
        if item.label and said and said.decision is Decision.WRONG and item.place:
            yield {
                "kind": "false-alarm",
                "category": item.category,
                "file": item.place.file,
                "key": item.keys[0] if item.keys else None,
                "reference": item.reference,
                "time": said.time,
                "reviewer": said.reviewer,
                "reason": said.reason,
            }


def keep_false_alarms(path: Path, alarms: Iterable[Mapping[str, object]]) -> int:
    """Add to `path` the false alarms that it doesn't hold yet; return how many those are.

    What stands there stays byte for byte, of other kinds too.

    Raises:
        BadRecord: a line of the file is not a JSON object.
    """

    def meant(record: Mapping[str, object]) -> tuple[object, ...]:
        place = () if record.get("reference") else (record.get("file"), record.get("key"))
        return record.get("kind"), record.get("category"), record.get("reference"), *place

    before = path.read_bytes() if path.exists() else b""
    known = {meant(record) for record in files.read(path)} if before else set()
    new = {meant(one): one for one in alarms if meant(one) not in known}
    with files.draft(path) as part:
        files.write(part, new.values())
        added = part.read_bytes()
        end = b"" if not before or before.endswith(b"\n") else b"\n"
        part.write_bytes(before + end + added)
    return len(new)


def title_of(category: str) -> str:
    """Return what a category is called, ours or another's.

    >>> title_of("ssn"), title_of("badge_number")
    ('SSN', 'badge number')
    """
    ours = {each.id: each.title for each in categories.ALL}
    return ours.get(category, category.replace("_", " "))


def question(opened: Opened, item: Item) -> str:
    """Return what a person is asked about an item, in words."""
    name = title_of(item.category)
    if opened.kind == MISSED:
        return "Called clean: nothing personal stands in it"
    if item.label is None:
        return f"Does it hold: {name}?"
    if opened.kind == FINDINGS:
        return f"Found: {name}" if item.label else f"Unsure, rather not: {name}"
    return f"{name}: {'sensitive' if item.label else 'not sensitive'}"


def to_label_studio(
    opened: Opened, journal: Journal, spans: Mapping[str, Sequence[Span]]
) -> list[dict[str, object]]:
    """Return the items as tasks, with what each reviewer said and where the values stand."""
    tasks: list[dict[str, object]] = []
    for item in opened.items:
        if item.refused:
            continue
        told: list[dict[str, object]] = [
            {
                "type": "labels", "from_name": "value", "to_name": "text",
                "value": {
                    "start": _units(item.content[: span.start]),
                    "end": _units(item.content[: span.end]),
                    "labels": ["value"],
                    "text": item.content[span.start : span.end],
                },
            }
            for span in spans.get(item.id, ())
        ]  # fmt: skip
        annotations = [
            {
                "created_at": said.time,
                "result": [
                    _choice(said.decision),
                    *_text("reason", said.reason),
                    *_text("reviewer", name),
                ],
            }
            for name, said in journal.said(item.id).items()
            if said.decision
        ]
        tasks.append({
            "data": {
                "id": item.id, "text": item.content, "category": item.category,
                "question": question(opened, item),
            },
            "predictions": [{"model_version": "piiforge", "result": told}] if told else [],
            "annotations": annotations,
        })  # fmt: skip
    return tasks


def _choice(decision: Decision) -> dict[str, object]:
    value = {"choices": [decision.value]}
    return {"type": "choices", "from_name": "decision", "to_name": "text", "value": value}


def _text(name: str, text: str) -> list[dict[str, object]]:
    value = {"text": [text]}
    told: dict[str, object] = {
        "type": "textarea",
        "from_name": name,
        "to_name": "text",
        "value": value,
    }
    return [told] if text else []


def _units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class ImportedDecisions:
    """How many decisions came in, were there already, and are of rows that are not there."""

    new: int = 0
    known: int = 0
    lost: int = 0


def from_label_studio(path: Path, opened: Opened, journal: Journal) -> ImportedDecisions:
    """Add the decisions of an export of Label Studio to the journal; once, however often read.

    Raises:
        AskedWrongly: the file is not there, or no export.
        BadRecord: a task or a choice is none of ours; names its number, and nothing is added.
    """
    try:
        tasks = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise AskedWrongly(f"{path} can't be read as JSON.", _EXPORTED) from error
    if not isinstance(tasks, list):
        raise AskedWrongly(f"{path} is no list of tasks.", _EXPORTED)
    said = [one for at, task in enumerate(tasks, 1) for one in _said(path, at, task)]
    ids = {item.id for item in opened.items}
    done = {(one.id, one.reviewer, one.decision, one.time) for one in journal.entries}
    new = known = lost = 0
    for row_id, reviewer, decision, time, reason in said:
        if row_id not in ids:
            lost += 1
        elif (row_id, reviewer, decision, time) in done:
            known += 1
        else:
            journal.say(row_id, decision, reviewer, reason=reason, time=time)
            new += 1
    return ImportedDecisions(new, known, lost)


def _said(path: Path, at: int, task: object) -> Iterator[tuple[str, str, Decision, str, str]]:
    """Yield id, reviewer, decision, time and reason of a task's annotations."""
    try:
        told = cast("Mapping[str, Mapping[str, object]]", task)
        row_id = str(told["data"]["id"])
        annotations = cast("Sequence[Mapping[str, object]]", told.get("annotations") or ())
        for one in annotations:
            results = cast("Sequence[Mapping[str, object]]", one.get("result") or ())
            by_name = {str(each.get("from_name")): each.get("value") for each in results}
            if one.get("was_cancelled") or "decision" not in by_name:
                continue
            (choice,) = cast("Mapping[str, Sequence[str]]", by_name["decision"])["choices"]
            yield (
                row_id,
                _written(by_name.get("reviewer")) or _name(one.get("completed_by")),
                Decision(choice),
                str(one.get("updated_at") or one.get("created_at") or ""),
                _written(by_name.get("reason")),
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = "no task of ours, or its decision is none of right, wrong and unsure."
        raise BadRecord(path, at, problem, _EXPORTED) from error


def _written(value: object) -> str:
    """Return what stands in a text area."""
    found = cast("Mapping[str, Sequence[str] | str]", value or {}).get("text", "")
    return found if isinstance(found, str) else " ".join(found)


def _name(completed_by: object) -> str:
    """Return who annotated: an address where there is one, else Label Studio's number."""
    if isinstance(completed_by, Mapping):
        return str(completed_by.get("email") or completed_by.get("id") or "label-studio")
    return f"label-studio:{completed_by}" if completed_by is not None else "label-studio"


def write_tasks(path: Path, tasks: Sequence[Mapping[str, object]], *, force: bool = False) -> None:
    """Write tasks as one JSON list, whole or not at all."""
    with files.draft(path, force=force) as part:
        part.write_bytes(orjson.dumps(tasks, option=orjson.OPT_INDENT_2))
