"""The parity gate: training, local inference and a server write the same tokens for the same row.

The commonest silent fault of such projects is a template that differs by a space: the loss falls,
and the served model is asked something that it was never trained on. Every row is encoded by
LLaMA-Factory itself (none cut, none with a forged control token), a sample also by the model's chat
template and as a server renders it, with the system text and without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from piiforge.errors import AskedWrongly, GateFailed, UnknownName
from piiforge.train.data import FILES, Data, Problem, refuse
from piiforge.train.environment import Environment
from piiforge.train.running import Record
from piiforge.train.settings import Scalar
from piiforge.train.workers import Progress, ask

SAMPLE = 1000  # rows compared


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved: rows compared, their tokens (median and most), and the GPU's name or ""."""

    compared: int
    median_tokens: int
    most_tokens: int
    device: str


def prove(
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
