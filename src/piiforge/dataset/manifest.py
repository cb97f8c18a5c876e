"""The manifest: what a built folder holds, what it was made from, the proof that it is whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from piiforge import __version__, jsonl, prompt
from piiforge.dataset.split import certify
from piiforge.types import Example


def facts(
    rows: Sequence[Example],
    recipe: Mapping[str, object],
    measured: Mapping[str, object],
) -> dict[str, object]:
    """Return what is true of the set itself: all of the manifest but the files' hashes."""
    counts = Counter(row.split for row in rows)
    return {
        "name": recipe.get("name", ""),
        "piiforge": __version__,
        "prompt": prompt.VERSION,
        "seed": recipe.get("seed", 0),
        "recipe": recipe,
        "counts": dict(sorted(counts.items())),
        "certificate": certify(rows),
        **measured,
    }


def write(folder: Path, told: Mapping[str, object]) -> None:
    """Write the manifest of `folder`: `told` and the SHA-256 of every file that lies there."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name != jsonl.MANIFEST
    )
    outputs = {
        path.relative_to(folder).as_posix(): {
            "sha256": jsonl.sha256(path),
            "bytes": path.stat().st_size,
        }
        for path in files
    }
    jsonl.write_json(folder / jsonl.MANIFEST, {**told, "outputs": outputs})


def broken(folder: Path, manifest: Mapping[str, object]) -> list[str]:
    """Return one sentence for each file that is not what the manifest says."""
    outputs = manifest.get("outputs")
    if not isinstance(outputs, Mapping):
        return [f"{jsonl.MANIFEST} lists no outputs"]
    found: list[str] = []
    for name, entry in outputs.items():
        path = folder / str(name)
        if not path.is_file():
            found.append(f"{name} is missing")
        elif not isinstance(entry, Mapping) or jsonl.sha256(path) != entry.get("sha256"):
            found.append(f"{name} was changed: its SHA-256 is not the manifest's")
    return found + _strangers(folder, outputs)


def _strangers(folder: Path, outputs: Iterable[str]) -> list[str]:
    known = {*map(str, outputs), jsonl.MANIFEST}
    return [
        f"{name} is not listed in the manifest"
        for name in sorted(path.name for path in folder.glob("*.jsonl"))
        if name not in known
    ]
