"""Settings: a few of our own, and a whole training file for LLaMA-Factory made of them.

Small settings have short names (`epochs`, `lr`, `rank`). Any other `key=value` is LLaMA-Factory's
own and is passed on as it is; its parser knows whether there is such a key. What would break a
promise (remote code, another data set, an adapter that is none) is refused here.

Sources:
    LLaMA-Factory 0.9.5, `hparams/`; transformers 5.6, `TrainingArguments`.

>>> read(["epochs=1", "weight_decay=0.01"]).passed
{'weight_decay': 0.01}

>>> of("<|start_header_id|>user<|end_header_id|>", "a model").template
'llama3'
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from piiforge.errors import AskedWrongly

# The machine: is there a GPU, and can its arithmetic do bf16?
#
# A CPU without bf16 instructions does a bf16 matrix product about fifty times slower than one in
# fp32 (measured on an AVX2 machine), so there everything is kept in fp32.


PROFILES = ("auto", "cpu", "gpu")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86: two names; ARM: the third
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a run uses the machine. `bf16`: half the bits, else fp32."""

    gpu: bool
    bf16: bool

    @property
    def name(self) -> str:
        """`gpu` or `cpu`."""
        return "gpu" if self.gpu else "cpu"


def profile(asked: str = "auto") -> Profile:
    """Return the profile asked for; under "auto" a GPU is used where one is."""
    if asked == "gpu" or (asked == "auto" and has_gpu()):
        return Profile(gpu=True, bf16=True)
    info = _CPU_INFO.read_text(encoding="utf-8") if _CPU_INFO.is_file() else ""
    return Profile(gpu=False, bf16=does_bf16(info))


def has_gpu() -> bool:
    """Say whether the NVIDIA driver lists a GPU that this process may see."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in {"", "-1"}:
        return False
    driver = shutil.which("nvidia-smi")
    if driver is None:
        return False
    listed = subprocess.run([driver, "-L"], capture_output=True, check=False, timeout=60)
    return listed.returncode == 0 and b"GPU" in listed.stdout


def does_bf16(cpu_info: str) -> bool:
    """Say whether a processor has bf16 instructions, from the text of /proc/cpuinfo.

    >>> does_bf16("flags : fpu avx2 avx512_bf16")
    True
    >>> does_bf16("flags : fpu avx2")
    False
    """
    for line in cpu_info.splitlines():
        name, _, flags = line.partition(":")
        if name.strip().lower() in {"flags", "features"}:
            return bool(_BF16_FLAGS & set(flags.split()))
    return False


# Model families: which LLaMA-Factory template writes a chat as the model's own chat template
# does.
#
# A family is known by a text that stands in its chat template. `system` is the text which that
# template puts first by itself, to the letter: LLaMA-Factory's own default for SmolLM2 differs
# from it by a full stop. Whether the pair fits a model is not believed but proved, row by row
# (`parity`).


@dataclass(frozen=True, slots=True)
class Family:
    """A LLaMA-Factory template, the sign it is known by, and the model's own system text."""

    template: str
    sign: str
    system: str


_QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_SMOLLM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

ALL: tuple[Family, ...] = (
    Family("qwen", _QWEN, _QWEN),
    Family("smollm2", _SMOLLM, _SMOLLM),
    Family("llama3", "<|start_header_id|>", ""),
)


def of(chat_template: str, model: str) -> Family:
    """Return the family whose sign stands in the chat template of `model`.

    Raises:
        AskedWrongly: none does; a template has to be named.
    """
    for family in ALL:
        if family.sign in chat_template:
            return family
    known = ", ".join(family.template for family in ALL)
    raise AskedWrongly(
        f"{model} is of no model family that is known here ({known}).",
        "Name LLaMA-Factory's template with template=NAME, and the model's system text with "
        "system=TEXT if it has one; both are proved before training.",
    )


def named(template: str) -> Family:
    """Return the family of a template, or one without a system text."""
    for family in ALL:
        if family.template == template:
            return family
    return Family(template, "", "")


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
