"""Training: LLaMA-Factory in an environment of its own, watched, judged by the verdict, proved.

`run` tunes a model on a built folder; `make` makes the environment that it runs in. LLaMA-Factory
is never imported here: it gets files and gives files. With the objective "verdict" the loop is
`verdict.py`, a script that runs in the same environment; all else stays as it is.
"""

from piiforge.train.data import ALPACA, REGISTRY, registry
from piiforge.train.environment import Environment, find, foreseen, make, place
from piiforge.train.run import (
    Asked,
    Judged,
    Record,
    Run,
    Teller,
    begun,
    plan,
    refuse_folder,
    refuse_no_model,
    run,
    shown,
    verdicts,
)
from piiforge.train.settings import shipped, text

__all__ = [
    "ALPACA",
    "REGISTRY",
    "Asked",
    "Environment",
    "Judged",
    "Record",
    "Run",
    "Teller",
    "begun",
    "find",
    "foreseen",
    "make",
    "place",
    "plan",
    "refuse_folder",
    "refuse_no_model",
    "registry",
    "run",
    "shipped",
    "shown",
    "text",
    "verdicts",
]
