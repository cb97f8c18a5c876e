"""The small files that the wrong uses of error_cases.py are about: whole ones and spoiled ones.

Every content holds PLANTED, a number that was printed on a card in a million wallets and is issued
to nobody: an error that shows it has told a content.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

PLANTED = "078-05-1120"

Files = Mapping[str, str | bytes]


def rows(*records: object) -> str:
    """Return records as JSONL; a text is a line as it stands."""
    lines = (one if isinstance(one, str) else json.dumps(one) for one in records)
    return "".join(f"{line}\n" for line in lines)


def case(name: str = "a", **other: object) -> dict[str, object]:
    kept = {"id": name, "category": "ssn", "content": f'{{"ssn":"{PLANTED}"}}', "label": True}
    return {**kept, **other}


def said(name: str = "a", **other: object) -> dict[str, object]:
    return {"id": name, "is_sensitive": True, "p_sensitive": 0.9, **other}


def without(record: Mapping[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in record.items() if name != key}


def seed(**other: object) -> dict[str, object]:
    kept = {
        "family": "seed-00000000", "kind": "key", "category": "ssn", "cue": "confirm",
        "language": "en", "event": "", "text": "ssn", "cue_words": ["ssn"], "shape": "###-##-####",
        "notation": "raw", "source": "a test",
    }  # fmt: skip
    return {**kept, **other}


def line(**other: object) -> dict[str, object]:
    kept = {
        "id": "written-00000000", "mode": "slots", "category": "ssn", "cue": "confirm", "noun": "",
        "language": "en", "event": "chat_message", "text": "my ssn is {{value}}", "shape": "",
        "notation": "raw", "call": "", "claimed": None,
    }  # fmt: skip
    return {**kept, **other}


def sample(name: str = "a", **other: object) -> dict[str, object]:
    kept = {
        "id": name, "category": "ssn", "content": f"ssn {PLANTED}", "label": True,
        "explanation": "a number", "language": "en", "event": "xhr", "cue": "confirm", "why": "",
        "decision": "", "note": "",
    }  # fmt: skip
    return {**kept, **other}


CASES = {"cases.jsonl": rows(case("a"), case("b", label=False), case("c"))}
SAID = {"said.jsonl": rows(said("a"), said("b", is_sensitive=False, p_sensitive=0.1), said("c"))}
BOTH = {**CASES, **SAID}
CALIBRATION: Mapping[str, object] = {
    "version": 1, "form": "platt", "scale": 1.0, "bias": 0.0, "threshold": 0.5,
    "wanted_precision": 0.95, "reached": True, "precision": 1.0, "recall": 1.0, "rows": 9,
    "biases": {}, "losses": {},
}  # fmt: skip

TOKENIZER = json.dumps(
    {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {"?": 0, "true": 1, "false": 2, "</s>": 3},
                  "unk_token": "?"},
    }
)  # fmt: skip
ONE_WORD = TOKENIZER.replace('{"type": "Whitespace"}', "null")
CONFIG: Mapping[str, object] = {
    "model_type": "qwen2", "num_hidden_layers": 1, "hidden_size": 8, "intermediate_size": 8,
    "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 4,
    "max_position_embeddings": 512,
}  # fmt: skip
GRAPH = '<?xml version="1.0"?><net name="m" version="11"><layers></layer></net>'
TEMPLATE = "{% for m in messages %}<|start_header_id|>{{ m.content }}<|eot_id|>{% endfor %}"


def safetensors() -> bytes:
    """Return a file with one weight that no model has."""
    head = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(4)


def model(*, lacks: str = "", config: Mapping[str, object] = CONFIG, **files: str | bytes) -> Files:
    """Return a model folder without `lacks`. A file's name has __ for its point."""
    whole: dict[str, str | bytes] = {
        "config.json": json.dumps(config),
        "tokenizer.json": TOKENIZER,
        "tokenizer_config.json": json.dumps({"eos_token": "</s>"}),
        "chat_template.jinja": TEMPLATE,
        "model.safetensors": safetensors(),
    } | {name.replace("__", "."): content for name, content in files.items()}
    return {f"model/{name}": content for name, content in whole.items() if name != lacks}


def pack(*, prompt: str, **other: object) -> Files:
    """Return a pack's files; `prompt` is the version of the prompt. None leaves an entry out."""
    made: dict[str, str] = {"graph.xml": GRAPH, "graph.bin": "", "tokenizer.json": TOKENIZER}
    hashed = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in made.items()}
    about: dict[str, object] = {
        "version": 1, "prompt": prompt, "model": "m", "family": "qwen2", "bits": 8,
        "before": "", "after": "", "order": "category_first", "descriptions": {"ssn": "a number"},
        "words": [1, 2], "ends": [3], "most_tokens": 64, "matrices": [], "cost": {},
        "files": hashed,
    } | other  # fmt: skip
    kept = {name: value for name, value in about.items() if value is not None}
    whole = {**made, "pack.json": json.dumps(kept)}
    return {f"pack/{name}": text for name, text in whole.items()}


