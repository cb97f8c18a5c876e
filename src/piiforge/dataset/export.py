"""The folder that LLaMA-Factory trains from: a data set that is its own `dataset_dir`.

Alpaca rows with exactly instruction, input and output; `dataset_info.json`; one training file a
model, with relative paths and `trust_remote_code: false`. `rows.parquet` has, row by row in the
same order, all that is known of each.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from piiforge import jsonl, prompt
from piiforge.dataset.records import dropped_record, to_record
from piiforge.types import Dropped, Example

SPLITS = ("train", "val", "test")
MODELS: Mapping[str, str] = {
    "qwen2.5-0.5b": "Qwen/Qwen2.5-0.5B-Instruct",
    "qwen2.5-1.5b": "Qwen/Qwen2.5-1.5B-Instruct",
}
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
_TRAINING = """\
# LoRA fine-tuning of {model} with LLaMA-Factory 0.9.5, from inside this folder:
#     llamafactory-cli train {file}
model_name_or_path: {model}
trust_remote_code: false

stage: sft
do_train: true
finetuning_type: lora
lora_rank: 16
lora_alpha: 32
lora_target: all

dataset_dir: .
dataset: piiforge_train
eval_dataset: piiforge_val
template: qwen
# the same text that the model's own chat template puts first
default_system: You are Qwen, created by Alibaba Cloud. You are a helpful assistant.
cutoff_len: {cutoff}
overwrite_cache: true
preprocessing_num_workers: 2

output_dir: models/{name}
logging_steps: 10
save_strategy: epoch
eval_strategy: epoch
per_device_eval_batch_size: 32
report_to: none

per_device_train_batch_size: 16
gradient_accumulation_steps: 1
learning_rate: 2.0e-4
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_steps: 0.1
bf16: true
seed: 1
"""


def ordered(rows: Iterable[Example]) -> list[Example]:
    """Return `rows` in the order of the files: by split, then by id, which mixes all else."""
    return sorted(rows, key=lambda row: (SPLITS.index(row.split), row.id))


def alpaca(row: Example, description: str, order: str) -> dict[str, str]:
    """Return the training row: exactly instruction, input and output, all texts."""
    return {
        "instruction": prompt.INSTRUCTION,
        "input": prompt.question(row.category, description, row.content, order=order),
        "output": prompt.answer(row.verdict),
    }


def order_of(row: Example, order: str) -> str:
    """Return the prompt order of one row: under "both" half of the rows have each, twins alike."""
    if order != "both":
        return order
    return prompt.ORDERS[int((row.twin_id or row.id)[-1], 16) % 2]


def write(
    folder: Path,
    rows: Sequence[Example],
    dropped: Sequence[Dropped],
    descriptions: Mapping[str, str],
    *,
    order: str,
    max_tokens: int,
) -> None:
    """Write the data files and the training files into `folder`. `rows` come from `ordered`."""
    for split in SPLITS:
        jsonl.write(
            folder / f"{split}.jsonl",
            (
                alpaca(row, descriptions[row.category], order_of(row, order))
                for row in rows
                if row.split == split
            ),
        )
    jsonl.write(folder / "dropped.jsonl", map(dropped_record, dropped))
    write_parquet(folder / "rows.parquet", rows, order)
    jsonl.write_json(
        folder / "dataset_info.json",
        {
            f"piiforge_{split}": {"file_name": f"{split}.jsonl", "columns": _COLUMNS}
            for split in SPLITS
        },
    )
    for name, model in MODELS.items():
        file = f"train_{name}.yaml"
        text = _TRAINING.format(model=model, name=name, file=file, cutoff=max_tokens)
        (folder / file).write_text(text, encoding="utf-8")


def write_parquet(path: Path, rows: Sequence[Example], order: str) -> None:
    """Write all that is known of each row, in the order of the JSONL files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    span = pa.list_(pa.list_(pa.int32()))
    value = pa.struct(
        [*((name, pa.string()) for name in ("category", "kind", "key", "origin")), ("spans", span)]
    )
    typed: dict[str, object] = {
        "label": pa.bool_(),
        "confidence": pa.float64(),
        "hard": pa.bool_(),
        "injection": pa.bool_(),
        "disguises": pa.list_(pa.string()),
        "key_names": pa.list_(pa.string()),
        "values": pa.list_(value),
    }
    records = [{**to_record(row), "order": order_of(row, order)} for row in rows]
    names = list(records[0]) if records else ["id"]
    schema = pa.schema([(name, typed.get(name, pa.string())) for name in names])
    pq.write_table(pa.Table.from_pylist(records, schema=schema), path, compression="zstd")


def read_parquet(path: Path) -> list[dict[str, object]]:
    """Read rows.parquet back as records."""
    import pyarrow.parquet as pq

    found: list[dict[str, object]] = pq.read_table(path).to_pylist()
    return found
