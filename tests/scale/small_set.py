"""A small data set made in shards, and how tests make it."""

import hashlib
from pathlib import Path

from piiforge import scale
from piiforge.recipe import load

ASKED = load(
    "tiny",
    [
        "categories=[ssn, email, phone]", "rows.per_category=240", "rows.validation=0.25",
        "rows.test=180", "lengths=null", "gates.skeletons=0.3", "gates.top_skeletons=0.2",
        "gates.families=10", "gates.probe=1", "gates.facts_probe=1", "gates.masked_probe=1",
        "gates.twins=0.3",
    ],
)  # fmt: skip
OF = 3


def how(workers=1, engine="processes", **said):
    return scale.Run(scale.engines.get(engine, workers), **said)


def make(out, run=None, asked=ASKED, **wanted):
    return scale.run(asked, str(out), scale.Wanted(**{"shards": OF} | wanted), run or how())


def sums(folder: Path):
    """Return the SHA-256 of every file."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
