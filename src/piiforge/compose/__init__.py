"""Compose: where categories, disguises and lines are joined into labelled rows.

`plan` solves a recipe's quotas into specs; `assign` gives some of them to seeds and written lines
(`Frame`); `Composer` makes the rows of one spec from its split's `Pool`; `is_sensitive` is the one
place where labels are decided.
"""

from piiforge.compose.composer import Composer
from piiforge.compose.frames import LINES_FILE, SEEDS, WRITTEN, Frame
from piiforge.compose.frames import load as load_frames
from piiforge.compose.label import Switches, is_sensitive
from piiforge.compose.mined import Cell as MinedCell
from piiforge.compose.mined import additions
from piiforge.compose.plan import Order, plan
from piiforge.compose.pools import SPLITS, Pool
from piiforge.compose.pools import make as make_pool
from piiforge.compose.sourcing import assign
from piiforge.compose.spec import Spec

__all__ = [
    "LINES_FILE",
    "SEEDS",
    "SPLITS",
    "WRITTEN",
    "Composer",
    "Frame",
    "MinedCell",
    "Order",
    "Pool",
    "Spec",
    "Switches",
    "additions",
    "assign",
    "is_sensitive",
    "load_frames",
    "make_pool",
    "plan",
]
