"""Compose: where categories, disguises and lines are joined into labelled rows.

`plan` solves a recipe's quotas into specs; `Composer` makes the rows of one spec from its split's
`Pool`; `is_sensitive` is the one place where labels are decided.
"""

from piiforge.compose.composer import Composer
from piiforge.compose.label import Switches, is_sensitive
from piiforge.compose.plan import Order, plan
from piiforge.compose.pools import SPLITS, Pool
from piiforge.compose.pools import make as make_pool
from piiforge.compose.spec import Spec

__all__ = [
    "SPLITS",
    "Composer",
    "Order",
    "Pool",
    "Spec",
    "Switches",
    "is_sensitive",
    "make_pool",
    "plan",
]
