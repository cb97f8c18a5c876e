"""From an adapter to a plain folder: merged in fp32, rounded once, proved, and only then named.

`llamafactory-cli export` merges in the type that it loads. So it loads the fp32 view and writes the
type of the model that was given. What it wrote is looked at as any model is, must pass the parity
gate with its own tokenizer and chat template, and must judge as the adapter did.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from piiforge.errors import AskedWrongly, GateFailed, UnknownName
from piiforge.train import judge
from piiforge.train.data import FILES, Data, Model, Problem, Run, look, refuse
from piiforge.train.environment import Child, Environment, Progress, Record, ask, run
from piiforge.train.settings import Scalar, text

# The parity gate: training, local inference and a server write the same tokens for the same row.
#
# The commonest silent fault of such projects is a template that differs by a space: the loss
# falls, and the served model is asked something that it was never trained on. Every row is
# encoded by LLaMA-Factory itself (none cut, none with a forged control token), a sample also by
# the model's chat template and as a server renders it, with the system text and without.


SAMPLE = 1000  # rows compared


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved: rows compared, their tokens (median and most), and the GPU's name or ""."""

    compared: int
    median_tokens: int
    most_tokens: int
    device: str


def prove_tokens(
    environment: Environment,
    made: Mapping[str, Scalar],
    data: Data,
    *,
    log: Path,
    progress: Progress,
    sample: int = SAMPLE,
) -> Proof:
    """Prove that LLaMA-Factory would train on just what is asked later. `made` is a training file.

    Raises:
        UnknownName: a key of `made` that LLaMA-Factory does not have.
        AskedWrongly: it refuses the settings, or the environment lacks CUDA.
        GateFailed: a row is cut, forged or lost; or the tokens differ, with both texts shown.
    """
    request = {
        "settings": dict(made),
        "files": [str(data.folder / name) for name in FILES],
        "sample": sample,
    }
    replies = ask(
        environment,
        "encode",
        request,
        log=log,
        progress=lambda done, total: progress("compare tokens", done, total),
    )
    found = replies[-1]
    _refuse_settings(found, environment)
    tokens = cast("Mapping[str, int]", found["tokens"])
    hint = f"With this model's tokenizer the longest row has {tokens['most']} tokens: cutoff="
    refuse(data.folder, problems(found, made, "forged"))
    refuse(data.folder, problems(found, made, "over"), f"{hint}{tokens['most']} holds it.")
    _refuse_difference(found, made)
    return Proof(
        cast("int", found["compared"]), tokens["median"], tokens["most"], str(found["device"])
    )


def problems(found: Record, made: Mapping[str, Scalar], kind: str) -> list[Problem]:
    """Return the rows that are off in one way, "over" or "forged", from the worker's reply."""
    said = {
        "over": f"over cutoff_len {made['cutoff_len']}, would be cut",
        "forged": "a chat control token in a text",
    }
    return [
        Problem(Path(file).name, said[kind], lines)
        for file, lines in cast("Mapping[str, Sequence[int]]", found[kind]).items()
        if lines
    ]


def shown(text: str) -> str:
    r"""Write a text in one line, its control characters escaped.

    >>> shown("user\nWhat?")
    '"user\\nWhat?"'
    """
    return '"' + repr(text)[1:-1].replace('"', '\\"') + '"'


def _refuse_settings(found: Record, environment: Environment) -> None:
    if "unknown" in found:
        known = cast("Sequence[str]", found["known"])
        raise UnknownName("setting of LLaMA-Factory", str(found["unknown"]), known)
    if "refused" in found:
        raise AskedWrongly(
            f"LLaMA-Factory refuses the settings: {found['refused']}", "Change them."
        )
    if "no_cuda" in found:
        raise AskedWrongly(
            f"The environment at {environment.folder} sees no CUDA device.",
            "Make one with `piiforge train --setup --cuda`, or train with profile=cpu.",
        )


