"""The checkpoints of a run: which are whole, and which step each was saved at.

A trainer that is killed while it saves leaves half a folder. What is written last is
`trainer_state.json`, so a folder is whole when that can be read and the rest is there.
"""

import json
import shutil
from pathlib import Path

_PARTS = ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt", "scheduler.pt")


def whole(folder: Path) -> dict[int, Path]:
    """Return the whole checkpoints of a run by their step, in order."""
    found = {_step(path): path for path in folder.glob("checkpoint-*") if _is_whole(path)}
    return dict(sorted(found.items()))


def sweep(folder: Path) -> int:
    """Remove the checkpoints that are not whole; return how many."""
    broken = [path for path in folder.glob("checkpoint-*") if not _is_whole(path)]
    for path in broken:
        shutil.rmtree(path)
    return len(broken)


def _is_whole(path: Path) -> bool:
    try:
        state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    parts = all((path / name).is_file() for name in _PARTS)
    return parts and isinstance(state, dict) and state.get("global_step") == _step(path)


def _step(path: Path) -> int:
    step = path.name.partition("-")[2]
    return int(step) if step.isdigit() else -1
