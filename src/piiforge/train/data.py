"""What LLaMA-Factory would train on without a word, and should not: looked for before training.

Here is all that needs no tokenizer: keys, answers, rows that come twice or contradict each other.
Rows that are too long or hold control tokens are found by `parity`, with the model's tokenizer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from piiforge import jsonl, prompt
from piiforge.errors import AskedWrongly, GateFailed

FILES = ("train.jsonl", "val.jsonl")
KEYS = frozenset({"instruction", "input", "output"})
_AGAIN = "LLaMA-Factory would not have said so. Build the folder again."
SHOWN = 5  # lines named of each kind of problem


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is off, and the lines (from 1) of the file that it is off in."""

    file: str
    what: str
    lines: Sequence[int]

    def __str__(self) -> str:
        """Name the first lines and how many there are."""
        named = ", ".join(map(str, self.lines[:SHOWN]))
        more = len(self.lines) - SHOWN
        end = f" and {more} more" if more > 0 else ""
        return f"{self.file}: {self.what} (line{'s' * (len(self.lines) > 1)} {named}{end})"


@dataclass(frozen=True, slots=True)
class Data:
    """A folder that can be trained from: rows by file, the gold verdicts of validation, its limit.

    `manifest` is the SHA-256 of its manifest, "" where it has none.
    """

    folder: Path
    rows: dict[str, int]
    verdicts: Sequence[bool]
    cutoff: int | None
    manifest: str


@dataclass(slots=True)
class _Seen:
    """What was read so far: each question with its first output, file and line; and the faults."""

    outputs: dict[tuple[str, str], tuple[str, str, int]] = field(default_factory=dict)
    found: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def note(self, file: str, what: str, line: int) -> None:
        self.found.setdefault((file, what), []).append(line)


def read(folder: Path) -> Data:
    """Read what is trained from and judged by, and prove that it says one thing.

    Raises:
        AskedWrongly: a file of the folder is missing.
        GateFailed: rows without the three texts, answers that are not the strict JSON, rows that
            come twice or contradict each other; names the lines.
    """
    for name in (*FILES, "dataset_info.json"):
        if not (folder / name).is_file():
            raise AskedWrongly(
                f"{folder} has no {name}.", "Give a folder that `piiforge build` wrote."
            )
    seen = _Seen()
    verdicts: dict[str, list[bool]] = {name: list(_verdicts(folder / name, seen)) for name in FILES}
    for name in FILES:
        if not verdicts[name] and not seen.found:
            raise AskedWrongly(f"{folder / name} has no rows.", "Build with more rows.")
    refuse(folder, [Problem(*place, lines) for place, lines in seen.found.items()])
    manifest = folder / jsonl.MANIFEST
    return Data(
        folder.absolute(),
        {name: len(found) for name, found in verdicts.items()},
        tuple(verdicts["val.jsonl"]),
        _limit(manifest),
        jsonl.sha256(manifest) if manifest.is_file() else "",
    )


def refuse(folder: Path, problems: Sequence[Problem], hint: str = _AGAIN) -> None:
    """Raise where there are problems.

    Raises:
        GateFailed: names each.
    """
    if problems:
        raise GateFailed(f"{folder} can't be trained on: {'; '.join(map(str, problems))}.", hint)


def _verdicts(path: Path, seen: _Seen) -> Iterator[bool]:
    """Yield the verdict of each good row and note what is off in the others."""
    for line, row in enumerate(jsonl.read(path), 1):
        texts = [row.get(key) for key in ("instruction", "input", "output")]
        if set(row) != KEYS or not all(isinstance(text, str) and text.strip() for text in texts):
            seen.note(path.name, "not exactly instruction, input and output, as texts", line)
            continue
        asked, output = (str(texts[0]), str(texts[1])), str(texts[2])
        try:
            verdict = prompt.parse(output)
        except prompt.UnreadableAnswer as error:
            seen.note(path.name, f"the output is {error}", line)
            continue
        first = seen.outputs.setdefault(asked, (output, path.name, line))
        if first != (output, path.name, line):
            seen.note(path.name, _repeated(first, output, path.name), line)
        yield verdict.is_sensitive


def _repeated(first: tuple[str, str, int], output: str, file: str) -> str:
    if first[0] != output:
        return "the question of an earlier row with another answer"
    return "a row that comes twice" if first[1] == file else f"a row of {first[1]} again"


def _limit(manifest: Path) -> int | None:
    """Return the most tokens that the recipe allowed a row, None where no manifest says so."""
    told = jsonl.read_json(manifest) if manifest.is_file() else {}
    recipe = told.get("recipe")
    limits = recipe.get("limits") if isinstance(recipe, dict) else None
    tokens = limits.get("tokens") if isinstance(limits, dict) else None
    return tokens if isinstance(tokens, int) else None