def environment(version: str = "0.9.5") -> Files:
    """Return what says that LLaMA-Factory is installed in the folder `env`."""
    return {"env/piiforge.json": json.dumps({"llamafactory": version})}


def run(**other: object) -> Files:
    """Return the record of a run in the folder `run`, begun with a data folder that is gone."""
    record: dict[str, object] = {
        "model": "model", "data": "built", "manifest": "", "rows": {}, "asked": [], "settings": {},
        "versions": {}, "machine": "", "parity": {}, "checkpoints": [],
    } | other  # fmt: skip
    kept = {name: value for name, value in record.items() if value is not None}
    return {"run/run.json": json.dumps(kept)}


def manifest(here: Path, **other: object) -> None:
    """Change entries of the manifest of the built folder."""
    path = here / "built" / "manifest.json"
    told = {**json.loads(path.read_text("utf-8")), **other}
    path.write_text(json.dumps(told), "utf-8")


def unlist(here: Path, name: str) -> None:
    """Take a file of the built folder out of its manifest, so that its hash is not looked at."""
    told = json.loads((here / "built" / "manifest.json").read_text("utf-8"))["outputs"]
    manifest(here, outputs={each: entry for each, entry in told.items() if each != name})


def other_table(here: Path) -> None:
    """Put a table of something else in the place of the rows."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"what": ["else"]}), here / "built" / "rows.parquet")
    unlist(here, "rows.parquet")


def no_table(here: Path) -> None:
    """Put something that is no table at all in the place of the rows."""
    (here / "built" / "rows.parquet").write_bytes(b"no table")
    unlist(here, "rows.parquet")


def changed_byte(here: Path) -> None:
    path = here / "built" / "val.jsonl"
    path.write_bytes(path.read_bytes()[:-2] + b" \n")


def taken_away(here: Path) -> None:
    (here / "built" / "val.jsonl").unlink()


def stranger(here: Path) -> None:
    (here / "built" / "more.jsonl").write_text("{}\n", "utf-8")


def relist(here: Path, name: str) -> None:
    """Put the hash that a file of the built folder now has into its manifest."""
    told = json.loads((here / "built" / "manifest.json").read_text("utf-8"))["outputs"]
    digest = hashlib.sha256((here / "built" / name).read_bytes()).hexdigest()
    manifest(here, outputs={**told, name: {"sha256": digest}})


def fewer_rows(here: Path) -> None:
    path = here / "built" / "val.jsonl"
    path.write_bytes(path.read_bytes().partition(b"\n")[2])
    relist(here, "val.jsonl")


def other_rows(here: Path) -> None:
    """Spoil three rows of validation, each in its own way, behind a true hash."""
    path = here / "built" / "val.jsonl"
    lines = path.read_text("utf-8").splitlines()
    first, second = json.loads(lines[0]), json.loads(lines[1])
    lines[0] = json.dumps(without(first, "instruction"))
    lines[1] = json.dumps({**second, "output": "yes"})
    lines[2] = json.dumps(first)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    relist(here, "val.jsonl")


def broken_manifest(here: Path) -> None:
    (here / "built" / "manifest.json").write_text("{", "utf-8")


def listed_manifest(here: Path) -> None:
    (here / "built" / "manifest.json").write_text("[]", "utf-8")


def other_dropped(here: Path) -> None:
    (here / "built" / "dropped.jsonl").write_text("{}\n", "utf-8")
    relist(here, "dropped.jsonl")


def empty_folder(here: Path) -> None:
    (here / "empty").mkdir()


def other_database(here: Path) -> None:
    """Put a database of somebody else where the journal of calls would stand."""
    with sqlite3.connect(here / "p.jsonl.calls.sqlite") as opened:
        opened.execute("CREATE TABLE mine (a)")
    opened.close()


def folder_in_place(here: Path) -> None:
    (here / "p.jsonl").mkdir()


def journal_is_folder(here: Path) -> None:
    (here / "p.jsonl.calls.sqlite").mkdir()


def spoiled_part(here: Path) -> None:
    """Leave an unfinished run whose lines another version wrote."""
    (here / "p.jsonl.part").write_text(rows({"asked": ""}, {"who": "knows"}), "utf-8")


def cut_pack(here: Path) -> None:
    (here / "pack" / "graph.bin").unlink()


def changed_pack(here: Path) -> None:
    (here / "pack" / "graph.bin").write_bytes(b"other")


def merged(here: Path) -> None:
    """Leave a run that says it is finished, with a folder for its model."""
    (here / "run" / "model").mkdir(parents=True)


def run_of_built(here: Path) -> None:
    """Leave the record of a run that was begun with the built folder, by other settings."""
    digest = hashlib.sha256((here / "built" / "manifest.json").read_bytes()).hexdigest()
    ((name, text),) = run(model="./model", manifest=digest, settings={"rows": 1}).items()
    (here / name).parent.mkdir()
    (here / name).write_text(str(text), "utf-8")
