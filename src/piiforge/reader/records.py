"""What the reader hands out: a `Reading` is a text as decoded, a `Finding` a candidate value."""

from dataclasses import dataclass

from piiforge.types import Cue


@dataclass(frozen=True, slots=True)
class Reading:
    """A content as written (`how` is "plain") or with layers undone ("percent+words_es")."""

    text: str
    how: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate for a value of `category`, judged by its form, and the cue it stands under.

    `key` is as `types.key_of` gives it; pairs are joined by "|". `valid`: possible, no documented
    placeholder, not masked (a card showing its first six and last four is valid, with the reason
    "partial_mask"). `telling`: the form alone names it, or it has a check digit or an @.
    `cue` is NONE where not even the form fits.
    `snippet_start` and `snippet_end` are half-open offsets in the decoded text, best effort.
    """

    category: str
    key: str
    valid: bool
    reason: str
    cue: Cue
    telling: bool
    reading: str
    snippet_start: int
    snippet_end: int


def joined_how(how: str, name: str) -> str:
    """Return how a reading came to be with one step more; repeated steps are named once.

    >>> joined_how("plain", "percent"), joined_how("percent", "base64")
    ('percent', 'percent+base64')
    """
    if how == "plain":
        return name
    return how if name in how.split("+") else f"{how}+{name}"
