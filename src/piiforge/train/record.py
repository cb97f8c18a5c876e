"""run.json: what was asked, on what, with what, and what came of it so far."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from piiforge import jsonl
from piiforge.errors import AskedWrongly
from piiforge.train.judge import Judged
from piiforge.train.settings import Scalar

STATES = ("training", "judging", "merging", "done")


@dataclass(frozen=True, slots=True)
class Record:
    """A run. `state` is the first part of it that is not finished; `seconds` is wall time by part.

    `manifest` is the SHA-256 of the data folder's manifest; `loss` has (step, loss) pairs;
    `checkpoints` are judged on validation and `best` is the step of the one that was merged.
    Memory is in 10^9 bytes: the most that one process of the trainer held, and of the GPU.
    """

    model: str
    data: str
    manifest: str
    rows: Mapping[str, int]
    asked: Sequence[str]
    settings: Mapping[str, Scalar]
    versions: Mapping[str, str]
    machine: str
    parity: Mapping[str, int]
    state: str = "training"
    step: int = 0
    steps: int = 0
    loss: Sequence[tuple[int, float]] = ()
    checkpoints: Sequence[Judged] = ()
    best: int | None = None
    merged: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_gb: float = 0.0
    peak_vram_gb: float | None = None

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        part = path.with_name(f".{path.name}.part")
        jsonl.write_json(part, asdict(self))
        part.replace(path)


def read(path: Path) -> Record:
    """Read a run's record.

    Raises:
        AskedWrongly: there is none, or it is not one.
    """
    if not path.is_file():
        raise AskedWrongly(f"{path.parent} is no run: it has no {path.name}.", "Check --out.")
    told = jsonl.read_json(path)
    try:
        judged = [Judged(**one) for one in cast("list[dict[str, float]]", told["checkpoints"])]  # type: ignore[arg-type]  # typed by its writer
        return Record(**{**told, "checkpoints": tuple(judged)})  # type: ignore[arg-type]
    except (KeyError, TypeError) as error:
        raise AskedWrongly(
            f"{path} is not the record of a run.", "Was it changed by hand?"
        ) from error
