"""Settings: a few of our own, and a whole training file for LLaMA-Factory made of them.

Small settings have short names (`epochs`, `lr`, `rank`). Any other `key=value` is LLaMA-Factory's
own and is passed on as it is; its parser knows whether there is such a key. What would break a
promise (remote code, another data set, an adapter that is none) is refused here.

The objective "verdict" has a loop of ours (`verdict.py`), so none of LLaMA-Factory's own keys: what
both have bears its name, since it proves the tokens and merges; the rest is in `of_the_loop`.

The training files of a built folder (`shipped`) and of a run (`training`) are made by the same
function from the same defaults.

Sources:
    LLaMA-Factory 0.9.5, `hparams/`; transformers 5.6, `TrainingArguments`.

>>> read(["epochs=1", "weight_decay=0.01"]).passed
{'weight_decay': 0.01}

>>> read(["pair=1"], VERDICT).lr
0.0004

>>> family(Settings(), "<|start_header_id|>user<|end_header_id|>", "a model").template
'llama3'
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import yaml

from piiforge import files, prompt
from piiforge.errors import AskedWrongly, near

Scalar = str | int | float | bool | None

OBJECTIVES = ANSWER, VERDICT = "answer", "verdict"
LARGEST_CPU_BATCH = 8  # rows at a time: more needs memory and pads more, and is no faster there
HEAD = "# Written by `piiforge train`; `llamafactory-cli train` takes it as it is.\n"
_LOOP = ("pair", "answers", "patience", "easy_first")  # with the objective "verdict" alone
_WHOLE = ("rank", "alpha", "batch", "checkpoints", "cutoff", "seed", "patience")
_NUMBERS = ("epochs", "lr", "pair", "answers", *_WHOLE)
_FROM_ZERO = ("seed", "pair", "answers")
_FLAGS = ("easy_first",)
_TEXTS = ("template", "system", "profile")
_OF_VERDICT: Mapping[str, int | float | str] = {"epochs": 1.0, "lr": 4e-4, "checkpoints": 8}
_PROFILES = ("auto", "cpu", "gpu")
_FIXED = cast(
    "Mapping[str, dict[str, Scalar]]",
    files.shipped_yaml("piiforge.train", "data/llamafactory.yaml"),
)
_MERGED_TYPES = ("float32", "bfloat16", "float16")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86: two names; ARM: the third
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of a run.

    `batch` is the rows a step of one process. `checkpoints` is how many are saved, evenly over the
    run; each is judged. `cutoff` is the most tokens a row may have, None for the data's own limit.
    `template` and `system` are known by the model where they are None. `passed` goes to
    LLaMA-Factory as it is and wins over all else.

    With the objective "verdict": `pair` weighs the loss of twins and `answers` that of the answers'
    other tokens, the verdict's being one. It stops after `patience` checkpoints without a better
    AUC. `easy_first` begins with rows that are written plainly and hold no lookalike.
    """

    objective: str = ANSWER
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
    pair: float = 0.5
    answers: float = 0.1
    patience: int = 3
    easy_first: bool = True
    passed: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A LLaMA-Factory template that writes a chat as the model's own chat template does.

    A family is known by `sign`, a text that stands in its chat template. `system` is what that
    template puts first by itself, to the letter: LLaMA-Factory's own default for SmolLM2 differs
    from it by a full stop. Whether the pair fits a model is not believed but proved, row by row
    (`data.prove_tokens`).
    """

    template: str
    sign: str
    system: str


FAMILIES = (
    Family("qwen", prompt.QWEN, prompt.QWEN),
    Family("smollm2", prompt.SMOLLM, prompt.SMOLLM),
    Family("llama3", "<|start_header_id|>", ""),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """How a run uses the machine. `bf16`: half the bits, else fp32."""

    gpu: bool
    bf16: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What a training file stands on: model, data folder, place of the output; and the machine."""

    model: Path | str
    data: Path | str
    output: Path | str
    family: Family
    cutoff: int
    profile: Profile


