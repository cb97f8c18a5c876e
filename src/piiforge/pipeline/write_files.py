"""The folder of a write: what stands in it, and when.

    calls.sqlite     the journal of `chat`, from the first moment on: --resume lives from it
    lines.jsonl      the accepted lines, for a recipe's `written: [DIR]`
    rejected.jsonl   every rejected line with its call and reason; digits and mailboxes masked
    review.jsonl     finished rows for a person's eye; `piiforge review DIR --tally` reads it back
    manifest.json    the account, hashes and versions; written last, so no folder without it is done

The journal is never taken away: what was paid for once is not paid for again, not even by --force.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from piiforge import __version__, jsonl, review
from piiforge.compose import written
from piiforge.errors import AskedWrongly
from piiforge.pipeline.write_accept import Rejected

JOURNAL, LINES, REJECTED, REVIEW = "calls.sqlite", "lines.jsonl", "rejected.jsonl", review.FILE
_HASHED = (LINES, REJECTED)  # a person writes into the review


def open_folder(
    out: Path, asked: Mapping[str, object], *, resume: bool, force: bool
) -> dict[str, object] | None:
    """Make `out` ready to be written into; return the manifest where there is nothing to do.

    Raises:
        AskedWrongly: it holds something and neither flag is set, or it was finished for other
            settings and `force` is not set.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.mkdir(parents=True, exist_ok=True)
        return None
    if not out.is_dir() or not (out / JOURNAL).exists():
        raise AskedWrongly(f"{out} holds something else.", "Choose another --out.")
    if not (resume or force):
        hint = "Use --resume to go on with it, --force to write its results anew."
        raise AskedWrongly(f"{out} already exists.", hint)
    if not force and (out / jsonl.MANIFEST).exists():
        known = jsonl.read_json(out / jsonl.MANIFEST)
        if known.get("settings") != asked:
            hint = "Use the same settings, --force to write its results anew, or another --out."
            raise AskedWrongly(f"{out} was written with other settings.", hint)
        if known.get("finished") is True and _is_whole(out, known):
            return known
    (out / jsonl.MANIFEST).unlink(missing_ok=True)
    return None


def save_results(
    out: Path,
    lines: Iterable[written.WrittenLine],
    rejected: Iterable[Rejected],
    samples: Iterable[review.Sample],
    facts: Mapping[str, object],
) -> None:
    """Write every result, each whole or not at all, the manifest last.

    What a person has already decided in `review.jsonl` stays, where the same row comes again.
    """
    review.write(out / REVIEW, _decided(out / REVIEW, samples))
    written.save(_draft(out / LINES), lines)
    jsonl.write(_draft(out / REJECTED), map(asdict, rejected))
    for name in (LINES, REJECTED):
        _put(out / name)
    proved = {
        "files": {name: jsonl.sha256(out / name) for name in _HASHED},
        "versions": {"piiforge": __version__},
    }
    jsonl.write_json(_draft(out / jsonl.MANIFEST), {**facts, **proved})
    _put(out / jsonl.MANIFEST)


def _decided(path: Path, samples: Iterable[review.Sample]) -> list[review.Sample]:
    """Return the samples with what a person has said of the same content before."""
    known = review.load(path) if path.is_file() else []
    said = {(row.id, row.content): row for row in known}
    return [
        replace(row, decision=old.decision, note=old.note)
        if (old := said.get((row.id, row.content)))
        else row
        for row in samples
    ]


def _is_whole(out: Path, manifest: Mapping[str, object]) -> bool:
    files = manifest.get("files")
    if not isinstance(files, dict):
        return False
    return all(
        (out / name).is_file() and jsonl.sha256(out / name) == files.get(name) for name in _HASHED
    )


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _put(path: Path) -> None:
    draft = _draft(path)
    with draft.open("rb") as written_file:
        os.fsync(written_file.fileno())
    draft.replace(path)
