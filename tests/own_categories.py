"""A category from outside as text, good or with one thing off, and the command line beside it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "own_category"
IBAN = EXAMPLE / "iban_category.py"
SMALL = (
    *("rows.per_category=60", "rows.test=20", "gates.families=1", "gates.per_disguise=0"),
    *("gates.probe=1", "gates.skeletons=0", "gates.top_skeletons=1"),
)
BADGE = """
from random import Random

from piiforge.plugins import GAP, OwnCategory
from piiforge.types import Category, Lookalike, Part, Value


def _number(kind: str, first: str, rng: Random) -> Value:
    return Value("badge", kind, (Part(first + "".join(rng.choices("0123456789", k=7))),))


BADGE = OwnCategory(
    Category(
        id="badge",
        description="Number of an employee badge",
        title="badge number",
        draw=lambda rng: _number("valid", rng.choice("12345"), rng),
        lookalikes=(Lookalike("zero", lambda rng: _number("zero", "0", rng)),),
        is_valid=lambda value: value.key[0] in "12345",
        sources=("https://example.com/badges",),
        vetoable=("order", "ticket"),
    ),
    words={"en": ["badge number"]},
    pattern=rf"(?<![0-9A-Za-z])[0-9](?:{GAP}[0-9]){{7}}(?![0-9A-Za-z])",
    reason=lambda text: "valid" if text[0] in "12345" else "zero",
)
"""

DEVICE = """
from random import Random
from uuid import UUID

from piiforge.plugins import OwnCategory
from piiforge.types import Category, Lookalike, Part, Value


def _uuid(kind: str, version: int, rng: Random) -> Value:
    drawn = str(UUID(int=rng.getrandbits(128), version=4))
    return Value("device", kind, (Part(f"{drawn[:14]}{version}{drawn[15:]}"),))


DEVICE = OwnCategory(
    Category(
        id="device",
        description="UUID of a person's device",
        title="device UUID",
        draw=lambda rng: _uuid("valid", 4, rng),
        lookalikes=(Lookalike("version", lambda rng: _uuid("version", 0, rng)),),
        is_valid=lambda value: value.key[12] == "4",
        sources=("https://www.rfc-editor.org/rfc/rfc9562",),
    ),
    words={"en": ["device uuid"]},
    pattern=r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}(?![0-9A-Za-z])",
    reason=lambda text: "valid" if text[12] == "4" else "version",
)
"""


def badge(*changes: tuple[str, str]) -> str:
    """Return the text of a good category with some of its text replaced."""
    text = BADGE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def piiforge(*words, room, files=(), path=(), given=None):
    """Run the command in a process of its own, with plug-ins by `--plugin` or on `path`."""
    named = [word for file in files for word in ("--plugin", str(file))]
    code = "from piiforge.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *named, *map(str, words)],
        cwd=room, capture_output=True, text=True, check=False, input=given or "",
        env={**environment(path), "COLUMNS": "200", "NO_COLOR": "1"},
    )  # fmt: skip


def environment(path=()):
    """Return the environment of a process that sees the same piiforge, and `path` before it."""
    kept = {name: told for name, told in os.environ.items() if name != "PIIFORGE_PLUGINS"}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, (*path, ROOT / "src")))}
