"""A stand-in for `llamafactory-cli train`: writes the log that the real one writes, as told.

    fake_cli.py train RUN/train.yaml

What it does is in the variable FAKE: steps, pause (seconds a step), and one of nan, die, kill,
deaf (SIGINT and SIGTERM are ignored), at a step.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import yaml


def main() -> None:
    asked = json.loads(os.environ["FAKE"])
    if "deaf" in asked:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    made = yaml.safe_load(Path(sys.argv[2]).read_text(encoding="utf-8"))
    folder = Path(made["output_dir"])
    folder.mkdir(parents=True, exist_ok=True)
    saved = [int(path.name.partition("-")[2]) for path in folder.glob("checkpoint-*")]
    for step in range(max(saved, default=0) + 1, asked["steps"] + 1):
        time.sleep(asked.get("pause", 0.0))
        loss = float("nan") if step == asked.get("nan") else 1 / step
        record = {"current_steps": step, "total_steps": asked["steps"], "loss": loss}
        with (folder / "trainer_log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")
        if step % asked.get("save", 2) == 0:
            save(folder / f"checkpoint-{step}", step)
        if step == asked.get("die"):
            raise ValueError("a secret of row 7")
        if step == asked.get("kill"):
            os.kill(os.getpid(), signal.SIGKILL)


def save(folder: Path, step: int) -> None:
    folder.mkdir()
    for name in ("adapter_model.safetensors", "adapter_config.json", "optimizer.pt"):
        (folder / name).write_bytes(b"")
    (folder / "scheduler.pt").write_bytes(b"")
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}), encoding="utf-8")


if __name__ == "__main__":
    main()