def read(pairs: Sequence[str], objective: str = ANSWER) -> Settings:
    """Read `key=value` pairs; the last of a key holds.

    Raises:
        AskedWrongly: no such objective, not a pair, a number out of range, or a key that is not the
            user's to set or belongs to the other objective.
    """
    if objective not in OBJECTIVES:
        known = " (LLaMA-Factory's loop) and ".join(OBJECTIVES)
        raise AskedWrongly(f"There is no objective {objective!r}.", f"There are {known}.")
    ours: dict[str, int | float | str] = dict(_OF_VERDICT) if objective == VERDICT else {}
    passed: dict[str, Scalar] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise AskedWrongly(f"{pair!r} is not key=value.", "Write for example epochs=1.")
        for hint, keys in _FIXED["owned"].items():
            if key in cast("list[str]", keys):
                raise AskedWrongly(f"{key} can't be set.", hint)
        _refuse_of_other(key, objective)
        if key in _NUMBERS:
            ours[key] = _number(key, value)
        elif key in _FLAGS:
            ours[key] = _flag(key, value)
        elif key in _TEXTS:
            ours[key] = value
        else:
            passed[key] = _scalar(value)
    if ours.get("profile", "auto") not in _PROFILES:
        known = ", ".join(_PROFILES)
        raise AskedWrongly(f"profile={ours['profile']} is not known.", f"Known: {known}.")
    return Settings(objective, **ours, passed=passed)  # type: ignore[arg-type]  # typed by _number


def _refuse_of_other(key: str, objective: str) -> None:
    """Refuse a key that the objective does not have."""
    if objective == ANSWER and key in _LOOP:
        hint = "Leave it away, or train with --objective verdict."
        raise AskedWrongly(f"{key} is a setting of --objective verdict.", hint)
    known = (*_NUMBERS, *_FLAGS, *_TEXTS)
    if objective == VERDICT and key not in known:
        hint = f"{near(key, known)} LLaMA-Factory's own settings go with --objective answer."
        raise AskedWrongly(f"{key} is no setting of --objective verdict.", hint)


def _number(key: str, text: str) -> int | float:
    whole = key in _WHOLE
    try:
        found = int(text) if whole else float(text)
    except ValueError as error:
        hint = f"{key} is a {'whole ' * whole}number."
        raise AskedWrongly(f"{key}={text} is not a number.", hint) from error
    high = 1000 if key == "checkpoints" else 1e9
    if not 0 <= found <= high or (found == 0 and key not in _FROM_ZERO):
        least = "zero or more" if key in _FROM_ZERO else "above zero"
        hint = f"{key} is {least} and at most {high:g}."
        raise AskedWrongly(f"{key}={text} is out of range.", hint)
    return found


def _flag(key: str, text: str) -> bool:
    found = _scalar(text)
    if not isinstance(found, bool):
        raise AskedWrongly(f"{key}={text} is neither true nor false.", f"Write {key}=true.")
    return found


