"""Compose: where categories, disguises and lines are joined into labelled rows.

`plan` solves a recipe's quotas into specs; `assign` gives some of them to seeds and written lines
(`frames`); `Composer` makes the rows of one spec from its split's `Pool`; `is_sensitive` is the one
place where labels are decided.
"""

from piiforge.compose import frames
from piiforge.compose.composer import Composer, Told, decide
from piiforge.compose.coverage import Coverage, Place, coverage, coverage_at, place_of
from piiforge.compose.frames import Frame, Idle, WrittenLine
from piiforge.compose.label import is_sensitive
from piiforge.compose.plan import Order, additions, plan
from piiforge.compose.pools import Pool, assign
from piiforge.compose.pools import make as make_pool
from piiforge.compose.shares import apportion, evenly, portion, spread
from piiforge.compose.spec import WHOLE, Shard, Spec, hard_variants_of, writings_of

__all__ = [
    "WHOLE",
    "Composer",
    "Coverage",
    "Frame",
    "Idle",
    "Order",
    "Place",
    "Pool",
    "Shard",
    "Spec",
    "Told",
    "WrittenLine",
    "additions",
    "apportion",
    "assign",
    "coverage",
    "coverage_at",
    "decide",
    "evenly",
    "frames",
    "hard_variants_of",
    "is_sensitive",
    "make_pool",
    "place_of",
    "plan",
    "portion",
    "spread",
    "writings_of",
]
