"""What a build comes to."""

from collections import Counter
from dataclasses import dataclass, field

from piiforge.checks import Probe
from piiforge.types import Dropped, Example


@dataclass(slots=True)
class Built:
    """A finished set: rows in file order, what was dropped, and what the gates measured."""

    rows: list[Example]
    dropped: list[Dropped]
    review: list[str]
    probes: tuple[Probe, ...] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many rows were composed in all: kept and dropped."""
        return len(self.rows) + len(self.dropped)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows each check dropped, the commonest first."""
        return dict(Counter(dropped.reason for dropped in self.dropped).most_common())