def _scalar(text: str) -> Scalar:
    """Read a value as YAML does, but 2e-4 as a number (YAML 1.1 asks for a point in it)."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    with suppress(yaml.YAMLError):
        found = yaml.safe_load(text)
        if isinstance(found, bool | None):
            return found
    return text


def family(settings: Settings, chat_template: str, model: str) -> Family:
    """Return the family asked for, else the one whose sign stands in the chat template of `model`.

    Its system text is the one asked for, where one is.

    Raises:
        AskedWrongly: there is no such sign; a template has to be named.
    """
    if settings.template:
        unknown = Family(settings.template, "", "")
        found = next((one for one in FAMILIES if one.template == settings.template), unknown)
    else:
        signed = [one for one in FAMILIES if one.sign in chat_template]
        if not signed:
            known = ", ".join(one.template for one in FAMILIES)
            raise AskedWrongly(
                f"{model} is of no model family that is known here ({known}).",
                "Name LLaMA-Factory's template with template=NAME, and the model's system text "
                "with system=TEXT if it has one; both are proved before training.",
            )
        found = signed[0]
    return found if settings.system is None else replace(found, system=settings.system)


def profile(asked: str = "auto") -> Profile:
    """Return the profile asked for; under "auto" a GPU is used where one is.

    A CPU without bf16 instructions does a bf16 matrix product about fifty times slower than one in
    fp32 (measured on an AVX2 machine), so there everything is kept in fp32.
    """
    if asked == "gpu" or (asked == "auto" and _sees_gpu()):
        return Profile(gpu=True, bf16=True)
    told = _CPU_INFO.read_text(encoding="utf-8") if _CPU_INFO.is_file() else ""
    return Profile(gpu=False, bf16=not _BF16_FLAGS.isdisjoint(told.split()))


def _sees_gpu() -> bool:
    """Say whether the NVIDIA driver lists a GPU that this process may see."""
    driver = shutil.which("nvidia-smi")
    if driver is None or os.environ.get("CUDA_VISIBLE_DEVICES", "0") in {"", "-1"}:
        return False
    listed = subprocess.run([driver, "-L"], capture_output=True, check=False, timeout=60)
    return listed.returncode == 0 and b"GPU" in listed.stdout


def shipped(model: str, *, output: str, cutoff: int) -> dict[str, Scalar]:
    """Return the training file that lies in a data folder: what `piiforge train` runs on a GPU.

    `model` is the id of a Qwen2.5 on the hub. Paths are relative to the folder.
    """
    gpu = Profile(gpu=True, bf16=True)
    return training(Settings(), Ground(model, ".", output, FAMILIES[0], cutoff, gpu))


def training(settings: Settings, ground: Ground) -> dict[str, Scalar]:
    """Return the whole training file, as LLaMA-Factory's keys.

    With the objective "verdict" it holds what the loops have in common.
    """
    gpu, batch = ground.profile.gpu, settings.batch
    most = batch if gpu else min(batch, LARGEST_CPU_BATCH)
    rows = max(rows for rows in range(1, most + 1) if batch % rows == 0)
    filled: dict[str, Scalar] = {
        "model_name_or_path": str(ground.model),
        "lora_rank": settings.rank,
        "lora_alpha": settings.alpha,
        "dataset_dir": str(ground.data),
        "template": ground.family.template,
        "default_system": ground.family.system,
        "cutoff_len": ground.cutoff,
        "output_dir": str(ground.output),
        # A share of the run, below one (a whole number would be steps), rounded down: transformers
        # rounds the steps up, and a share above one part would make the parts too long
        "save_steps": (1_000_000 // settings.checkpoints - 1) / 1_000_000,
        "per_device_train_batch_size": rows,
        "gradient_accumulation_steps": batch // rows,
        "learning_rate": settings.lr,
        "num_train_epochs": settings.epochs,
        "seed": settings.seed,
        "bf16": ground.profile.bf16,
    }
    fixed = _FIXED["training"] | filled | ({} if gpu else _FIXED["cpu"])
    if settings.objective == VERDICT:
        theirs = cast("Mapping[str, list[str]]", _FIXED["loop"])["theirs"]
        return {key: value for key, value in fixed.items() if key not in theirs}
    return fixed | dict(settings.passed)


def of_the_loop(settings: Settings) -> dict[str, Scalar]:
    """Return what the loop of the verdict is set to and LLaMA-Factory has no key for."""
    if settings.objective != VERDICT:
        return {}
    return {key: getattr(settings, key) for key in ("checkpoints", *_LOOP)}


def merging(
    made: Mapping[str, Scalar], base: Path, adapter: Path, out: Path, dtype: str
) -> dict[str, Scalar]:
    """Return the file by which LLaMA-Factory merges what was trained by `made`.

    It merges in the type that it loads, so `base` is the fp32 view; `dtype` is what it writes.
    """
    return _FIXED["merging"] | {
        "model_name_or_path": str(base),
        "adapter_name_or_path": str(adapter),
        "template": made["template"],
        "default_system": made["default_system"],
        "export_dir": str(out),
        "infer_dtype": dtype if dtype in _MERGED_TYPES else "float32",
    }


def text(made: Mapping[str, Scalar], head: str = HEAD) -> str:
    """Write settings as YAML, under the comment `head`."""
    return head + yaml.safe_dump(dict(made), sort_keys=False, allow_unicode=True, width=1000)
