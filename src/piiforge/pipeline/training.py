"""Train: a built folder is proved once more, then a model is tuned on it."""

from collections.abc import Sequence
from pathlib import Path

from piiforge import train
from piiforge.pipeline.verify import verify


def tune(
    asked: train.Asked,
    out: Path,
    environment: train.Environment,
    teller: train.Teller,
    *,
    resume: bool = False,
    force: bool = False,
) -> train.Record:
    """Verify the data folder, then tune, judge and merge; see `train.run`.

    Raises:
        AskedWrongly: the folder was not built, or what is asked won't do.
        VerifyFailed: the folder is not what its manifest says.
        GateFailed: data, tokens, training or merge failed.
    """
    verify(asked.data)
    return train.run(asked, out, environment, teller, resume=resume, force=force)


def training_text(made: train.Record, out: Path) -> str:
    """Tell what a run came to, in a few lines."""
    lines = [f"{out}: {made.rows['train.jsonl']} rows, {made.steps} steps on {made.machine}."]
    lines += [_line(one, made.best) for one in made.checkpoints]
    spent = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in made.seconds.items())
    lines.append(f"Took {spent}; {made.peak_gb:.1f} GB at most.")
    lines.append(f"The model is in {train.Run(out).model}.")
    return "\n".join(lines)


def _line(judged: train.Judged, best: int | None) -> str:
    auc = "none" if judged.auc is None else f"{judged.auc:.4f}"
    kept = "  kept" if judged.step == best else ""
    return (
        f"  step {judged.step}: accuracy {judged.accuracy:.4f}, AUC {auc}, "
        f"verdict loss {judged.loss:.4f} on {judged.rows} rows{kept}"
    )


def dry_run(asked: train.Asked, out: Path, environment: train.Environment | None) -> str:
    """Return the training file that a run would write. Proves the data folder, writes nothing."""
    verify(asked.data)
    return train.text(train.plan(asked, train.Run(out.absolute()), environment).made)


def taken_up(
    begun: train.Asked, folder: Path | None, model: str, pairs: Sequence[str]
) -> train.Asked:
    """Return what a run was asked, with what is said again; `train.run` refuses what differs."""
    return train.Asked(folder or begun.data, model or begun.model, tuple(pairs or begun.pairs))
