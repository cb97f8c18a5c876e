"""Prove that a built folder is accepted by the real LLaMA-Factory and by `datasets`.

    python scripts/check_llamafactory.py out/base --tokenizer path/to/Qwen2.5-0.5B-Instruct

LLaMA-Factory pins old versions of much, so it lives in an environment of its own, made once
(about 2 GB). In there this same file reads the folder three ways and compares them row by row:
by `datasets.load_dataset`, by LLaMA-Factory's own parser and loader, and by the chat template of
the model itself. Needs no GPU and no network once the environment stands; trains nothing.

Exit 0 all holds, 1 something does not, 2 asked wrongly. Rows are named, their text never shown.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "val", "test")
COLUMNS = ["instruction", "input", "output"]
IGNORED = -100  # the label of a token that is not trained on
SHOWN = 5  # row numbers named under a failed check

# What one call of pip installs. LLaMA-Factory goes in without its dependencies: its own list has
# web interfaces that training never imports, and would replace a CPU build of torch.
PINS: tuple[tuple[str, ...], ...] = (
    ("torch==2.13.0",),
    ("--no-deps", "llamafactory==0.9.5"),
    (
        *("accelerate==1.11.0", "av==16.0.0", "datasets==4.0.0", "einops", "fire"),
        *("matplotlib>=3.7", "omegaconf", "packaging", "pandas", "peft==0.18.1", "protobuf"),
        *("pydantic", "pyyaml", "safetensors", "scipy", "sentencepiece", "tiktoken"),
        *("torchdata==0.11.0", "transformers==5.6.0", "trl==0.24.0", "tyro<0.9"),
    ),
)
_TOKENIZER = "a local model folder: config.json, tokenizer and chat template; no weights needed"
_ENV = "the environment, made where missing (%(default)s)"
_INDEX = "where pip finds torch, such as https://download.pytorch.org/whl/cpu (default PyPI)"


@dataclass
class Finding:
    """One check of one split: how many rows it looked at, and which failed (from 1)."""

    name: str
    split: str
    rows: int
    failed: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One row as LLaMA-Factory encodes it and as the model's own chat template does.

    `forged` counts the control tokens that stand in `whole` but not in an empty chat's.
    """

    ids: list[int]
    labels: list[int]
    prompt: list[int]
    whole: list[int]
    forged: int

    @property
    def same(self) -> bool:
        """Whether both agree on every token."""
        return self.ids == self.whole

    @property
    def answer_only(self) -> bool:
        """Whether the labels are all of the answer with its end token, and nothing before it."""
        start = len(self.prompt)
        head, tail = self.labels[:start], self.labels[start:]
        return set(head) == {IGNORED} and bool(tail) and tail == self.whole[start:]


def main() -> int:
    """Make the environment where it is missing, then check inside it."""
    asked = _arguments()
    environment = asked.env.resolve()
    if Path(sys.prefix).resolve() == environment:
        return check(asked.folder.resolve(), asked.tokenizer.resolve(), asked.training)
    for path in (asked.folder / asked.training, asked.tokenizer / "tokenizer_config.json"):
        if not path.is_file():
            print(f"{path} is not there.", file=sys.stderr)
            return 2
    prepare(environment, asked.torch_index)
    command = [str(environment / "bin" / "python"), __file__, *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


def prepare(environment: Path, torch_index: str) -> None:
    """Make the environment, or leave it as it is where the same pins made it before."""
    ready, pins = environment / ".ready", repr(PINS)
    if ready.is_file() and ready.read_text(encoding="utf-8") == pins:
        return
    if environment.exists() and not (environment / "pyvenv.cfg").is_file():
        raise SystemExit(f"{environment} is there and is no virtual environment; give another.")
    print(f"making {environment}, about 2 GB", file=sys.stderr)
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    for number, requirements in enumerate(PINS):
        index = ["--index-url", torch_index] if torch_index and number == 0 else []
        subprocess.run([*pip, *index, *requirements], check=True)
    _stub_torchaudio(environment)
    ready.write_text(pins, encoding="utf-8")


def check(folder: Path, model: Path, training: str) -> int:
    """Run every check inside the environment, tell what came out, return the exit code."""
    with tempfile.TemporaryDirectory() as work:
        _settle(Path(work))
        os.chdir(folder)  # the training file's paths are relative to its folder
        rows, findings = _read_by_datasets()
        try:
            arguments = _parse(folder / training, model, Path(work))
            encoded, lengths = _load_by_llamafactory(arguments, rows)
        except ValueError as error:  # an unknown key, an undefined data set, settings at odds
            print(f"FAILED LLaMA-Factory refuses {training}: {error}")
            return 1
    findings += encoded
    _tell(findings, lengths)
    return int(any(finding.failed for finding in findings))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="what `piiforge build` wrote")
    add("--tokenizer", type=Path, required=True, help=_TOKENIZER)
    add("--training", default="train_qwen2.5-0.5b.yaml", help="file in the folder (%(default)s)")
    add("--env", type=Path, default=Path("build/llamafactory"), help=_ENV)
    add("--torch-index", default="", help=_INDEX)
    return parser.parse_args()