def _refuse_difference(found: Record, made: Mapping[str, Scalar]) -> None:
    template = made["template"]
    lost = sum(cast("Mapping[str, int]", found["lost"]).values())
    if lost or found["grew"]:
        what = f"drops {lost} rows" if lost else "adds tokens that the model does not have"
        raise GateFailed(f"Template {template} {what}.", "Choose another with template=NAME.")
    first = found["difference"]
    if not isinstance(first, Mapping):
        return
    raise GateFailed(
        f"Token ids differ in {found['differ']} of {found['compared']} rows. First: "
        f"{Path(str(first['file'])).name}:{first['line']}, {first['what']}, "
        f"token {first['token']}. {first['left']}: {shown(str(first['left_text']))}. "
        f"{first['right']}: {shown(str(first['right_text']))}.",
        "Set template=NAME and system=TEXT to what the model's chat template writes.",
    )


LEAST_AGREEMENT = 0.99  # share of verdicts that rounding may leave as they were
JUDGED_AGAIN = 200  # rows
_TYPES = ("float32", "bfloat16", "float16")


def merge(
    environment: Environment, where: Run, model: Model, adapter: Path, made: Mapping[str, Scalar]
) -> None:
    """Merge an adapter into a draft of the model folder.

    Raises:
        GateFailed: LLaMA-Factory failed at it.
    """
    shutil.rmtree(where.draft, ignore_errors=True)
    merging = settings(where, model, adapter, made)
    where.merging.write_text(text(merging), encoding="utf-8")
    ended = run(
        Child(
            [str(environment.command), "export", str(where.merging)],
            environment.variables(where.cache),
            where.log,
            where.folder / ".no-records",
        ),
        lambda _record: None,
    )
    if ended.status:
        raise GateFailed(
            f"Merging ended with status {ended.status}.", f"See the end of {where.log}."
        )
    (where.draft / "Modelfile").unlink(missing_ok=True)  # another template, proved by nothing
    for path in where.draft.iterdir():
        path.chmod(0o644)  # weights come readable to their owner alone, and a server is another


def settings(
    where: Run, model: Model, adapter: Path, made: Mapping[str, Scalar]
) -> dict[str, Scalar]:
    """Return the file that LLaMA-Factory merges by."""
    return {
        "model_name_or_path": str(where.fp32),
        "adapter_name_or_path": str(adapter),
        "trust_remote_code": False,
        "finetuning_type": "lora",
        "template": made["template"],
        "default_system": made["default_system"],
        "export_dir": str(where.draft),
        "export_size": 5,
        "export_device": "cpu",
        "export_legacy_format": False,
        "infer_dtype": model.dtype if model.dtype in _TYPES else "float32",
    }


def prove_merge(
    environment: Environment,
    where: Run,
    made: Mapping[str, Scalar],
    data: Data,
    bench: judge.Bench,
    said: Sequence[float],
    progress: Progress,
) -> Mapping[str, float]:
    """Prove the draft, give it its name, and return how it agrees with its adapter's margins.

    Raises:
        AskedWrongly: it is no plain model folder.
        GateFailed: its tokens or its verdicts are not those of the training.
    """
    look(where.draft)
    served = {**made, "model_name_or_path": str(where.draft)}
    prove_tokens(environment, served, data, log=where.log, progress=progress)
    again = judge.Bench(
        where.draft,
        bench.file,
        min(JUDGED_AGAIN, bench.rows),
        bench.system,
        gpu=bench.gpu,
        bf16=bench.bf16,
    )
    found = judge.margins(
        environment, again, None, log=where.log, progress=progress, what="judge merged"
    )
    agreement = judge.agreement(said[: len(found)], found)
    if agreement["agree"] < LEAST_AGREEMENT:
        raise GateFailed(
            f"The merged model agrees with its adapter in {agreement['agree']:.1%} of "
            f"{len(found)} rows only.",
            "The merge is broken; please report it.",
        )
    if where.model.exists():
        shutil.rmtree(where.model)
    where.draft.rename(where.model)
    return {"rows": len(found), **agreement}
