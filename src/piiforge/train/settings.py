"""Settings: a few of our own, and a whole training file for LLaMA-Factory made of them.

Small settings have short names (`epochs`, `lr`, `rank`). Any other `key=value` is LLaMA-Factory's
own and is passed on as it is; its parser knows whether there is such a key. What would break a
promise (remote code, another data set, an adapter that is none) is refused here.

Sources:
    LLaMA-Factory 0.9.5, `hparams/`; transformers 5.6, `TrainingArguments`.

>>> read(["epochs=1", "weight_decay=0.01"]).passed
{'weight_decay': 0.01}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from piiforge.errors import AskedWrongly
from piiforge.train.machine import PROFILES, Profile

Scalar = str | int | float | bool | None

LARGEST_CPU_BATCH = 8  # rows at a time: more needs memory and pads more, and is no faster there
_NUMBERS: Mapping[str, type[int] | type[float]] = {
    "epochs": float,
    "lr": float,
    "rank": int,
    "alpha": int,
    "batch": int,
    "checkpoints": int,
    "cutoff": int,
    "seed": int,
}
_TEXTS = ("template", "system", "profile")
_OWNED: Mapping[str, str] = {
    **dict.fromkeys(("model_name_or_path",), "Use --model."),
    **dict.fromkeys(("output_dir", "resume_from_checkpoint"), "Use --out and --resume."),
    **dict.fromkeys(
        ("dataset", "dataset_dir", "eval_dataset", "val_size", "default_system"),
        "Give the data folder; val.jsonl is kept for judging. The system text is system=TEXT.",
    ),
    **dict.fromkeys(
        ("trust_remote_code", "stage", "do_train", "finetuning_type", "push_to_hub", "use_ray"),
        "piiforge tunes a LoRA adapter from a local folder and runs no code of a model.",
    ),
    **dict.fromkeys(
        ("packing", "neat_packing", "train_on_prompt", "mask_history", "logging_nan_inf_filter"),
        "It would make the checks before and during training meaningless.",
    ),
}
_HEAD = "# Written by `piiforge train`; `llamafactory-cli train` takes it as it is.\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of a run.

    `batch` is the rows a step of one process. `checkpoints` is how many are saved, evenly over the
    run; each is judged. `cutoff` is the most tokens a row may have, None for the data's own limit.
    `template` and `system` are known by the model where they are None. `passed` goes to
    LLaMA-Factory as it is and wins over all else.
    """

    epochs: float = 3.0
    lr: float = 2e-4
    rank: int = 16
    alpha: int = 32
    batch: int = 16
    checkpoints: int = 6
    cutoff: int | None = None
    seed: int = 1
    template: str | None = None
    system: str | None = None
    profile: str = "auto"
    passed: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a training file stands on: folders, the template with its system text, the machine."""

    model: Path
    data: Path
    output: Path
    template: str
    system: str
    cutoff: int
    profile: Profile


def read(pairs: Sequence[str]) -> Settings:
    """Read `key=value` pairs; the last of a key holds.

    Raises:
        AskedWrongly: not a pair, a number out of range, or a key that is not the user's to set.
    """
    ours: dict[str, int | float | str] = {}
    passed: dict[str, Scalar] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier():
            raise AskedWrongly(f"{pair!r} is not key=value.", "Write for example epochs=1.")
        if key in _OWNED:
            raise AskedWrongly(f"{key} can't be set.", _OWNED[key])
        if key in _NUMBERS:
            ours[key] = _number(key, text)
        elif key in _TEXTS:
            ours[key] = text
        else:
            passed[key] = _scalar(text)
    if ours.get("profile", "auto") not in PROFILES:
        raise AskedWrongly(
            f"profile={ours['profile']} is not known.", f"Known: {', '.join(PROFILES)}."
        )
    return Settings(**ours, passed=passed)  # type: ignore[arg-type]  # typed by _number


def training(settings: Settings, ground: Ground) -> dict[str, Scalar]:
    """Return the whole training file, as LLaMA-Factory's keys."""
    rows = _rows_at_a_time(settings.batch, ground.profile)
    made: dict[str, Scalar] = {
        "model_name_or_path": str(ground.model),
        "trust_remote_code": False,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_target": "all",
        "dataset_dir": str(ground.data),
        "dataset": "piiforge_train",
        "template": ground.template,
        "default_system": ground.system,
        "cutoff_len": ground.cutoff,
        "overwrite_cache": True,
        "preprocessing_num_workers": 1,
        "output_dir": str(ground.output),
        "save_strategy": "steps",
        "save_steps": _share(settings.checkpoints),
        "logging_steps": 1,
        # else a loss that is not a number is logged as the mean of those before it
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "per_device_train_batch_size": rows,
        "gradient_accumulation_steps": settings.batch // rows,
        "learning_rate": settings.lr,
        "num_train_epochs": settings.epochs,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.1,
        "train_sampling_strategy": "group_by_length",
        "seed": settings.seed,
        "bf16": ground.profile.bf16,
    }
    if not ground.profile.gpu:
        made |= {"use_cpu": True, "disable_gradient_checkpointing": True}
    return made | dict(settings.passed)


def text(made: Mapping[str, Scalar]) -> str:
    """Write settings as YAML."""
    return _HEAD + yaml.safe_dump(dict(made), sort_keys=False, allow_unicode=True, width=1000)


def _share(parts: int) -> float:
    """Return a share of the run, below one (a whole number would be steps), rounded down.

    transformers rounds the steps up: a share above one part would make the parts too long.
    """
    return (1_000_000 // parts - 1) / 1_000_000


def _rows_at_a_time(batch: int, profile: Profile) -> int:
    """Return the largest part of `batch` that goes into one pass, a divisor of it."""
    most = batch if profile.gpu else min(batch, LARGEST_CPU_BATCH)
    return max(rows for rows in range(1, most + 1) if batch % rows == 0)


def _number(key: str, text: str) -> int | float:
    kind = _NUMBERS[key]
    try:
        found = kind(text)
    except ValueError as error:
        raise AskedWrongly(
            f"{key}={text} is not a number.", f"{key} is a {'whole ' * (kind is int)}number."
        ) from error
    low = 0 if key == "seed" else 1 if kind is int else 0.0
    high = 1000 if key == "checkpoints" else 1e9
    if not low <= found <= high or (kind is float and found == 0):
        raise AskedWrongly(
            f"{key}={text} is out of range.", f"{key} is above zero and at most {high:g}."
        )
    return found


def _scalar(text: str) -> Scalar:
    """Read a value as YAML does, but 2e-4 as a number (YAML 1.1 asks for a point in it)."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return found if isinstance(found, bool | None) else text
