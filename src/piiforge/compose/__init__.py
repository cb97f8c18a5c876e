"""Compose: where categories, disguises and lines are joined into labelled rows.

`plan` solves a recipe's quotas into specs; `assign` gives some of them to seeds and written lines
(`frames`); `Composer` makes the rows of one spec from its split's `Pool`; `is_sensitive` is the one
place where labels are decided.
"""

from piiforge.compose import frames
from piiforge.compose.composer import Composer, Told, decide
from piiforge.compose.coverage import Coverage, coverage
from piiforge.compose.frames import Frame, Idle, WrittenLine
from piiforge.compose.label import is_sensitive
from piiforge.compose.plan import Order, additions, apportion, evenly, plan, spread
from piiforge.compose.pools import Pool, assign
from piiforge.compose.pools import make as make_pool
from piiforge.compose.spec import Spec, hard_variants_of, writings_of

__all__ = [
    "Composer",
    "Coverage",
    "Frame",
    "Idle",
    "Order",
    "Pool",
    "Spec",
    "Told",
    "WrittenLine",
    "additions",
    "apportion",
    "assign",
    "coverage",
    "decide",
    "evenly",
    "frames",
    "hard_variants_of",
    "is_sensitive",
    "make_pool",
    "plan",
    "spread",
    "writings_of",
]
