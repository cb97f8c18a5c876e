"""The folder of a run: what lies where."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder. `model` is the result; it appears only when all else has passed."""

    folder: Path

    @property
    def training(self) -> Path:
        """The file that LLaMA-Factory trains by."""
        return self.folder / "train.yaml"

    @property
    def merging(self) -> Path:
        """The file that LLaMA-Factory merges by."""
        return self.folder / "merge.yaml"

    @property
    def checkpoints(self) -> Path:
        """LLaMA-Factory's own output: adapters, optimiser, its log of steps."""
        return self.folder / "checkpoints"

    @property
    def fp32(self) -> Path:
        """The model to be tuned, seen as fp32; links, no copy."""
        return self.folder / "base"

    @property
    def model(self) -> Path:
        """The merged model."""
        return self.folder / "model"

    @property
    def draft(self) -> Path:
        """The merged model before it has passed."""
        return self.folder / ".model.part"

    @property
    def margins(self) -> Path:
        """What each checkpoint said of each row of validation, a line a checkpoint."""
        return self.folder / "margins.jsonl"

    @property
    def record(self) -> Path:
        """What was done and what came out."""
        return self.folder / "run.json"

    @property
    def log(self) -> Path:
        """What LLaMA-Factory and the workers printed."""
        return self.folder / "llamafactory.log"

    @property
    def cache(self) -> Path:
        """Where the data sets library keeps its copies; removed at the end."""
        return self.folder / ".cache"
