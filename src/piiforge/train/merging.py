"""From an adapter to a plain folder: merged in fp32, rounded once, proved, and only then named.

`llamafactory-cli export` merges in the type that it loads. So it loads the fp32 view and writes the
type of the model that was given. What it wrote is looked at as any model is, must pass the parity
gate with its own tokenizer and chat template, and must judge as the adapter did.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from piiforge.errors import GateFailed
from piiforge.train import judge, model_folder, parity
from piiforge.train.data import Data
from piiforge.train.environment import Environment
from piiforge.train.model_folder import Model
from piiforge.train.places import Run
from piiforge.train.running import Child, run
from piiforge.train.settings import Scalar, text
from piiforge.train.workers import Progress

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


def prove(
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
    model_folder.look(where.draft)
    served = {**made, "model_name_or_path": str(where.draft)}
    parity.prove(environment, served, data, log=where.log, progress=progress)
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
