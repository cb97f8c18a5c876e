"""The writer: what is asked of a language model that writes lines, and how its answer is read.

`targets` and `calls_of` plan, `writing` and `judging` say it, `read` and `read_verdicts` read what
came, `notation_of` sees how a slot is escaped, `finish` fills a line with what we draw. Nothing
here sends anything or decides whether a line may be used.
"""

from piiforge.compose.writer_answers import (
    WRONG_SHAPE,
    Delivered,
    UnreadableLines,
    read,
    read_verdicts,
)
from piiforge.compose.writer_fill import draw_subject, draw_value, finish, texts_of
from piiforge.compose.writer_notation import notation_of
from piiforge.compose.writer_plan import (
    CONFUSER,
    POSITIVE,
    SIDES,
    Call,
    Cell,
    Order,
    Wanted,
    calls_of,
    targets,
)
from piiforge.compose.writer_prompts import (
    LONGEST,
    SHORT_DIGITS,
    guide_of,
    judging,
    said,
    schema,
    shot_of,
    version,
    writing,
)
from piiforge.compose.writer_rows import FinishedRow, finished_row

__all__ = [
    "CONFUSER",
    "LONGEST",
    "POSITIVE",
    "SHORT_DIGITS",
    "SIDES",
    "WRONG_SHAPE",
    "Call",
    "Cell",
    "Delivered",
    "FinishedRow",
    "Order",
    "UnreadableLines",
    "Wanted",
    "calls_of",
    "draw_subject",
    "draw_value",
    "finish",
    "finished_row",
    "guide_of",
    "judging",
    "notation_of",
    "read",
    "read_verdicts",
    "said",
    "schema",
    "shot_of",
    "targets",
    "texts_of",
    "version",
    "writing",
]
