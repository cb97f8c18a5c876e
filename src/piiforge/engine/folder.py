"""A pack: one folder with all that a verdict needs, and the proof that it is whole.

graph.xml and graph.bin (the model), tokenizer.json, pack.json (the words around a content, the
categories, what packing cost); calibration.json and join.json where there are. Nothing is code.
"""

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import cast

from piiforge import files, prompt
from piiforge.engine.graph import BITS, Weights, build, read_shape
from piiforge.errors import AskedWrongly

VERSION = 1
ABOUT, CALIBRATION, JOIN = "pack.json", "calibration.json", "join.json"
GRAPH, TOKENIZER = "graph.xml", "tokenizer.json"
_LITTLE_BYTES = 1 << 20  # free: the disk counts as full
_FILES = (GRAPH, "graph.bin", TOKENIZER)


@dataclass(frozen=True, slots=True)
class Told:
    """What a pack knows beside its weights.

    `before` and `after` stand around a question, as the model's chat template writes them. `words`
    are the tokens of true and false behind `prompt.ANSWER_PREFIX`, `ends` those that end an answer.
    `order` is one of prompt.ORDERS. `cost` is what packing changed, measured; empty where it was
    not measured. `model` names what was packed. `matrices` are Shape's.
    """

    model: str
    family: str
    bits: int
    before: str
    after: str
    order: str
    descriptions: Mapping[str, str]
    words: tuple[int, int]
    ends: tuple[int, ...]
    most_tokens: int
    matrices: tuple[tuple[int, int, int], ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as it lies there, read and proven whole."""

    folder: Path
    told: Told

    @property
    def graph(self) -> Path:
        """The model."""
        return self.folder / GRAPH

    @property
    def tokenizer(self) -> Path:
        """The tokenizer."""
        return self.folder / TOKENIZER

    @property
    def calibration(self) -> Path | None:
        """The calibration, where there is one."""
        path = self.folder / CALIBRATION
        return path if path.is_file() else None


def put(model: Path, out: Path, told: Told) -> None:
    """Write graph and tokenizer of the model folder `model` into the folder `out`.

    Raises:
        AskedWrongly: a family or weights that can't be packed; no tokenizer.json.
        MissingExtra: openvino or safetensors is not installed.
    """
    if told.bits not in BITS:
        raise AskedWrongly(f"{told.bits} bits can't be packed.", "Known: 8, 32.")
    tokenizer = model / TOKENIZER
    if not tokenizer.is_file():
        hint = "Save the tokenizer as a fast one (transformers writes it)."
        raise AskedWrongly(f"{model} has no {TOKENIZER}.", hint)
    graph = build(read_shape(model), Weights(model), told.words, bits=told.bits)
    import openvino

    try:
        openvino.serialize(graph, out / GRAPH)
    except RuntimeError as error:  # it says nothing of why
        code = errno.EIO if shutil.disk_usage(out).free > _LITTLE_BYTES else errno.ENOSPC
        raise OSError(code, os.strerror(code), str(out / GRAPH)) from error
    (out / TOKENIZER).write_bytes(tokenizer.read_bytes())


def sign(out: Path, told: Told) -> None:
    """Write pack.json: what the pack knows, the hash of every file there, and of itself."""
    names = [*_FILES, *(name for name in (CALIBRATION, JOIN) if (out / name).is_file())]
    files.write_json(
        out / ABOUT,
        files.sealed(
            {
                "version": VERSION,
                "prompt": prompt.VERSION,
                **asdict(told),
                "files": {name: files.sha256(out / name) for name in names},
            }
        ),
    )


def read(folder: Path) -> Pack:
    """Read a pack.

    Raises:
        AskedWrongly: no pack, one of another version or prompt, or one whose files changed.
        BadRecord: what it knows is not as `Told` says.
    """
    if not (folder / ABOUT).is_file():
        hint = "Make one with `piiforge pack RUN --out PACK`."
        raise AskedWrongly(f"{folder} is no pack: it has no {ABOUT}.", hint)
    found = files.read_json(folder / ABOUT)
    again = "Pack the run again with this version of piiforge."
    if found.get("version") != VERSION:
        raise AskedWrongly(f"{folder} is a pack of version {found.get('version')!r}.", again)
    if found.get("prompt") != prompt.VERSION:
        raise AskedWrongly(
            f"{folder} was packed for prompt version {found.get('prompt')!r}, "
            f"this is {prompt.VERSION!r}: its verdicts would be wrong.",
            again,
        )
    known = {"version", "prompt", "files", *(field.name for field in fields(Told))}
    if not (found.keys() <= known or files.is_sealed(folder / ABOUT)):  # no seal: an earlier one
        raise AskedWrongly(f"{folder / ABOUT} is not what was packed.", "Was it copied whole?")
    _refuse_changed(folder, cast("Mapping[str, str]", found.get("files", {})))
    return Pack(folder, files.parsed(found, Told, folder / ABOUT, hint=again))


def _refuse_changed(folder: Path, listed: Mapping[str, str]) -> None:
    for name in _FILES:
        if name not in listed:
            raise AskedWrongly(f"{folder / ABOUT} does not list {name}.", "Pack the run again.")
    for name, hashed in listed.items():
        if Path(name).name != name or not (folder / name).is_file():
            raise AskedWrongly(f"{folder} lacks {name}.", "Was it copied whole?")
        if files.sha256(folder / name) != hashed:
            raise AskedWrongly(f"{folder / name} is not what was packed.", "Was it copied whole?")
