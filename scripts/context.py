"""Make the context that is shipped, from a recipe of ours: the same bytes each time.

    python scripts/context.py            # writes src/piiforge/context/data/base.npz
    python scripts/context.py --check    # exit 1 where it would write other bytes

It builds recipes/base.yaml with more rows for validation, fits and calibrates (half a minute).
"""

import argparse
import sys
import tempfile
from pathlib import Path

from piiforge import build, context, judge, recipe

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "src" / "piiforge" / "context" / "data" / "base.npz"
SIZES = ("rows.per_category=1300", "rows.validation=0.3", "rows.test=200")


def main() -> int:
    """Make it; write or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "base.yaml")
    parser.add_argument("--out", type=Path, default=PLACE)
    asked = parser.parse_args()
    wanted = recipe.load(asked.recipe, SIZES)
    with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
        folder = Path(work) / "rows"
        build.build(wanted, folder)
        train, validation = (judge.read_cases(folder, split) for split in ("train", "val"))
    about = {"recipe": wanted.name, "seed": wanted.seed}
    made = context.fit(train, validation, about=about).bytes()
    if not asked.check:
        asked.out.write_bytes(made)
        print(f"{asked.out}: {len(made):,} bytes from {len(train):,} rows.")
        return 0
    same = asked.out.is_file() and asked.out.read_bytes() == made
    print(f"{asked.out} {'is' if same else 'is not'} what {asked.recipe.name} gives.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
