"""Compose: where categories, disguises and lines are joined into labelled rows.

`plan` solves a recipe's quotas into specs; `assign` gives some of them to seeds and written lines
(`Frame`); `Composer` makes the rows of one spec from its split's `Pool`; `is_sensitive` is the one
place where labels are decided.
"""

from piiforge.compose.composer import Composer
from piiforge.compose.frames import (
    FULL_MODE,
    LINES_FILE,
    MODES,
    PAIR_ROLES,
    SLOTS_MODE,
    Frame,
    Slot,
    WrittenLine,
    from_written,
    id_of,
    is_broken,
    is_pair,
    nouns_asked,
    plain,
    save,
    slots_of,
    subject_fits,
    subject_of,
    tidied,
)
from piiforge.compose.frames import load as load_frames
from piiforge.compose.label import is_sensitive
from piiforge.compose.plan import Order, additions, plan
from piiforge.compose.pools import Pool, assign
from piiforge.compose.pools import make as make_pool
from piiforge.compose.quotas import apportion, evenly, spread
from piiforge.compose.spec import Spec
from piiforge.compose.verdict import decide

__all__ = [
    "FULL_MODE",
    "LINES_FILE",
    "MODES",
    "PAIR_ROLES",
    "SLOTS_MODE",
    "Composer",
    "Frame",
    "Order",
    "Pool",
    "Slot",
    "Spec",
    "WrittenLine",
    "additions",
    "apportion",
    "assign",
    "decide",
    "evenly",
    "from_written",
    "id_of",
    "is_broken",
    "is_pair",
    "is_sensitive",
    "load_frames",
    "make_pool",
    "nouns_asked",
    "plain",
    "plan",
    "save",
    "slots_of",
    "spread",
    "subject_fits",
    "subject_of",
    "tidied",
]