def _stub_torchaudio(environment: Path) -> None:
    """Put an empty torchaudio where none is: LLaMA-Factory 0.9.5 imports it, for sound only.

    The real one from PyPI is linked to CUDA and fails to import beside a CPU build of torch.
    """
    (site,) = environment.glob("lib/python3*/site-packages")
    if not (site / "torchaudio").exists():
        (site / "torchaudio").mkdir()
        (site / "torchaudio" / "__init__.py").write_text('"""Empty."""\n', encoding="utf-8")


def _settle(work: Path) -> None:
    """Keep caches in `work`, the network out and the libraries quiet. Before they are imported."""
    if importlib.util.find_spec("llamafactory") is None:
        raise SystemExit("LLaMA-Factory is not in this environment; give another --env.")
    os.environ |= {
        "HF_HOME": str(work / "hub"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "DATASETS_VERBOSITY": "error",
        "LLAMAFACTORY_VERBOSITY": "ERROR",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _read_by_datasets() -> tuple[Mapping[str, Sequence[Mapping[str, str]]], list[Finding]]:
    """Load the three files by `datasets`; every line must be a row of three texts, none empty."""
    from datasets import load_dataset

    files = {split: f"{split}.jsonl" for split in SPLITS}
    loaded = load_dataset("json", data_files=files)
    findings = []
    for split in SPLITS:
        rows = loaded[split]
        lines = Path(files[split]).read_bytes().count(b"\n")
        whole = rows.column_names == COLUMNS and lines == len(rows)
        bad = [
            number
            for number in range(1, lines + 1)
            if not (whole and all(text and str(text) == text for text in rows[number - 1].values()))
        ]
        findings.append(Finding("datasets: a row a line, three texts", split, lines, bad))
    return loaded, findings


def _parse(training: Path, model: Path, work: Path) -> Sequence[object]:
    """Parse the training file as `llamafactory-cli train` does; an unknown key raises.

    Changed are only the model, which is local here, where output goes, that there is no GPU, and
    that the validation rows are encoded too.
    """
    from llamafactory.hparams import get_train_args
    from omegaconf import OmegaConf  # type: ignore[import-not-found]

    settings = OmegaConf.to_container(OmegaConf.load(training))
    changed = {"model_name_or_path": str(model), "output_dir": str(work / "out"), "use_cpu": True}
    changed["eval_dataset"] = "piiforge_val"
    parsed: Sequence[object] = get_train_args(settings | changed)
    return parsed


def _load_by_llamafactory(
    arguments: Sequence[object], rows: Mapping[str, Sequence[Mapping[str, str]]]
) -> tuple[list[Finding], dict[str, list[int]]]:
    """Encode every split with LLaMA-Factory's own loader and compare with the chat template.

    Returns what was found and the tokens of each row, uncut, by split.
    """
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.model import load_tokenizer

    model, data, trainer = arguments[:3]
    loaded = load_tokenizer(model)
    template = get_template_and_fix_tokenizer(loaded["tokenizer"], data)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints an example of each
        both = get_dataset(template, model, data, trainer, stage="sft", **loaded)
        data.dataset, data.eval_dataset = None, ["piiforge_test"]  # type: ignore[attr-defined]
        test = get_dataset(template, model, data, trainer, stage="sft", **loaded)
    sets = (both["train_dataset"], both["eval_dataset"], test["eval_dataset"])
    findings: list[Finding] = []
    lengths = {}
    for split, examples in zip(SPLITS, sets, strict=True):
        pairs = list(_pairs(examples, rows[split], loaded["tokenizer"], template))
        findings += _compare(split, pairs, len(rows[split]), data.cutoff_len)  # type: ignore[attr-defined]
        lengths[split] = [len(pair.whole) for pair in pairs]
    return findings, lengths


def _pairs(
    examples: Sequence[Mapping[str, list[int]]],
    rows: Sequence[Mapping[str, str]],
    tokenizer: object,
    template: object,
) -> Iterator[Row]:
    """Set each example beside what the model's own chat template makes of the same row."""
    encode = tokenizer.apply_chat_template  # type: ignore[attr-defined]
    system = template.default_system  # type: ignore[attr-defined]
    control = frozenset(tokenizer.added_tokens_decoder)  # type: ignore[attr-defined]

    def chat(*texts: str) -> list[dict[str, str]]:
        roles = ("system", "user", "assistant")
        return [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]

    frame = sum(token in control for token in encode(chat("", "", ""), return_dict=False))
    for example, row in zip(examples, rows, strict=False):
        asked = f"{row['instruction']}\n{row['input']}"
        whole = encode(chat(system, asked, row["output"]), return_dict=False)
        yield Row(
            ids=example["input_ids"],
            labels=example["labels"],
            prompt=encode(chat(system, asked), add_generation_prompt=True, return_dict=False),
            whole=whole,
            forged=sum(token in control for token in whole) - frame,
        )


def _compare(split: str, pairs: Sequence[Row], rows: int, cutoff: int) -> list[Finding]:
    """Judge one split. A row over `cutoff` is cut, so the other checks leave it to the first."""
    numbered = list(enumerate(pairs, 1))
    whole = [(number, row) for number, row in numbered if len(row.whole) <= cutoff]
    lost = list(range(len(pairs) + 1, rows + 1))
    cut = [number for number, row in numbered if len(row.whole) > cutoff]
    other = [number for number, row in whole if not row.same]
    more = [number for number, row in whole if not row.answer_only]
    forged = [number for number, row in numbered if row.forged]
    return [
        Finding("LLaMA-Factory: an example a row", split, rows, lost),
        Finding(f"none cut at cutoff_len {cutoff}", split, len(pairs), cut),
        Finding("tokens as the model's own chat template", split, len(whole), other),
        Finding("trained on the answer and nothing else", split, len(whole), more),
        Finding("no control token from a row's text", split, len(pairs), forged),
    ]


def _tell(findings: Sequence[Finding], lengths: Mapping[str, Sequence[int]]) -> None:
    """Print a table: a line a check, a column a split, then the rows that failed."""
    table = {"": list(SPLITS)}
    for finding in findings:
        passed = f"{finding.rows - len(finding.failed)}/{finding.rows}"
        table.setdefault(finding.name, []).append(passed)
    table["tokens a row, median/most"] = [
        f"{statistics.median(lengths[split]):.0f}/{max(lengths[split])}" for split in SPLITS
    ]
    for name, cells in table.items():
        print(f"{name:<42}" + "".join(f"{cell:>12}" for cell in cells))
    for finding in findings:
        if finding.failed:
            named = ", ".join(map(str, finding.failed[:SHOWN]))
            print(f"FAILED {finding.name}: {finding.split}.jsonl, first lines {named}")


if __name__ == "__main__":
    sys.exit(main())
