"""Small folders that look like a data set, a model and an environment, and one real tiny model."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from train_rows import row, write_rows

from piiforge import train

HERE = Path(__file__).parent
QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
WITHOUT = "needs PIIFORGE_LF_ENV: an environment that `piiforge train --setup` made"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of 32 rows to train on and 16 to judge by."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_rows(folder, "train", [row(number) for number in range(32)])
    write_rows(folder, "val", [row(number) for number in range(100, 116)])
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    info = {
        f"piiforge_{name}": {"file_name": f"{name}.jsonl", "columns": columns}
        for name in ("train", "val")
    }
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    manifest = {"recipe": {"limits": {"tokens": 300}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with the files of a model, none of which can be loaded."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"dtype": "bfloat16"}', encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(QWEN, encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


@pytest.fixture
def fake(tmp_path: Path) -> train.Environment:
    """An environment whose `llamafactory-cli` is `fake_cli.py`."""
    folder = tmp_path / "env"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    command = folder / "bin" / "llamafactory-cli"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "fake_cli.py"}" "$@"\n')
    command.chmod(0o755)
    return train.Environment(folder, {"llamafactory": "0.9.5"})


@pytest.fixture(scope="session")
def real() -> train.Environment:
    """The real environment; a test that wants it is skipped where there is none."""
    if not os.environ.get("PIIFORGE_LF_ENV"):
        pytest.skip(WITHOUT)
    return train.find()


@pytest.fixture(scope="session")
def tiny_model(real: train.Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer model with a tokenizer of its own: it learns nothing, but it runs."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    script = HERE / "tiny_model.py"
    command = [str(real.python), "-I", str(script), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def spoiled(tiny_model: Path, tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a copy of the tiny model with one text of its chat template replaced."""

    def spoil(text: str, other: str) -> Path:
        folder = Path(shutil.copytree(tiny_model, tmp_path / "spoiled"))
        template = folder / "chat_template.jinja"
        before = template.read_text(encoding="utf-8")
        assert text in before
        template.write_text(before.replace(text, other), encoding="utf-8")
        return folder

    return spoil
